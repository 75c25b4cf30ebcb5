/**
 * Products of matrices as instructions, which are convolutions of one tap: one factor's rows are the output channels, the
 * other's columns the pixels. So they have the convolution's kernels, and no loops of their own.
 */
import { PIXEL, UNIT } from './axes.ts';
import type { Builder } from './builder.ts';
import { type Block, countOf } from './emit.ts';
import { type ConvolutionProblem, emitConvolution } from './emitConvolution.ts';

/** [groups, images, m, n] = [groups, m, k] times [images, groups, k, n], with groups or images being 1. */
interface ProductSizes {
  readonly groups?: number;
  readonly images?: number;
  readonly m: number;
  readonly k: number;
  readonly n: number;
}

/** Writes a times b; where `transposed` is set, a lies as [groups, k, m]. */
export function emitProduct(
  name: string,
  to: Builder,
  a: Block,
  b: Block,
  { groups = 1, images = 1, m, k, n }: ProductSizes,
  into: Block,
  transposed = false,
): Block {
  const axes = [UNIT, UNIT, { ...UNIT, input: n }] as const;
  const strides = [m * k, ...(transposed ? [1, m] : [k, 1]), 0, 0, 0];
  const problem = { n: images, groups, channels: groups * k, outputs: groups * m, axes };
  return emitInto(name, to, b, a, into, { ...problem, source: { strides, offset: 0 } });
}

/** Writes x [m, k] times the transpose of weight [n, k]. */
export function emitRows(
  name: string,
  to: Builder,
  x: Block,
  weight: Block,
  { m, k, n }: ProductSizes,
  into: Block,
): Block {
  return emitInto(name, to, x, weight, into, { n: m, groups: 1, channels: k, outputs: n, axes: PIXEL });
}

function emitInto(
  name: string,
  to: Builder,
  x: Block,
  weight: Block,
  into: Block,
  problem: ConvolutionProblem,
): Block {
  if (countOf(into.shape) === 0) return into;
  emitConvolution(name, to, { x: x.buffer, weight: weight.buffer, y: into.buffer }, problem);
  return into;
}
