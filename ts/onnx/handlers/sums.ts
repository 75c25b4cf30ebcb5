/** Reductions that are made of others: products, norms, and logarithms of sums. */
import type { DType } from '../../base/dtype.ts';
import { abs, exp, log, sqrt } from '../../ops/activation.ts';
import { add, maximum, mul, sub } from '../../ops/arithmetic.ts';
import { less, where } from '../../ops/comparison.ts';
import { concat, slice } from '../../ops/concat.ts';
import { full } from '../../ops/create.ts';
import { max, type ReduceOptions, sum } from '../../ops/reduction.ts';
import { reshape } from '../../ops/reshape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Handlers } from '../handler.ts';
import { reduction } from './reduction.ts';

const magnitudes = (x: Tensor): Tensor => (x.dtype === 'float32' ? abs(x) : maximum(x, sub(0, x)));

const sumOfSquares = (x: Tensor, options: ReduceOptions): Tensor => sum(mul(x, x), options);

export const sums: Handlers = {
  ReduceL1: reduction((x: Tensor, options: ReduceOptions) => sum(magnitudes(x), options)),
  ReduceL2: reduction((x: Tensor, options: ReduceOptions) => sqrt(sumOfSquares(x, options))),
  ReduceLogSum: reduction((x: Tensor, options: ReduceOptions) => log(sum(x, options))),
  ReduceLogSumExp: reduction(logSumExp),
  ReduceSumSquare: reduction(sumOfSquares),
  ReduceProd: reduction(prod),
};

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

/** log(sum(exp(x))), shifted by the maximum where that is a number, so that nothing overflows. */
function logSumExp(x: Tensor, { dim, keepDim }: ReduceOptions): Tensor {
  const top = max(x, { dim, keepDim: true });
  const shift = where(less(abs(top), Number.POSITIVE_INFINITY), top, 0);
  const y = add(log(sum(exp(sub(x, shift)), { dim, keepDim: true })), shift);
  const dims = dim as readonly number[];
  return keepDim ? y : reshape(y, dims.length === 0 ? [] : x.shape.filter((_, axis) => !dims.includes(axis)));
}
