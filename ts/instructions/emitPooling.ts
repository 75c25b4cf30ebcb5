/** Pooling and its gradients as instructions, and what those need of the forward run. */
import type { TensorType } from '../base/dtype.ts';
import type { Buffer, Builder } from './builder.ts';
import { countOf } from './emit.ts';
import { type IndexedPlanes, type PoolProblem, writePool, writePoolGradient, writeScatter } from './pool.ts';
import { POOL, WRITING } from './table.ts';

/** What a pool gives of these values, and what its gradient needs besides: of extrema the positions. */
export function pooled(values: TensorType, extremum: boolean, returnIndices: boolean) {
  const indices: TensorType = { shape: values.shape, dtype: 'int32' };
  if (returnIndices) return { outputs: [values, indices] };
  return extremum ? { outputs: [values], saved: [indices] } : { outputs: [values] };
}

/** A pool; an extremum's positions are given, or saved, where they are wanted. */
interface Pool {
  readonly problem: PoolProblem;
  readonly inputs: readonly (Buffer | null)[];
  readonly outputs: readonly Buffer[];
  readonly saved?: readonly Buffer[] | null;
}

export function emitPool(to: Builder, { problem, inputs: [x, samples], outputs, saved }: Pool): void {
  writePool(to, { x: x!, samples, y: outputs[0]!, indices: outputs[1] ?? saved?.[0] }, problem);
}

/** A pool on the way back, with the types of what it read and made. */
interface PoolBackward extends Pool {
  readonly types: readonly (TensorType | null)[];
  readonly outputTypes: readonly TensorType[];
  readonly gradients: readonly (Buffer | null)[];
}

/** dx of a mean, a sum or a norm. */
export function emitPoolGradient(
  to: Builder,
  { problem, types, inputs: [x], outputs: [y], gradients: [dy] }: PoolBackward,
): readonly Buffer[] {
  const dx = to.buffer(types[0]!);
  const power = problem.reduction === POOL.lp || problem.reduction === POOL.lpAbsolute;
  writePoolGradient(to, power ? { dy: dy!, x, y, dx } : { dy: dy!, dx }, problem);
  return [dx];
}

/** dx of an extremum: each output's gradient goes to where the extremum was. */
export function emitExtremumGradient(
  to: Builder,
  { types: [x], outputTypes: [y], outputs, saved, gradients }: PoolBackward,
): readonly Buffer[] {
  const dx = to.buffer(x!);
  const operands = { x: gradients[0]!, indices: saved?.[0] ?? outputs[1]!, y: dx };
  writeScatter(to, operands, { ...planesOf(x!.shape, y!.shape), writing: WRITING.add });
  return [dx];
}

/** Planes of tensors [n, channels, spatial...], of which the indexed one has an index per element into the other. */
export function planesOf(shape: readonly number[], indexed: readonly number[]): IndexedPlanes {
  return {
    planes: countOf(shape.slice(0, 2)),
    indexed: countOf(indexed.slice(2)),
    size: countOf(shape.slice(2)),
  };
}
