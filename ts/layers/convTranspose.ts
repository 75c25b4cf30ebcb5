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

export interface ConvTransposeLayerOptions extends Omit<ConvTransposeOptions, 'outputSize'> {
  /** Default true. */
  bias?: boolean;
  /** Seeds the initial values. */
  seed?: number;
}

const OPTIONS = /*#__PURE__*/ CONV_TRANSPOSE_OPTIONS.filter((option) => option !== 'outputSize').concat(
  'bias',
  'seed',
);

/** What ConvTransposeNd share: weight [in, out / groups, kernel...] and bias [out]. */
abstract class ConvTranspose extends Module<[x: Tensor, outputSize?: Size]> {
  readonly weight: Tensor;
  readonly bias: Tensor | null;
  readonly #options: ConvTransposeOptions;

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

  /** The options of a call: with the size of the output, where it is given, in place of its padding. */
  protected optionsFor(outputSize: Size | undefined): ConvTransposeOptions {
    if (outputSize === undefined) return this.#options;
    const { outputPadding: _, ...options } = this.#options;
    return { ...options, outputSize };
  }
}

export class ConvTranspose1d extends ConvTranspose {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Size,
    options?: ConvTransposeLayerOptions,
  ) {
    super('ConvTranspose1d', 1, inChannels, outChannels, kernelSize, options);
  }
  forward(x: Tensor, outputSize?: Size): Tensor {
    return convTranspose1d(x, this.weight, this.bias, this.optionsFor(outputSize));
  }
}

export class ConvTranspose2d extends ConvTranspose {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Size,
    options?: ConvTransposeLayerOptions,
  ) {
    super('ConvTranspose2d', 2, inChannels, outChannels, kernelSize, options);
  }
  forward(x: Tensor, outputSize?: Size): Tensor {
    return convTranspose2d(x, this.weight, this.bias, this.optionsFor(outputSize));
  }
}

export class ConvTranspose3d extends ConvTranspose {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Size,
    options?: ConvTransposeLayerOptions,
  ) {
    super('ConvTranspose3d', 3, inChannels, outChannels, kernelSize, options);
  }
  forward(x: Tensor, outputSize?: Size): Tensor {
    return convTranspose3d(x, this.weight, this.bias, this.optionsFor(outputSize));
  }
}
