/** The gradients of pooling as instructions, and what they need of the forward run. */
import type { TensorType } from '../dtype.ts';
import type { Buffer, Builder } from './builder.ts';
import { countOf } from './emit.ts';
import { type IndexedPlanes, type PoolProblem, writePoolGradient, writeScatter } from './pool.ts';
import { POOL, WRITING } from './table.ts';

/** dx, of x's type, of a mean, a sum or a norm. */
export function emitPoolGradient(
  to: Builder,
  problem: PoolProblem,
  type: TensorType,
  dy: Buffer,
  x: Buffer,
  y: Buffer,
): Buffer {
  const dx = to.buffer(type);
  const power = problem.reduction === POOL.lp || problem.reduction === POOL.lpAbsolute;
  writePoolGradient(to, power ? { dy, x, y, dx } : { dy, dx }, problem);
  return dx;
}

/** What a maximum's gradient needs besides the outputs: the positions, where they are no output. */
export function indicesSaved(outputs: readonly TensorType[]): readonly TensorType[] {
  return outputs.length > 1 ? [] : [{ shape: outputs[0]!.shape, dtype: 'int32' }];
}

/** dx of a maximum, of these types: each output's gradient goes to where the maximum was. */
export function emitExtremumGradient(
  to: Builder,
  { types: [x], outputTypes: [y], outputs, saved, gradients }: Extremum,
): Buffer {
  const dx = to.buffer(x!);
  const operands = { x: gradients[0]!, indices: saved[0] ?? outputs[1]!, y: dx };
  writeScatter(to, operands, { ...planesOf(x!.shape, y!.shape), writing: WRITING.add });
  return dx;
}

/** A pool of maxima on the way back: its values are written, or saved, with their positions. */
interface Extremum {
  readonly types: readonly (TensorType | null)[];
  readonly outputTypes: readonly TensorType[];
  readonly outputs: readonly Buffer[];
  readonly saved: readonly Buffer[];
  readonly gradients: readonly (Buffer | null)[];
}

/** Planes of tensors [n, channels, spatial...], of which the indexed one has an index per element into the other. */
export function planesOf(shape: readonly number[], indexed: readonly number[]): IndexedPlanes {
  return {
    planes: countOf(shape.slice(0, 2)),
    indexed: countOf(indexed.slice(2)),
    size: countOf(shape.slice(2)),
  };
}
