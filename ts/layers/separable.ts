/**
 * SeparableConv1d, SeparableConv2d, SeparableConv3d, SpatialSeparableConv2d: convolutions in two steps with their weights.
 * @category Convolution
 */
import { checkOptions, integer } from '../base/checks.ts';
import { scope } from '../engine/memory.ts';
import { convParams } from '../ops/convolutionStep.ts';
import { flag, type Size, sizes } from '../ops/options.ts';
import {
  SEPARABLE_OPTIONS,
  type SeparableConvOptions,
  separableConv1d,
  separableConv2d,
  separableConv3d,
  spatialSeparableConv2d,
} from '../ops/separable.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { initialValues } from './initial.ts';
import { Module } from './module.ts';
import { convolutionText } from './repr.ts';

/** The options of `SpatialSeparableConv2d`. */
export interface SpatialSeparableConvLayerOptions extends SeparableConvOptions {
  /** Whether there is a bias. Default true. */
  bias?: boolean | undefined;
  /** The same seed gives the same initial values. Default: the generator that manualSeed seeds. */
  seed?: number | undefined;
}

/** The options of `SeparableConv1d`, `2d` and `3d`. */
export interface SeparableConvLayerOptions extends SpatialSeparableConvLayerOptions {
  /** Kernels for each input channel. Default 1. */
  depthMultiplier?: number | undefined;
}

const OPTIONS = /*#__PURE__*/ SEPARABLE_OPTIONS.concat('bias', 'seed');

/** Two weights and a bias, each with PyTorch's initial values of a convolution of its shape. */
function twoWeights(
  name: string,
  first: readonly number[],
  second: readonly number[],
  bias: boolean,
  seed: number | undefined,
) {
  return scope(() => ({
    first: initialValues(name, first, false, seed).weight,
    ...initialValues(name, second, flag(name, 'bias', bias) === 1, seed, second[0], -1),
  }));
}

/** What SeparableConvNd share: depthwiseWeight [in m, 1, kernel...], pointwiseWeight [out, in m, 1...] and bias [out]. */
abstract class SeparableConv extends Module {
  /** [in m, 1, kernel...]: a parameter. */
  readonly depthwiseWeight: Tensor;
  /** [out, in m, 1...]: a parameter. */
  readonly pointwiseWeight: Tensor;
  /** [out]: a parameter; null without one. */
  readonly bias: Tensor | null;
  readonly #options: SeparableConvOptions;
  readonly #depthMultiplier: number;

  /** @internal */
  constructor(
    name: string,
    rank: number,
    inChannels: number,
    outChannels: number,
    kernelSize: Size,
    given: SeparableConvLayerOptions = {},
  ) {
    super();
    checkOptions(name, given, [...OPTIONS, 'depthMultiplier']);
    const { bias = true, seed, depthMultiplier = 1, ...options } = given;
    convParams(name, rank, options);
    const channels =
      integer(name, 'inChannels', inChannels, 1) * integer(name, 'depthMultiplier', depthMultiplier, 1);
    integer(name, 'outChannels', outChannels, 1);
    const kernel = sizes(name, 'kernelSize', kernelSize, rank);
    const pointwise = [outChannels, channels, ...kernel.map(() => 1)];
    const made = twoWeights(name, [channels, 1, ...kernel], pointwise, bias, seed);
    this.depthwiseWeight = made.first;
    this.pointwiseWeight = made.weight;
    this.bias = made.bias;
    this.#options = options;
    this.#depthMultiplier = depthMultiplier;
  }

  /** @internal */
  protected get options(): SeparableConvOptions {
    return this.#options;
  }

  override extraRepr(): string {
    const [out, channels] = this.pointwiseWeight.shape as [number, number];
    const kernel = this.depthwiseWeight.shape.slice(2);
    const [depthMultiplier, bias] = [this.#depthMultiplier, this.bias];
    return convolutionText(channels / depthMultiplier, out, kernel, {
      ...this.options,
      depthMultiplier,
      bias,
    });
  }
}

/**
 * `separableConv1d` as a layer, with its weights, [in m, 1, kl] and [out, in m, 1], m being `depthMultiplier`, and
 * bias [out]; PyTorch's initial values: uniform within 1 / sqrt(fan-in).
 */
export class SeparableConv1d extends SeparableConv {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'SeparableConv1d';
  /**
   * Makes both weights and the bias.
   * @param inChannels the channels of x
   * @param outChannels the channels of the result
   * @param kernelSize one number, or [length]
   * @param options `stride` (default 1), `padding` (0), `paddingMode` ('zeros'), `dilation` (1), `flipKernel`
   * (false), `depthMultiplier` (1), `bias` (true), `seed`
   * @throws RangeError for options out of range
   */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Size,
    options?: SeparableConvLayerOptions,
  ) {
    super('SeparableConv1d', 1, inChannels, outChannels, kernelSize, options);
  }

  /**
   * `separableConv1d` of x.
   * @param x [N, in, L] of float32
   * @returns [N, out, Lo], of the size that `conv1d` gives
   * @throws RangeError for another number of channels, and a kernel that does not fit
   */
  forward(x: Tensor): Tensor {
    return separableConv1d(x, this.depthwiseWeight, this.pointwiseWeight, this.bias, this.options);
  }
}

/**
 * `separableConv2d` as a layer, with its weights, [in m, 1, kh, kw] and [out, in m, 1, 1], m being
 * `depthMultiplier`, and bias [out]; PyTorch's initial values: uniform within 1 / sqrt(fan-in).
 */
export class SeparableConv2d extends SeparableConv {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'SeparableConv2d';
  /**
   * Makes both weights and the bias.
   * @param inChannels the channels of x
   * @param outChannels the channels of the result
   * @param kernelSize one number, or [height, width]
   * @param options `stride` (default 1), `padding` (0), `paddingMode` ('zeros'), `dilation` (1), `flipKernel`
   * (false), `depthMultiplier` (1), `bias` (true), `seed`
   * @throws RangeError for options out of range
   */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Size,
    options?: SeparableConvLayerOptions,
  ) {
    super('SeparableConv2d', 2, inChannels, outChannels, kernelSize, options);
  }

  /**
   * `separableConv2d` of x.
   * @param x [N, in, H, W] of float32
   * @returns [N, out, Ho, Wo], of the size that `conv2d` gives
   * @throws RangeError for another number of channels, and a kernel that does not fit
   */
  forward(x: Tensor): Tensor {
    return separableConv2d(x, this.depthwiseWeight, this.pointwiseWeight, this.bias, this.options);
  }
}

/**
 * `separableConv3d` as a layer, with its weights, [in m, 1, kd, kh, kw] and [out, in m, 1, 1, 1], m being
 * `depthMultiplier`, and bias [out]; PyTorch's initial values: uniform within 1 / sqrt(fan-in).
 */
export class SeparableConv3d extends SeparableConv {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'SeparableConv3d';
  /**
   * Makes both weights and the bias.
   * @param inChannels the channels of x
   * @param outChannels the channels of the result
   * @param kernelSize one number, or [depth, height, width]
   * @param options `stride` (default 1), `padding` (0), `paddingMode` ('zeros'), `dilation` (1), `flipKernel`
   * (false), `depthMultiplier` (1), `bias` (true), `seed`
   * @throws RangeError for options out of range
   */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Size,
    options?: SeparableConvLayerOptions,
  ) {
    super('SeparableConv3d', 3, inChannels, outChannels, kernelSize, options);
  }

  /**
   * `separableConv3d` of x.
   * @param x [N, in, D, H, W] of float32
   * @returns [N, out, Do, Ho, Wo], of the size that `conv3d` gives
   * @throws RangeError for another number of channels, and a kernel that does not fit
   */
  forward(x: Tensor): Tensor {
    return separableConv3d(x, this.depthwiseWeight, this.pointwiseWeight, this.bias, this.options);
  }
}

/** `spatialSeparableConv2d` as a layer: each channel by its column, then by its row, and bias. */
export class SpatialSeparableConv2d extends Module {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'SpatialSeparableConv2d';
  /** [channels, 1, kh, 1]: a parameter. */
  readonly columnKernel: Tensor;
  /** [channels, 1, 1, kw]: a parameter. */
  readonly rowKernel: Tensor;
  /** [channels]: a parameter; null without one. */
  readonly bias: Tensor | null;
  readonly #options: SeparableConvOptions;

  /**
   * Makes both kernels and the bias.
   * @param channels the channels of x, and of the result
   * @param kernelSize one number, or [height, width]
   * @param given `stride` (default 1), `padding` (0), `paddingMode` ('zeros'), `dilation` (1), `flipKernel`
   * (false), `bias` (true), `seed`
   * @throws RangeError for options out of range
   */
  constructor(channels: number, kernelSize: Size, given: SpatialSeparableConvLayerOptions = {}) {
    super();
    const name = 'SpatialSeparableConv2d';
    checkOptions(name, given, OPTIONS);
    const { bias = true, seed, ...options } = given;
    convParams(name, 2, options);
    integer(name, 'channels', channels, 1);
    const [height, width] = sizes(name, 'kernelSize', kernelSize, 2) as [number, number];
    const made = twoWeights(name, [channels, 1, height, 1], [channels, 1, 1, width], bias, seed);
    this.columnKernel = made.first;
    this.rowKernel = made.weight;
    this.bias = made.bias;
    this.#options = options;
  }

  override extraRepr(): string {
    const { columnKernel: column, rowKernel: row, bias } = this;
    const kernel = [column.shape[2] as number, row.shape[3] as number];
    return convolutionText(column.shape[0] as number, undefined, kernel, { ...this.#options, bias });
  }

  /**
   * `spatialSeparableConv2d` of x.
   * @param x [N, channels, H, W] of float32
   * @returns [N, channels, Ho, Wo], of the size that `conv2d` gives
   * @throws RangeError for another number of channels, and a kernel that does not fit
   */
  forward(x: Tensor): Tensor {
    return spatialSeparableConv2d(x, this.columnKernel, this.rowKernel, this.bias, this.#options);
  }
}
