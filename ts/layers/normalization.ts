/**
 * BatchNorm and InstanceNorm in one, two and three dimensions, GroupNorm and LayerNorm.
 * @category Normalisation and noise
 */
import { checkOptions, integer, real } from '../base/checks.ts';
import { counted, wrongKind, wrongValue } from '../base/errors.ts';
import { batchNorm } from '../ops/batchNorm.ts';
import { full } from '../ops/create.ts';
import { groupNorm, instanceNorm, layerNorm, normalizedAxes } from '../ops/normalization.ts';
import { flag } from '../ops/options.ts';
import { requireTensor, type Tensor } from '../tensor/tensor.ts';
import { buffer, Module, parameter } from './module.ts';
import { argumentsText } from './repr.ts';

/** The options of `BatchNorm1d`, `2d` and `3d`. */
export interface BatchNormLayerOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number | undefined;
  /** The weight of a batch in the running statistics. Default 0.1. */
  momentum?: number | undefined;
  /** Learn a scale and a shift. Default true. */
  affine?: boolean | undefined;
  /** Keep running statistics; without them the batch's are used in eval mode too. Default true. */
  trackRunningStats?: boolean | undefined;
}

/** The options of `InstanceNorm1d`, `2d` and `3d`. */
export interface InstanceNormLayerOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number | undefined;
  /** The weight of a batch in the running statistics. Default 0.1. */
  momentum?: number | undefined;
  /** Learn a scale and a shift. Default false. */
  affine?: boolean | undefined;
  /** Keep running statistics, and use them in eval mode. Default false. */
  trackRunningStats?: boolean | undefined;
}

/** A norm with a scale, a shift and running statistics of each channel. */
abstract class ChannelNorm extends Module {
  /** [C], of ones at first: a parameter; null without `affine`. */
  readonly weight: Tensor | null;
  /** [C], of zeros at first: a parameter; null without `affine`. */
  readonly bias: Tensor | null;
  /** [C]: a buffer, of zeros at first; null where statistics are not tracked. */
  readonly running_mean: Tensor | null;
  /** [C]: a buffer, of ones at first; null where statistics are not tracked. */
  readonly running_var: Tensor | null;
  readonly #name: string;
  readonly #axes: readonly number[];
  readonly #features: number;
  readonly #eps: number;
  readonly #momentum: number;

  /** @internal */
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
    this.#features = numFeatures;
    this.#eps = real(name, 'eps', eps);
    if (momentum === null)
      throw wrongKind(name, 'momentum', momentum, "a number: PyTorch's cumulative average is not kept");
    this.#momentum = real(name, 'momentum', momentum);
    this.weight = affine ? parameter(full(shape, 1)) : null;
    this.bias = affine ? parameter(full(shape, 0)) : null;
    this.running_mean = trackRunningStats ? buffer(full(shape, 0)) : null;
    this.running_var = trackRunningStats ? buffer(full(shape, 1)) : null;
  }

  /**
   * x normalised.
   * @param x of float32, with the axes that the class takes
   * @returns of x's shape
   * @throws RangeError for another number of axes or channels, and for one value per channel in train mode
   */
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

  override extraRepr(): string {
    const { weight, running_mean } = this;
    const options = { affine: weight !== null, trackRunningStats: running_mean !== null };
    return argumentsText({ eps: this.#eps, momentum: this.#momentum, ...options }, this.#features);
  }

  /** By the statistics of x where `training`, else by the running ones. @internal */
  protected abstract normalise(
    x: Tensor,
    training: boolean,
    options: { momentum: number; eps: number },
  ): Tensor;
}

/** What BatchNormNd share. */
abstract class BatchNorm extends ChannelNorm {
  /** @internal */
  constructor(name: string, axes: readonly number[], numFeatures: number, options?: BatchNormLayerOptions) {
    super(name, axes, numFeatures, options, true);
  }

  /** @internal */
  protected override normalise(
    x: Tensor,
    training: boolean,
    options: { momentum: number; eps: number },
  ): Tensor {
    const { weight, bias, running_mean, running_var } = this;
    return batchNorm(x, running_mean, running_var, weight, bias, { ...options, training });
  }
}

/**
 * `batchNorm` of x [N, C] or [N, C, L] as a layer: in train mode by the batch's statistics, which are recorded, in
 * eval mode by the recorded ones.
 */
export class BatchNorm1d extends BatchNorm {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'BatchNorm1d';
  /**
   * Makes weight, of ones, bias, of zeros, and the running statistics.
   * @param numFeatures C
   * @param options `eps` (default 1e-5), `momentum` (0.1), `affine` (true), `trackRunningStats` (true)
   * @throws RangeError for options out of range
   */
  constructor(numFeatures: number, options?: BatchNormLayerOptions) {
    super('BatchNorm1d', [2, 3], numFeatures, options);
  }
}

/**
 * `batchNorm` of x [N, C, H, W] as a layer: in train mode by the batch's statistics, which are recorded, in eval
 * mode by the recorded ones.
 * @example
 * ```ts
 * const norm = new BatchNorm2d(16);
 * norm.train().forward(x); // by the batch's statistics, which are recorded
 * norm.eval().forward(x); // by the recorded ones
 * ```
 */
export class BatchNorm2d extends BatchNorm {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'BatchNorm2d';
  /**
   * Makes weight, of ones, bias, of zeros, and the running statistics.
   * @param numFeatures C
   * @param options `eps` (default 1e-5), `momentum` (0.1), `affine` (true), `trackRunningStats` (true)
   * @throws RangeError for options out of range
   */
  constructor(numFeatures: number, options?: BatchNormLayerOptions) {
    super('BatchNorm2d', [4], numFeatures, options);
  }
}

/**
 * `batchNorm` of x [N, C, D, H, W] as a layer: in train mode by the batch's statistics, which are recorded, in eval
 * mode by the recorded ones.
 */
export class BatchNorm3d extends BatchNorm {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'BatchNorm3d';
  /**
   * Makes weight, of ones, bias, of zeros, and the running statistics.
   * @param numFeatures C
   * @param options `eps` (default 1e-5), `momentum` (0.1), `affine` (true), `trackRunningStats` (true)
   * @throws RangeError for options out of range
   */
  constructor(numFeatures: number, options?: BatchNormLayerOptions) {
    super('BatchNorm3d', [5], numFeatures, options);
  }
}

/** What InstanceNormNd share. */
abstract class InstanceNorm extends ChannelNorm {
  /** @internal */
  constructor(name: string, axes: number, numFeatures: number, options?: InstanceNormLayerOptions) {
    super(name, [axes], numFeatures, options, false);
  }

  /** @internal */
  protected override normalise(
    x: Tensor,
    training: boolean,
    options: { momentum: number; eps: number },
  ): Tensor {
    const { weight, bias, running_mean: runningMean, running_var: runningVar } = this;
    if (!training) return batchNorm(x, runningMean, runningVar, weight, bias, options);
    return instanceNorm(x, weight, bias, { ...options, runningMean, runningVar });
  }
}

/**
 * `instanceNorm` of x [N, C, L] as a layer: by each image's own statistics, or, with `trackRunningStats` in eval
 * mode, by the recorded ones.
 */
export class InstanceNorm1d extends InstanceNorm {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'InstanceNorm1d';
  /**
   * Makes what the options ask for.
   * @param numFeatures C
   * @param options `eps` (default 1e-5), `momentum` (0.1), `affine` (false), `trackRunningStats` (false)
   * @throws RangeError for options out of range
   */
  constructor(numFeatures: number, options?: InstanceNormLayerOptions) {
    super('InstanceNorm1d', 3, numFeatures, options);
  }
}

/**
 * `instanceNorm` of x [N, C, H, W] as a layer: by each image's own statistics, or, with `trackRunningStats` in eval
 * mode, by the recorded ones.
 */
export class InstanceNorm2d extends InstanceNorm {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'InstanceNorm2d';
  /**
   * Makes what the options ask for.
   * @param numFeatures C
   * @param options `eps` (default 1e-5), `momentum` (0.1), `affine` (false), `trackRunningStats` (false)
   * @throws RangeError for options out of range
   */
  constructor(numFeatures: number, options?: InstanceNormLayerOptions) {
    super('InstanceNorm2d', 4, numFeatures, options);
  }
}

/**
 * `instanceNorm` of x [N, C, D, H, W] as a layer: by each image's own statistics, or, with `trackRunningStats` in
 * eval mode, by the recorded ones.
 */
export class InstanceNorm3d extends InstanceNorm {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'InstanceNorm3d';
  /**
   * Makes what the options ask for.
   * @param numFeatures C
   * @param options `eps` (default 1e-5), `momentum` (0.1), `affine` (false), `trackRunningStats` (false)
   * @throws RangeError for options out of range
   */
  constructor(numFeatures: number, options?: InstanceNormLayerOptions) {
    super('InstanceNorm3d', 5, numFeatures, options);
  }
}

/** The options of `GroupNorm`. */
export interface GroupNormLayerOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number | undefined;
  /** Learn a scale and a shift of each channel. Default true. */
  affine?: boolean | undefined;
}

/** `groupNorm` as a layer: each group of channels of each image by its own statistics. */
export class GroupNorm extends Module {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'GroupNorm';
  /** [C], of ones at first: a parameter; null without `affine`. */
  readonly weight: Tensor | null;
  /** [C], of zeros at first: a parameter; null without `affine`. */
  readonly bias: Tensor | null;
  readonly #groups: number;
  readonly #channels: number;
  readonly #eps: number;

  /**
   * Makes weight and bias.
   * @param numGroups how many groups
   * @param numChannels C, a multiple of numGroups
   * @param options `eps` (default 1e-5), `affine` (true)
   * @throws RangeError for options out of range
   */
  constructor(numGroups: number, numChannels: number, options: GroupNormLayerOptions = {}) {
    super();
    checkOptions('GroupNorm', options, ['eps', 'affine']);
    const { eps = 1e-5, affine = true } = options;
    this.#groups = integer('GroupNorm', 'numGroups', numGroups, 1);
    const shape = [integer('GroupNorm', 'numChannels', numChannels, 1)];
    if (numChannels % numGroups !== 0) {
      throw wrongValue('GroupNorm', 'numChannels', numChannels, `a multiple of numGroups ${numGroups}`);
    }
    flag('GroupNorm', 'affine', affine);
    this.#channels = numChannels;
    this.#eps = real('GroupNorm', 'eps', eps);
    this.weight = affine ? parameter(full(shape, 1)) : null;
    this.bias = affine ? parameter(full(shape, 0)) : null;
  }

  /**
   * `groupNorm` of x.
   * @param x [N, C, spatial...] of float32
   * @returns of x's shape
   * @throws RangeError for another number of channels, and a single value per group
   */
  forward(x: Tensor): Tensor {
    return groupNorm(x, this.#groups, this.weight, this.bias, { eps: this.#eps });
  }

  override extraRepr(): string {
    return argumentsText({ eps: this.#eps, affine: this.weight !== null }, this.#groups, this.#channels);
  }
}

/** The options of `LayerNorm`. */
export interface LayerNormLayerOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number | undefined;
  /** Learn a scale and a shift of each element of the normalised shape. Default true. */
  elementwiseAffine?: boolean | undefined;
  /** Learn the shift too. Default true. */
  bias?: boolean | undefined;
}

/** `layerNorm` as a layer: the last axes of x by their own statistics. */
export class LayerNorm extends Module {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'LayerNorm';
  /** Of the normalised shape, of ones at first: a parameter; null without `elementwiseAffine`. */
  readonly weight: Tensor | null;
  /** Of the normalised shape, of zeros at first: a parameter; null without one. */
  readonly bias: Tensor | null;
  readonly #shape: readonly number[];
  readonly #eps: number;

  /**
   * Makes weight and bias.
   * @param normalizedShape the last axes' sizes; a number: the last axis alone
   * @param options `eps` (default 1e-5), `elementwiseAffine` (true), `bias` (true)
   * @throws RangeError for options out of range
   */
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

  /**
   * `layerNorm` of x.
   * @param x [..., ...normalizedShape] of float32
   * @returns of x's shape
   * @throws RangeError for other last axes
   */
  forward(x: Tensor): Tensor {
    return layerNorm(x, this.#shape, this.weight, this.bias, { eps: this.#eps });
  }

  override extraRepr(): string {
    const { weight, bias } = this;
    const options = { elementwiseAffine: weight !== null, bias: weight === null ? undefined : bias !== null };
    return argumentsText({ eps: this.#eps, ...options }, this.#shape);
  }
}
