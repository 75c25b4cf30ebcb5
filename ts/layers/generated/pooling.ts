/** The layers of ts/ops/pooling.ts, by `npm run generate` from its operators. */
import { checkOptions } from '../../base/checks.ts';
import type { DType } from '../../base/dtype.ts';
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
import { KeepingModule } from '../keeping.ts';
import { Module } from '../module.ts';
import { argumentsText } from '../repr.ts';

/**
 * `maxPool1d` as a layer: The largest element of each window of x; NaN wins, the first of equals counts. As PyTorch's
 * max_pool1d and ONNX's MaxPool.
 */
export class MaxPool1d<I extends boolean = false> extends KeepingModule<I> {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'MaxPool1d';
  readonly #kernelSize: Size;
  readonly #options: MaxPoolOptions<I>;

  /**
   * What `maxPool1d` takes beside its tensors.
   * @param kernelSize the window's size: one number, or [length]
   * @param options `stride` (default the kernel size), `padding` (default 0), `dilation` (default 1), `ceilMode`
   * (default false), `returnIndices` (default false)
   */
  constructor(kernelSize: Size, options: MaxPoolOptions<I> = {}) {
    super();
    checkOptions('MaxPool1d', options, ['stride', 'padding', 'dilation', 'ceilMode', 'returnIndices']);
    this.#kernelSize = kernelSize;
    this.#options = { ...options };
  }

  /**
   * `maxPool1d` of x.
   * @param x [N, C, L] of float32, uint8 or int8, which the result keeps
   * @returns [N, C, Lo], Lo = floor((L + padding - dilation * (kernelSize - 1) - 1) / stride) + 1 with the padding of
   * both sides; with `returnIndices` also where each element was
   * @throws RangeError for a window that does not fit and options out of range; TypeError for a wrong kind
   */
  forward<D extends DType>(x: Tensor<D>): Extremum<I, D>;
  forward(x: Tensor): Extremum<I>;
  forward(x: Tensor<DType>): Extremum<I, DType> {
    return maxPool1d(x, this.#kernelSize, this.#options as MaxPoolOptions<true>) as unknown as Extremum<
      I,
      DType
    >;
  }

  override extraRepr(): string {
    return argumentsText({ kernelSize: this.#kernelSize, ...this.#options });
  }
}

/**
 * `maxPool2d` as a layer: The largest element of each window of x; NaN wins, the first of equals counts. As PyTorch's
 * max_pool2d and ONNX's MaxPool.
 */
export class MaxPool2d<I extends boolean = false> extends KeepingModule<I> {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'MaxPool2d';
  readonly #kernelSize: Size;
  readonly #options: MaxPoolOptions<I>;

  /**
   * What `maxPool2d` takes beside its tensors.
   * @param kernelSize the window's size: one number, or [height, width]
   * @param options `stride` (default the kernel size), `padding` (default 0), `dilation` (default 1), `ceilMode`
   * (default false), `returnIndices` (default false)
   */
  constructor(kernelSize: Size, options: MaxPoolOptions<I> = {}) {
    super();
    checkOptions('MaxPool2d', options, ['stride', 'padding', 'dilation', 'ceilMode', 'returnIndices']);
    this.#kernelSize = kernelSize;
    this.#options = { ...options };
  }

  /**
   * `maxPool2d` of x.
   * @param x [N, C, H, W] of float32, uint8 or int8, which the result keeps
   * @returns [N, C, Ho, Wo], Ho = floor((H + padding - dilation * (kernelSize - 1) - 1) / stride) + 1 with the
   * padding of both sides; with `returnIndices` also where each element was
   * @throws RangeError for a window that does not fit and options out of range; TypeError for a wrong kind
   */
  forward<D extends DType>(x: Tensor<D>): Extremum<I, D>;
  forward(x: Tensor): Extremum<I>;
  forward(x: Tensor<DType>): Extremum<I, DType> {
    return maxPool2d(x, this.#kernelSize, this.#options as MaxPoolOptions<true>) as unknown as Extremum<
      I,
      DType
    >;
  }

  override extraRepr(): string {
    return argumentsText({ kernelSize: this.#kernelSize, ...this.#options });
  }
}

/**
 * `maxPool3d` as a layer: The largest element of each window of x; NaN wins, the first of equals counts. As PyTorch's
 * max_pool3d and ONNX's MaxPool.
 */
export class MaxPool3d<I extends boolean = false> extends KeepingModule<I> {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'MaxPool3d';
  readonly #kernelSize: Size;
  readonly #options: MaxPoolOptions<I>;

  /**
   * What `maxPool3d` takes beside its tensors.
   * @param kernelSize the window's size: one number, or [depth, height, width]
   * @param options `stride` (default the kernel size), `padding` (default 0), `dilation` (default 1), `ceilMode`
   * (default false), `returnIndices` (default false)
   */
  constructor(kernelSize: Size, options: MaxPoolOptions<I> = {}) {
    super();
    checkOptions('MaxPool3d', options, ['stride', 'padding', 'dilation', 'ceilMode', 'returnIndices']);
    this.#kernelSize = kernelSize;
    this.#options = { ...options };
  }

  /**
   * `maxPool3d` of x.
   * @param x [N, C, D, H, W] of float32, uint8 or int8, which the result keeps
   * @returns [N, C, Do, Ho, Wo], Ho = floor((H + padding - dilation * (kernelSize - 1) - 1) / stride) + 1 with the
   * padding of both sides; with `returnIndices` also where each element was
   * @throws RangeError for a window that does not fit and options out of range; TypeError for a wrong kind
   */
  forward<D extends DType>(x: Tensor<D>): Extremum<I, D>;
  forward(x: Tensor): Extremum<I>;
  forward(x: Tensor<DType>): Extremum<I, DType> {
    return maxPool3d(x, this.#kernelSize, this.#options as MaxPoolOptions<true>) as unknown as Extremum<
      I,
      DType
    >;
  }

  override extraRepr(): string {
    return argumentsText({ kernelSize: this.#kernelSize, ...this.#options });
  }
}

/**
 * `minPool1d` as a layer: The smallest element of each window of x: `maxPool1d` of -x, negated; NaN wins, the first
 * of equals counts.
 */
export class MinPool1d<I extends boolean = false> extends KeepingModule<I> {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'MinPool1d';
  readonly #kernelSize: Size;
  readonly #options: MaxPoolOptions<I>;

  /**
   * What `minPool1d` takes beside its tensors.
   * @param kernelSize the window's size: one number, or [length]
   * @param options `stride` (default the kernel size), `padding` (default 0), `dilation` (default 1), `ceilMode`
   * (default false), `returnIndices` (default false)
   */
  constructor(kernelSize: Size, options: MaxPoolOptions<I> = {}) {
    super();
    checkOptions('MinPool1d', options, ['stride', 'padding', 'dilation', 'ceilMode', 'returnIndices']);
    this.#kernelSize = kernelSize;
    this.#options = { ...options };
  }

  /**
   * `minPool1d` of x.
   * @param x [N, C, L] of float32, uint8 or int8, which the result keeps
   * @returns [N, C, Lo], of the size that `maxPool1d` gives; with `returnIndices` also where each element was
   * @throws RangeError for a window that does not fit and options out of range; TypeError for a wrong kind
   */
  forward<D extends DType>(x: Tensor<D>): Extremum<I, D>;
  forward(x: Tensor): Extremum<I>;
  forward(x: Tensor<DType>): Extremum<I, DType> {
    return minPool1d(x, this.#kernelSize, this.#options as MaxPoolOptions<true>) as unknown as Extremum<
      I,
      DType
    >;
  }

  override extraRepr(): string {
    return argumentsText({ kernelSize: this.#kernelSize, ...this.#options });
  }
}

/**
 * `minPool2d` as a layer: The smallest element of each window of x: `maxPool2d` of -x, negated; NaN wins, the first
 * of equals counts.
 */
export class MinPool2d<I extends boolean = false> extends KeepingModule<I> {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'MinPool2d';
  readonly #kernelSize: Size;
  readonly #options: MaxPoolOptions<I>;

  /**
   * What `minPool2d` takes beside its tensors.
   * @param kernelSize the window's size: one number, or [height, width]
   * @param options `stride` (default the kernel size), `padding` (default 0), `dilation` (default 1), `ceilMode`
   * (default false), `returnIndices` (default false)
   */
  constructor(kernelSize: Size, options: MaxPoolOptions<I> = {}) {
    super();
    checkOptions('MinPool2d', options, ['stride', 'padding', 'dilation', 'ceilMode', 'returnIndices']);
    this.#kernelSize = kernelSize;
    this.#options = { ...options };
  }

  /**
   * `minPool2d` of x.
   * @param x [N, C, H, W] of float32, uint8 or int8, which the result keeps
   * @returns [N, C, Ho, Wo], of the size that `maxPool2d` gives; with `returnIndices` also where each element was
   * @throws RangeError for a window that does not fit and options out of range; TypeError for a wrong kind
   */
  forward<D extends DType>(x: Tensor<D>): Extremum<I, D>;
  forward(x: Tensor): Extremum<I>;
  forward(x: Tensor<DType>): Extremum<I, DType> {
    return minPool2d(x, this.#kernelSize, this.#options as MaxPoolOptions<true>) as unknown as Extremum<
      I,
      DType
    >;
  }

  override extraRepr(): string {
    return argumentsText({ kernelSize: this.#kernelSize, ...this.#options });
  }
}

/**
 * `minPool3d` as a layer: The smallest element of each window of x: `maxPool3d` of -x, negated; NaN wins, the first
 * of equals counts.
 */
export class MinPool3d<I extends boolean = false> extends KeepingModule<I> {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'MinPool3d';
  readonly #kernelSize: Size;
  readonly #options: MaxPoolOptions<I>;

  /**
   * What `minPool3d` takes beside its tensors.
   * @param kernelSize the window's size: one number, or [depth, height, width]
   * @param options `stride` (default the kernel size), `padding` (default 0), `dilation` (default 1), `ceilMode`
   * (default false), `returnIndices` (default false)
   */
  constructor(kernelSize: Size, options: MaxPoolOptions<I> = {}) {
    super();
    checkOptions('MinPool3d', options, ['stride', 'padding', 'dilation', 'ceilMode', 'returnIndices']);
    this.#kernelSize = kernelSize;
    this.#options = { ...options };
  }

  /**
   * `minPool3d` of x.
   * @param x [N, C, D, H, W] of float32, uint8 or int8, which the result keeps
   * @returns [N, C, Do, Ho, Wo], of the size that `maxPool3d` gives; with `returnIndices` also where each element was
   * @throws RangeError for a window that does not fit and options out of range; TypeError for a wrong kind
   */
  forward<D extends DType>(x: Tensor<D>): Extremum<I, D>;
  forward(x: Tensor): Extremum<I>;
  forward(x: Tensor<DType>): Extremum<I, DType> {
    return minPool3d(x, this.#kernelSize, this.#options as MaxPoolOptions<true>) as unknown as Extremum<
      I,
      DType
    >;
  }

  override extraRepr(): string {
    return argumentsText({ kernelSize: this.#kernelSize, ...this.#options });
  }
}

/**
 * `avgPool1d` as a layer: The mean of each window of x, padding being zero. As PyTorch's avg_pool1d and ONNX's
 * AveragePool.
 */
export class AvgPool1d extends Module {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'AvgPool1d';
  readonly #kernelSize: Size;
  readonly #options: AvgPoolOptions;

  /**
   * What `avgPool1d` takes beside its tensors.
   * @param kernelSize the window's size: one number, or [length]
   * @param options `stride` (default the kernel size), `padding` (default 0), `dilation` (default 1), `ceilMode`
   * (default false), `countIncludePad` (default true), `divisorOverride`
   */
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

  /**
   * `avgPool1d` of x.
   * @param x [N, C, L] of float32
   * @returns [N, C, Lo], of the size that `maxPool1d` gives
   * @throws RangeError for a window that does not fit and options out of range; TypeError for a wrong kind
   */
  forward(x: Tensor): Tensor {
    return avgPool1d(x, this.#kernelSize, this.#options);
  }

  override extraRepr(): string {
    return argumentsText({ kernelSize: this.#kernelSize, ...this.#options });
  }
}

/**
 * `avgPool2d` as a layer: The mean of each window of x, padding being zero. As PyTorch's avg_pool2d and ONNX's
 * AveragePool.
 */
export class AvgPool2d extends Module {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'AvgPool2d';
  readonly #kernelSize: Size;
  readonly #options: AvgPoolOptions;

  /**
   * What `avgPool2d` takes beside its tensors.
   * @param kernelSize the window's size: one number, or [height, width]
   * @param options `stride` (default the kernel size), `padding` (default 0), `dilation` (default 1), `ceilMode`
   * (default false), `countIncludePad` (default true), `divisorOverride`
   */
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

  /**
   * `avgPool2d` of x.
   * @param x [N, C, H, W] of float32
   * @returns [N, C, Ho, Wo], of the size that `maxPool2d` gives
   * @throws RangeError for a window that does not fit and options out of range; TypeError for a wrong kind
   */
  forward(x: Tensor): Tensor {
    return avgPool2d(x, this.#kernelSize, this.#options);
  }

  override extraRepr(): string {
    return argumentsText({ kernelSize: this.#kernelSize, ...this.#options });
  }
}

/**
 * `avgPool3d` as a layer: The mean of each window of x, padding being zero. As PyTorch's avg_pool3d and ONNX's
 * AveragePool.
 */
export class AvgPool3d extends Module {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'AvgPool3d';
  readonly #kernelSize: Size;
  readonly #options: AvgPoolOptions;

  /**
   * What `avgPool3d` takes beside its tensors.
   * @param kernelSize the window's size: one number, or [depth, height, width]
   * @param options `stride` (default the kernel size), `padding` (default 0), `dilation` (default 1), `ceilMode`
   * (default false), `countIncludePad` (default true), `divisorOverride`
   */
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

  /**
   * `avgPool3d` of x.
   * @param x [N, C, D, H, W] of float32
   * @returns [N, C, Do, Ho, Wo], of the size that `maxPool3d` gives
   * @throws RangeError for a window that does not fit and options out of range; TypeError for a wrong kind
   */
  forward(x: Tensor): Tensor {
    return avgPool3d(x, this.#kernelSize, this.#options);
  }

  override extraRepr(): string {
    return argumentsText({ kernelSize: this.#kernelSize, ...this.#options });
  }
}

/** `sumPool1d` as a layer: The sum of each window of x. */
export class SumPool1d extends Module {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'SumPool1d';
  readonly #kernelSize: Size;
  readonly #options: PoolOptions;

  /**
   * What `sumPool1d` takes beside its tensors.
   * @param kernelSize the window's size: one number, or [length]
   * @param options `stride` (default the kernel size), `padding` (default 0), `dilation` (default 1), `ceilMode`
   * (default false)
   */
  constructor(kernelSize: Size, options: PoolOptions = {}) {
    super();
    checkOptions('SumPool1d', options, ['stride', 'padding', 'dilation', 'ceilMode']);
    this.#kernelSize = kernelSize;
    this.#options = { ...options };
  }

  /**
   * `sumPool1d` of x.
   * @param x [N, C, L] of float32
   * @returns [N, C, Lo], of the size that `maxPool1d` gives
   * @throws RangeError for a window that does not fit and options out of range; TypeError for a wrong kind
   */
  forward(x: Tensor): Tensor {
    return sumPool1d(x, this.#kernelSize, this.#options);
  }

  override extraRepr(): string {
    return argumentsText({ kernelSize: this.#kernelSize, ...this.#options });
  }
}

/** `sumPool2d` as a layer: The sum of each window of x. */
export class SumPool2d extends Module {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'SumPool2d';
  readonly #kernelSize: Size;
  readonly #options: PoolOptions;

  /**
   * What `sumPool2d` takes beside its tensors.
   * @param kernelSize the window's size: one number, or [height, width]
   * @param options `stride` (default the kernel size), `padding` (default 0), `dilation` (default 1), `ceilMode`
   * (default false)
   */
  constructor(kernelSize: Size, options: PoolOptions = {}) {
    super();
    checkOptions('SumPool2d', options, ['stride', 'padding', 'dilation', 'ceilMode']);
    this.#kernelSize = kernelSize;
    this.#options = { ...options };
  }

  /**
   * `sumPool2d` of x.
   * @param x [N, C, H, W] of float32
   * @returns [N, C, Ho, Wo], of the size that `maxPool2d` gives
   * @throws RangeError for a window that does not fit and options out of range; TypeError for a wrong kind
   */
  forward(x: Tensor): Tensor {
    return sumPool2d(x, this.#kernelSize, this.#options);
  }

  override extraRepr(): string {
    return argumentsText({ kernelSize: this.#kernelSize, ...this.#options });
  }
}

/** `sumPool3d` as a layer: The sum of each window of x. */
export class SumPool3d extends Module {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'SumPool3d';
  readonly #kernelSize: Size;
  readonly #options: PoolOptions;

  /**
   * What `sumPool3d` takes beside its tensors.
   * @param kernelSize the window's size: one number, or [depth, height, width]
   * @param options `stride` (default the kernel size), `padding` (default 0), `dilation` (default 1), `ceilMode`
   * (default false)
   */
  constructor(kernelSize: Size, options: PoolOptions = {}) {
    super();
    checkOptions('SumPool3d', options, ['stride', 'padding', 'dilation', 'ceilMode']);
    this.#kernelSize = kernelSize;
    this.#options = { ...options };
  }

  /**
   * `sumPool3d` of x.
   * @param x [N, C, D, H, W] of float32
   * @returns [N, C, Do, Ho, Wo], of the size that `maxPool3d` gives
   * @throws RangeError for a window that does not fit and options out of range; TypeError for a wrong kind
   */
  forward(x: Tensor): Tensor {
    return sumPool3d(x, this.#kernelSize, this.#options);
  }

  override extraRepr(): string {
    return argumentsText({ kernelSize: this.#kernelSize, ...this.#options });
  }
}

/**
 * `lpPool1d` as a layer: (mean of x^p over each window's part inside the padded input, times the kernel's
 * size)^(1/p), p being `normType`, as PyTorch's lp_pool1d; with `absolute` the sum of |x|^p instead, as ONNX's
 * LpPool.
 */
export class LPPool1d extends Module {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'LPPool1d';
  readonly #normType: number;
  readonly #kernelSize: Size;
  readonly #options: LpPoolOptions;

  /**
   * What `lpPool1d` takes beside its tensors.
   * @param normType p
   * @param kernelSize the window's size: one number, or [length]
   * @param options `stride` (default the kernel size), `padding` (default 0), `dilation` (default 1), `ceilMode`
   * (default false), `absolute` (default false)
   */
  constructor(normType: number, kernelSize: Size, options: LpPoolOptions = {}) {
    super();
    checkOptions('LPPool1d', options, ['stride', 'padding', 'dilation', 'ceilMode', 'absolute']);
    this.#normType = normType;
    this.#kernelSize = kernelSize;
    this.#options = { ...options };
  }

  /**
   * `lpPool1d` of x.
   * @param x [N, C, L] of float32
   * @returns [N, C, Lo], of the size that `maxPool1d` gives
   * @throws RangeError for a window that does not fit and options out of range; TypeError for a wrong kind
   */
  forward(x: Tensor): Tensor {
    return lpPool1d(x, this.#normType, this.#kernelSize, this.#options);
  }

  override extraRepr(): string {
    return argumentsText({ normType: this.#normType, kernelSize: this.#kernelSize, ...this.#options });
  }
}

/**
 * `lpPool2d` as a layer: (mean of x^p over each window's part inside the padded input, times the kernel's
 * size)^(1/p), p being `normType`, as PyTorch's lp_pool2d; with `absolute` the sum of |x|^p instead, as ONNX's
 * LpPool.
 */
export class LPPool2d extends Module {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'LPPool2d';
  readonly #normType: number;
  readonly #kernelSize: Size;
  readonly #options: LpPoolOptions;

  /**
   * What `lpPool2d` takes beside its tensors.
   * @param normType p
   * @param kernelSize the window's size: one number, or [height, width]
   * @param options `stride` (default the kernel size), `padding` (default 0), `dilation` (default 1), `ceilMode`
   * (default false), `absolute` (default false)
   */
  constructor(normType: number, kernelSize: Size, options: LpPoolOptions = {}) {
    super();
    checkOptions('LPPool2d', options, ['stride', 'padding', 'dilation', 'ceilMode', 'absolute']);
    this.#normType = normType;
    this.#kernelSize = kernelSize;
    this.#options = { ...options };
  }

  /**
   * `lpPool2d` of x.
   * @param x [N, C, H, W] of float32
   * @returns [N, C, Ho, Wo], of the size that `maxPool2d` gives
   * @throws RangeError for a window that does not fit and options out of range; TypeError for a wrong kind
   */
  forward(x: Tensor): Tensor {
    return lpPool2d(x, this.#normType, this.#kernelSize, this.#options);
  }

  override extraRepr(): string {
    return argumentsText({ normType: this.#normType, kernelSize: this.#kernelSize, ...this.#options });
  }
}

/**
 * `lpPool3d` as a layer: (mean of x^p over each window's part inside the padded input, times the kernel's
 * size)^(1/p), p being `normType`, as PyTorch's lp_pool3d; with `absolute` the sum of |x|^p instead, as ONNX's
 * LpPool.
 */
export class LPPool3d extends Module {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'LPPool3d';
  readonly #normType: number;
  readonly #kernelSize: Size;
  readonly #options: LpPoolOptions;

  /**
   * What `lpPool3d` takes beside its tensors.
   * @param normType p
   * @param kernelSize the window's size: one number, or [depth, height, width]
   * @param options `stride` (default the kernel size), `padding` (default 0), `dilation` (default 1), `ceilMode`
   * (default false), `absolute` (default false)
   */
  constructor(normType: number, kernelSize: Size, options: LpPoolOptions = {}) {
    super();
    checkOptions('LPPool3d', options, ['stride', 'padding', 'dilation', 'ceilMode', 'absolute']);
    this.#normType = normType;
    this.#kernelSize = kernelSize;
    this.#options = { ...options };
  }

  /**
   * `lpPool3d` of x.
   * @param x [N, C, D, H, W] of float32
   * @returns [N, C, Do, Ho, Wo], of the size that `maxPool3d` gives
   * @throws RangeError for a window that does not fit and options out of range; TypeError for a wrong kind
   */
  forward(x: Tensor): Tensor {
    return lpPool3d(x, this.#normType, this.#kernelSize, this.#options);
  }

  override extraRepr(): string {
    return argumentsText({ normType: this.#normType, kernelSize: this.#kernelSize, ...this.#options });
  }
}
