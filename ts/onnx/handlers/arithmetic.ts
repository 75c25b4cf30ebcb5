/** Arithmetic of two tensors or more: elementwise, broadcasting as NumPy does. */
import type { DType } from '../../base/dtype.ts';
import { add, div, maximum, minimum, mul, pow, sub } from '../../ops/arithmetic.ts';
import { cast } from '../../ops/cast.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Call } from '../call.ts';
import type { Handler, Handlers } from '../handler.ts';
import { variadic } from '../row.ts';

type Binary = (a: Tensor<DType>, b: Tensor<DType>) => Tensor<DType>;

export function binary(operator: Binary): Handler {
  return { inputs: ['A', 'B'], build: (call) => operator(call.tensor(0), call.tensor(1)) };
}

/** One input or more, combined from the left. */
function many(operator: Binary): Handler {
  return {
    inputs: [variadic('data')],
    build: (call) => call.inputs.map((_, i) => call.tensor(i)).reduce((a, b) => operator(a, b)),
  };
}

export const arithmetic: Handlers = {
  Add: binary(add),
  Sub: binary(sub),
  Mul: binary(mul),
  Div: binary(div),
  Pow: { inputs: ['X', 'Y'], build: buildPow },
  Min: many(minimum),
  Max: many(maximum),
  Sum: many(add),
  Mean: { ...many(add), build: (call) => div(many(add).build(call) as Tensor, call.inputs.length) },
};

/** The exponent may be of another type; the result has the base's. */
function buildPow(call: Call): Tensor<DType> {
  const [base, exponent] = [call.tensor(0), call.tensor(1)];
  if (base.dtype === exponent.dtype) return pow(base, exponent);
  if (base.dtype === 'float32') return pow(base, cast(exponent, 'float32'));
  return cast(pow(cast(base, 'float32'), cast(exponent, 'float32')), base.dtype);
}
