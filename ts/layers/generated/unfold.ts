/** The layers of ts/ops/unfold.ts, by `npm run generate` from its operators. */
import { checkOptions } from '../../base/checks.ts';
import type { DType } from '../../base/dtype.ts';
import type { Size } from '../../ops/options.ts';
import { fold, type UnfoldOptions, unfold } from '../../ops/unfold.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { KeepingModule } from '../keeping.ts';
import { Module } from '../module.ts';
import { argumentsText } from '../repr.ts';

/**
 * `unfold` as a layer: Each window of x as a column, channels outermost; windows in the order of rows (im2col). As
 * PyTorch's unfold.
 */
export class Unfold extends KeepingModule {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'Unfold';
  readonly #kernelSize: Size;
  readonly #options: UnfoldOptions;

  /**
   * What `unfold` takes beside its tensors.
   * @param kernelSize the window's size: one number, or [height, width]
   * @param options `dilation` (default 1), `padding` (default 0), `stride` (default 1)
   */
  constructor(kernelSize: Size, options: UnfoldOptions = {}) {
    super();
    checkOptions('Unfold', options, ['dilation', 'padding', 'stride']);
    this.#kernelSize = kernelSize;
    this.#options = { ...options };
  }

  /**
   * `unfold` of x.
   * @param x [N, C, H, W] of any dtype, which the result keeps
   * @returns [N, C * kh * kw, windows]
   * @throws RangeError when the kernel does not fit in the padded x
   */
  forward<D extends DType>(x: Tensor<D>): Tensor<D>;
  forward(x: Tensor): Tensor;
  forward(x: Tensor<DType>): Tensor<DType> {
    return unfold(x, this.#kernelSize, this.#options);
  }

  override extraRepr(): string {
    return argumentsText({ kernelSize: this.#kernelSize, ...this.#options });
  }
}

/**
 * `fold` as a layer: The sum of columns at their windows' places: the adjoint of `unfold` (col2im). As PyTorch's
 * fold.
 */
export class Fold extends Module {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'Fold';
  readonly #outputSize: Size;
  readonly #kernelSize: Size;
  readonly #options: UnfoldOptions;

  /**
   * What `fold` takes beside its tensors.
   * @param outputSize the output's size: one number, or [height, width]
   * @param kernelSize the window's size: one number, or [height, width]
   * @param options `dilation` (default 1), `padding` (default 0), `stride` (default 1)
   */
  constructor(outputSize: Size, kernelSize: Size, options: UnfoldOptions = {}) {
    super();
    checkOptions('Fold', options, ['dilation', 'padding', 'stride']);
    this.#outputSize = outputSize;
    this.#kernelSize = kernelSize;
    this.#options = { ...options };
  }

  /**
   * `fold` of x.
   * @param x [N, C * kh * kw, windows] of float32
   * @returns [N, C, ...outputSize]
   * @throws RangeError when x has not a column for each window
   */
  forward(x: Tensor): Tensor {
    return fold(x, this.#outputSize, this.#kernelSize, this.#options);
  }

  override extraRepr(): string {
    return argumentsText({ outputSize: this.#outputSize, kernelSize: this.#kernelSize, ...this.#options });
  }
}
