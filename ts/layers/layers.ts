/** The layer classes: an operator with its parameters or fixed options. */
import { full } from '../create.ts';
import type { DType } from '../dtype.ts';
import { checkOptions, integer, real } from '../errors.ts';
import { relu, relu6, sigmoid } from '../ops/activation.ts';
import { prelu } from '../ops/arithmetic.ts';
import { batchNorm } from '../ops/batchNorm.ts';
import { type ConvOptions, conv1d, conv2d, conv3d } from '../ops/convolution.ts';
import { linear } from '../ops/linear.ts';
import { flag, type Size, sizes } from '../ops/options.ts';
import { flatten } from '../ops/reshape.ts';
import { requireTensor, type Tensor } from '../tensor.ts';
import { initialValues } from './initial.ts';
import { buffer, Module, parameter } from './module.ts';

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
    checkOptions(name, given, ['stride', 'padding', 'dilation', 'groups', 'flipKernel', 'bias', 'seed']);
    const { bias = true, seed, ...options } = given;
    const groups = integer(name, 'groups', options.groups ?? 1, 1);
    integer(name, 'inChannels', inChannels, 1);
    integer(name, 'outChannels', outChannels, 1);
    flag(name, 'bias', bias);
    if (inChannels % groups !== 0)
      throw new RangeError(`${name}: inChannels is ${inChannels}, must be a multiple of groups ${groups}`);
    if (outChannels % groups !== 0)
      throw new RangeError(`${name}: outChannels is ${outChannels}, must be a multiple of groups ${groups}`);
    const shape = [outChannels, inChannels / groups, ...sizes(name, 'kernelSize', kernelSize, rank)];
    const made = initialValues(name, shape, bias, seed);
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

/** x [..., in] to [..., out]. */
export class Linear extends Module {
  readonly weight: Tensor;
  readonly bias: Tensor | null;

  constructor(inFeatures: number, outFeatures: number, options: { bias?: boolean; seed?: number } = {}) {
    super();
    checkOptions('Linear', options, ['bias', 'seed']);
    const { bias = true, seed } = options;
    flag('Linear', 'bias', bias);
    const shape = [
      integer('Linear', 'outFeatures', outFeatures, 1),
      integer('Linear', 'inFeatures', inFeatures, 1),
    ];
    const made = initialValues('Linear', shape, bias, seed);
    this.weight = made.weight;
    this.bias = made.bias;
  }
  forward(x: Tensor): Tensor {
    return linear(x, this.weight, this.bias);
  }
}

export interface BatchNormLayerOptions {
  /** Default 1e-5. */
  eps?: number;
  /** Default 0.1. */
  momentum?: number;
  /** Learn a scale and a shift. Default true. */
  affine?: boolean;
  /** Keep running statistics; without them the batch's are used in eval mode too. Default true. */
  trackRunningStats?: boolean;
}

abstract class BatchNorm extends Module {
  readonly weight: Tensor | null;
  readonly bias: Tensor | null;
  readonly running_mean: Tensor | null;
  readonly running_var: Tensor | null;
  readonly #name: string;
  readonly #axes: readonly number[];
  readonly #eps: number;
  readonly #momentum: number;

  constructor(
    name: string,
    axes: readonly number[],
    numFeatures: number,
    options: BatchNormLayerOptions = {},
  ) {
    super();
    checkOptions(name, options, ['eps', 'momentum', 'affine', 'trackRunningStats']);
    const { eps = 1e-5, momentum = 0.1, affine = true, trackRunningStats = true } = options;
    const shape = [integer(name, 'numFeatures', numFeatures, 1)];
    flag(name, 'affine', affine);
    flag(name, 'trackRunningStats', trackRunningStats);
    this.#name = name;
    this.#axes = axes;
    this.#eps = real(name, 'eps', eps);
    this.#momentum = real(name, 'momentum', momentum);
    this.weight = affine ? parameter(full(shape, 1)) : null;
    this.bias = affine ? parameter(full(shape, 0)) : null;
    this.running_mean = trackRunningStats ? buffer(full(shape, 0)) : null;
    this.running_var = trackRunningStats ? buffer(full(shape, 1)) : null;
  }

  forward(x: Tensor): Tensor {
    const { length } = requireTensor(this.#name, 'x', x).shape;
    if (!this.#axes.includes(length)) {
      throw new RangeError(`${this.#name}: x has ${length} axes, must have ${this.#axes.join(' or ')}`);
    }
    const training = this.training || this.running_mean === null;
    const options = { training, momentum: this.#momentum, eps: this.#eps };
    return batchNorm(x, this.running_mean, this.running_var, this.weight, this.bias, options);
  }
}

export class BatchNorm1d extends BatchNorm {
  constructor(numFeatures: number, options?: BatchNormLayerOptions) {
    super('BatchNorm1d', [2, 3], numFeatures, options);
  }
}

export class BatchNorm2d extends BatchNorm {
  constructor(numFeatures: number, options?: BatchNormLayerOptions) {
    super('BatchNorm2d', [4], numFeatures, options);
  }
}

export class BatchNorm3d extends BatchNorm {
  constructor(numFeatures: number, options?: BatchNormLayerOptions) {
    super('BatchNorm3d', [5], numFeatures, options);
  }
}

export class ReLU extends Module {
  forward(x: Tensor): Tensor {
    return relu(x);
  }
}

export class ReLU6 extends Module {
  forward(x: Tensor): Tensor {
    return relu6(x);
  }
}

export class Sigmoid extends Module {
  forward(x: Tensor): Tensor {
    return sigmoid(x);
  }
}

/** x where it is positive, else a learned slope, of all or of each channel, times x. */
export class PReLU extends Module {
  readonly weight: Tensor;

  constructor(options: { numParameters?: number; init?: number } = {}) {
    super();
    checkOptions('PReLU', options, ['numParameters', 'init']);
    const count = integer('PReLU', 'numParameters', options.numParameters ?? 1, 1);
    this.weight = parameter(full([count], real('PReLU', 'init', options.init ?? 0.25)));
  }
  forward(x: Tensor): Tensor {
    return prelu(x, this.weight);
  }
}

export class Flatten extends Module<[Tensor<DType>], Tensor<DType>> {
  readonly #startDim: number;
  readonly #endDim: number;

  constructor(options: { startDim?: number; endDim?: number } = {}) {
    super();
    checkOptions('Flatten', options, ['startDim', 'endDim']);
    this.#startDim = integer('Flatten', 'startDim', options.startDim ?? 1, -8);
    this.#endDim = integer('Flatten', 'endDim', options.endDim ?? -1, -8);
  }
  forward(x: Tensor<DType>): Tensor<DType> {
    return flatten(x, this.#startDim, this.#endDim);
  }
}
