/** The layers of ts/ops/unfold.ts, by `npm run generate` from its operators. */
import { checkOptions } from '../../base/checks.ts';
import type { DType } from '../../base/dtype.ts';
import type { Size } from '../../ops/options.ts';
import { fold, type UnfoldOptions, unfold } from '../../ops/unfold.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { Module } from '../module.ts';
import { argumentsText } from '../repr.ts';

/**
 * `unfold` as a layer: x [N, C, H, W] as [N, C * kh * kw, windows]: each window a column, channels outermost; windows
 * in the order of rows.
 */
export class Unfold extends Module<[Tensor<DType>], Tensor<DType>> {
  readonly #kernelSize: Size;
  readonly #options: UnfoldOptions;

  constructor(kernelSize: Size, options: UnfoldOptions = {}) {
    super();
    checkOptions('Unfold', options, ['dilation', 'padding', 'stride']);
    this.#kernelSize = kernelSize;
    this.#options = { ...options };
  }
  forward(x: Tensor<DType>): Tensor<DType> {
    return unfold(x, this.#kernelSize, this.#options);
  }

  override extraRepr(): string {
    return argumentsText({ kernelSize: this.#kernelSize, ...this.#options });
  }
}

/**
 * `fold` as a layer: The sum of columns x [N, C * kh * kw, windows] at their windows' places in [N, C,
 * ...outputSize].
 */
export class Fold extends Module {
  readonly #outputSize: Size;
  readonly #kernelSize: Size;
  readonly #options: UnfoldOptions;

  constructor(outputSize: Size, kernelSize: Size, options: UnfoldOptions = {}) {
    super();
    checkOptions('Fold', options, ['dilation', 'padding', 'stride']);
    this.#outputSize = outputSize;
    this.#kernelSize = kernelSize;
    this.#options = { ...options };
  }
  forward(x: Tensor): Tensor {
    return fold(x, this.#outputSize, this.#kernelSize, this.#options);
  }

  override extraRepr(): string {
    return argumentsText({ outputSize: this.#outputSize, kernelSize: this.#kernelSize, ...this.#options });
  }
}
