/** The gradients of a convolution's weight and bias as instructions. */
import { type Buffer, type Lowering, OP } from './builder.ts';
import { type Block, emitSumTo, newBlock, reshaped } from './emit.ts';
import { type ConvolutionProblem, kernelOf } from './emitConvolution.ts';
import { copyStrided, stridesOf } from './strided.ts';

/**
 * dw[o, c, k] = sum over n, p of dy[n, o, p] x[n, c, p * stride - lo + k * dilation]; `flip`: with its taps in reverse
 * order.
 */
export function emitWeightGradient(
  name: string,
  to: Lowering,
  dy: Buffer,
  x: Buffer,
  { n, groups, channels, outputs, axes }: ConvolutionProblem,
  flip: boolean,
): Buffer {
  const words = [n, groups, channels / groups, outputs / groups, ...axes];
  const { scratch } = to.plan(name, OP.convWeightGradient, words);
  const kernel = kernelOf(axes);
  const shape = [outputs, channels / groups, ...kernel];
  const made = newBlock(to, shape).buffer;
  // Each weight meets each pixel of dy's planes.
  const macs = (made.bytes / 4) * (dy.bytes / 4 / Math.max(1, outputs));
  to.step(OP.convWeightGradient, [dy, x], [made], words, { scratch, macs });
  if (!flip) return made;
  const flipped = newBlock(to, shape).buffer;
  const strides = stridesOf(shape);
  const last = kernel.reduce((sum, size, axis) => sum + (size - 1) * strides[2 + axis]!, 0);
  const reverse = strides.map((stride, axis) => (axis < 2 ? stride : -stride));
  copyStrided(to, made, flipped, 4, shape, { strides: reverse, offset: last }, { strides, offset: 0 });
  return flipped;
}

/** The sum of dy [n, outputs, spatial...] over all but its channels. */
export function emitBiasGradient(to: Lowering, dy: Block): Buffer {
  const [n, outputs, ...spatial] = dy.shape as [number, number, ...number[]];
  const pixels = spatial.reduce((product, axis) => product * axis, 1);
  return emitSumTo(to, reshaped(dy, [n, outputs, pixels]), [outputs, 1]).buffer;
}
