/** The layers of ts/ops/localResponseNorm.ts, by `npm run generate` from its operators. */

import { type LocalResponseNormOptions, localResponseNorm } from '../../ops/localResponseNorm.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { Module } from '../module.ts';
import { argumentsText } from '../repr.ts';

/**
 * `localResponseNorm` as a layer: Divides each element of x [N, C, spatial...] by (k + alpha * mean)^beta, the mean
 * being that of the squares at its place in `size` channels around its own; of an even size the odd one lies before.
 */
export class LocalResponseNorm extends Module {
  readonly #size: number;
  readonly #options: LocalResponseNormOptions;

  constructor(size: number, options: LocalResponseNormOptions = {}) {
    super();
    localResponseNorm.validate?.('LocalResponseNorm', size, options);
    this.#size = size;
    this.#options = { ...options };
  }
  forward(x: Tensor): Tensor {
    return localResponseNorm(x, this.#size, this.#options);
  }

  override extraRepr(): string {
    return argumentsText({ size: this.#size, ...this.#options });
  }
}
