/** Strided walks through memory, two at once: what only moves or adds values is one instruction. */
import type { Builder } from './builder.ts';

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

/** Where an operand is read or written: strides and the offset of the first element. */
export interface Walk {
  readonly strides: readonly number[];
  readonly offset: number;
}

/** A tensor that is a part of another, the whole. */
export interface Piece {
  readonly shape: readonly number[];
  /** How its elements lie in itself, and in the whole. */
  readonly own: Walk;
  readonly place: Walk;
}

/** The walk of a tensor as it lies in memory. */
export function contiguous(shape: readonly number[]): Walk {
  return { strides: stridesOf(shape), offset: 0 };
}

/** An operand's strides along the axes of `shape`: 0 where it is stretched. */
export function stretched(own: readonly number[], shape: readonly number[]): number[] {
  const strides = stridesOf(own);
  return shape.map((_, axis) => {
    const mine = axis - shape.length + own.length;
    return mine < 0 || own[mine] === 1 ? 0 : (strides[mine] as number);
  });
}

/**
 * The words of a walk through two operands: how many axes, and per axis its size and both strides.
 * @throws RangeError for more axes than an instruction has room for
 */
export function walkWords(
  to: Builder,
  shape: readonly number[],
  a: readonly number[],
  b: readonly number[],
): number[] {
  const axes = mergeAxes(shape, a, b);
  to.requireAxes(axes.length);
  return [axes.length, ...axes.flat()];
}

/**
 * `[size, a stride, b stride]` per axis, where neighbouring axes that both walks take as one are merged and axes of one
 * element are gone, so that any rank fits in few axes.
 */
function mergeAxes(shape: readonly number[], a: readonly number[], b: readonly number[]): number[][] {
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
