/**
 * PReLU: a learned slope.
 * @category Activations
 */
import { checkOptions, integer, real } from '../base/checks.ts';
import { prelu } from '../ops/arithmetic.ts';
import { full } from '../ops/create.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { Module, parameter } from './module.ts';
import { argumentsText } from './repr.ts';

/** The options of `PReLU`. */
export interface PReLUOptions {
  /** 1: one slope for all; the number of channels: one for each. Default 1. */
  numParameters?: number | undefined;
  /** The slopes at first. Default 0.25. */
  init?: number | undefined;
}

/**
 * `prelu` as a layer: x where it is positive, else a learned slope, of all or of each channel, times x (He et al.,
 * 2015).
 */
export class PReLU extends Module {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'PReLU';
  /** The slopes, [numParameters]: a parameter. */
  readonly weight: Tensor;

  /**
   * Makes the slopes.
   * @param options `numParameters` (default 1), `init` (0.25)
   * @throws RangeError for options out of range
   */
  constructor(options: PReLUOptions = {}) {
    super();
    checkOptions('PReLU', options, ['numParameters', 'init']);
    const count = integer('PReLU', 'numParameters', options.numParameters ?? 1, 1);
    this.weight = parameter(full([count], real('PReLU', 'init', options.init ?? 0.25)));
  }

  override extraRepr(): string {
    return argumentsText({ numParameters: this.weight.size });
  }

  /**
   * `prelu` of x.
   * @param x of float32; channels are axis 1
   * @returns of x's shape
   * @throws RangeError for a number of channels that is not that of the slopes
   */
  forward(x: Tensor): Tensor {
    return prelu(x, this.weight);
  }
}
