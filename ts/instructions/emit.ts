/**
 * Arithmetic as instructions, for lowerings and gradient rules that are made of it: each function emits a step over
 * float32 blocks and gives the block of its result, a temporary.
 */
import { shapeText } from '../errors.ts';
import { type Buffer, bits, type Lowering, OP } from './builder.ts';
import { mergeAxes, stridesOf } from './strided.ts';

/** float32 values in a buffer, and their shape. */
export interface Block {
  readonly buffer: Buffer;
  readonly shape: readonly number[];
}

/** Kinds of binary instructions (crates/core/src/ops/binary.rs). */
export const BINARY = {
  add: 0,
  sub: 1,
  mul: 2,
  div: 3,
  pow: 4,
  max: 5,
  min: 6,
  prelu: 7,
  above: 8,
  masked: 9,
  powerSlope: 10,
  powerGrowth: 11,
  preluSlope: 12,
} as const;
/** Functions of unary instructions (crates/core/src/ops/activation.rs). */
export const UNARY = {
  relu: 1,
  clip: 2,
  sigmoid: 5,
  tanh: 6,
  exp: 16,
  log: 17,
  sqrt: 18,
  abs: 19,
  neg: 20,
} as const;

/** How many elements a shape has. */
export function countOf(shape: readonly number[]): number {
  return shape.reduce((product, axis) => product * axis, 1);
}

/** A new float32 block. */
export function newBlock(to: Lowering, shape: readonly number[]): Block {
  return { buffer: to.buffer({ shape, dtype: 'float32' }), shape };
}

/** The same values under another shape of as many elements. */
export function reshaped({ buffer }: Block, shape: readonly number[]): Block {
  return { buffer, shape };
}

/** Every element `value`. */
export function emitFill(to: Lowering, shape: readonly number[], value: number): Block {
  const made = newBlock(to, shape);
  to.step(OP.fill, [], [made.buffer], [4, countOf(shape), bits(value)]);
  return made;
}

/** a kind b, element by element, broadcast. */
export function emitBinary(to: Lowering, kind: number, a: Block, b: Block): Block {
  const made = newBlock(to, broadcast('broadcast', a.shape, b.shape));
  emitBinaryInto(to, kind, 0, a, b, made);
  return made;
}

/** a kind b into a block of their common shape; `dtype` is the number of the operands' type. */
export function emitBinaryInto(
  to: Lowering,
  kind: number,
  dtype: number,
  a: Block,
  b: Block,
  into: Block,
): void {
  const { shape } = into;
  const axes = mergeAxes(shape, stretched(a.shape, shape), stretched(b.shape, shape));
  to.requireAxes(axes.length);
  const inPlace = [a, b].findIndex((own) => shapeText(own.shape) === shapeText(shape));
  const words = [kind, dtype, axes.length, ...axes.flat()];
  to.step(OP.binary, [a.buffer, b.buffer], [into.buffer], words, { inPlace });
}

/** act(x), element by element. */
export function emitUnary(to: Lowering, act: number, x: Block, p0 = 0, p1 = 0): Block {
  const made = newBlock(to, x.shape);
  const words = [act, bits(p0), bits(p1), countOf(x.shape), 0];
  to.step(OP.unary, [x.buffer], [made.buffer], words, { inPlace: 0 });
  return made;
}

/**
 * dy times the derivative of act, element by element; `v` is the function's output for some functions and its input for
 * others (crates/core/src/ops/unary_gradient.rs says which).
 */
export function emitUnaryGradient(to: Lowering, act: number, dy: Block, v: Block, p0 = 0, p1 = 0): Block {
  const made = newBlock(to, dy.shape);
  const words = [act, bits(p0), bits(p1), countOf(dy.shape)];
  to.step(OP.unaryGradient, [dy.buffer, v.buffer], [made.buffer], words, { inPlace: 0 });
  return made;
}

/** x times a number. */
export function emitScale(to: Lowering, x: Block, factor: number): Block {
  return factor === 1 ? x : emitBinary(to, BINARY.mul, x, emitFill(to, [], factor));
}

/** x summed over the axes along which `shape` was stretched to x's shape: the adjoint of broadcasting. */
export function emitSumTo(to: Lowering, x: Block, shape: readonly number[]): Block {
  if (shapeText(shape) === shapeText(x.shape)) return x;
  if (countOf(shape) === countOf(x.shape)) return reshaped(x, shape);
  const sums = emitFill(to, shape, 0);
  emitAccumulate(to, x.buffer, sums.buffer, x.shape, stridesOf(x.shape), stretched(shape, x.shape));
  return sums;
}

/** into[j] += from[i] for each element of a walk of `shape`: i and j go by their strides, from their offsets. */
export function emitAccumulate(
  to: Lowering,
  from: Buffer,
  into: Buffer,
  shape: readonly number[],
  source: readonly number[],
  target: readonly number[],
  offsets: readonly [number, number] = [0, 0],
): void {
  if (shape.includes(0)) return;
  const axes = mergeAxes(shape, source, target);
  to.requireAxes(axes.length);
  to.step(OP.accumulate, [from], [into], [axes.length, ...axes.flat(), ...offsets]);
}

/** x with its axes in the order of `order`. */
export function emitPermuted(to: Lowering, x: Block, order: readonly number[]): Block {
  const shape = order.map((axis) => x.shape[axis] as number);
  const made = newBlock(to, shape);
  if (shape.includes(0)) return made;
  const strides = stridesOf(x.shape);
  const source = order.map((axis) => strides[axis] as number);
  const axes = mergeAxes(shape, source, stridesOf(shape));
  to.requireAxes(axes.length);
  to.step(OP.copy, [x.buffer], [made.buffer], [4, axes.length, ...axes.flat(), 0, 0]);
  return made;
}

/** x stretched to `shape`. */
export function emitStretched(to: Lowering, x: Block, shape: readonly number[]): Block {
  if (countOf(shape) === countOf(x.shape)) return reshaped(x, shape);
  const made = newBlock(to, shape);
  if (shape.includes(0)) return made;
  const axes = mergeAxes(shape, stretched(x.shape, shape), stridesOf(shape));
  to.requireAxes(axes.length);
  to.step(OP.copy, [x.buffer], [made.buffer], [4, axes.length, ...axes.flat(), 0, 0]);
  return made;
}

/** The shape of two operands together: axes are aligned on the right, an axis of 1 stretches. @throws RangeError */
export function broadcast(name: string, a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const [left, right] = [a[axis - rank + a.length] ?? 1, b[axis - rank + b.length] ?? 1];
    if (left !== right && left !== 1 && right !== 1) {
      throw new RangeError(
        `${name}: a of shape ${shapeText(a)} and b of shape ${shapeText(b)} do not broadcast`,
      );
    }
    return left === 1 ? right : left;
  });
}

/** An operand's strides along the axes of `shape`: 0 where it is stretched. */
export function stretched(own: readonly number[], shape: readonly number[]): number[] {
  const strides = stridesOf(own);
  return shape.map((_, axis) => {
    const mine = axis - shape.length + own.length;
    return mine < 0 || own[mine] === 1 ? 0 : (strides[mine] as number);
  });
}
