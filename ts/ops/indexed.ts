/**
 * What operators by indices share: the indices' checks, and parts of tensors that they reach into.
 * @internal
 */
import { axisIndex, checkOptions } from '../base/checks.ts';
import type { TensorType } from '../base/dtype.ts';
import { shapeText } from '../base/errors.ts';
import type { Buffer, Builder } from '../instructions/builder.ts';
import { writeCopy } from '../instructions/copy.ts';
import { type Block, countOf, emitFill } from '../instructions/emit.ts';
import type { Indexed } from '../instructions/select.ts';
import { contiguous } from '../instructions/walk.ts';
import { requireTensor } from '../tensor/tensor.ts';

export const outerOf = (shape: readonly number[], dim: number): number => countOf(shape.slice(0, dim));
export const innerOf = (shape: readonly number[], dim: number): number => countOf(shape.slice(dim + 1));

/** @throws TypeError for indices of another dtype */
export function requireIndices(name: string, { dtype }: TensorType, argument = 'indices'): void {
  if (dtype !== 'int32') throw new TypeError(`${name}: ${argument} is ${dtype}, must be int32`);
}

/** @throws TypeError for an axis of a scalar; RangeError */
export function dimOf(
  name: string,
  x: unknown,
  options: { dim?: number | undefined },
  known: readonly string[],
): number {
  const { shape } = requireTensor(name, 'x', x);
  checkOptions(name, options, known);
  return axisIndex(name, 'dim', options.dim ?? 0, shape.length);
}

/** Indices of x's rank: the part of x that they reach into, and the problem there. */
export interface Elements {
  /** x, as far as the indices' shape reaches along the other axes. */
  readonly reached: readonly number[];
  readonly indexed: Indexed;
}

/** @throws RangeError where the indices' shape does not fit in x's */
export function elementsOf(name: string, x: TensorType, indices: TensorType, dim: number): Elements {
  requireIndices(name, indices);
  const { shape } = indices;
  const fits = x.shape.every((size, axis) => axis === dim || (shape[axis] as number) <= size);
  if (shape.length !== x.shape.length || !fits) {
    const most = x.shape.map((size, axis) => (axis === dim ? '*' : size)).join('x');
    throw new RangeError(`${name}: indices has shape ${shapeText(shape)}, must be at most ${most} as x`);
  }
  const reached = shape.map((size, axis) => (axis === dim ? (x.shape[dim] as number) : size));
  const sides = { outer: outerOf(shape, dim), inner: innerOf(shape, dim) };
  const size = x.shape[dim] as number;
  return { reached, indexed: { ...sides, count: shape[dim] as number, size, own: true } };
}

export const isWhole = (part: readonly number[], whole: readonly number[]): boolean =>
  shapeText(part) === shapeText(whole);

/** The first elements of `whole` along each axis. */
export function emitPart(
  to: Builder,
  x: Buffer,
  { shape, dtype }: TensorType,
  part: readonly number[],
): Buffer {
  if (isWhole(part, shape)) return x;
  const made = to.buffer({ shape: part, dtype });
  const source = contiguous(shape);
  writeCopy(to, { x, y: made }, { dtype, shape: part, source, target: contiguous(part) });
  return made;
}

/** A part in its place among zeros. */
export function emitWhole(to: Builder, part: Block, shape: readonly number[]): Buffer {
  if (isWhole(part.shape, shape)) return part.buffer;
  const { buffer } = emitFill(to, shape, 0);
  const [source, target] = [contiguous(part.shape), contiguous(shape)];
  writeCopy(to, { x: part.buffer, y: buffer }, { shape: part.shape, source, target });
  return buffer;
}
