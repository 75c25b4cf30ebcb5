/** Strided copies: what only moves values (permute, concat, slice, padding's inside) is one instruction. */
import { type Buffer, type Lowering, OP } from './builder.ts';

/** The strides of a contiguous shape, in elements. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis] as number;
  }
  return strides;
}

/** Where a strided copy reads or writes: strides and the offset of the first element. */
export interface Walk {
  readonly strides: readonly number[];
  readonly offset: number;
}

/** Emits a copy of `shape` elements from one walk to another. */
export function copyStrided(
  to: Lowering,
  from: Buffer,
  into: Buffer,
  bytes: number,
  shape: readonly number[],
  source: Walk,
  target: Walk,
): void {
  if (shape.includes(0)) return;
  const axes = mergeAxes(shape, source.strides, target.strides);
  to.requireAxes(axes.length);
  to.step(OP.copy, [from], [into], [bytes, axes.length, ...axes.flat(), source.offset, target.offset]);
}

/**
 * `[size, a stride, b stride]` per axis, where neighbouring axes that both walks take as one are merged and axes of one
 * element are gone, so that any rank fits in few axes.
 */
export function mergeAxes(shape: readonly number[], a: readonly number[], b: readonly number[]): number[][] {
  const axes: number[][] = [];
  for (let axis = 0; axis < shape.length; axis++) {
    const next = [shape[axis], a[axis], b[axis]] as [number, number, number];
    if (next[0] === 1) continue;
    const last = axes[axes.length - 1] as [number, number, number] | undefined;
    if (last !== undefined && last[1] === next[1] * next[0] && last[2] === next[2] * next[0]) {
      axes[axes.length - 1] = [last[0] * next[0], next[1], next[2]];
    } else axes.push(next);
  }
  return axes;
}
