/** Arithmetic of two tensors or more, and of one with constants: elementwise, broadcasting as NumPy does. */
import type { DType } from '../../dtype.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Call, Flow, Handler, Handlers } from '../call.ts';
import { add, cast, div, maximum, minimum, mul, pow, sub } from '../operators.ts';
import { foldArithmetic } from './broadcast.ts';

type Binary = (a: Tensor<DType>, b: Tensor<DType>) => Tensor<DType>;

function binary(operator: Binary, fold?: (a: number, b: number, integers: boolean) => number): Handler {
  return {
    inputs: [2, 2],
    ...(fold && { fold: foldArithmetic(fold) }),
    build: (call) => operator(call.tensor(0), call.tensor(1)),
  };
}

/** One input or more, combined from the left. */
function variadic(operator: Binary, fold: (a: number, b: number) => number): Handler {
  return {
    inputs: [1, Number.POSITIVE_INFINITY],
    fold: foldArithmetic(fold),
    build: (call: Call): Flow => {
      let result = call.tensor(0);
      for (let i = 1; i < call.inputs.length; i++) result = operator(result, call.tensor(i));
      return result;
    },
  };
}

export const arithmetic: Handlers = {
  Add: binary(add, (a, b) => a + b),
  Sub: binary(sub, (a, b) => a - b),
  Mul: binary(mul, (a, b) => a * b),
  Div: binary(div, (a, b, integers) => (integers ? Math.trunc(a / b) : a / b)),
  Pow: { inputs: [2, 2], build: buildPow },
  Min: variadic(minimum, Math.min),
  Max: variadic(maximum, Math.max),
  Sum: variadic(add, (a, b) => a + b),
};

/** The exponent may be of another type; the result has the base's. */
function buildPow(call: Call): Tensor<DType> {
  const [base, exponent] = [call.tensor(0), call.tensor(1)];
  if (base.dtype === exponent.dtype) return pow(base, exponent);
  if (base.dtype === 'float32') return pow(base, cast(exponent, 'float32'));
  return cast(pow(cast(base, 'float32'), cast(exponent, 'float32')), base.dtype);
}
