/** The layers of ts/ops/adaptivePooling.ts, by `npm run generate` from its operators. */
import { checkOptions } from '../../base/checks.ts';
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
import { Module, type NoOptions } from '../module.ts';
import { argumentsText } from '../repr.ts';

/**
 * `adaptiveAvgPool1d` as a layer: The mean of each window of x [N, C, spatial...], the output having `outputSize`; an
 * axis of null keeps its size.
 */
export class AdaptiveAvgPool1d extends Module {
  readonly #outputSize: AdaptiveSize;

  constructor(outputSize: AdaptiveSize) {
    super();
    this.#outputSize = outputSize;
  }
  forward(x: Tensor): Tensor {
    return adaptiveAvgPool1d(x, this.#outputSize);
  }

  override extraRepr(): string {
    return argumentsText({ outputSize: this.#outputSize });
  }
}

/**
 * `adaptiveAvgPool2d` as a layer: The mean of each window of x [N, C, spatial...], the output having `outputSize`; an
 * axis of null keeps its size.
 */
export class AdaptiveAvgPool2d extends Module {
  readonly #outputSize: AdaptiveSize;

  constructor(outputSize: AdaptiveSize) {
    super();
    this.#outputSize = outputSize;
  }
  forward(x: Tensor): Tensor {
    return adaptiveAvgPool2d(x, this.#outputSize);
  }

  override extraRepr(): string {
    return argumentsText({ outputSize: this.#outputSize });
  }
}

/**
 * `adaptiveAvgPool3d` as a layer: The mean of each window of x [N, C, spatial...], the output having `outputSize`; an
 * axis of null keeps its size.
 */
export class AdaptiveAvgPool3d extends Module {
  readonly #outputSize: AdaptiveSize;

  constructor(outputSize: AdaptiveSize) {
    super();
    this.#outputSize = outputSize;
  }
  forward(x: Tensor): Tensor {
    return adaptiveAvgPool3d(x, this.#outputSize);
  }

  override extraRepr(): string {
    return argumentsText({ outputSize: this.#outputSize });
  }
}

/**
 * `adaptiveMaxPool1d` as a layer: The largest element of each window of x [N, C, spatial...], the output having
 * `outputSize`; an axis of null keeps its size. NaN wins, the first of equals counts. Takes float32, uint8 and int8.
 */
export class AdaptiveMaxPool1d<I extends boolean = false> extends Module<[Tensor], Extremum<I>> {
  readonly #outputSize: AdaptiveSize;
  readonly #options: AdaptiveMaxPoolOptions<I>;

  constructor(outputSize: AdaptiveSize, options: AdaptiveMaxPoolOptions<I> = {}) {
    super();
    checkOptions('AdaptiveMaxPool1d', options, ['returnIndices']);
    this.#outputSize = outputSize;
    this.#options = { ...options };
  }
  forward(x: Tensor): Extremum<I> {
    return adaptiveMaxPool1d(
      x,
      this.#outputSize,
      this.#options as AdaptiveMaxPoolOptions<true>,
    ) as unknown as Extremum<I>;
  }

  override extraRepr(): string {
    return argumentsText({ outputSize: this.#outputSize, ...this.#options });
  }
}

/**
 * `adaptiveMaxPool2d` as a layer: The largest element of each window of x [N, C, spatial...], the output having
 * `outputSize`; an axis of null keeps its size. NaN wins, the first of equals counts. Takes float32, uint8 and int8.
 */
export class AdaptiveMaxPool2d<I extends boolean = false> extends Module<[Tensor], Extremum<I>> {
  readonly #outputSize: AdaptiveSize;
  readonly #options: AdaptiveMaxPoolOptions<I>;

  constructor(outputSize: AdaptiveSize, options: AdaptiveMaxPoolOptions<I> = {}) {
    super();
    checkOptions('AdaptiveMaxPool2d', options, ['returnIndices']);
    this.#outputSize = outputSize;
    this.#options = { ...options };
  }
  forward(x: Tensor): Extremum<I> {
    return adaptiveMaxPool2d(
      x,
      this.#outputSize,
      this.#options as AdaptiveMaxPoolOptions<true>,
    ) as unknown as Extremum<I>;
  }

  override extraRepr(): string {
    return argumentsText({ outputSize: this.#outputSize, ...this.#options });
  }
}

/**
 * `adaptiveMaxPool3d` as a layer: The largest element of each window of x [N, C, spatial...], the output having
 * `outputSize`; an axis of null keeps its size. NaN wins, the first of equals counts. Takes float32, uint8 and int8.
 */
export class AdaptiveMaxPool3d<I extends boolean = false> extends Module<[Tensor], Extremum<I>> {
  readonly #outputSize: AdaptiveSize;
  readonly #options: AdaptiveMaxPoolOptions<I>;

  constructor(outputSize: AdaptiveSize, options: AdaptiveMaxPoolOptions<I> = {}) {
    super();
    checkOptions('AdaptiveMaxPool3d', options, ['returnIndices']);
    this.#outputSize = outputSize;
    this.#options = { ...options };
  }
  forward(x: Tensor): Extremum<I> {
    return adaptiveMaxPool3d(
      x,
      this.#outputSize,
      this.#options as AdaptiveMaxPoolOptions<true>,
    ) as unknown as Extremum<I>;
  }

  override extraRepr(): string {
    return argumentsText({ outputSize: this.#outputSize, ...this.#options });
  }
}

/**
 * `globalAvgPool` as a layer: The mean of each plane of x [N, C, spatial...], of any number of spatial axes, which
 * are kept as 1.
 */
export class GlobalAvgPool extends Module {
  constructor(options: NoOptions = {}) {
    super();
    checkOptions('GlobalAvgPool', options, []);
  }
  forward(x: Tensor): Tensor {
    return globalAvgPool(x);
  }
}

/**
 * `globalMaxPool` as a layer: The largest element of each plane of x [N, C, spatial...], of any number of spatial
 * axes, which are kept as 1. Takes float32, uint8 and int8.
 */
export class GlobalMaxPool extends Module {
  constructor(options: NoOptions = {}) {
    super();
    checkOptions('GlobalMaxPool', options, []);
  }
  forward(x: Tensor): Tensor {
    return globalMaxPool(x);
  }
}
