/** Flatten: the axes from `startDim` to `endDim` as one. */
import type { DType } from '../dtype.ts';
import { checkOptions, integer } from '../errors.ts';
import { flatten } from '../ops/reshape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { Module } from './module.ts';

export class Flatten extends Module<[Tensor<DType>], Tensor<DType>> {
  readonly #startDim: number;
  readonly #endDim: number;

  constructor(options: { startDim?: number; endDim?: number } = {}) {
    super();
    checkOptions('Flatten', options, ['startDim', 'endDim']);
    this.#startDim = integer('Flatten', 'startDim', options.startDim ?? 1, -8);
    this.#endDim = integer('Flatten', 'endDim', options.endDim ?? -1, -8);
  }
  forward(x: Tensor<DType>): Tensor<DType> {
    return flatten(x, this.#startDim, this.#endDim);
  }
}
