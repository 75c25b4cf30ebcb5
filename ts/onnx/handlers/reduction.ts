/** Reductions over axes. */
import type { DType } from '../../base/dtype.ts';
import { abs, exp, log, sqrt } from '../../ops/activation.ts';
import { add, mul, sub } from '../../ops/arithmetic.ts';
import { less, where } from '../../ops/comparison.ts';
import { argMax, argMin, max, mean, min, type ReduceOptions, sum } from '../../ops/reduction.ts';
import { reshape } from '../../ops/reshape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Handler, Handlers } from '../handler.ts';
import { int, ints, only, optional, value } from '../row.ts';

type Reduction = (x: Tensor<never>, options: ReduceOptions) => Tensor<DType>;

function reduction(operator: unknown): Handler {
  return {
    inputs: ['data'],
    attributes: { axes: ints, keepdims: int(1) },
    build(call) {
      const x = call.tensor(0);
      const axes = call.list('axes') ?? [];
      if (axes.length === 0 && call.int('noop_with_empty_axes') === 1) return x;
      const dim = axes.map((axis) => call.axis(axis, x.shape.length));
      const options = { dim, keepDim: call.int('keepdims') !== 0 };
      return (operator as Reduction)(x as Tensor<never>, options);
    },
  };
}

function place(operator: typeof argMax): Handler {
  return {
    inputs: ['data'],
    attributes: { axis: int(0), keepdims: int(1), select_last_index: only(0) },
    build(call) {
      const x = call.tensor(0);
      const dim = call.axis(call.int('axis'), x.shape.length);
      return operator(x, { dim, keepDim: call.int('keepdims') !== 0 });
    },
  };
}

const sumOfSquares = (x: Tensor, options: ReduceOptions): Tensor => sum(mul(x, x), options);

/** log(sum(exp(x))), shifted by the maximum where that is a number, so that nothing overflows. */
function logSumExp(x: Tensor, { dim, keepDim }: ReduceOptions): Tensor {
  const top = max(x, { dim, keepDim: true });
  const shift = where(less(abs(top), Number.POSITIVE_INFINITY), top, 0);
  const y = add(log(sum(exp(sub(x, shift)), { dim, keepDim: true })), shift);
  const dims = dim as readonly number[];
  return keepDim ? y : reshape(y, dims.length === 0 ? [] : x.shape.filter((_, axis) => !dims.includes(axis)));
}

export const reductions: Handlers = {
  ReduceSum: [
    reduction(sum),
    {
      ...reduction(sum),
      since: 13,
      inputs: ['data', optional(value('axes'))],
      attributes: { keepdims: int(1), noop_with_empty_axes: int(0) },
    },
  ],
  ReduceMean: reduction(mean),
  ReduceL1: reduction((x: Tensor, options: ReduceOptions) => sum(abs(x), options)),
  ReduceL2: reduction((x: Tensor, options: ReduceOptions) => sqrt(sumOfSquares(x, options))),
  ReduceLogSum: reduction((x: Tensor, options: ReduceOptions) => log(sum(x, options))),
  ReduceLogSumExp: reduction(logSumExp),
  ReduceSumSquare: reduction(sumOfSquares),
  ReduceMax: reduction(max),
  ReduceMin: reduction(min),
  ArgMax: place(argMax),
  ArgMin: place(argMin),
};
