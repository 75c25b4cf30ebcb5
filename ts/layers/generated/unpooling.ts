/** The layers of ts/ops/unpooling.ts, by `npm run generate` from its operators. */
import { checkOptions } from '../../base/checks.ts';
import type { Size } from '../../ops/options.ts';
import { type MaxUnpoolOptions, maxUnpool1d, maxUnpool2d, maxUnpool3d } from '../../ops/unpooling.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { Module } from '../module.ts';
import { argumentsText } from '../repr.ts';

/**
 * `maxUnpool1d` as a layer: The elements of x where they were before max pooling, zero elsewhere; of repeated
 * positions the last counts. As PyTorch's max_unpool1d.
 */
export class MaxUnpool1d extends Module<
  [x: Tensor, indices: Tensor<'int32'>, outputSize?: Size | null],
  Tensor
> {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'MaxUnpool1d';
  readonly #kernelSize: Size;
  readonly #options: Omit<MaxUnpoolOptions, 'outputSize'>;

  /**
   * What `maxUnpool1d` takes beside its tensors.
   * @param kernelSize what the pooling had: one number, or [length]
   * @param options `stride` (default the kernel size), `padding` (default 0)
   */
  constructor(kernelSize: Size, options: Omit<MaxUnpoolOptions, 'outputSize'> = {}) {
    super();
    checkOptions('MaxUnpool1d', options, ['stride', 'padding']);
    this.#kernelSize = kernelSize;
    this.#options = { ...options };
  }

  /**
   * `maxUnpool1d` of x and indices.
   * @param x [N, C, L] of float32
   * @param indices of x's shape: positions in a plane of the output, as `maxPool1d` gives them
   * @param outputSize The output's spatial size, or its whole shape; less than a stride from (in - 1) * stride +
   * kernel - 2 * padding, the default.
   * @returns [N, C, Lo], Lo = (L - 1) * stride + kernelSize - padding with the padding of both sides, or `outputSize`
   * @throws RangeError for an index outside its plane, shapes that do not fit and options out of range; TypeError for
   * a wrong kind
   */
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
 * `maxUnpool2d` as a layer: The elements of x where they were before max pooling, zero elsewhere; of repeated
 * positions the last counts. As PyTorch's max_unpool2d.
 */
export class MaxUnpool2d extends Module<
  [x: Tensor, indices: Tensor<'int32'>, outputSize?: Size | null],
  Tensor
> {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'MaxUnpool2d';
  readonly #kernelSize: Size;
  readonly #options: Omit<MaxUnpoolOptions, 'outputSize'>;

  /**
   * What `maxUnpool2d` takes beside its tensors.
   * @param kernelSize what the pooling had: one number, or [height, width]
   * @param options `stride` (default the kernel size), `padding` (default 0)
   */
  constructor(kernelSize: Size, options: Omit<MaxUnpoolOptions, 'outputSize'> = {}) {
    super();
    checkOptions('MaxUnpool2d', options, ['stride', 'padding']);
    this.#kernelSize = kernelSize;
    this.#options = { ...options };
  }

  /**
   * `maxUnpool2d` of x and indices.
   * @param x [N, C, H, W] of float32
   * @param indices of x's shape: positions in a plane of the output, as `maxPool2d` gives them
   * @param outputSize The output's spatial size, or its whole shape; less than a stride from (in - 1) * stride +
   * kernel - 2 * padding, the default.
   * @returns [N, C, Ho, Wo], Ho = (H - 1) * stride + kernelSize - padding with the padding of both sides, or
   * `outputSize`
   * @throws RangeError for an index outside its plane, shapes that do not fit and options out of range; TypeError for
   * a wrong kind
   */
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
 * `maxUnpool3d` as a layer: The elements of x where they were before max pooling, zero elsewhere; of repeated
 * positions the last counts. As PyTorch's max_unpool3d.
 */
export class MaxUnpool3d extends Module<
  [x: Tensor, indices: Tensor<'int32'>, outputSize?: Size | null],
  Tensor
> {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'MaxUnpool3d';
  readonly #kernelSize: Size;
  readonly #options: Omit<MaxUnpoolOptions, 'outputSize'>;

  /**
   * What `maxUnpool3d` takes beside its tensors.
   * @param kernelSize what the pooling had: one number, or [depth, height, width]
   * @param options `stride` (default the kernel size), `padding` (default 0)
   */
  constructor(kernelSize: Size, options: Omit<MaxUnpoolOptions, 'outputSize'> = {}) {
    super();
    checkOptions('MaxUnpool3d', options, ['stride', 'padding']);
    this.#kernelSize = kernelSize;
    this.#options = { ...options };
  }

  /**
   * `maxUnpool3d` of x and indices.
   * @param x [N, C, D, H, W] of float32
   * @param indices of x's shape: positions in a plane of the output, as `maxPool3d` gives them
   * @param outputSize The output's spatial size, or its whole shape; less than a stride from (in - 1) * stride +
   * kernel - 2 * padding, the default.
   * @returns [N, C, Do, Ho, Wo], Ho = (H - 1) * stride + kernelSize - padding with the padding of both sides, or
   * `outputSize`
   * @throws RangeError for an index outside its plane, shapes that do not fit and options out of range; TypeError for
   * a wrong kind
   */
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
