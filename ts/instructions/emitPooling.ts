/** Pooling and its gradients as instructions: crates/core/src/ops/pool.rs and scatter.rs. */
import { type DType, dtypeId, type TensorType } from '../dtype.ts';
import { type Buffer, bits, type Lowering, OP } from './builder.ts';
import { countOf } from './emit.ts';

/** How the elements of a window are put together. */
export const REDUCTION = { max: 0, min: 1, avg: 2, sum: 3, lp: 4, absoluteLp: 5 } as const;
/** Where windows lie. */
export const PLACEMENT = { regular: 0, adaptive: 1, fractional: 2 } as const;

/** One pooling, forward or backward. */
export interface PoolProblem {
  readonly planes: number;
  /** Six words for each of depth, height and width. */
  readonly axes: readonly number[];
  readonly reduction: number;
  readonly dtype: DType;
  readonly ceil?: number;
  readonly countIncludePad?: number;
  readonly divisor?: number;
  readonly p?: number;
  readonly placement?: number;
}

function words(problem: PoolProblem): number[] {
  const { planes, axes, reduction, dtype } = problem;
  const { ceil = 0, countIncludePad = 1, divisor = 0, p = 0, placement = PLACEMENT.regular } = problem;
  return [planes, ...axes, reduction, dtypeId(dtype), ceil, countIncludePad, divisor, bits(p), placement];
}

/** y = pool(x), and for maxima where they are. */
export function emitPool(
  to: Lowering,
  problem: PoolProblem,
  x: Buffer,
  y: Buffer,
  indices: Buffer | null = null,
  samples: Buffer | null = null,
): void {
  to.step(OP.pool, [x, samples], [y, indices], words(problem));
}

/** dx of a mean, a sum or a norm. */
export function emitPoolGradient(
  to: Lowering,
  problem: PoolProblem,
  type: TensorType,
  dy: Buffer,
  x: Buffer,
  y: Buffer,
): Buffer {
  const dx = to.buffer(type);
  const power = problem.reduction === REDUCTION.lp || problem.reduction === REDUCTION.absoluteLp;
  to.step(OP.poolGradient, power ? [dy, x, y] : [dy, null, null], [dx], words(problem));
  return dx;
}

/** What a maximum's gradient needs besides the outputs: the positions, where they are no output. */
export function indicesSaved(outputs: readonly TensorType[]): readonly TensorType[] {
  return outputs.length > 1 ? [] : [{ shape: outputs[0]!.shape, dtype: 'int32' }];
}

/** A pooling of maxima whose gradient is wanted. */
interface Maxima {
  readonly types: readonly (TensorType | null)[];
  readonly outputTypes: readonly TensorType[];
  readonly outputs: readonly Buffer[];
  readonly saved: readonly Buffer[];
  readonly gradients: readonly (Buffer | null)[];
}

/** dx of a maximum: each output's gradient goes to where the maximum was. */
export function emitExtremumGradient(
  to: Lowering,
  { types: [x], outputTypes, outputs, saved, gradients }: Maxima,
): Buffer {
  const dx = to.buffer(x!);
  emitScatter(to, 'add', x!.shape, outputTypes[0]!.shape, gradients[0]!, saved[0] ?? outputs[1]!, dx);
  return dx;
}

/** into[n, c, indices[n, c, i]] = or += from[n, c, i]. */
export function emitScatter(
  to: Lowering,
  how: 'assign' | 'add',
  shape: readonly number[],
  indexed: readonly number[],
  from: Buffer,
  indices: Buffer,
  into: Buffer,
): void {
  const words = [...planesOf(shape, indexed), how === 'add' ? 1 : 0];
  to.step(OP.scatter, [from, indices], [into], words);
}

/** into[n, c, i] = from[n, c, indices[n, c, i]]. */
export function emitGather(
  to: Lowering,
  shape: readonly number[],
  indexed: readonly number[],
  from: Buffer,
  indices: Buffer,
  into: Buffer,
): void {
  to.step(OP.gather, [from, indices], [into], planesOf(shape, indexed));
}

/** Planes, elements of an indexed one, elements of one that indices point into. */
function planesOf(shape: readonly number[], indexed: readonly number[]): number[] {
  return [countOf(shape.slice(0, 2)), countOf(indexed.slice(2)), countOf(shape.slice(2))];
}
