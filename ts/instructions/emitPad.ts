/**
 * Padding as strided copies. Along each axis the output is up to three runs of the input: what lies before it, the input
 * itself (or what a crop leaves), what lies behind; a run goes backwards in 'reflect', stands still in 'replicate', goes
 * on from the other end in 'circular'. Each product of runs is one copy, and in the adjoint one accumulation.
 */
import { elementCount } from '../base/checks.ts';
import { bytesPer, type TensorType } from '../base/dtype.ts';
import { writeAccumulate } from './accumulate.ts';
import type { Buffer, Builder } from './builder.ts';
import { writeCopy, writeFill } from './copy.ts';
import { type Block, countOf, emitFill, newBlock } from './emit.ts';
import { stridesOf, type Walk } from './walk.ts';

/** What padding holds: a constant, or x mirrored at its edge, its edge, or x around again. */
export type PadMode = 'constant' | 'reflect' | 'replicate' | 'circular';
export const PAD_MODES: readonly PadMode[] = ['constant', 'reflect', 'replicate', 'circular'];

/** How the last axes of a tensor are padded. */
export interface Pads {
  readonly mode: PadMode;
  /** Elements before and after, per axis; negative: cropped. */
  readonly widths: readonly number[];
  /** What 'constant' fills in; default 0. */
  readonly value?: number;
}

/** Elements `start, start + step, ...` of an input's axis that are `count` elements of the output's, from `at` on. */
interface Run {
  readonly at: number;
  readonly count: number;
  readonly start: number;
  readonly step: number;
}

/** The padded shape. @throws RangeError, in the name of `where`, for widths that the mode or the shape do not allow */
export function padShape(where: string, shape: readonly number[], { mode, widths }: Pads): number[] {
  const first = shape.length - widths.length / 2;
  return shape.map((size, axis) => {
    if (axis < first) return size;
    const pair = widths.slice(2 * (axis - first), 2 * (axis - first) + 2) as [number, number];
    const padded = size + pair[0] + pair[1];
    if (padded < 0) {
      throw new RangeError(
        `${where}: padding[${axis - first}] crops ${size - padded} of the ${size} elements of x, must leave at least 0`,
      );
    }
    const most = widest(mode, size, pair);
    pair.forEach((width, side) => {
      if (width <= Math.max(0, most)) return;
      throw new RangeError(
        `${where}: padding[${axis - first}][${side}] is ${width}, must be at most ${Math.max(0, most)} in mode '${mode}' on an axis of ${size}`,
      );
    });
    return padded;
  });
}

/** The most elements that a mode can add on a side. */
function widest(mode: PadMode, size: number, [before, after]: readonly [number, number]): number {
  if (mode === 'reflect') return size - 1;
  if (mode === 'circular') return size + Math.min(before, 0) + Math.min(after, 0);
  return mode === 'replicate' && size === 0 ? 0 : Number.POSITIVE_INFINITY;
}

/** The runs of an axis; the input's own comes first. */
function runsOf(mode: PadMode, size: number, before: number, after: number): Run[] {
  const end = size + after;
  // What is left of the input: circular padding goes round in it.
  const [from, until] = [Math.max(0, -before), Math.min(size, end)];
  const run = (first: number, last: number, start: number, step: number): Run => ({
    at: first + before,
    count: Math.max(0, last - first),
    start,
    step,
  });
  const inner = run(from, until, from, 1);
  if (mode === 'constant') return [inner];
  const [left, right] = [Math.min(0, end), Math.max(size, -before)];
  const outer = {
    reflect: [run(-before, left, before, -1), run(right, end, 2 * (size - 1) - right, -1)],
    replicate: [run(-before, left, 0, 0), run(right, end, size - 1, 0)],
    circular: [run(-before, left, until - before, 1), run(right, end, from + right - size, 1)],
  };
  return [inner, ...outer[mode]].filter(({ count }, i) => i === 0 || count > 0);
}

/** A copy's shape, and where it reads x and writes y. */
interface Piece {
  readonly shape: readonly number[];
  readonly x: Walk;
  readonly y: Walk;
}

/** Every product of runs; the first is what is left of x itself. */
function piecesOf(shape: readonly number[], padded: readonly number[], { mode, widths }: Pads): Piece[] {
  const [from, to] = [stridesOf(shape), stridesOf(padded)];
  const first = shape.length - widths.length / 2;
  let products: Run[][] = [[]];
  shape.forEach((size, axis) => {
    const [before = 0, after = 0] = axis < first ? [] : widths.slice(2 * (axis - first));
    const runs = runsOf(mode, size, before, after);
    products = products.flatMap((product) => runs.map((run) => [...product, run]));
  });
  const sum = (terms: readonly number[]) => terms.reduce((a, b) => a + b, 0);
  return products.map((runs) => ({
    shape: runs.map((run) => run.count),
    x: {
      strides: runs.map((run, axis) => run.step * (from[axis] as number)),
      offset: sum(runs.map((run, axis) => run.start * (from[axis] as number))),
    },
    y: { strides: to, offset: sum(runs.map((run, axis) => run.at * (to[axis] as number))) },
  }));
}

const cropped = ({ widths }: Pads) => widths.some((width) => width < 0);

/** x, of this type, padded into a buffer of the padded shape; 'constant' fills in the element of `filling`, where there is one. */
export function emitPad(
  to: Builder,
  x: Buffer,
  type: TensorType,
  into: Buffer,
  pads: Pads,
  filling: Buffer | null = null,
): void {
  const { dtype } = type;
  const shape = padShape('pad', type.shape, pads);
  if (pads.mode === 'constant' && pads.widths.some((width) => width > 0)) {
    const count = elementCount('pad', shape, bytesPer(dtype));
    const along = (stride: number): Walk => ({ strides: [stride], offset: 0 });
    const walks = { dtype, shape: [count], source: along(0), target: along(1) };
    if (filling) writeCopy(to, { x: filling, y: into }, walks);
    else writeFill(to, { y: into }, { dtype, count, value: pads.value ?? 0 });
  }
  for (const piece of piecesOf(type.shape, shape, pads)) {
    writeCopy(to, { x, y: into }, { dtype, shape: piece.shape, source: piece.x, target: piece.y });
  }
}

/** The gradient of x, of this shape, from that of the padded x: each element gets the sum of its copies'. */
export function emitPadAdjoint(to: Builder, dy: Buffer, shape: readonly number[], pads: Pads): Block {
  const padded = padShape('pad', shape, pads);
  const [inner, ...others] = piecesOf(shape, padded, pads) as [Piece, ...Piece[]];
  // What is left of x is copied; an element that was cropped may have copies or not.
  const dx = cropped(pads) ? emitFill(to, shape, 0) : newBlock(to, shape);
  if (countOf(shape) === 0) return dx;
  const operands = { x: dy, y: dx.buffer };
  writeCopy(to, operands, { shape: inner.shape, source: inner.y, target: inner.x });
  for (const { shape, x, y } of others) writeAccumulate(to, operands, { shape, source: y, target: x });
  return dx;
}
