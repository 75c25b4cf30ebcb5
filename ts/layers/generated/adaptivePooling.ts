/** The layers of ts/ops/adaptivePooling.ts, by `npm run generate` from its operators. */
import { checkOptions } from '../../base/checks.ts';
import type { DType } from '../../base/dtype.ts';
import {
  type AdaptiveMaxPoolOptions,
  type AdaptiveSize,
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  globalAvgPool,
  globalMaxPool,
} from '../../ops/adaptivePooling.ts';
import type { Extremum } from '../../ops/pooling.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { KeepingModule } from '../keeping.ts';
import { Module } from '../module.ts';
import { argumentsText } from '../repr.ts';

/**
 * `adaptiveAvgPool1d` as a layer: The mean of each window of x, the windows being such that the output has
 * `outputSize`: floor(i * in / out) to ceil((i + 1) * in / out). As PyTorch's adaptive_avg_pool1d.
 */
export class AdaptiveAvgPool1d extends Module {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'AdaptiveAvgPool1d';
  readonly #outputSize: AdaptiveSize;

  /**
   * What `adaptiveAvgPool1d` takes beside its tensors.
   * @param outputSize the output's size: one number, or [length]; an axis of null keeps its size
   */
  constructor(outputSize: AdaptiveSize) {
    super();
    this.#outputSize = outputSize;
  }

  /**
   * `adaptiveAvgPool1d` of x.
   * @param x [N, C, L] of float32
   * @returns [N, C, Lo] of that size
   * @throws RangeError for an axis of x without elements, and sizes out of range; TypeError for a wrong kind
   */
  forward(x: Tensor): Tensor {
    return adaptiveAvgPool1d(x, this.#outputSize);
  }

  override extraRepr(): string {
    return argumentsText({ outputSize: this.#outputSize });
  }
}

/**
 * `adaptiveAvgPool2d` as a layer: The mean of each window of x, the windows being such that the output has
 * `outputSize`: floor(i * in / out) to ceil((i + 1) * in / out). As PyTorch's adaptive_avg_pool2d.
 */
export class AdaptiveAvgPool2d extends Module {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'AdaptiveAvgPool2d';
  readonly #outputSize: AdaptiveSize;

  /**
   * What `adaptiveAvgPool2d` takes beside its tensors.
   * @param outputSize the output's size: one number, or [height, width]; an axis of null keeps its size
   */
  constructor(outputSize: AdaptiveSize) {
    super();
    this.#outputSize = outputSize;
  }

  /**
   * `adaptiveAvgPool2d` of x.
   * @param x [N, C, H, W] of float32
   * @returns [N, C, Ho, Wo] of that size
   * @throws RangeError for an axis of x without elements, and sizes out of range; TypeError for a wrong kind
   */
  forward(x: Tensor): Tensor {
    return adaptiveAvgPool2d(x, this.#outputSize);
  }

  override extraRepr(): string {
    return argumentsText({ outputSize: this.#outputSize });
  }
}

/**
 * `adaptiveAvgPool3d` as a layer: The mean of each window of x, the windows being such that the output has
 * `outputSize`: floor(i * in / out) to ceil((i + 1) * in / out). As PyTorch's adaptive_avg_pool3d.
 */
export class AdaptiveAvgPool3d extends Module {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'AdaptiveAvgPool3d';
  readonly #outputSize: AdaptiveSize;

  /**
   * What `adaptiveAvgPool3d` takes beside its tensors.
   * @param outputSize the output's size: one number, or [depth, height, width]; an axis of null keeps its size
   */
  constructor(outputSize: AdaptiveSize) {
    super();
    this.#outputSize = outputSize;
  }

  /**
   * `adaptiveAvgPool3d` of x.
   * @param x [N, C, D, H, W] of float32
   * @returns [N, C, Do, Ho, Wo] of that size
   * @throws RangeError for an axis of x without elements, and sizes out of range; TypeError for a wrong kind
   */
  forward(x: Tensor): Tensor {
    return adaptiveAvgPool3d(x, this.#outputSize);
  }

  override extraRepr(): string {
    return argumentsText({ outputSize: this.#outputSize });
  }
}

/**
 * `adaptiveMaxPool1d` as a layer: The largest element of each window of x, the windows being those of
 * `adaptiveAvgPool1d`. NaN wins, the first of equals counts.
 */
export class AdaptiveMaxPool1d<I extends boolean = false> extends KeepingModule<I> {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'AdaptiveMaxPool1d';
  readonly #outputSize: AdaptiveSize;
  readonly #options: AdaptiveMaxPoolOptions<I>;

  /**
   * What `adaptiveMaxPool1d` takes beside its tensors.
   * @param outputSize the output's size: one number, or [length]; an axis of null keeps its size
   * @param options `returnIndices` (default false)
   */
  constructor(outputSize: AdaptiveSize, options: AdaptiveMaxPoolOptions<I> = {}) {
    super();
    checkOptions('AdaptiveMaxPool1d', options, ['returnIndices']);
    this.#outputSize = outputSize;
    this.#options = { ...options };
  }

  /**
   * `adaptiveMaxPool1d` of x.
   * @param x [N, C, L] of float32, uint8 or int8, which the result keeps
   * @returns [N, C, Lo] of that size; with `returnIndices` also where each element was
   * @throws RangeError for an axis of x without elements, and sizes out of range; TypeError for a wrong kind
   */
  forward<D extends DType>(x: Tensor<D>): Extremum<I, D>;
  forward(x: Tensor): Extremum<I>;
  forward(x: Tensor<DType>): Extremum<I, DType> {
    return adaptiveMaxPool1d(
      x,
      this.#outputSize,
      this.#options as AdaptiveMaxPoolOptions<true>,
    ) as unknown as Extremum<I, DType>;
  }

  override extraRepr(): string {
    return argumentsText({ outputSize: this.#outputSize, ...this.#options });
  }
}

/**
 * `adaptiveMaxPool2d` as a layer: The largest element of each window of x, the windows being those of
 * `adaptiveAvgPool2d`. NaN wins, the first of equals counts.
 */
export class AdaptiveMaxPool2d<I extends boolean = false> extends KeepingModule<I> {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'AdaptiveMaxPool2d';
  readonly #outputSize: AdaptiveSize;
  readonly #options: AdaptiveMaxPoolOptions<I>;

  /**
   * What `adaptiveMaxPool2d` takes beside its tensors.
   * @param outputSize the output's size: one number, or [height, width]; an axis of null keeps its size
   * @param options `returnIndices` (default false)
   */
  constructor(outputSize: AdaptiveSize, options: AdaptiveMaxPoolOptions<I> = {}) {
    super();
    checkOptions('AdaptiveMaxPool2d', options, ['returnIndices']);
    this.#outputSize = outputSize;
    this.#options = { ...options };
  }

  /**
   * `adaptiveMaxPool2d` of x.
   * @param x [N, C, H, W] of float32, uint8 or int8, which the result keeps
   * @returns [N, C, Ho, Wo] of that size; with `returnIndices` also where each element was
   * @throws RangeError for an axis of x without elements, and sizes out of range; TypeError for a wrong kind
   */
  forward<D extends DType>(x: Tensor<D>): Extremum<I, D>;
  forward(x: Tensor): Extremum<I>;
  forward(x: Tensor<DType>): Extremum<I, DType> {
    return adaptiveMaxPool2d(
      x,
      this.#outputSize,
      this.#options as AdaptiveMaxPoolOptions<true>,
    ) as unknown as Extremum<I, DType>;
  }

  override extraRepr(): string {
    return argumentsText({ outputSize: this.#outputSize, ...this.#options });
  }
}

/**
 * `adaptiveMaxPool3d` as a layer: The largest element of each window of x, the windows being those of
 * `adaptiveAvgPool3d`. NaN wins, the first of equals counts.
 */
export class AdaptiveMaxPool3d<I extends boolean = false> extends KeepingModule<I> {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'AdaptiveMaxPool3d';
  readonly #outputSize: AdaptiveSize;
  readonly #options: AdaptiveMaxPoolOptions<I>;

  /**
   * What `adaptiveMaxPool3d` takes beside its tensors.
   * @param outputSize the output's size: one number, or [depth, height, width]; an axis of null keeps its size
   * @param options `returnIndices` (default false)
   */
  constructor(outputSize: AdaptiveSize, options: AdaptiveMaxPoolOptions<I> = {}) {
    super();
    checkOptions('AdaptiveMaxPool3d', options, ['returnIndices']);
    this.#outputSize = outputSize;
    this.#options = { ...options };
  }

  /**
   * `adaptiveMaxPool3d` of x.
   * @param x [N, C, D, H, W] of float32, uint8 or int8, which the result keeps
   * @returns [N, C, Do, Ho, Wo] of that size; with `returnIndices` also where each element was
   * @throws RangeError for an axis of x without elements, and sizes out of range; TypeError for a wrong kind
   */
  forward<D extends DType>(x: Tensor<D>): Extremum<I, D>;
  forward(x: Tensor): Extremum<I>;
  forward(x: Tensor<DType>): Extremum<I, DType> {
    return adaptiveMaxPool3d(
      x,
      this.#outputSize,
      this.#options as AdaptiveMaxPoolOptions<true>,
    ) as unknown as Extremum<I, DType>;
  }

  override extraRepr(): string {
    return argumentsText({ outputSize: this.#outputSize, ...this.#options });
  }
}

/** `globalAvgPool` as a layer: The mean of each plane of x. As ONNX's GlobalAveragePool. */
export class GlobalAvgPool extends Module {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'GlobalAvgPool';

  /** Takes nothing. */
  constructor(options: Record<string, never> = {}) {
    super();
    checkOptions('GlobalAvgPool', options, []);
  }

  /**
   * `globalAvgPool` of x.
   * @param x [N, C, spatial...] of float32, with any number of spatial axes
   * @returns [N, C, 1...]
   * @throws RangeError for fewer than 3 axes, and an axis without elements; TypeError for a wrong kind
   */
  forward(x: Tensor): Tensor {
    return globalAvgPool(x);
  }
}

/** `globalMaxPool` as a layer: The largest element of each plane of x. As ONNX's GlobalMaxPool. */
export class GlobalMaxPool extends KeepingModule {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'GlobalMaxPool';

  /** Takes nothing. */
  constructor(options: Record<string, never> = {}) {
    super();
    checkOptions('GlobalMaxPool', options, []);
  }

  /**
   * `globalMaxPool` of x.
   * @param x [N, C, spatial...] of float32, uint8 or int8, which the result keeps, with any number of spatial axes
   * @returns [N, C, 1...]
   * @throws RangeError for fewer than 3 axes, and an axis without elements; TypeError for a wrong kind
   */
  forward<D extends DType>(x: Tensor<D>): Tensor<D>;
  forward(x: Tensor): Tensor;
  forward(x: Tensor<DType>): Tensor<DType> {
    return globalMaxPool(x);
  }
}
