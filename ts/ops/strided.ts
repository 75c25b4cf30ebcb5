/** Strided copies: what only moves values (permute, concat, slice, padding's inside) is one instruction. */
import { OP, type Buffer, type Lowering } from '../graph/lowering.ts';

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
  const axes = shape.flatMap((size, axis) => [size, source.strides[axis] as number, target.strides[axis] as number]);
  to.step(OP.copy, [from], [into], [bytes, shape.length, ...axes, source.offset, target.offset]);
}
