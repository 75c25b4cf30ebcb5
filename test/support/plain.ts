/** Plain values, and what the references of all families are made of. */
import type { DType } from 'striate';

/** A tensor as plain numbers. */
export interface Plain {
  shape: number[];
  data: number[];
  dtype: DType;
}

/** An operator's meaning, written as plainly as possible, and how well the implementation must agree with it. */
export interface Reference {
  /**
   * What the public function gives for these arguments, tensors being `Plain`, in double precision. An operator that
   * writes an input (running statistics) has the input's `data` changed here as well.
   */
  // biome-ignore lint/suspicious/noExplicitAny: every operator has arguments of its own.
  readonly run: (...args: any[]) => Plain | readonly Plain[];
  /**
   * The largest difference, relative to the largest expected value; 0: compared with == (lines whose tensors are
   * reals, "~" and "+", are then compared with ROUNDING, see test/support/checks.ts).
   */
  readonly tolerance: number;
  /** Tensors (by their order in the line) in which the operator is affine: adjoint identity and exact differences. */
  readonly linear?: readonly number[] | 'all';
  /** Tensors whose gradient is compared with central differences of `run`. */
  readonly smooth?: readonly number[] | 'all';
  /** The largest difference of those gradients, relative to the largest; 1e-3 without it. */
  readonly differentiableTol?: number;
}

/** exp, log and their like are within two units of the last place; what is made of them within a few. */
export const FEW = 1e-6;

/** The same for an operator of one, of two and of three axes. */
export function overRanks<T>(name: string, make: (rank: number) => T): Record<string, T> {
  return Object.fromEntries([1, 2, 3].map((rank) => [`${name}${rank}d`, make(rank)]));
}

/** Of an operator that takes its values from others and computes nothing. */
export const moving = (run: Reference['run']): Reference => ({ run, tolerance: 0, linear: 'all' });

export const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

export const countOf = (shape: readonly number[]): number =>
  shape.reduce((product, size) => product * size, 1);

/** Every index of a shape, in row-major order. */
export function indicesOf(shape: readonly number[]): number[][] {
  let all: number[][] = [[]];
  for (const size of shape)
    all = all.flatMap((index) => Array.from({ length: size }, (_, i) => [...index, i]));
  return all;
}

/** The place of an index in the data. */
export const placeOf = (shape: readonly number[], index: readonly number[]): number =>
  shape.reduce((place, size, axis) => place * size + (index[axis] as number), 0);

/** A tensor of this shape whose elements `value` says, by index. */
export function make(shape: number[], dtype: DType, value: (index: number[]) => number): Plain {
  return { shape, dtype, data: indicesOf(shape).map(value) };
}

export const at = ({ shape, data }: Plain, index: readonly number[]): number =>
  data[placeOf(shape, index)] as number;

/** The offset in an operand of `own` shape that stands beside element `index` of `shape`. */
export function offset(own: readonly number[], shape: readonly number[], index: number): number {
  let [found, step, rest] = [0, 1, index];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const at = rest % shape[axis]!;
    rest = (rest - at) / shape[axis]!;
    const mine = axis - shape.length + own.length;
    if (mine < 0 || own[mine] === 1) continue;
    found += at * step;
    step *= own[mine]!;
  }
  return found;
}

/** The shape in which two shapes meet, axes of one being stretched. */
export function broadcast(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const [left, right] = [a[axis - rank + a.length] ?? 1, b[axis - rank + b.length] ?? 1];
    return left === 1 ? right : left;
  });
}
