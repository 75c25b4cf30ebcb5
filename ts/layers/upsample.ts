/** Upsample: interpolate as a layer. */
import type { DType } from '../dtype.ts';
import { checkOptions } from '../errors.ts';
import { type InterpolateOptions, interpolate, interpolateParams } from '../ops/interpolate.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { Module } from './module.ts';

export type UpsampleOptions = Pick<InterpolateOptions, 'size' | 'scaleFactor' | 'mode' | 'alignCorners'>;

export class Upsample extends Module<[Tensor<DType>], Tensor<DType>> {
  readonly #options: UpsampleOptions;

  /** @throws what `interpolate` throws for its options */
  constructor(options: UpsampleOptions) {
    super();
    checkOptions('Upsample', options, ['size', 'scaleFactor', 'mode', 'alignCorners']);
    const axes = [options?.size, options?.scaleFactor].find(Array.isArray);
    interpolateParams('Upsample', options, axes?.length ?? 1);
    this.#options = { ...options };
  }
  forward(x: Tensor<DType>): Tensor<DType> {
    return interpolate(x, this.#options);
  }
}
