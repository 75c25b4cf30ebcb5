/** Unfold and Fold: windows as columns, and columns summed to where they came from. */
import type { DType } from '../dtype.ts';
import { checkOptions } from '../errors.ts';
import type { Size } from '../ops/options.ts';
import { fold, UNFOLD_OPTIONS, type UnfoldOptions, unfold } from '../ops/unfold.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { Module } from './module.ts';

export class Unfold extends Module<[Tensor<DType>], Tensor<DType>> {
  readonly #kernelSize: Size;
  readonly #options: UnfoldOptions | undefined;

  constructor(kernelSize: Size, options?: UnfoldOptions) {
    super();
    checkOptions('Unfold', options, UNFOLD_OPTIONS);
    this.#kernelSize = kernelSize;
    this.#options = options;
  }
  forward(x: Tensor<DType>): Tensor<DType> {
    return unfold(x, this.#kernelSize, this.#options);
  }
}

export class Fold extends Module<[Tensor], Tensor> {
  readonly #outputSize: Size;
  readonly #kernelSize: Size;
  readonly #options: UnfoldOptions | undefined;

  constructor(outputSize: Size, kernelSize: Size, options?: UnfoldOptions) {
    super();
    checkOptions('Fold', options, UNFOLD_OPTIONS);
    this.#outputSize = outputSize;
    this.#kernelSize = kernelSize;
    this.#options = options;
  }
  forward(x: Tensor): Tensor {
    return fold(x, this.#outputSize, this.#kernelSize, this.#options);
  }
}
