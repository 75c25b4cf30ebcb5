/** The layers of ts/ops/pooling.ts, by `npm run generate` from its operators. */
import { checkOptions } from '../../base/checks.ts';
import type { Size } from '../../ops/options.ts';
import {
  type AvgPoolOptions,
  avgPool1d,
  avgPool2d,
  avgPool3d,
  type Extremum,
  type LpPoolOptions,
  lpPool1d,
  lpPool2d,
  lpPool3d,
  type MaxPoolOptions,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  minPool1d,
  minPool2d,
  minPool3d,
  type PoolOptions,
  sumPool1d,
  sumPool2d,
  sumPool3d,
} from '../../ops/pooling.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { Module } from '../module.ts';
import { argumentsText } from '../repr.ts';

/**
 * `maxPool1d` as a layer: The largest (or smallest) element of each window of x [N, C, spatial...]; NaN wins, the
 * first of equals counts. Takes float32, uint8 and int8.
 */
export class MaxPool1d<I extends boolean = false> extends Module<[Tensor], Extremum<I>> {
  readonly #kernelSize: Size;
  readonly #options: MaxPoolOptions<I>;

  constructor(kernelSize: Size, options: MaxPoolOptions<I> = {}) {
    super();
    checkOptions('MaxPool1d', options, ['stride', 'padding', 'dilation', 'ceilMode', 'returnIndices']);
    this.#kernelSize = kernelSize;
    this.#options = { ...options };
  }
  forward(x: Tensor): Extremum<I> {
    return maxPool1d(x, this.#kernelSize, this.#options as MaxPoolOptions<true>) as unknown as Extremum<I>;
  }

  override extraRepr(): string {
    return argumentsText({ kernelSize: this.#kernelSize, ...this.#options });
  }
}

/**
 * `maxPool2d` as a layer: The largest (or smallest) element of each window of x [N, C, spatial...]; NaN wins, the
 * first of equals counts. Takes float32, uint8 and int8.
 */
export class MaxPool2d<I extends boolean = false> extends Module<[Tensor], Extremum<I>> {
  readonly #kernelSize: Size;
  readonly #options: MaxPoolOptions<I>;

  constructor(kernelSize: Size, options: MaxPoolOptions<I> = {}) {
    super();
    checkOptions('MaxPool2d', options, ['stride', 'padding', 'dilation', 'ceilMode', 'returnIndices']);
    this.#kernelSize = kernelSize;
    this.#options = { ...options };
  }
  forward(x: Tensor): Extremum<I> {
    return maxPool2d(x, this.#kernelSize, this.#options as MaxPoolOptions<true>) as unknown as Extremum<I>;
  }

  override extraRepr(): string {
    return argumentsText({ kernelSize: this.#kernelSize, ...this.#options });
  }
}

/**
 * `maxPool3d` as a layer: The largest (or smallest) element of each window of x [N, C, spatial...]; NaN wins, the
 * first of equals counts. Takes float32, uint8 and int8.
 */
export class MaxPool3d<I extends boolean = false> extends Module<[Tensor], Extremum<I>> {
  readonly #kernelSize: Size;
  readonly #options: MaxPoolOptions<I>;

  constructor(kernelSize: Size, options: MaxPoolOptions<I> = {}) {
    super();
    checkOptions('MaxPool3d', options, ['stride', 'padding', 'dilation', 'ceilMode', 'returnIndices']);
    this.#kernelSize = kernelSize;
    this.#options = { ...options };
  }
  forward(x: Tensor): Extremum<I> {
    return maxPool3d(x, this.#kernelSize, this.#options as MaxPoolOptions<true>) as unknown as Extremum<I>;
  }

  override extraRepr(): string {
    return argumentsText({ kernelSize: this.#kernelSize, ...this.#options });
  }
}

/**
 * `minPool1d` as a layer: The largest (or smallest) element of each window of x [N, C, spatial...]; NaN wins, the
 * first of equals counts. Takes float32, uint8 and int8.
 */
export class MinPool1d<I extends boolean = false> extends Module<[Tensor], Extremum<I>> {
  readonly #kernelSize: Size;
  readonly #options: MaxPoolOptions<I>;

  constructor(kernelSize: Size, options: MaxPoolOptions<I> = {}) {
    super();
    checkOptions('MinPool1d', options, ['stride', 'padding', 'dilation', 'ceilMode', 'returnIndices']);
    this.#kernelSize = kernelSize;
    this.#options = { ...options };
  }
  forward(x: Tensor): Extremum<I> {
    return minPool1d(x, this.#kernelSize, this.#options as MaxPoolOptions<true>) as unknown as Extremum<I>;
  }

  override extraRepr(): string {
    return argumentsText({ kernelSize: this.#kernelSize, ...this.#options });
  }
}

/**
 * `minPool2d` as a layer: The largest (or smallest) element of each window of x [N, C, spatial...]; NaN wins, the
 * first of equals counts. Takes float32, uint8 and int8.
 */
export class MinPool2d<I extends boolean = false> extends Module<[Tensor], Extremum<I>> {
  readonly #kernelSize: Size;
  readonly #options: MaxPoolOptions<I>;

  constructor(kernelSize: Size, options: MaxPoolOptions<I> = {}) {
    super();
    checkOptions('MinPool2d', options, ['stride', 'padding', 'dilation', 'ceilMode', 'returnIndices']);
    this.#kernelSize = kernelSize;
    this.#options = { ...options };
  }
  forward(x: Tensor): Extremum<I> {
    return minPool2d(x, this.#kernelSize, this.#options as MaxPoolOptions<true>) as unknown as Extremum<I>;
  }

  override extraRepr(): string {
    return argumentsText({ kernelSize: this.#kernelSize, ...this.#options });
  }
}

/**
 * `minPool3d` as a layer: The largest (or smallest) element of each window of x [N, C, spatial...]; NaN wins, the
 * first of equals counts. Takes float32, uint8 and int8.
 */
export class MinPool3d<I extends boolean = false> extends Module<[Tensor], Extremum<I>> {
  readonly #kernelSize: Size;
  readonly #options: MaxPoolOptions<I>;

  constructor(kernelSize: Size, options: MaxPoolOptions<I> = {}) {
    super();
    checkOptions('MinPool3d', options, ['stride', 'padding', 'dilation', 'ceilMode', 'returnIndices']);
    this.#kernelSize = kernelSize;
    this.#options = { ...options };
  }
  forward(x: Tensor): Extremum<I> {
    return minPool3d(x, this.#kernelSize, this.#options as MaxPoolOptions<true>) as unknown as Extremum<I>;
  }

  override extraRepr(): string {
    return argumentsText({ kernelSize: this.#kernelSize, ...this.#options });
  }
}

/** `avgPool1d` as a layer: The mean of each window of x [N, C, spatial...], padding being zero. */
export class AvgPool1d extends Module {
  readonly #kernelSize: Size;
  readonly #options: AvgPoolOptions;

  constructor(kernelSize: Size, options: AvgPoolOptions = {}) {
    super();
    checkOptions('AvgPool1d', options, [
      'stride',
      'padding',
      'dilation',
      'ceilMode',
      'countIncludePad',
      'divisorOverride',
    ]);
    this.#kernelSize = kernelSize;
    this.#options = { ...options };
  }
  forward(x: Tensor): Tensor {
    return avgPool1d(x, this.#kernelSize, this.#options);
  }

  override extraRepr(): string {
    return argumentsText({ kernelSize: this.#kernelSize, ...this.#options });
  }
}

/** `avgPool2d` as a layer: The mean of each window of x [N, C, spatial...], padding being zero. */
export class AvgPool2d extends Module {
  readonly #kernelSize: Size;
  readonly #options: AvgPoolOptions;

  constructor(kernelSize: Size, options: AvgPoolOptions = {}) {
    super();
    checkOptions('AvgPool2d', options, [
      'stride',
      'padding',
      'dilation',
      'ceilMode',
      'countIncludePad',
      'divisorOverride',
    ]);
    this.#kernelSize = kernelSize;
    this.#options = { ...options };
  }
  forward(x: Tensor): Tensor {
    return avgPool2d(x, this.#kernelSize, this.#options);
  }

  override extraRepr(): string {
    return argumentsText({ kernelSize: this.#kernelSize, ...this.#options });
  }
}

/** `avgPool3d` as a layer: The mean of each window of x [N, C, spatial...], padding being zero. */
export class AvgPool3d extends Module {
  readonly #kernelSize: Size;
  readonly #options: AvgPoolOptions;

  constructor(kernelSize: Size, options: AvgPoolOptions = {}) {
    super();
    checkOptions('AvgPool3d', options, [
      'stride',
      'padding',
      'dilation',
      'ceilMode',
      'countIncludePad',
      'divisorOverride',
    ]);
    this.#kernelSize = kernelSize;
    this.#options = { ...options };
  }
  forward(x: Tensor): Tensor {
    return avgPool3d(x, this.#kernelSize, this.#options);
  }

  override extraRepr(): string {
    return argumentsText({ kernelSize: this.#kernelSize, ...this.#options });
  }
}

/** `sumPool1d` as a layer: The sum of each window of x [N, C, spatial...]. */
export class SumPool1d extends Module {
  readonly #kernelSize: Size;
  readonly #options: PoolOptions;

  constructor(kernelSize: Size, options: PoolOptions = {}) {
    super();
    checkOptions('SumPool1d', options, ['stride', 'padding', 'dilation', 'ceilMode']);
    this.#kernelSize = kernelSize;
    this.#options = { ...options };
  }
  forward(x: Tensor): Tensor {
    return sumPool1d(x, this.#kernelSize, this.#options);
  }

  override extraRepr(): string {
    return argumentsText({ kernelSize: this.#kernelSize, ...this.#options });
  }
}

/** `sumPool2d` as a layer: The sum of each window of x [N, C, spatial...]. */
export class SumPool2d extends Module {
  readonly #kernelSize: Size;
  readonly #options: PoolOptions;

  constructor(kernelSize: Size, options: PoolOptions = {}) {
    super();
    checkOptions('SumPool2d', options, ['stride', 'padding', 'dilation', 'ceilMode']);
    this.#kernelSize = kernelSize;
    this.#options = { ...options };
  }
  forward(x: Tensor): Tensor {
    return sumPool2d(x, this.#kernelSize, this.#options);
  }

  override extraRepr(): string {
    return argumentsText({ kernelSize: this.#kernelSize, ...this.#options });
  }
}

/** `sumPool3d` as a layer: The sum of each window of x [N, C, spatial...]. */
export class SumPool3d extends Module {
  readonly #kernelSize: Size;
  readonly #options: PoolOptions;

  constructor(kernelSize: Size, options: PoolOptions = {}) {
    super();
    checkOptions('SumPool3d', options, ['stride', 'padding', 'dilation', 'ceilMode']);
    this.#kernelSize = kernelSize;
    this.#options = { ...options };
  }
  forward(x: Tensor): Tensor {
    return sumPool3d(x, this.#kernelSize, this.#options);
  }

  override extraRepr(): string {
    return argumentsText({ kernelSize: this.#kernelSize, ...this.#options });
  }
}

/**
 * `lpPool1d` as a layer: (mean of x^p over each window's part inside the padded input, times the kernel's
 * size)^(1/p), p being `normType`; with `absolute` the sum of |x|^p instead.
 */
export class LPPool1d extends Module {
  readonly #normType: number;
  readonly #kernelSize: Size;
  readonly #options: LpPoolOptions;

  constructor(normType: number, kernelSize: Size, options: LpPoolOptions = {}) {
    super();
    checkOptions('LPPool1d', options, ['stride', 'padding', 'dilation', 'ceilMode', 'absolute']);
    this.#normType = normType;
    this.#kernelSize = kernelSize;
    this.#options = { ...options };
  }
  forward(x: Tensor): Tensor {
    return lpPool1d(x, this.#normType, this.#kernelSize, this.#options);
  }

  override extraRepr(): string {
    return argumentsText({ normType: this.#normType, kernelSize: this.#kernelSize, ...this.#options });
  }
}

/**
 * `lpPool2d` as a layer: (mean of x^p over each window's part inside the padded input, times the kernel's
 * size)^(1/p), p being `normType`; with `absolute` the sum of |x|^p instead.
 */
export class LPPool2d extends Module {
  readonly #normType: number;
  readonly #kernelSize: Size;
  readonly #options: LpPoolOptions;

  constructor(normType: number, kernelSize: Size, options: LpPoolOptions = {}) {
    super();
    checkOptions('LPPool2d', options, ['stride', 'padding', 'dilation', 'ceilMode', 'absolute']);
    this.#normType = normType;
    this.#kernelSize = kernelSize;
    this.#options = { ...options };
  }
  forward(x: Tensor): Tensor {
    return lpPool2d(x, this.#normType, this.#kernelSize, this.#options);
  }

  override extraRepr(): string {
    return argumentsText({ normType: this.#normType, kernelSize: this.#kernelSize, ...this.#options });
  }
}

/**
 * `lpPool3d` as a layer: (mean of x^p over each window's part inside the padded input, times the kernel's
 * size)^(1/p), p being `normType`; with `absolute` the sum of |x|^p instead.
 */
export class LPPool3d extends Module {
  readonly #normType: number;
  readonly #kernelSize: Size;
  readonly #options: LpPoolOptions;

  constructor(normType: number, kernelSize: Size, options: LpPoolOptions = {}) {
    super();
    checkOptions('LPPool3d', options, ['stride', 'padding', 'dilation', 'ceilMode', 'absolute']);
    this.#normType = normType;
    this.#kernelSize = kernelSize;
    this.#options = { ...options };
  }
  forward(x: Tensor): Tensor {
    return lpPool3d(x, this.#normType, this.#kernelSize, this.#options);
  }

  override extraRepr(): string {
    return argumentsText({ normType: this.#normType, kernelSize: this.#kernelSize, ...this.#options });
  }
}
