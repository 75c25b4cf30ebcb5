/**
 * What all losses share: how the losses of elements become one.
 * @internal
 */
import { oneOf } from '../base/checks.ts';
import type { TensorType } from '../base/dtype.ts';
import { shapeText } from '../base/errors.ts';
import { axes } from '../engine/sides/axes.ts';
import { writeAccumulate } from '../instructions/accumulate.ts';
import type { Buffer, Builder } from '../instructions/builder.ts';
import { writeFill } from '../instructions/copy.ts';
import { contiguous } from '../instructions/walk.ts';

/**
 * How the losses of the elements become one: their mean, their sum, or not at all.
 * @public
 */
export type Reduction = 'mean' | 'sum' | 'none';

/**
 * The option that every loss has.
 * @public
 */
export interface LossOptions {
  /** The mean of the elements' losses, their sum, or "none" for all of them. Default "mean". */
  reduction?: Reduction | undefined;
}

/** By number, as params have them. */
const REDUCTIONS = ['none', 'mean', 'sum', 'batchmean'];
export const [NONE, MEAN, SUM, BATCH_MEAN] = [0, 1, 2, 3];

/** The number of a reduction; `count`: how many of them there are. */
export function reductionOf(where: string, reduction: string = 'mean', count = 3): number {
  oneOf(where, 'reduction', reduction, REDUCTIONS.slice(0, count));
  return REDUCTIONS.indexOf(reduction);
}

/** into = the sum of the elements of a buffer. */
export function emitTotal(to: Builder, x: Buffer, count: number, into: Buffer): void {
  to.needs(axes);
  writeFill(to, { y: into }, { count: 1 });
  const target = { strides: [0], offset: 0 };
  writeAccumulate(to, { x, y: into }, { shape: [count], source: contiguous([count]), target });
}

/** @throws RangeError for a tensor of another shape than this one, which is that of `as` */
export function requireShape(
  where: string,
  name: string,
  { shape }: TensorType,
  must: readonly number[],
  as: string,
): void {
  if (shape.length === must.length && shape.every((size, axis) => size === must[axis])) return;
  throw new RangeError(`${where}: ${name} has shape ${shapeText(shape)}, must be ${shapeText(must)}, ${as}`);
}
