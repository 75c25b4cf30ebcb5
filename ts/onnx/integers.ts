/**
 * Products of 8-bit integers, summed exactly: on bytes, where the second factor is known. Others are computed in float32: a float
 * holds every integer up to 2^24, so as many products as stay below that are summed at once, and such sums are added as int32.
 */
import type { DType } from '../base/dtype.ts';
import { RANGES } from '../base/dtype.ts';
import type { Storage } from '../engine/memory.ts';
import { add, sub } from '../ops/arithmetic.ts';
import { cast } from '../ops/cast.ts';
import { slice } from '../ops/concat.ts';
import { integerConvs } from '../ops/convolution.ts';
import { type ConvOptions, convParams } from '../ops/convolutionStep.ts';
import { full } from '../ops/create.ts';
import { type Centered, convolveIntegers, fitsIntegers } from '../ops/integerConvolution.ts';
import { linear } from '../ops/linear.ts';
import { matmul } from '../ops/matmul.ts';
import { permute } from '../ops/permute.ts';
import { reshape } from '../ops/reshape.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** 8-bit integers less a zero point that broadcasts. */
export interface Integers extends Centered {
  /** The zero points, where they are known. */
  readonly zeros: readonly number[] | undefined;
  /** Whether the integers are. */
  readonly isKnown: boolean;
  /** What they are made of, where that is known, with one zero point. */
  readonly known: Known | null;
}

/** Integers whose values are there before a run, and their one zero point. */
interface Known {
  readonly q: Tensor<DType>;
  readonly zero: number;
}

const EXACT = 2 ** 24;

/** `known` are the values of the zero point, and `weights` the integers, where they are known. */
export function centered(
  q: Tensor<DType>,
  zero: Tensor<DType> | null,
  known: readonly number[] | undefined,
  weights: Tensor<DType> | null = null,
): Integers {
  const zeros = zero === null ? [0] : known;
  const same = zeros?.every((one) => one === zeros[0]) ? zeros[0] : undefined;
  const read = weights === null || same === undefined ? null : { q: weights, zero: same };
  return { q, zero, zeros, isKnown: weights !== null, known: read };
}

/** Integers as floats, and the largest magnitude that they can have. */
interface Floats {
  readonly values: Tensor;
  readonly bound: number;
  readonly known: Known | null;
}

function floatsOf({ q, zero, zeros, known }: Integers): Floats {
  const [low, high] = RANGES[q.dtype as 'uint8' | 'int8'];
  const bound = Math.max(...(zeros ?? [low, high]).map((one) => Math.max(one - low, high - one)));
  const values = cast(q, 'float32');
  const isPlain = zero === null || zeros?.every((one) => one === 0);
  return { values: isPlain ? values : sub(values, cast(zero, 'float32')), bound, known };
}

/** How far the zero points of weights lie below the middle of what bytes hold; null where they are that. */
function shiftOf({ q, zero, zeros }: Integers): Tensor | null {
  const middle = q.dtype === 'int8' ? 0 : 128;
  if (zeros?.every((one) => one === middle)) return null;
  return zero === null ? full([], middle) : (sub(middle, cast(zero, 'float32')) as Tensor);
}

/** Whether factors can be multiplied as bytes: known weights, and one zero point for all of x. */
const areBytes = (x: Integers, { isKnown }: Integers): boolean =>
  isKnown && (x.zero === null || (x.zero.size === 1 && x.zero.dtype === x.q.dtype));

/** How the integers of the second factor lie. Taps belong to one sum, each column to one of its own. */
type Layout = readonly [outputs: number, terms: number, columns: number, taps: number];

/** The places at which a sum of `terms` is cut, so that a float holds every part exactly: the ends of the parts. */
function endsOf(a: Floats, b: Floats, layout: Layout): readonly number[] {
  const [, terms, , taps] = layout;
  const most = Math.max(1, Math.floor(EXACT / (a.bound * b.bound * taps)));
  if (most >= terms) return [terms];
  if (b.known === null) {
    const ends: number[] = [];
    for (let end = most; end < terms; end += most) ends.push(end);
    return [...ends, terms];
  }
  const storage = b.known.q.resources.storage as Storage;
  const key = [...layout, b.known.zero, a.bound].join();
  let found = cuts.get(storage);
  if (found === undefined) {
    found = new Map();
    cuts.set(storage, found);
  }
  let known = found.get(key);
  if (known === undefined) {
    known = cutsOf(a, b, b.known, layout);
    found.set(key, known);
    if (storage.isOutside) storage.leave();
  }
  return known;
}

/** Where sums of weights were cut, by their layout, zero point and the bound of the other factor: found once for all shapes. */
const cuts = /*#__PURE__*/ new WeakMap<Storage, Map<string, readonly number[]>>();

/** What a term adds at most to a sum is counted as a multiple of the first factor. Whatever fits as large as it may be is not looked at. */
function cutsOf(a: Floats, b: Floats, { q, zero }: Known, layout: Layout): number[] {
  const [outputs, terms, columns, taps] = layout;
  const ends: number[] = [];
  const most = EXACT / a.bound;
  const { data } = q;
  let [sums, next] = [new Float64Array(outputs * columns), new Float64Array(outputs * columns)];
  let largest = 0;
  for (let term = 0, start = 0; term < terms; ) {
    const free = Math.floor((most - largest) / (b.bound * taps));
    const end = Math.min(terms, term + Math.max(1, free));
    next.set(sums);
    for (let output = 0; output < outputs; output++) {
      const from = (output * terms + term) * columns * taps;
      const to = (output * terms + end) * columns * taps;
      addSizes(next, output * columns, columns, taps, data, zero, from, to);
    }
    const found = next.reduce((one, size) => Math.max(one, size), 0);
    if (found > most && term > start) {
      ends.push(term);
      sums.fill(0);
      [start, largest] = [term, 0];
      continue;
    }
    [sums, next, largest, term] = [next, sums, found, end];
  }
  return [...ends, terms];
}

/** Adds the sizes of some terms, one behind the other in `q`, to sums that begin at `first`: the taps of a column to one of them. */
function addSizes(
  sums: Float64Array,
  first: number,
  columns: number,
  taps: number,
  q: ArrayLike<number>,
  zero: number,
  from: number,
  to: number,
): void {
  for (let at = from, column = 0; at < to; ) {
    let size = 0;
    for (const end = at + taps; at < end; at++) size += Math.abs((q[at] as number) - zero);
    const sum = first + column;
    sums[sum] = (sums[sum] as number) + size;
    column = column + 1 === columns ? 0 : column + 1;
  }
}

/** The sums of `terms` products each, in as many parts as are needed to be exact, as int32. */
function inParts(a: Floats, b: Floats, layout: Layout, sum: (from: number, to: number) => Tensor) {
  let from = 0;
  const parts = endsOf(a, b, layout).map((end) => {
    const part = cast(sum(from, end), 'int32');
    from = end;
    return part;
  });
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
  return byteProduct(a, b) ?? floatProduct(floatsOf(a), floatsOf(b));
}

/** Rows as pixels, terms as channels. */
function byteProduct(a: Integers, b: Integers): Tensor<'int32'> | null {
  const { q } = a;
  const terms = q.shape.at(-1) as number;
  if (!areBytes(a, b) || b.q.shape.length !== 2 || q.shape.length < 2 || !fitsIntegers([0, terms], 1))
    return null;
  if (b.q.shape[0] !== terms || q.size === 0 || b.q.size === 0) return null;
  const [rows, outputs] = [q.size / terms, b.q.shape[1] as number];
  const x = reshape(permute(reshape(q, [rows, terms]), [1, 0]), [1, terms, rows]);
  const weight = reshape(permute(b.q, [1, 0]), [outputs, terms, 1]);
  const params = convParams('MatMulInteger', 1, {});
  const sums = convolveIntegers({ q: x, zero: a.zero }, weight, shiftOf(b), params);
  return reshape(permute(reshape(sums, [outputs, rows]), [1, 0]), [...q.shape.slice(0, -1), outputs]);
}

function floatProduct(a: Floats, b: Floats): Tensor<'int32'> {
  const [x, y] = [a.values, b.values];
  const [row, column] = [x.shape.length - 1, Math.max(0, y.shape.length - 2)];
  const columns = y.shape.length > 1 ? (y.shape.at(-1) as number) : 1;
  const outputs = y.shape.slice(0, column).reduce((product, size) => product * size, 1);
  return inParts(a, b, [outputs, x.shape[row] as number, columns, 1], (from, to) => {
    const [left, right] = [piece(x, row, from, to), piece(y, column, from, to)];
    return right.shape.length === 2 ? linear(left, right, null, { transposed: true }) : matmul(left, right);
  });
}

/** x convolved with a weight, as int32. */
export function integerConvolution(x: Integers, weight: Integers, options: ConvOptions): Tensor<'int32'> {
  const { shape } = weight.q;
  const isEmpty = x.q.size === 0 || weight.q.size === 0;
  if (areBytes(x, weight) && fitsIntegers(shape, options.groups ?? 1) && !isEmpty) {
    const params = convParams('ConvInteger', shape.length - 2, options);
    return convolveIntegers(x, weight.q, shiftOf(weight), params);
  }
  return floatConvolution(floatsOf(x), floatsOf(weight), options);
}

function floatConvolution(x: Floats, weight: Floats, options: ConvOptions): Tensor<'int32'> {
  const [batch, channels, ...spatial] = x.values.shape as [number, number, ...number[]];
  const [outputs, perGroup, ...taps] = weight.values.shape as [number, number, ...number[]];
  const groups = options.groups ?? 1;
  const convolve = integerConvs[spatial.length - 1]!;
  const layout = [outputs, perGroup, 1, taps.reduce((product, size) => product * size, 1)] as const;
  return inParts(x, weight, layout, (from, to) => {
    if (to - from === perGroup || channels !== groups * perGroup)
      return convolve(x.values, weight.values, null, options);
    const grouped = piece(reshape(x.values, [batch, groups, perGroup, ...spatial]), 2, from, to);
    const some = reshape(grouped, [batch, groups * (to - from), ...spatial]);
    return convolve(some, piece(weight.values, 1, from, to), null, options);
  });
}
