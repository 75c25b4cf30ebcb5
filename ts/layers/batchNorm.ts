/** BatchNorm1d, BatchNorm2d, BatchNorm3d: scale, shift and running statistics of each channel. */
import { full } from '../create.ts';
import { checkOptions, integer, real } from '../errors.ts';
import { batchNorm } from '../ops/batchNorm.ts';
import { flag } from '../ops/options.ts';
import { requireTensor, type Tensor } from '../tensor.ts';
import { buffer, Module, parameter } from './module.ts';

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
