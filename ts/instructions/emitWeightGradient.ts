/** The gradients of a convolution's weight and bias as instructions. */
import { kernelOf } from './axes.ts';
import type { Buffer, Builder } from './builder.ts';
import { writeConvWeightGradient } from './conv.ts';
import { writeCopy } from './copy.ts';
import { type Block, emitSumTo, newBlock, reshaped } from './emit.ts';
import type { ConvolutionProblem } from './emitConvolution.ts';
import { contiguous, stridesOf } from './walk.ts';

/**
 * dw[o, c, k] = sum over n, p of dy[n, o, p] x[n, c, p * stride - lo + k * dilation]; `flip`: with its taps in reverse
 * order.
 */
export function emitWeightGradient(
  name: string,
  to: Builder,
  dy: Buffer,
  x: Buffer,
  problem: ConvolutionProblem,
  flip: boolean,
): Buffer {
  const { groups, channels, outputs } = problem;
  const kernel = kernelOf(problem.axes);
  const shape = [outputs, channels / groups, ...kernel];
  const made = newBlock(to, shape).buffer;
  writeConvWeightGradient(to, name, { dy, x, dw: made }, problem);
  if (!flip) return made;
  const flipped = newBlock(to, shape).buffer;
  const strides = stridesOf(shape);
  const last = kernel.reduce((sum, size, axis) => sum + (size - 1) * strides[2 + axis]!, 0);
  const reverse = strides.map((stride, axis) => (axis < 2 ? stride : -stride));
  const source = { strides: reverse, offset: last };
  writeCopy(to, { x: made, y: flipped }, { shape, source, target: contiguous(shape) });
  return flipped;
}

/** The sum of dy [n, outputs, spatial...] over all but its channels. */
export function emitBiasGradient(to: Builder, dy: Block): Buffer {
  const [n, outputs, ...spatial] = dy.shape as [number, number, ...number[]];
  const pixels = spatial.reduce((product, axis) => product * axis, 1);
  return emitSumTo(to, reshaped(dy, [n, outputs, pixels]), [outputs, 1]).buffer;
}
