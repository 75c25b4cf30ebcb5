/**
 * Conv1d, Conv2d, Conv3d: a convolution with its weight, bias and options.
 * @category Convolution
 */
import { checkOptions } from '../base/checks.ts';
import { conv1d, conv2d, conv3d } from '../ops/convolution.ts';
import { CONV_OPTIONS, type ConvOptions, convParams } from '../ops/convolutionStep.ts';
import type { Size } from '../ops/options.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { convolutionValues } from './initial.ts';
import { Module } from './module.ts';
import { convolutionText } from './repr.ts';

/** The options of `Conv1d`, `Conv2d` and `Conv3d`. */
export interface ConvLayerOptions extends ConvOptions {
  /** Whether there is a bias. Default true. */
  bias?: boolean | undefined;
  /** The same seed gives the same initial values. Default: the generator that manualSeed seeds. */
  seed?: number | undefined;
}

/** What ConvNd share: weight [out, in / groups, kernel...] and bias [out]. */
abstract class Convolution extends Module {
  /** [out, in / groups, kernel...]: a parameter. */
  readonly weight: Tensor;
  /** [out]: a parameter; null without one. */
  readonly bias: Tensor | null;
  readonly #options: ConvOptions;

  /** @internal */
  constructor(
    name: string,
    rank: number,
    inChannels: number,
    outChannels: number,
    kernelSize: Size,
    given: ConvLayerOptions = {},
  ) {
    super();
    checkOptions(name, given, [...CONV_OPTIONS, 'bias', 'seed']);
    const { bias = true, seed, ...options } = given;
    const { groups } = options;
    convParams(name, rank, options);
    const made = convolutionValues(name, rank, inChannels, outChannels, kernelSize, { groups, bias, seed });
    this.weight = made.weight;
    this.bias = made.bias;
    this.#options = options;
  }

  /** @internal */
  get options(): ConvOptions {
    return this.#options;
  }

  override extraRepr(): string {
    const [out, channels, ...kernel] = this.weight.shape as [number, number, ...number[]];
    const { bias, options } = this;
    return convolutionText(channels * (options.groups ?? 1), out, kernel, { ...options, bias });
  }
}

/**
 * `conv1d` as a layer, with its weight [out, in / groups, kl] and bias [out]; PyTorch's initial values: uniform
 * within 1 / sqrt(fan-in).
 */
export class Conv1d extends Convolution {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'Conv1d';
  /**
   * Makes weight and bias.
   * @param inChannels the channels of x
   * @param outChannels the channels of the result
   * @param kernelSize one number, or [length]
   * @param options `stride` (default 1), `padding` (0), `paddingMode` ('zeros'), `dilation` (1), `groups` (1),
   * `flipKernel` (false), `bias` (true), `seed`
   * @throws RangeError for channels that `groups` does not divide and options out of range
   */
  constructor(inChannels: number, outChannels: number, kernelSize: Size, options?: ConvLayerOptions) {
    super('Conv1d', 1, inChannels, outChannels, kernelSize, options);
  }

  /**
   * `conv1d` of x.
   * @param x [N, in, L] of float32
   * @returns [N, out, Lo], of the size that `conv1d` gives
   * @throws RangeError for another number of channels, and a kernel that does not fit
   */
  forward(x: Tensor): Tensor {
    return conv1d(x, this.weight, this.bias, this.options);
  }
}

/**
 * `conv2d` as a layer, with its weight [out, in / groups, kh, kw] and bias [out]; PyTorch's initial values: uniform
 * within 1 / sqrt(fan-in).
 * @example
 * ```ts
 * const conv = new Conv2d(3, 16, 3, { padding: 1 });
 * const y = conv.forward(randn([1, 3, 32, 32])); // [1, 16, 32, 32]
 * ```
 */
export class Conv2d extends Convolution {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'Conv2d';
  /**
   * Makes weight and bias.
   * @param inChannels the channels of x
   * @param outChannels the channels of the result
   * @param kernelSize one number, or [height, width]
   * @param options `stride` (default 1), `padding` (0), `paddingMode` ('zeros'), `dilation` (1), `groups` (1),
   * `flipKernel` (false), `bias` (true), `seed`
   * @throws RangeError for channels that `groups` does not divide and options out of range
   */
  constructor(inChannels: number, outChannels: number, kernelSize: Size, options?: ConvLayerOptions) {
    super('Conv2d', 2, inChannels, outChannels, kernelSize, options);
  }

  /**
   * `conv2d` of x.
   * @param x [N, in, H, W] of float32
   * @returns [N, out, Ho, Wo], of the size that `conv2d` gives
   * @throws RangeError for another number of channels, and a kernel that does not fit
   */
  forward(x: Tensor): Tensor {
    return conv2d(x, this.weight, this.bias, this.options);
  }
}

/**
 * `conv3d` as a layer, with its weight [out, in / groups, kd, kh, kw] and bias [out]; PyTorch's initial values:
 * uniform within 1 / sqrt(fan-in).
 */
export class Conv3d extends Convolution {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'Conv3d';
  /**
   * Makes weight and bias.
   * @param inChannels the channels of x
   * @param outChannels the channels of the result
   * @param kernelSize one number, or [depth, height, width]
   * @param options `stride` (default 1), `padding` (0), `paddingMode` ('zeros'), `dilation` (1), `groups` (1),
   * `flipKernel` (false), `bias` (true), `seed`
   * @throws RangeError for channels that `groups` does not divide and options out of range
   */
  constructor(inChannels: number, outChannels: number, kernelSize: Size, options?: ConvLayerOptions) {
    super('Conv3d', 3, inChannels, outChannels, kernelSize, options);
  }

  /**
   * `conv3d` of x.
   * @param x [N, in, D, H, W] of float32
   * @returns [N, out, Do, Ho, Wo], of the size that `conv3d` gives
   * @throws RangeError for another number of channels, and a kernel that does not fit
   */
  forward(x: Tensor): Tensor {
    return conv3d(x, this.weight, this.bias, this.options);
  }
}
