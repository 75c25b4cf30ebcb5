/**
 * Arithmetic as instructions, for lowerings and gradient rules that are made of it: each function emits a step over
 * float32 blocks and gives the block of its result, a temporary.
 */
import { type DType, sameShape } from '../base/dtype.ts';
import { shapeText } from '../base/errors.ts';
import { writeAccumulate } from './accumulate.ts';
import type { Buffer, Builder } from './builder.ts';
import { writeCopy, writeFill } from './copy.ts';
import { writeBinary, writeUnary, writeUnaryGradient } from './elementwise.ts';
import { BINARY } from './table.ts';
import { contiguous, stretched, stridesOf, type Walk } from './walk.ts';

/** float32 values in a buffer, and their shape. */
export interface Block {
  readonly buffer: Buffer;
  readonly shape: readonly number[];
}

/** How many elements a shape has. */
export function countOf(shape: readonly number[]): number {
  let count = 1;
  for (let axis = 0; axis < shape.length; axis++) count *= shape[axis] as number;
  return count;
}

/** A new float32 block. */
export function newBlock(to: Builder, shape: readonly number[]): Block {
  return { buffer: to.buffer({ shape, dtype: 'float32' }), shape };
}

/** The same values under another shape of as many elements. */
export function reshaped({ buffer }: Block, shape: readonly number[]): Block {
  return { buffer, shape };
}

/** Every element `value`. */
export function emitFill(to: Builder, shape: readonly number[], value: number): Block {
  const made = newBlock(to, shape);
  writeFill(to, { y: made.buffer }, { count: countOf(shape), value });
  return made;
}

/** a kind b (BINARY), element by element, broadcast. */
export function emitBinary(to: Builder, kind: number, a: Block, b: Block): Block {
  const made = newBlock(to, broadcast('broadcast', a.shape, b.shape));
  emitBinaryInto(to, kind, 'float32', a, b, made);
  return made;
}

/** a kind b into a block of their common shape; all are of one dtype. */
export function emitBinaryInto(
  to: Builder,
  kind: number,
  dtype: DType,
  a: Block,
  b: Block,
  into: Block,
): void {
  const { shape } = into;
  const inPlace = [a, b].findIndex((own) => sameShape(own, into));
  const strides = { a: stretched(a.shape, shape), b: stretched(b.shape, shape) };
  const operands = { a: a.buffer, b: b.buffer, y: into.buffer };
  writeBinary(to, operands, { dtype, kind, shape, ...strides, inPlace });
}

/** y = y + x, of so many elements. */
export function emitSumInto(to: Builder, y: Buffer, x: Buffer, count: number): void {
  const [into, from]: [Block, Block] = [
    { buffer: y, shape: [count] },
    { buffer: x, shape: [count] },
  ];
  emitBinaryInto(to, BINARY.add, 'float32', into, from, into);
}

/** act(x) (ACTIVATION), element by element. */
export function emitUnary(to: Builder, act: number, x: Block, p0 = 0, p1 = 0): Block {
  const made = newBlock(to, x.shape);
  writeUnary(to, { x: x.buffer, y: made.buffer }, { act, p0, p1, count: countOf(x.shape) });
  return made;
}

/** dy times the derivative of act, element by element; of the function's output or its input (writeUnaryGradient). */
export function emitUnaryGradient(to: Builder, act: number, dy: Block, v: Block, p0 = 0, p1 = 0): Block {
  const made = newBlock(to, dy.shape);
  const operands = { dy: dy.buffer, v: v.buffer, dx: made.buffer };
  writeUnaryGradient(to, operands, { act, p0, p1, count: countOf(dy.shape) });
  return made;
}

/** x times a number. */
export function emitScale(to: Builder, x: Block, factor: number): Block {
  return factor === 1 ? x : emitBinary(to, BINARY.mul, x, emitFill(to, [], factor));
}

/** x summed over the axes along which `shape` was stretched to x's shape: the adjoint of broadcasting. */
export function emitSumTo(to: Builder, x: Block, shape: readonly number[]): Block {
  if (sameShape({ shape }, x)) return x;
  if (countOf(shape) === countOf(x.shape)) return reshaped(x, shape);
  const sums = emitFill(to, shape, 0);
  const target = { strides: stretched(shape, x.shape), offset: 0 };
  const walks = { shape: x.shape, source: contiguous(x.shape), target };
  writeAccumulate(to, { x: x.buffer, y: sums.buffer }, walks);
  return sums;
}

/** x with its axes in the order of `order`. */
export function emitPermuted(to: Builder, x: Block, order: readonly number[]): Block {
  const strides = stridesOf(x.shape);
  const source = { strides: order.map((axis) => strides[axis] as number), offset: 0 };
  return copied(
    to,
    x.buffer,
    order.map((axis) => x.shape[axis] as number),
    source,
  );
}

/** x stretched to `shape`. */
export function emitStretched(
  to: Builder,
  x: Block,
  shape: readonly number[],
  dtype: DType = 'float32',
): Block {
  if (countOf(shape) === countOf(x.shape)) return reshaped(x, shape);
  return copied(to, x.buffer, shape, { strides: stretched(x.shape, shape), offset: 0 }, dtype);
}

/** A new block of what a walk reads. */
function copied(
  to: Builder,
  x: Buffer,
  shape: readonly number[],
  source: Walk,
  dtype: DType = 'float32',
): Block {
  const buffer = to.buffer({ shape, dtype });
  writeCopy(to, { x, y: buffer }, { shape, source, target: contiguous(shape), dtype });
  return { buffer, shape };
}

/** The shape of two operands together: axes are aligned on the right, an axis of 1 stretches. @throws RangeError */
export function broadcast(
  name: string,
  a: readonly number[],
  b: readonly number[],
  [one, two]: readonly [string, string] = ['a', 'b'],
): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const [left, right] = [a[axis - rank + a.length] ?? 1, b[axis - rank + b.length] ?? 1];
    if (left !== right && left !== 1 && right !== 1) {
      throw new RangeError(
        `${name}: ${one} of shape ${shapeText(a)} and ${two} of shape ${shapeText(b)} do not broadcast`,
      );
    }
    return left === 1 ? right : left;
  });
}
