/** The layers of ts/ops/interpolate.ts, by `npm run generate` from its operators. */
import { checkOptions } from '../../base/checks.ts';
import type { DType } from '../../base/dtype.ts';
import { interpolate, type UpsampleOptions } from '../../ops/interpolate.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { Module } from '../module.ts';
import { argumentsText } from '../repr.ts';

/**
 * `interpolate` as a layer: x [N, C, spatial...] resampled to `size`, or by `scaleFactor`. Mode 'nearest' takes every
 * dtype, the others float32. Nothing is averaged: where the output is smaller, elements may not count at all.
 */
export class Upsample extends Module<[Tensor<DType>], Tensor<DType>> {
  readonly #options: UpsampleOptions;

  constructor(options: UpsampleOptions) {
    super();
    checkOptions('Upsample', options, ['size', 'scaleFactor', 'mode', 'alignCorners']);
    interpolate.validate?.('Upsample', options);
    this.#options = { ...options };
  }
  forward(x: Tensor<DType>): Tensor<DType> {
    return interpolate(x, this.#options);
  }

  override extraRepr(): string {
    return argumentsText({ ...this.#options });
  }
}
