/**
 * The instructions of a convolution, which `linear` is too (one pixel per row): weights are packed, then multiplied.
 * Where the weights are constant, all but the last instruction run once.
 */
import { type Buffer, bits, type Lowering, OP } from './builder.ts';

/** Where the elements of a weight lie. */
export interface WeightSource {
  /** Elements from a group, output channel, input channel and tap along three axes to the next; may be negative. */
  readonly strides: readonly number[];
  /** The element of the first of all of them. */
  readonly offset: number;
}

export interface ConvolutionProblem {
  readonly n: number;
  readonly groups: number;
  /** Input channels. */
  readonly channels: number;
  /** Output channels. */
  readonly outputs: number;
  /** Three axes of six words. */
  readonly axes: readonly number[];
  /** Without it the weight is [outputs, channels / groups, kernel...], one element behind the other. */
  readonly source?: WeightSource;
  /** What is done to x before: its padding, where that is not zeros. */
  before?(to: Lowering, x: Buffer): Buffer;
}

/** What a convolution reads: x, weight, bias, the residual, and the slope of each channel of an activation that has one. */
export type ConvolutionInputs = readonly (Buffer | null)[];
/** Where the residual stands among what the instruction reads. */
const RESIDUAL = 3;
/** Names of the algorithms that a plan gives as numbers (crates/core/src/plan.rs). */
export const ALGORITHMS = ['', 'gemm', 'pointwise', 'depthwise', 'winograd', 'direct'] as const;

/** Emits y = act(x convolved with weight + bias + residual); `activation`: its number and its two numbers. */
export function emitConvolution(
  name: string,
  to: Lowering,
  { inputs, outputs }: { readonly inputs: ConvolutionInputs; readonly outputs: readonly Buffer[] },
  problem: ConvolutionProblem,
  [number = 0, p0 = 0, p1 = 0]: readonly number[] = [],
): void {
  const { n, groups, channels, axes } = problem;
  const act = [number, bits(p0), bits(p1)];
  const [x, weight, bias = null, residual = null, slope = null] = inputs as [Buffer, Buffer];
  const words = (algorithm: number) => [
    ...[n, groups, channels / groups, problem.outputs / groups, ...axes],
    ...[algorithm, to.choice.exact ? 1 : 0, ...act],
  ];
  const { scratch, algorithm } = to.plan(name, OP.conv, words(to.choice.algorithm));
  const reads = [
    problem.before?.(to, x) ?? x,
    emitPacked(name, to, weight, problem, algorithm),
    bias,
    residual,
    slope,
  ];
  // Each element of the residual is read just before its output is written: over it, the caches hold a tensor less.
  const macs = (outputs[0]!.bytes / 4) * (channels / groups) * kernelOf(axes).reduce((a, b) => a * b);
  to.step(OP.conv, reads, outputs, words(algorithm), { inPlace: RESIDUAL, scratch, algorithm, macs });
}

/**
 * Emits the packing of the weights for an algorithm. What it says depends on the weights alone: problems that differ
 * elsewhere only, such as another input size, share packed weights.
 */
export function emitPacked(
  name: string,
  to: Lowering,
  weight: Buffer,
  { groups, channels, outputs, axes, source }: Omit<ConvolutionProblem, 'n'>,
  algorithm: number,
): Buffer {
  const kernel = kernelOf(axes);
  const { strides, offset } = source ?? contiguous(outputs / groups, channels / groups, kernel);
  const words = [groups, channels / groups, outputs / groups, ...kernel, algorithm, ...strides, offset];
  const panels = to.temporary(4 * to.plan(name, OP.convPack, words).packed);
  to.step(OP.convPack, [weight], [panels], words);
  return panels;
}

/** The kernel's sizes along three axes. */
export function kernelOf(axes: readonly number[]): [number, number, number] {
  return [axes[1]!, axes[7]!, axes[13]!];
}

/** A weight [groups * outer, inner, kernel...]: `outer` are the output channels of a group, `inner` the input channels. */
export function contiguous(outer: number, inner: number, kernel: readonly number[]): WeightSource {
  const [depth, height, width] = kernel as [number, number, number];
  const taps = depth * height * width;
  return { strides: [outer * inner * taps, inner * taps, taps, height * width, width, 1], offset: 0 };
}

/** The same weight with its taps in reverse order along each axis. */
export function flipped({ strides, offset }: WeightSource, kernel: readonly number[]): WeightSource {
  const last = kernel.reduce((sum, size, axis) => sum + (size - 1) * strides[3 + axis]!, 0);
  return {
    strides: strides.map((stride, axis) => (axis < 3 || stride === 0 ? stride : -stride)),
    offset: offset + last,
  };
}

/** The same weight with the roles of its channels swapped: what was an output channel is an input channel. */
export function swapped({ strides, offset }: WeightSource): WeightSource {
  const [group, output, input, ...taps] = strides as number[];
  return { strides: [group!, input!, output!, ...taps], offset };
}

/** Three axes of one element each. */
export const PIXEL: readonly number[] = [1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0];
