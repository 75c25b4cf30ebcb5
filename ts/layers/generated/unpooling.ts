/** The layers of ts/ops/unpooling.ts, by `npm run generate` from its operators. */
import { checkOptions } from '../../base/checks.ts';
import type { Size } from '../../ops/options.ts';
import { type MaxUnpoolOptions, maxUnpool1d, maxUnpool2d, maxUnpool3d } from '../../ops/unpooling.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { Module } from '../module.ts';
import { argumentsText } from '../repr.ts';

/**
 * `maxUnpool1d` as a layer: The elements of x [N, C, spatial...] at the positions `indices` (int32, of x's shape) of
 * planes of the size that was pooled, which are zero elsewhere; of repeated positions the last counts.
 */
export class MaxUnpool1d extends Module<
  [x: Tensor, indices: Tensor<'int32'>, outputSize?: Size | null],
  Tensor
> {
  readonly #kernelSize: Size;
  readonly #options: Omit<MaxUnpoolOptions, 'outputSize'>;

  constructor(kernelSize: Size, options: Omit<MaxUnpoolOptions, 'outputSize'> = {}) {
    super();
    checkOptions('MaxUnpool1d', options, ['stride', 'padding']);
    this.#kernelSize = kernelSize;
    this.#options = { ...options };
  }
  forward(x: Tensor, indices: Tensor<'int32'>, outputSize?: Size | null): Tensor {
    return maxUnpool1d(x, indices, this.#kernelSize, {
      ...this.#options,
      ...(outputSize !== undefined && { outputSize }),
    });
  }

  override extraRepr(): string {
    return argumentsText({ kernelSize: this.#kernelSize, ...this.#options });
  }
}

/**
 * `maxUnpool2d` as a layer: The elements of x [N, C, spatial...] at the positions `indices` (int32, of x's shape) of
 * planes of the size that was pooled, which are zero elsewhere; of repeated positions the last counts.
 */
export class MaxUnpool2d extends Module<
  [x: Tensor, indices: Tensor<'int32'>, outputSize?: Size | null],
  Tensor
> {
  readonly #kernelSize: Size;
  readonly #options: Omit<MaxUnpoolOptions, 'outputSize'>;

  constructor(kernelSize: Size, options: Omit<MaxUnpoolOptions, 'outputSize'> = {}) {
    super();
    checkOptions('MaxUnpool2d', options, ['stride', 'padding']);
    this.#kernelSize = kernelSize;
    this.#options = { ...options };
  }
  forward(x: Tensor, indices: Tensor<'int32'>, outputSize?: Size | null): Tensor {
    return maxUnpool2d(x, indices, this.#kernelSize, {
      ...this.#options,
      ...(outputSize !== undefined && { outputSize }),
    });
  }

  override extraRepr(): string {
    return argumentsText({ kernelSize: this.#kernelSize, ...this.#options });
  }
}

/**
 * `maxUnpool3d` as a layer: The elements of x [N, C, spatial...] at the positions `indices` (int32, of x's shape) of
 * planes of the size that was pooled, which are zero elsewhere; of repeated positions the last counts.
 */
export class MaxUnpool3d extends Module<
  [x: Tensor, indices: Tensor<'int32'>, outputSize?: Size | null],
  Tensor
> {
  readonly #kernelSize: Size;
  readonly #options: Omit<MaxUnpoolOptions, 'outputSize'>;

  constructor(kernelSize: Size, options: Omit<MaxUnpoolOptions, 'outputSize'> = {}) {
    super();
    checkOptions('MaxUnpool3d', options, ['stride', 'padding']);
    this.#kernelSize = kernelSize;
    this.#options = { ...options };
  }
  forward(x: Tensor, indices: Tensor<'int32'>, outputSize?: Size | null): Tensor {
    return maxUnpool3d(x, indices, this.#kernelSize, {
      ...this.#options,
      ...(outputSize !== undefined && { outputSize }),
    });
  }

  override extraRepr(): string {
    return argumentsText({ kernelSize: this.#kernelSize, ...this.#options });
  }
}
