/**
 * BatchNorm and InstanceNorm in one, two and three dimensions, GroupNorm and LayerNorm.
 * @category Normalisation and noise
 */

import { checkOptions, integer, real } from '../base/checks.ts';
import { counted, wrongValue } from '../base/errors.ts';
import { batchNorm } from '../ops/batchNorm.ts';
import { full } from '../ops/create.ts';
import { groupNorm, instanceNorm, layerNorm, normalizedAxes } from '../ops/normalization.ts';
import { flag } from '../ops/options.ts';
import { requireTensor, type Tensor } from '../tensor/tensor.ts';
import { buffer, Module, parameter } from './module.ts';

export interface BatchNormLayerOptions {
  /** Default 1e-5. */
  eps?: number;
  /** The weight of a batch in the running statistics. Default 0.1. */
  momentum?: number;
  /** Learn a scale and a shift. Default true. */
  affine?: boolean;
  /** Keep running statistics; without them the batch's are used in eval mode too. Default true. */
  trackRunningStats?: boolean;
}

export interface InstanceNormLayerOptions {
  /** Default 1e-5. */
  eps?: number;
  /** The weight of a batch in the running statistics. Default 0.1. */
  momentum?: number;
  /** Learn a scale and a shift. Default false. */
  affine?: boolean;
  /** Keep running statistics, and use them in eval mode. Default false. */
  trackRunningStats?: boolean;
}

/** A norm with a scale, a shift and running statistics of each channel. */
abstract class ChannelNorm extends Module {
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
    options: BatchNormLayerOptions | undefined,
    byDefault: boolean,
  ) {
    super();
    checkOptions(name, options, ['eps', 'momentum', 'affine', 'trackRunningStats']);
    const { eps = 1e-5, momentum = 0.1, affine = byDefault, trackRunningStats = byDefault } = options ?? {};
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
      throw new RangeError(
        `${this.#name}: x has ${counted(length, 'axis', 'axes')}, must have ${this.#axes.join(' or ')}`,
      );
    }
    const training = this.training || this.running_mean === null;
    return this.normalise(x, training, { momentum: this.#momentum, eps: this.#eps });
  }

  /** By the statistics of x where `training`, else by the running ones. */
  protected abstract normalise(
    x: Tensor,
    training: boolean,
    options: { momentum: number; eps: number },
  ): Tensor;
}

abstract class BatchNorm extends ChannelNorm {
  constructor(name: string, axes: readonly number[], numFeatures: number, options?: BatchNormLayerOptions) {
    super(name, axes, numFeatures, options, true);
  }
  protected normalise(x: Tensor, training: boolean, options: { momentum: number; eps: number }): Tensor {
    const { weight, bias, running_mean, running_var } = this;
    return batchNorm(x, running_mean, running_var, weight, bias, { ...options, training });
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

abstract class InstanceNorm extends ChannelNorm {
  constructor(name: string, axes: number, numFeatures: number, options?: InstanceNormLayerOptions) {
    super(name, [axes], numFeatures, options, false);
  }
  protected normalise(x: Tensor, training: boolean, options: { momentum: number; eps: number }): Tensor {
    const { weight, bias, running_mean: runningMean, running_var: runningVar } = this;
    if (!training) return batchNorm(x, runningMean, runningVar, weight, bias, options);
    return instanceNorm(x, weight, bias, { ...options, runningMean, runningVar });
  }
}

export class InstanceNorm1d extends InstanceNorm {
  constructor(numFeatures: number, options?: InstanceNormLayerOptions) {
    super('InstanceNorm1d', 3, numFeatures, options);
  }
}

export class InstanceNorm2d extends InstanceNorm {
  constructor(numFeatures: number, options?: InstanceNormLayerOptions) {
    super('InstanceNorm2d', 4, numFeatures, options);
  }
}

export class InstanceNorm3d extends InstanceNorm {
  constructor(numFeatures: number, options?: InstanceNormLayerOptions) {
    super('InstanceNorm3d', 5, numFeatures, options);
  }
}

export class GroupNorm extends Module {
  readonly weight: Tensor | null;
  readonly bias: Tensor | null;
  readonly #groups: number;
  readonly #eps: number;

  /** `eps` is 1e-5 by default; with `affine`, the default, a scale and a shift of each channel are learned. */
  constructor(numGroups: number, numChannels: number, options: { eps?: number; affine?: boolean } = {}) {
    super();
    checkOptions('GroupNorm', options, ['eps', 'affine']);
    const { eps = 1e-5, affine = true } = options;
    this.#groups = integer('GroupNorm', 'numGroups', numGroups, 1);
    const shape = [integer('GroupNorm', 'numChannels', numChannels, 1)];
    if (numChannels % numGroups !== 0) {
      throw wrongValue('GroupNorm', 'numChannels', numChannels, `a multiple of numGroups ${numGroups}`);
    }
    flag('GroupNorm', 'affine', affine);
    this.#eps = real('GroupNorm', 'eps', eps);
    this.weight = affine ? parameter(full(shape, 1)) : null;
    this.bias = affine ? parameter(full(shape, 0)) : null;
  }
  forward(x: Tensor): Tensor {
    return groupNorm(x, this.#groups, this.weight, this.bias, { eps: this.#eps });
  }
}

export interface LayerNormLayerOptions {
  /** Default 1e-5. */
  eps?: number;
  /** Learn a scale and a shift of each element of the normalised shape. Default true. */
  elementwiseAffine?: boolean;
  /** Learn the shift too. Default true. */
  bias?: boolean;
}

export class LayerNorm extends Module {
  readonly weight: Tensor | null;
  readonly bias: Tensor | null;
  readonly #shape: readonly number[];
  readonly #eps: number;

  constructor(normalizedShape: number | readonly number[], options: LayerNormLayerOptions = {}) {
    super();
    checkOptions('LayerNorm', options, ['eps', 'elementwiseAffine', 'bias']);
    const { eps = 1e-5, elementwiseAffine = true, bias = true } = options;
    this.#shape = normalizedAxes('LayerNorm', normalizedShape);
    flag('LayerNorm', 'elementwiseAffine', elementwiseAffine);
    flag('LayerNorm', 'bias', bias);
    this.#eps = real('LayerNorm', 'eps', eps);
    this.weight = elementwiseAffine ? parameter(full(this.#shape, 1)) : null;
    this.bias = elementwiseAffine && bias ? parameter(full(this.#shape, 0)) : null;
  }
  forward(x: Tensor): Tensor {
    return layerNorm(x, this.#shape, this.weight, this.bias, { eps: this.#eps });
  }
}
