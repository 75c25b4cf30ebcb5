/** Conv1d, Conv2d, Conv3d: a convolution with its weight, bias and options. */
import { checkOptions, integer } from '../errors.ts';
import { conv1d, conv2d, conv3d } from '../ops/convolution.ts';
import type { ConvOptions } from '../ops/convolutionStep.ts';
import { flag, type Size, sizes } from '../ops/options.ts';
import type { Tensor } from '../tensor.ts';
import { initialValues } from './initial.ts';
import { Module } from './module.ts';

export interface ConvLayerOptions extends ConvOptions {
  /** Default true. */
  bias?: boolean;
  /** Seeds the initial values. */
  seed?: number;
}

/** The weight [out, in / groups, kernel...] and bias [out] of a convolution, with PyTorch's initial values. */
export function convolutionValues(
  name: string,
  rank: number,
  inChannels: number,
  outChannels: number,
  kernelSize: Size,
  options: { groups: number | undefined; bias: boolean; seed: number | undefined },
): { weight: Tensor; bias: Tensor | null } {
  const { bias, seed } = options;
  const groups = integer(name, 'groups', options.groups ?? 1, 1);
  integer(name, 'inChannels', inChannels, 1);
  integer(name, 'outChannels', outChannels, 1);
  flag(name, 'bias', bias);
  if (inChannels % groups !== 0)
    throw new RangeError(`${name}: inChannels is ${inChannels}, must be a multiple of groups ${groups}`);
  if (outChannels % groups !== 0)
    throw new RangeError(`${name}: outChannels is ${outChannels}, must be a multiple of groups ${groups}`);
  const shape = [outChannels, inChannels / groups, ...sizes(name, 'kernelSize', kernelSize, rank)];
  return initialValues(name, shape, bias, seed);
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
    checkOptions(name, given, ['stride', 'padding', 'dilation', 'groups', 'flipKernel', 'bias', 'seed']);
    const { bias = true, seed, ...options } = given;
    const { groups } = options;
    const made = convolutionValues(name, rank, inChannels, outChannels, kernelSize, { groups, bias, seed });
    this.weight = made.weight;
    this.bias = made.bias;
    this.options = options;
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
