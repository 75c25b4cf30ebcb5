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

export interface ConvLayerOptions extends ConvOptions {
  /** Default true. */
  bias?: boolean;
  /** Seeds the initial values. */
  seed?: number;
}

/** What ConvNd share: weight [out, in / groups, kernel...] and bias [out]. */
abstract class Convolution extends Module {
  readonly weight: Tensor;
  readonly bias: Tensor | null;
  protected readonly options: ConvOptions;

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
    this.options = options;
  }

  override extraRepr(): string {
    const [out, channels, ...kernel] = this.weight.shape as [number, number, ...number[]];
    const { bias, options } = this;
    return convolutionText(channels * (options.groups ?? 1), out, kernel, { ...options, bias });
  }
}

export class Conv1d extends Convolution {
  constructor(inChannels: number, outChannels: number, kernelSize: Size, options?: ConvLayerOptions) {
    super('Conv1d', 1, inChannels, outChannels, kernelSize, options);
  }
  forward(x: Tensor): Tensor {
    return conv1d(x, this.weight, this.bias, this.options);
  }
}

export class Conv2d extends Convolution {
  constructor(inChannels: number, outChannels: number, kernelSize: Size, options?: ConvLayerOptions) {
    super('Conv2d', 2, inChannels, outChannels, kernelSize, options);
  }
  forward(x: Tensor): Tensor {
    return conv2d(x, this.weight, this.bias, this.options);
  }
}

export class Conv3d extends Convolution {
  constructor(inChannels: number, outChannels: number, kernelSize: Size, options?: ConvLayerOptions) {
    super('Conv3d', 3, inChannels, outChannels, kernelSize, options);
  }
  forward(x: Tensor): Tensor {
    return conv3d(x, this.weight, this.bias, this.options);
  }
}
