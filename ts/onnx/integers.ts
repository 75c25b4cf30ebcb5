/**
 * Products of 8-bit integers, summed exactly though they are computed in float32: a float holds every integer up to 2^24,
 * so as many products as stay below that are summed at once, and such sums are added as int32.
 */
import type { DType } from '../base/dtype.ts';
import { RANGES } from '../base/dtype.ts';
import { add, sub } from '../ops/arithmetic.ts';
import { cast } from '../ops/cast.ts';
import { slice } from '../ops/concat.ts';
import { integerConvs } from '../ops/convolution.ts';
import type { ConvOptions } from '../ops/convolutionStep.ts';
import { linear } from '../ops/linear.ts';
import { matmul } from '../ops/matmul.ts';
import { reshape } from '../ops/reshape.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** Integers as floats, and the largest magnitude that they can have. */
export interface Integers {
  readonly values: Tensor;
  readonly bound: number;
}

const EXACT = 2 ** 24;

/** 8-bit integers less a zero point that broadcasts; `known` are its values where they are known. */
export function centered(
  q: Tensor<DType>,
  zero: Tensor<DType> | null,
  known: readonly number[] | undefined,
): Integers {
  const [low, high] = RANGES[q.dtype as 'uint8' | 'int8'];
  const values = cast(q, 'float32');
  if (zero === null || known?.every((one) => one === 0)) return { values, bound: Math.max(-low, high) };
  const bound = Math.max(...(known ?? [low, high]).map((one) => Math.max(one - low, high - one)));
  return { values: sub(values, cast(zero, 'float32')), bound };
}

/** The sums of `terms` products each, in as many parts as `term` products at a time need, as int32. */
function inParts(
  a: Integers,
  b: Integers,
  terms: number,
  term: number,
  sum: (from: number, to: number) => Tensor,
) {
  const most = Math.max(1, Math.floor(EXACT / (a.bound * b.bound * term)));
  const parts: Tensor<'int32'>[] = [];
  for (let from = 0; from === 0 || from < terms; from += most)
    parts.push(cast(sum(from, Math.min(terms, from + most)), 'int32'));
  return parts.reduce((total, part) => add(total, part));
}

/** Places `from` to before `to` along an axis. */
function piece(x: Tensor, axis: number, from: number, to: number): Tensor {
  if (from === 0 && to === x.shape[axis]) return x;
  const starts = x.shape.slice(0, axis).map(() => 0);
  return slice(x, [...starts, from], [...x.shape.slice(0, axis), to]);
}

/** a b, as int32. */
export function integerProduct(a: Integers, b: Integers): Tensor<'int32'> {
  const [x, y] = [a.values, b.values];
  const [row, column] = [x.shape.length - 1, Math.max(0, y.shape.length - 2)];
  return inParts(a, b, x.shape[row] as number, 1, (from, to) => {
    const [left, right] = [piece(x, row, from, to), piece(y, column, from, to)];
    return right.shape.length === 2 ? linear(left, right, null, { transposed: true }) : matmul(left, right);
  });
}

/** x convolved with a weight, as int32. */
export function integerConvolution(x: Integers, weight: Integers, options: ConvOptions): Tensor<'int32'> {
  const [batch, channels, ...spatial] = x.values.shape as [number, number, ...number[]];
  const [, perGroup, ...taps] = weight.values.shape as [number, number, ...number[]];
  const groups = options.groups ?? 1;
  const convolve = integerConvs[spatial.length - 1]!;
  const term = taps.reduce((product, size) => product * size, 1);
  return inParts(x, weight, perGroup, term, (from, to) => {
    if (to - from === perGroup || channels !== groups * perGroup)
      return convolve(x.values, weight.values, null, options);
    const grouped = piece(reshape(x.values, [batch, groups, perGroup, ...spatial]), 2, from, to);
    const some = reshape(grouped, [batch, groups * (to - from), ...spatial]);
    return convolve(some, piece(weight.values, 1, from, to), null, options);
  });
}
