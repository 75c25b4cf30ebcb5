/** Reductions over axes. */
import type { DType } from '../../base/dtype.ts';
import { abs, exp, log, sqrt } from '../../ops/activation.ts';
import { add, div, maximum, mul, sub } from '../../ops/arithmetic.ts';
import { less, where } from '../../ops/comparison.ts';
import { concat, slice } from '../../ops/concat.ts';
import { full } from '../../ops/create.ts';
import { argMax, argMin, max, mean, min, type ReduceOptions, sum } from '../../ops/reduction.ts';
import { reshape } from '../../ops/reshape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Call } from '../call.ts';
import type { Handler, Handlers } from '../handler.ts';
import { int, ints, optional, value } from '../row.ts';

type Reduction = (x: Tensor<never>, options: ReduceOptions) => Tensor<DType>;

/** By axes in an attribute, and from operator set `since` on in an input. */
function reduction(operator: unknown, since = 18): Handler[] {
  const build = (call: Call): Tensor<DType> => {
    const x = call.tensor(0);
    const axes = call.list('axes') ?? [];
    const none = axes.length === 0 && call.int('noop_with_empty_axes') === 1;
    // Over an axis of one, what is made of each element (its square, say) is still made.
    const [of, dims] = none ? [reshape(x, [...x.shape, 1]), [x.shape.length]] : [x, axes];
    const dim = dims.map((axis) => call.axis(axis, of.shape.length));
    const options = { dim, keepDim: !none && call.int('keepdims') !== 0 };
    return (operator as Reduction)(of as Tensor<never>, options);
  };
  return [
    { inputs: ['data'], attributes: { axes: ints, keepdims: int(1) }, build },
    {
      since,
      inputs: ['data', optional(value('axes'))],
      attributes: { keepdims: int(1), noop_with_empty_axes: int(0) },
      build,
    },
  ];
}

function place(operator: typeof argMax): Handler {
  return {
    inputs: ['data'],
    attributes: { axis: int(0), keepdims: int(1), select_last_index: int(0) },
    build(call) {
      const x = call.tensor(0);
      const dim = call.axis(call.int('axis'), x.shape.length);
      const options = { dim, keepDim: call.int('keepdims') !== 0 };
      if (call.int('select_last_index') === 0) return operator(x, options);
      return sub((x.shape[dim] as number) - 1, operator(reversed(x, dim), options));
    },
  };
}

/** The last along an axis first. */
function reversed(x: Tensor<DType>, dim: number): Tensor<DType> {
  const along = <T>(one: T, others: readonly T[]) =>
    others.map((other, axis) => (axis === dim ? one : other));
  const { shape } = x;
  const zeros = shape.map(() => 0);
  const ends = along(-(shape[dim] as number) - 1, shape);
  return slice(x, along((shape[dim] as number) - 1, zeros), ends, {
    steps: along(
      -1,
      shape.map(() => 1),
    ),
  });
}

/** The product along each axis in turn: the first half times the second until one is left. */
function prod(x: Tensor<DType>, { dim, keepDim }: ReduceOptions): Tensor<DType> {
  const all = x.shape.map((_, axis) => axis);
  const dims = (dim as readonly number[]).length === 0 ? all : (dim as readonly number[]);
  let y = x;
  for (const axis of dims) {
    const part = (from: number, to: number): Tensor<DType> => {
      const along = (one: number, other: (size: number) => number) =>
        y.shape.map((size, i) => (i === axis ? one : other(size)));
      return slice(
        y,
        along(from, () => 0),
        along(to, (size) => size),
      );
    };
    for (let size = y.shape[axis] as number; size > 1; size = y.shape[axis] as number) {
      const half = size >> 1;
      const halves = mul(part(0, half), part(half, 2 * half)) as Tensor<DType>;
      y = size % 2 === 0 ? halves : concat([halves, part(size - 1, size)], axis);
    }
  }
  const empty = dims.some((axis) => x.shape[axis] === 0);
  const kept = x.shape.map((size, axis) => (dims.includes(axis) ? 1 : size));
  if (empty) y = full(kept, 1, { dtype: x.dtype });
  return keepDim
    ? y
    : reshape(
        y,
        x.shape.filter((_, axis) => !dims.includes(axis)),
      );
}

/** Of integers cut to the whole. */
function average(x: Tensor, options: ReduceOptions): Tensor {
  if (x.dtype === 'float32') return mean(x, options);
  const total = sum(x, options);
  return div(total, x.size / Math.max(1, total.size));
}

const magnitudes = (x: Tensor): Tensor => (x.dtype === 'float32' ? abs(x) : maximum(x, sub(0, x)));

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
  ReduceSum: reduction(sum, 13),
  ReduceMean: reduction(average),
  ReduceL1: reduction((x: Tensor, options: ReduceOptions) => sum(magnitudes(x), options)),
  ReduceL2: reduction((x: Tensor, options: ReduceOptions) => sqrt(sumOfSquares(x, options))),
  ReduceLogSum: reduction((x: Tensor, options: ReduceOptions) => log(sum(x, options))),
  ReduceLogSumExp: reduction(logSumExp),
  ReduceSumSquare: reduction(sumOfSquares),
  ReduceProd: reduction(prod),
  ReduceMax: reduction(max),
  ReduceMin: reduction(min),
  ArgMax: place(argMax),
  ArgMin: place(argMin),
};
