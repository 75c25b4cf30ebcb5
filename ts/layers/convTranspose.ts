/**
 * ConvTranspose1d, ConvTranspose2d, ConvTranspose3d: a transposed convolution with its weight, bias and options.
 * @category Convolution
 */
import { checkOptions } from '../base/checks.ts';
import {
  CONV_TRANSPOSE_OPTIONS,
  type ConvTransposeOptions,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  convTransposeParams,
} from '../ops/convTranspose.ts';
import type { Size } from '../ops/options.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { convolutionValues } from './initial.ts';
import { Module } from './module.ts';
import { convolutionText } from './repr.ts';

/** The options of `ConvTranspose1d`, `2d` and `3d`. */
export interface ConvTransposeLayerOptions extends Omit<ConvTransposeOptions, 'outputSize'> {
  /** Whether there is a bias. Default true. */
  bias?: boolean | undefined;
  /** The same seed gives the same initial values. Default: the generator that manualSeed seeds. */
  seed?: number | undefined;
}

const OPTIONS = /*#__PURE__*/ CONV_TRANSPOSE_OPTIONS.filter((option) => option !== 'outputSize').concat(
  'bias',
  'seed',
);

/** What ConvTransposeNd share: weight [in, out / groups, kernel...] and bias [out]. */
abstract class ConvTranspose extends Module<[x: Tensor, outputSize?: Size]> {
  /** [in, out / groups, kernel...]: a parameter. */
  readonly weight: Tensor;
  /** [out]: a parameter; null without one. */
  readonly bias: Tensor | null;
  readonly #options: ConvTransposeOptions;

  /** @internal */
  constructor(
    name: string,
    rank: number,
    inChannels: number,
    outChannels: number,
    kernelSize: Size,
    given: ConvTransposeLayerOptions = {},
  ) {
    super();
    checkOptions(name, given, OPTIONS);
    const { bias = true, seed, ...options } = given;
    const { groups } = options;
    convTransposeParams(name, rank, options);
    const values = { groups, bias, seed };
    const made = convolutionValues(name, rank, inChannels, outChannels, kernelSize, values, true);
    this.weight = made.weight;
    this.bias = made.bias;
    this.#options = options;
  }

  override extraRepr(): string {
    const [channels, out, ...kernel] = this.weight.shape as [number, number, ...number[]];
    const options = this.#options;
    return convolutionText(channels, out * (options.groups ?? 1), kernel, { ...options, bias: this.bias });
  }

  /**
   * The options of a call: with the size of the output, where it is given, in place of its padding. @internal
   */
  protected optionsFor(outputSize: Size | undefined): ConvTransposeOptions {
    if (outputSize === undefined) return this.#options;
    const { outputPadding: _, ...options } = this.#options;
    return { ...options, outputSize };
  }
}

/**
 * `convTranspose1d` as a layer, with its weight [in, out / groups, kl] and bias [out]; PyTorch's initial values:
 * uniform within 1 / sqrt(fan-in).
 */
export class ConvTranspose1d extends ConvTranspose {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'ConvTranspose1d';
  /**
   * Makes weight and bias.
   * @param inChannels the channels of x
   * @param outChannels the channels of the result
   * @param kernelSize one number, or [length]
   * @param options `stride` (default 1), `padding` (0), `outputPadding` (0), `groups` (1), `dilation` (1), `bias`
   * (true), `seed`
   * @throws RangeError for channels that `groups` does not divide and options out of range
   */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Size,
    options?: ConvTransposeLayerOptions,
  ) {
    super('ConvTranspose1d', 1, inChannels, outChannels, kernelSize, options);
  }

  /**
   * `convTranspose1d` of x.
   * @param x [N, in, L] of float32
   * @param outputSize the result's spatial size, in place of `outputPadding`
   * @returns [N, out, Lo], of the size that `convTranspose1d` gives
   * @throws RangeError for another number of channels, and a size that the stride cannot give
   */
  forward(x: Tensor, outputSize?: Size): Tensor {
    return convTranspose1d(x, this.weight, this.bias, this.optionsFor(outputSize));
  }
}

/**
 * `convTranspose2d` as a layer, with its weight [in, out / groups, kh, kw] and bias [out]; PyTorch's initial
 * values: uniform within 1 / sqrt(fan-in).
 * @example
 * ```ts
 * const up = new ConvTranspose2d(16, 8, 2, { stride: 2 });
 * up.forward(randn([1, 16, 8, 8])); // [1, 8, 16, 16]
 * ```
 */
export class ConvTranspose2d extends ConvTranspose {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'ConvTranspose2d';
  /**
   * Makes weight and bias.
   * @param inChannels the channels of x
   * @param outChannels the channels of the result
   * @param kernelSize one number, or [height, width]
   * @param options `stride` (default 1), `padding` (0), `outputPadding` (0), `groups` (1), `dilation` (1), `bias`
   * (true), `seed`
   * @throws RangeError for channels that `groups` does not divide and options out of range
   */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Size,
    options?: ConvTransposeLayerOptions,
  ) {
    super('ConvTranspose2d', 2, inChannels, outChannels, kernelSize, options);
  }

  /**
   * `convTranspose2d` of x.
   * @param x [N, in, H, W] of float32
   * @param outputSize the result's spatial size, in place of `outputPadding`
   * @returns [N, out, Ho, Wo], of the size that `convTranspose2d` gives
   * @throws RangeError for another number of channels, and a size that the stride cannot give
   */
  forward(x: Tensor, outputSize?: Size): Tensor {
    return convTranspose2d(x, this.weight, this.bias, this.optionsFor(outputSize));
  }
}

/**
 * `convTranspose3d` as a layer, with its weight [in, out / groups, kd, kh, kw] and bias [out]; PyTorch's initial
 * values: uniform within 1 / sqrt(fan-in).
 */
export class ConvTranspose3d extends ConvTranspose {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'ConvTranspose3d';
  /**
   * Makes weight and bias.
   * @param inChannels the channels of x
   * @param outChannels the channels of the result
   * @param kernelSize one number, or [depth, height, width]
   * @param options `stride` (default 1), `padding` (0), `outputPadding` (0), `groups` (1), `dilation` (1), `bias`
   * (true), `seed`
   * @throws RangeError for channels that `groups` does not divide and options out of range
   */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Size,
    options?: ConvTransposeLayerOptions,
  ) {
    super('ConvTranspose3d', 3, inChannels, outChannels, kernelSize, options);
  }

  /**
   * `convTranspose3d` of x.
   * @param x [N, in, D, H, W] of float32
   * @param outputSize the result's spatial size, in place of `outputPadding`
   * @returns [N, out, Do, Ho, Wo], of the size that `convTranspose3d` gives
   * @throws RangeError for another number of channels, and a size that the stride cannot give
   */
  forward(x: Tensor, outputSize?: Size): Tensor {
    return convTranspose3d(x, this.weight, this.bias, this.optionsFor(outputSize));
  }
}
