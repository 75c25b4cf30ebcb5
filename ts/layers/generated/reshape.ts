/** The layers of ts/ops/reshape.ts, by `npm run generate` from its operators. */
import { checkOptions } from '../../base/checks.ts';
import type { DType } from '../../base/dtype.ts';
import { flatten } from '../../ops/reshape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { Module } from '../module.ts';
import { argumentsText } from '../repr.ts';

/**
 * `flatten` as a layer: The axes from `startDim` to `endDim` (counted from the end when negative) as one, on the same
 * storage.
 */
export class Flatten extends Module<[Tensor<DType>], Tensor<DType>> {
  readonly #options: { startDim?: number; endDim?: number };

  constructor(options: { startDim?: number; endDim?: number } = {}) {
    super();
    checkOptions('Flatten', options, ['startDim', 'endDim']);
    flatten.validate?.('Flatten', options);
    this.#options = { ...options };
  }
  forward(x: Tensor<DType>): Tensor<DType> {
    return flatten(x, this.#options.startDim ?? 1, this.#options.endDim ?? -1);
  }

  override extraRepr(): string {
    return argumentsText({ ...this.#options });
  }
}
