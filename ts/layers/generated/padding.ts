/** The layers of ts/ops/padding.ts, by `npm run generate` from its operators. */
import type { DType } from '../../base/dtype.ts';
import { validate } from '../../ops/operator.ts';
import { type PadWidths, pad1d, pad2d, pad3d } from '../../ops/padding.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { KeepingModule } from '../keeping.ts';
import { argumentsText } from '../repr.ts';

/** `pad1d` as a layer: x with more elements around it. As PyTorch's pad and ONNX's Pad. */
export class ConstantPad1d extends KeepingModule {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'ConstantPad1d';
  readonly #padding: PadWidths;
  readonly #value: number;

  /**
   * What `pad1d` takes beside its tensors.
   * @param padding elements to add: a number for every side, or [before, after] per spatial axis, [[left, right]];
   * negative widths crop
   * @param value What 'constant' fills in.
   */
  constructor(padding: PadWidths, value: number) {
    super();
    validate(pad1d, 'ConstantPad1d', padding, value);
    this.#padding = padding;
    this.#value = value;
  }

  /**
   * `pad1d` of x.
   * @param x [N, C, L] of any dtype, which the result keeps
   * @returns [N, C, Lo], Lo = L + before + after
   * @throws TypeError for PyTorch's flat list; RangeError when a crop leaves less than nothing, when 'reflect' adds
   * as many elements as x has, or 'circular' more
   */
  forward<D extends DType>(x: Tensor<D>): Tensor<D>;
  forward(x: Tensor): Tensor;
  forward(x: Tensor<DType>): Tensor<DType> {
    return pad1d(x, this.#padding, { value: this.#value });
  }

  override extraRepr(): string {
    return argumentsText({ padding: this.#padding, value: this.#value });
  }
}

/** `pad1d` as a layer, with mode 'reflect': x with more elements around it. As PyTorch's pad and ONNX's Pad. */
export class ReflectionPad1d extends KeepingModule {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'ReflectionPad1d';
  readonly #padding: PadWidths;

  /**
   * What `pad1d` takes beside its tensors.
   * @param padding elements to add: a number for every side, or [before, after] per spatial axis, [[left, right]];
   * negative widths crop
   */
  constructor(padding: PadWidths) {
    super();
    validate(pad1d, 'ReflectionPad1d', padding);
    this.#padding = padding;
  }

  /**
   * `pad1d` of x.
   * @param x [N, C, L] of any dtype, which the result keeps
   * @returns [N, C, Lo], Lo = L + before + after
   * @throws TypeError for PyTorch's flat list; RangeError when a crop leaves less than nothing, when 'reflect' adds
   * as many elements as x has, or 'circular' more
   */
  forward<D extends DType>(x: Tensor<D>): Tensor<D>;
  forward(x: Tensor): Tensor;
  forward(x: Tensor<DType>): Tensor<DType> {
    return pad1d(x, this.#padding, { mode: 'reflect' });
  }

  override extraRepr(): string {
    return argumentsText({ padding: this.#padding });
  }
}

/** `pad1d` as a layer, with mode 'replicate': x with more elements around it. As PyTorch's pad and ONNX's Pad. */
export class ReplicationPad1d extends KeepingModule {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'ReplicationPad1d';
  readonly #padding: PadWidths;

  /**
   * What `pad1d` takes beside its tensors.
   * @param padding elements to add: a number for every side, or [before, after] per spatial axis, [[left, right]];
   * negative widths crop
   */
  constructor(padding: PadWidths) {
    super();
    validate(pad1d, 'ReplicationPad1d', padding);
    this.#padding = padding;
  }

  /**
   * `pad1d` of x.
   * @param x [N, C, L] of any dtype, which the result keeps
   * @returns [N, C, Lo], Lo = L + before + after
   * @throws TypeError for PyTorch's flat list; RangeError when a crop leaves less than nothing, when 'reflect' adds
   * as many elements as x has, or 'circular' more
   */
  forward<D extends DType>(x: Tensor<D>): Tensor<D>;
  forward(x: Tensor): Tensor;
  forward(x: Tensor<DType>): Tensor<DType> {
    return pad1d(x, this.#padding, { mode: 'replicate' });
  }

  override extraRepr(): string {
    return argumentsText({ padding: this.#padding });
  }
}

/** `pad1d` as a layer, with mode 'circular': x with more elements around it. As PyTorch's pad and ONNX's Pad. */
export class CircularPad1d extends KeepingModule {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'CircularPad1d';
  readonly #padding: PadWidths;

  /**
   * What `pad1d` takes beside its tensors.
   * @param padding elements to add: a number for every side, or [before, after] per spatial axis, [[left, right]];
   * negative widths crop
   */
  constructor(padding: PadWidths) {
    super();
    validate(pad1d, 'CircularPad1d', padding);
    this.#padding = padding;
  }

  /**
   * `pad1d` of x.
   * @param x [N, C, L] of any dtype, which the result keeps
   * @returns [N, C, Lo], Lo = L + before + after
   * @throws TypeError for PyTorch's flat list; RangeError when a crop leaves less than nothing, when 'reflect' adds
   * as many elements as x has, or 'circular' more
   */
  forward<D extends DType>(x: Tensor<D>): Tensor<D>;
  forward(x: Tensor): Tensor;
  forward(x: Tensor<DType>): Tensor<DType> {
    return pad1d(x, this.#padding, { mode: 'circular' });
  }

  override extraRepr(): string {
    return argumentsText({ padding: this.#padding });
  }
}

/** `pad2d` as a layer: x with more elements around it. As PyTorch's pad and ONNX's Pad. */
export class ConstantPad2d extends KeepingModule {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'ConstantPad2d';
  readonly #padding: PadWidths;
  readonly #value: number;

  /**
   * What `pad2d` takes beside its tensors.
   * @param padding elements to add: a number for every side, or [before, after] per spatial axis, [[top, bottom],
   * [left, right]]; negative widths crop
   * @param value What 'constant' fills in.
   */
  constructor(padding: PadWidths, value: number) {
    super();
    validate(pad2d, 'ConstantPad2d', padding, value);
    this.#padding = padding;
    this.#value = value;
  }

  /**
   * `pad2d` of x.
   * @param x [N, C, H, W] of any dtype, which the result keeps
   * @returns [N, C, Ho, Wo], Ho = H + before + after
   * @throws TypeError for PyTorch's flat list; RangeError when a crop leaves less than nothing, when 'reflect' adds
   * as many elements as x has, or 'circular' more
   */
  forward<D extends DType>(x: Tensor<D>): Tensor<D>;
  forward(x: Tensor): Tensor;
  forward(x: Tensor<DType>): Tensor<DType> {
    return pad2d(x, this.#padding, { value: this.#value });
  }

  override extraRepr(): string {
    return argumentsText({ padding: this.#padding, value: this.#value });
  }
}

/** `pad2d` as a layer, with mode 'reflect': x with more elements around it. As PyTorch's pad and ONNX's Pad. */
export class ReflectionPad2d extends KeepingModule {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'ReflectionPad2d';
  readonly #padding: PadWidths;

  /**
   * What `pad2d` takes beside its tensors.
   * @param padding elements to add: a number for every side, or [before, after] per spatial axis, [[top, bottom],
   * [left, right]]; negative widths crop
   */
  constructor(padding: PadWidths) {
    super();
    validate(pad2d, 'ReflectionPad2d', padding);
    this.#padding = padding;
  }

  /**
   * `pad2d` of x.
   * @param x [N, C, H, W] of any dtype, which the result keeps
   * @returns [N, C, Ho, Wo], Ho = H + before + after
   * @throws TypeError for PyTorch's flat list; RangeError when a crop leaves less than nothing, when 'reflect' adds
   * as many elements as x has, or 'circular' more
   */
  forward<D extends DType>(x: Tensor<D>): Tensor<D>;
  forward(x: Tensor): Tensor;
  forward(x: Tensor<DType>): Tensor<DType> {
    return pad2d(x, this.#padding, { mode: 'reflect' });
  }

  override extraRepr(): string {
    return argumentsText({ padding: this.#padding });
  }
}

/** `pad2d` as a layer, with mode 'replicate': x with more elements around it. As PyTorch's pad and ONNX's Pad. */
export class ReplicationPad2d extends KeepingModule {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'ReplicationPad2d';
  readonly #padding: PadWidths;

  /**
   * What `pad2d` takes beside its tensors.
   * @param padding elements to add: a number for every side, or [before, after] per spatial axis, [[top, bottom],
   * [left, right]]; negative widths crop
   */
  constructor(padding: PadWidths) {
    super();
    validate(pad2d, 'ReplicationPad2d', padding);
    this.#padding = padding;
  }

  /**
   * `pad2d` of x.
   * @param x [N, C, H, W] of any dtype, which the result keeps
   * @returns [N, C, Ho, Wo], Ho = H + before + after
   * @throws TypeError for PyTorch's flat list; RangeError when a crop leaves less than nothing, when 'reflect' adds
   * as many elements as x has, or 'circular' more
   */
  forward<D extends DType>(x: Tensor<D>): Tensor<D>;
  forward(x: Tensor): Tensor;
  forward(x: Tensor<DType>): Tensor<DType> {
    return pad2d(x, this.#padding, { mode: 'replicate' });
  }

  override extraRepr(): string {
    return argumentsText({ padding: this.#padding });
  }
}

/** `pad2d` as a layer, with mode 'circular': x with more elements around it. As PyTorch's pad and ONNX's Pad. */
export class CircularPad2d extends KeepingModule {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'CircularPad2d';
  readonly #padding: PadWidths;

  /**
   * What `pad2d` takes beside its tensors.
   * @param padding elements to add: a number for every side, or [before, after] per spatial axis, [[top, bottom],
   * [left, right]]; negative widths crop
   */
  constructor(padding: PadWidths) {
    super();
    validate(pad2d, 'CircularPad2d', padding);
    this.#padding = padding;
  }

  /**
   * `pad2d` of x.
   * @param x [N, C, H, W] of any dtype, which the result keeps
   * @returns [N, C, Ho, Wo], Ho = H + before + after
   * @throws TypeError for PyTorch's flat list; RangeError when a crop leaves less than nothing, when 'reflect' adds
   * as many elements as x has, or 'circular' more
   */
  forward<D extends DType>(x: Tensor<D>): Tensor<D>;
  forward(x: Tensor): Tensor;
  forward(x: Tensor<DType>): Tensor<DType> {
    return pad2d(x, this.#padding, { mode: 'circular' });
  }

  override extraRepr(): string {
    return argumentsText({ padding: this.#padding });
  }
}

/** `pad3d` as a layer: x with more elements around it. As PyTorch's pad and ONNX's Pad. */
export class ConstantPad3d extends KeepingModule {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'ConstantPad3d';
  readonly #padding: PadWidths;
  readonly #value: number;

  /**
   * What `pad3d` takes beside its tensors.
   * @param padding elements to add: a number for every side, or [before, after] per spatial axis, [[front, back],
   * [top, bottom], [left, right]]; negative widths crop
   * @param value What 'constant' fills in.
   */
  constructor(padding: PadWidths, value: number) {
    super();
    validate(pad3d, 'ConstantPad3d', padding, value);
    this.#padding = padding;
    this.#value = value;
  }

  /**
   * `pad3d` of x.
   * @param x [N, C, D, H, W] of any dtype, which the result keeps
   * @returns [N, C, Do, Ho, Wo], Ho = H + before + after
   * @throws TypeError for PyTorch's flat list; RangeError when a crop leaves less than nothing, when 'reflect' adds
   * as many elements as x has, or 'circular' more
   */
  forward<D extends DType>(x: Tensor<D>): Tensor<D>;
  forward(x: Tensor): Tensor;
  forward(x: Tensor<DType>): Tensor<DType> {
    return pad3d(x, this.#padding, { value: this.#value });
  }

  override extraRepr(): string {
    return argumentsText({ padding: this.#padding, value: this.#value });
  }
}

/** `pad3d` as a layer, with mode 'reflect': x with more elements around it. As PyTorch's pad and ONNX's Pad. */
export class ReflectionPad3d extends KeepingModule {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'ReflectionPad3d';
  readonly #padding: PadWidths;

  /**
   * What `pad3d` takes beside its tensors.
   * @param padding elements to add: a number for every side, or [before, after] per spatial axis, [[front, back],
   * [top, bottom], [left, right]]; negative widths crop
   */
  constructor(padding: PadWidths) {
    super();
    validate(pad3d, 'ReflectionPad3d', padding);
    this.#padding = padding;
  }

  /**
   * `pad3d` of x.
   * @param x [N, C, D, H, W] of any dtype, which the result keeps
   * @returns [N, C, Do, Ho, Wo], Ho = H + before + after
   * @throws TypeError for PyTorch's flat list; RangeError when a crop leaves less than nothing, when 'reflect' adds
   * as many elements as x has, or 'circular' more
   */
  forward<D extends DType>(x: Tensor<D>): Tensor<D>;
  forward(x: Tensor): Tensor;
  forward(x: Tensor<DType>): Tensor<DType> {
    return pad3d(x, this.#padding, { mode: 'reflect' });
  }

  override extraRepr(): string {
    return argumentsText({ padding: this.#padding });
  }
}

/** `pad3d` as a layer, with mode 'replicate': x with more elements around it. As PyTorch's pad and ONNX's Pad. */
export class ReplicationPad3d extends KeepingModule {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'ReplicationPad3d';
  readonly #padding: PadWidths;

  /**
   * What `pad3d` takes beside its tensors.
   * @param padding elements to add: a number for every side, or [before, after] per spatial axis, [[front, back],
   * [top, bottom], [left, right]]; negative widths crop
   */
  constructor(padding: PadWidths) {
    super();
    validate(pad3d, 'ReplicationPad3d', padding);
    this.#padding = padding;
  }

  /**
   * `pad3d` of x.
   * @param x [N, C, D, H, W] of any dtype, which the result keeps
   * @returns [N, C, Do, Ho, Wo], Ho = H + before + after
   * @throws TypeError for PyTorch's flat list; RangeError when a crop leaves less than nothing, when 'reflect' adds
   * as many elements as x has, or 'circular' more
   */
  forward<D extends DType>(x: Tensor<D>): Tensor<D>;
  forward(x: Tensor): Tensor;
  forward(x: Tensor<DType>): Tensor<DType> {
    return pad3d(x, this.#padding, { mode: 'replicate' });
  }

  override extraRepr(): string {
    return argumentsText({ padding: this.#padding });
  }
}

/** `pad3d` as a layer, with mode 'circular': x with more elements around it. As PyTorch's pad and ONNX's Pad. */
export class CircularPad3d extends KeepingModule {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'CircularPad3d';
  readonly #padding: PadWidths;

  /**
   * What `pad3d` takes beside its tensors.
   * @param padding elements to add: a number for every side, or [before, after] per spatial axis, [[front, back],
   * [top, bottom], [left, right]]; negative widths crop
   */
  constructor(padding: PadWidths) {
    super();
    validate(pad3d, 'CircularPad3d', padding);
    this.#padding = padding;
  }

  /**
   * `pad3d` of x.
   * @param x [N, C, D, H, W] of any dtype, which the result keeps
   * @returns [N, C, Do, Ho, Wo], Ho = H + before + after
   * @throws TypeError for PyTorch's flat list; RangeError when a crop leaves less than nothing, when 'reflect' adds
   * as many elements as x has, or 'circular' more
   */
  forward<D extends DType>(x: Tensor<D>): Tensor<D>;
  forward(x: Tensor): Tensor;
  forward(x: Tensor<DType>): Tensor<DType> {
    return pad3d(x, this.#padding, { mode: 'circular' });
  }

  override extraRepr(): string {
    return argumentsText({ padding: this.#padding });
  }
}
