/** Instructions of convolutions: packing of weights, the convolution, and its weights' gradient. */
import { DTYPE } from '../base/boundary.ts';
import { GRADIENTS } from '../engine/side.ts';
import { type Axes, axisWords, kernelOf } from './axes.ts';
import type { Buffer, Builder, Choice, OperandsOf, Plan } from './builder.ts';
import { type Activation, activationWords } from './elementwise.ts';
import { OP } from './table.ts';

/** The sizes of a convolution. */
export interface ConvSizes {
  readonly n: number;
  readonly groups: number;
  /** Input channels, of all groups. */
  readonly channels: number;
  /** Output channels. */
  readonly outputs: number;
  readonly axes: Axes;
}

/** The algorithm (ALGORITHM) and what follows the sum. */
export interface ConvOptions extends Choice {
  readonly activation: Activation | null;
}

function sizeWords({ n, groups, channels, outputs, axes }: ConvSizes): number[] {
  const words = axisWords(axes);
  words.unshift(DTYPE.float32, n, groups, channels / groups, outputs / groups);
  return words;
}

/** Sizes, algorithm and activation. */
export function convWords(sizes: ConvSizes, { algorithm, exact, activation }: ConvOptions): number[] {
  const words = sizeWords(sizes);
  words.push(algorithm, exact ? 1 : 0, ...activationWords(activation));
  return words;
}

/** What a convolution needs, and by which algorithm it is computed: that of the options where it accepts. */
export function planConv(to: Builder, where: string, sizes: ConvSizes, options: ConvOptions): Plan {
  return to.plan(where, OP.conv, convWords(sizes, options));
}

/** Where the residual stands among what the instruction reads. */
const RESIDUAL = 3;

/** y = act(x convolved with the packed weights + bias + residual), as planned. */
export function writeConv(
  to: Builder,
  { x, weights, bias = null, residual = null, slope = null, y }: OperandsOf<'conv'>,
  sizes: ConvSizes,
  options: ConvOptions & Plan,
): void {
  const { scratch, algorithm } = options;
  const macs = kernelOf(sizes.axes).reduce((a, b) => a * b, ((y.bytes / 4) * sizes.channels) / sizes.groups);
  // Each element of the residual is read just before its output is written: over it, the caches hold a tensor less.
  const how = { inPlace: RESIDUAL, scratch, algorithm, macs };
  to.step(OP.conv, [x, weights, bias, residual, slope], [y], convWords(sizes, options), how);
}

/** Where the elements of a weight lie. */
export interface WeightSource {
  /** Elements from a group, output channel, input channel and tap along three axes to the next; may be negative. */
  readonly strides: readonly number[];
  /** The element of the first of all of them. */
  readonly offset: number;
}

/** A weight [groups * outer, inner, kernel...]: `outer` are the output channels of a group, `inner` the input channels. */
export function contiguousWeight(outer: number, inner: number, kernel: readonly number[]): WeightSource {
  const [depth, height, width] = kernel as [number, number, number];
  const taps = depth * height * width;
  return { strides: [outer * inner * taps, inner * taps, taps, height * width, width, 1], offset: 0 };
}

export interface PackOptions extends Omit<ConvSizes, 'n'> {
  /** Without it the weight is [outputs, channels / groups, kernel...], one element behind the other. */
  readonly source?: WeightSource;
}

/**
 * The weights in the order in which the algorithm that was planned reads them. What the words say depends on the weights
 * alone: problems that differ elsewhere only, such as another input size, share packed weights.
 */
export function writeConvPack(
  to: Builder,
  where: string,
  weights: Buffer,
  { groups, channels, outputs, axes, source }: PackOptions,
  algorithm: number,
): Buffer {
  const [ci, co, kernel] = [channels / groups, outputs / groups, kernelOf(axes)];
  const { strides, offset } = source ?? contiguousWeight(co, ci, kernel);
  const words = [DTYPE.float32, groups, ci, co, ...kernel, algorithm, ...strides, offset];
  const packed = to.temporary(4 * to.plan(where, OP.convPack, words).packed);
  to.step(OP.convPack, [weights], [packed], words);
  return packed;
}

/** dw of a convolution whose output's gradient is dy. */
export function writeConvWeightGradient(
  to: Builder,
  where: string,
  { dy, x, dw }: OperandsOf<'convWeightGradient'>,
  sizes: ConvSizes & { readonly exact?: boolean },
): void {
  to.needs(GRADIENTS);
  const words = [...sizeWords(sizes), to.choice.exact || sizes.exact === true ? 1 : 0];
  const { scratch } = to.plan(where, OP.convWeightGradient, words);
  // Each weight meets each pixel of dy's planes.
  const macs = (dw.bytes / 4) * (dy.bytes / 4 / Math.max(1, sizes.outputs));
  to.step(OP.convWeightGradient, [dy, x], [dw], words, { scratch, macs });
}
