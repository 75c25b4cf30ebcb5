/**
 * DeformConv2d, and DeformConv2dPack, which predicts its own offsets and mask.
 * @category Convolution
 */
import { checkOptions, integer } from '../base/checks.ts';
import { scope } from '../engine/memory.ts';
import { sigmoid } from '../ops/activation.ts';
import { slice } from '../ops/concat.ts';
import { type DeformConvOptions, deformConv2d } from '../ops/deform.ts';
import { flag, type Size, sizes } from '../ops/options.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { Conv2d } from './convolution.ts';
import { convolutionValues } from './initial.ts';
import { Module } from './module.ts';
import { convolutionText } from './repr.ts';

/** The options of `DeformConv2d`. */
export interface DeformConvLayerOptions extends Omit<DeformConvOptions, 'mask'> {
  /** Groups of channels that do not see each other. Default 1. */
  groups?: number | undefined;
  /** Whether there is a bias. Default true. */
  bias?: boolean | undefined;
  /** The same seed gives the same initial values. Default: the generator that manualSeed seeds. */
  seed?: number | undefined;
}

const OPTIONS = ['stride', 'padding', 'dilation', 'groups', 'bias', 'seed'];

/**
 * `deformConv2d` as a layer, with its weight [out, in / groups, kh, kw] and bias [out], initialised as a
 * convolution's.
 */
export class DeformConv2d extends Module<[x: Tensor, offset: Tensor, mask?: Tensor | null]> {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'DeformConv2d';
  /** [out, in / groups, kh, kw]: a parameter. */
  readonly weight: Tensor;
  /** [out]: a parameter; null without one. */
  readonly bias: Tensor | null;
  readonly #options: Omit<DeformConvOptions, 'mask'>;
  readonly #groups: number | undefined;

  /**
   * Makes weight and bias.
   * @param inChannels the channels of x
   * @param outChannels the channels of the result
   * @param kernelSize one number, or [height, width]
   * @param given `stride` (default 1), `padding` (0), `dilation` (1), `groups` (1), `bias` (true), `seed`
   * @throws RangeError for options out of range
   */
  constructor(inChannels: number, outChannels: number, kernelSize: Size, given: DeformConvLayerOptions = {}) {
    super();
    checkOptions('DeformConv2d', given, OPTIONS);
    const { bias = true, groups, seed, ...options } = given;
    const values = { groups, bias, seed };
    const made = convolutionValues('DeformConv2d', 2, inChannels, outChannels, kernelSize, values);
    this.weight = made.weight;
    this.bias = made.bias;
    this.#options = options;
    this.#groups = groups;
  }

  override extraRepr(): string {
    const [out, channels, ...kernel] = this.weight.shape as [number, number, ...number[]];
    const [groups, bias] = [this.#groups, this.bias];
    return convolutionText(channels * (groups ?? 1), out, kernel, { ...this.#options, groups, bias });
  }

  /**
   * `deformConv2d` of x, with G groups of offsets.
   * @param x [N, in, H, W] of float32
   * @param offset [N, 2 G kh kw, Ho, Wo]: pixels, pairs of y and x per tap
   * @param mask [N, G kh kw, Ho, Wo]; left out or null: none
   * @returns [N, out, Ho, Wo]
   * @throws RangeError for shapes that do not fit
   */
  forward(x: Tensor, offset: Tensor, mask: Tensor | null = null): Tensor {
    return deformConv2d(x, offset, this.weight, this.bias, { ...this.#options, mask });
  }
}

/** The options of `DeformConv2dPack`. */
export interface DeformConvPackOptions extends DeformConvLayerOptions {
  /** Groups of channels that have offsets of their own. Default 1. */
  offsetGroups?: number | undefined;
  /** Whether samples are modulated (Deformable ConvNets v2). Default true. */
  mask?: boolean | undefined;
}

/**
 * A deformable convolution whose offsets, and mask, come from a convolution of its own over the same window:
 * `conv_offset`, with 2 G kh kw channels of offsets and, with a mask, G kh kw channels that a sigmoid makes the mask of.
 * Its weight and bias start at zero, so that training starts from the ordinary convolution, with a mask of 0.5
 * everywhere (Zhu et al., 2019). Parameters: weight, bias, conv_offset.weight, conv_offset.bias.
 */
export class DeformConv2dPack extends Module {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'DeformConv2dPack';
  /** [out, in / groups, kh, kw]: a parameter. */
  readonly weight: Tensor;
  /** [out]: a parameter; null without one. */
  readonly bias: Tensor | null;
  /** Predicts offsets and mask; its weight and bias are zeros at first. */
  readonly conv_offset: Conv2d;
  readonly #options: Omit<DeformConvOptions, 'mask'>;
  /** Channels of offsets. */
  readonly #offsets: number;
  readonly #mask: boolean;

  /**
   * Makes weight, bias and conv_offset.
   * @param inChannels the channels of x
   * @param outChannels the channels of the result
   * @param kernelSize one number, or [height, width]
   * @param given `stride` (default 1), `padding` (0), `dilation` (1), `groups` (1), `offsetGroups` (1), `mask`
   * (true), `bias` (true), `seed`
   * @throws RangeError for options out of range
   */
  constructor(inChannels: number, outChannels: number, kernelSize: Size, given: DeformConvPackOptions = {}) {
    super();
    const name = 'DeformConv2dPack';
    checkOptions(name, given, [...OPTIONS, 'offsetGroups', 'mask']);
    const { bias = true, groups, seed, offsetGroups = 1, mask = true, ...options } = given;
    integer(name, 'offsetGroups', offsetGroups, 1);
    flag(name, 'mask', mask);
    const [kh, kw] = sizes(name, 'kernelSize', kernelSize, 2) as [number, number];
    integer(name, 'inChannels', inChannels, 1);
    if (inChannels % offsetGroups !== 0) {
      throw new RangeError(
        `${name}: inChannels is ${inChannels}, must be a multiple of offsetGroups ${offsetGroups}`,
      );
    }
    const samples = offsetGroups * kh * kw;
    const made = scope(() => {
      const values = convolutionValues(name, 2, inChannels, outChannels, kernelSize, { groups, bias, seed });
      const conv = new Conv2d(inChannels, (mask ? 3 : 2) * samples, kernelSize, { ...options, seed: 0 });
      for (const parameter of conv.parameters()) parameter.data.fill(0);
      return { ...values, conv };
    });
    this.weight = made.weight;
    this.bias = made.bias;
    this.conv_offset = made.conv;
    this.#options = options;
    this.#offsets = 2 * samples;
    this.#mask = mask;
  }

  override extraRepr(): string {
    const [out, channels, ...kernel] = this.weight.shape as [number, number, number, number];
    const inChannels = this.conv_offset.weight.shape[1] as number;
    const offsetGroups = this.#offsets / 2 / kernel[0] / kernel[1];
    const own = { groups: inChannels / channels, offsetGroups, mask: this.#mask, bias: this.bias };
    return convolutionText(inChannels, out, kernel, { ...this.#options, ...own });
  }

  /**
   * The deformable convolution of x by the offsets that x gives.
   * @param x [N, in, H, W] of float32
   * @returns [N, out, Ho, Wo], of the size that `conv2d` gives
   * @throws RangeError for another number of channels, and a kernel that does not fit
   */
  forward(x: Tensor): Tensor {
    return scope(() => {
      const predicted = this.conv_offset.forward(x);
      const [n, channels] = predicted.shape as [number, number];
      const part = (from: number, until: number) => slice(predicted, [0, from], [n, until]);
      const offset = this.#mask ? part(0, this.#offsets) : predicted;
      const mask = this.#mask ? sigmoid(part(this.#offsets, channels)) : null;
      return deformConv2d(x, offset, this.weight, this.bias, { ...this.#options, mask });
    });
  }
}
