/** The layers of ts/ops/interpolate.ts, by `npm run generate` from its operators. */
import { checkOptions } from '../../base/checks.ts';
import type { DType } from '../../base/dtype.ts';
import { interpolate, type UpsampleOptions } from '../../ops/interpolate.ts';
import { validate } from '../../ops/operator.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { KeepingModule } from '../keeping.ts';

/**
 * `interpolate` as a layer: x [N, C, spatial...] resampled to `size`, or by `scaleFactor`. Mode 'nearest' takes every
 * dtype, the others float32. Nothing is averaged: where the output is smaller, elements may not count at all.
 */
export class Upsample extends KeepingModule {
  readonly #options: UpsampleOptions;

  constructor(options: UpsampleOptions) {
    super();
    checkOptions('Upsample', options, ['size', 'scaleFactor', 'mode', 'alignCorners']);
    validate(interpolate, 'Upsample', options);
    this.#options = { ...options };
  }
  forward<D extends DType>(x: Tensor<D>): Tensor<D> {
    return interpolate(x, this.#options);
  }
}
