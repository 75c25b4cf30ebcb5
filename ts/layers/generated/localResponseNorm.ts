/** The layers of ts/ops/localResponseNorm.ts, by `npm run generate` from its operators. */

import { type LocalResponseNormOptions, localResponseNorm } from '../../ops/localResponseNorm.ts';
import { validate } from '../../ops/operator.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { Module } from '../module.ts';
import { argumentsText } from '../repr.ts';

/**
 * `localResponseNorm` as a layer: Divides each element of x by (k + alpha * mean)^beta, the mean being that of the
 * squares at its place in `size` channels around its own; of an even size the odd one lies before (Krizhevsky et al.,
 * 2012).
 */
export class LocalResponseNorm extends Module {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'LocalResponseNorm';
  readonly #size: number;
  readonly #options: LocalResponseNormOptions;

  /**
   * What `localResponseNorm` takes beside its tensors.
   * @param size the number of channels
   * @param options `alpha` (default 1e-4), `beta` (default 0.75), `k` (default 1), `oddAfter` (default false)
   */
  constructor(size: number, options: LocalResponseNormOptions = {}) {
    super();
    validate(localResponseNorm, 'LocalResponseNorm', size, options);
    this.#size = size;
    this.#options = { ...options };
  }

  /**
   * `localResponseNorm` of x.
   * @param x [N, C, spatial...] of float32
   * @returns of x's shape
   * @throws RangeError for an x with fewer than 3 axes, and a size below 1
   */
  forward(x: Tensor): Tensor {
    return localResponseNorm(x, this.#size, this.#options);
  }

  override extraRepr(): string {
    return argumentsText({ size: this.#size, ...this.#options });
  }
}
