/** The layers of ts/ops/padding.ts, by `npm run generate` from its operators. */
import type { DType } from '../../base/dtype.ts';
import { type PadWidths, pad1d, pad2d, pad3d } from '../../ops/padding.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { Module } from '../module.ts';
import { argumentsText } from '../repr.ts';

/**
 * `pad1d` as a layer: x [N, C, spatial...] with `[before, after]` more elements per spatial axis; negative widths
 * crop.
 */
export class ConstantPad1d extends Module<[Tensor<DType>], Tensor<DType>> {
  readonly #padding: PadWidths;
  readonly #value: number;

  constructor(padding: PadWidths, value: number) {
    super();
    pad1d.validate?.('ConstantPad1d', padding, value);
    this.#padding = padding;
    this.#value = value;
  }
  forward(x: Tensor<DType>): Tensor<DType> {
    return pad1d(x, this.#padding, { value: this.#value });
  }

  override extraRepr(): string {
    return argumentsText({ padding: this.#padding, value: this.#value });
  }
}

/**
 * `pad1d` as a layer, with mode 'reflect': x [N, C, spatial...] with `[before, after]` more elements per spatial
 * axis; negative widths crop.
 */
export class ReflectionPad1d extends Module<[Tensor<DType>], Tensor<DType>> {
  readonly #padding: PadWidths;

  constructor(padding: PadWidths) {
    super();
    pad1d.validate?.('ReflectionPad1d', padding);
    this.#padding = padding;
  }
  forward(x: Tensor<DType>): Tensor<DType> {
    return pad1d(x, this.#padding, { mode: 'reflect' });
  }

  override extraRepr(): string {
    return argumentsText({ padding: this.#padding });
  }
}

/**
 * `pad1d` as a layer, with mode 'replicate': x [N, C, spatial...] with `[before, after]` more elements per spatial
 * axis; negative widths crop.
 */
export class ReplicationPad1d extends Module<[Tensor<DType>], Tensor<DType>> {
  readonly #padding: PadWidths;

  constructor(padding: PadWidths) {
    super();
    pad1d.validate?.('ReplicationPad1d', padding);
    this.#padding = padding;
  }
  forward(x: Tensor<DType>): Tensor<DType> {
    return pad1d(x, this.#padding, { mode: 'replicate' });
  }

  override extraRepr(): string {
    return argumentsText({ padding: this.#padding });
  }
}

/**
 * `pad1d` as a layer, with mode 'circular': x [N, C, spatial...] with `[before, after]` more elements per spatial
 * axis; negative widths crop.
 */
export class CircularPad1d extends Module<[Tensor<DType>], Tensor<DType>> {
  readonly #padding: PadWidths;

  constructor(padding: PadWidths) {
    super();
    pad1d.validate?.('CircularPad1d', padding);
    this.#padding = padding;
  }
  forward(x: Tensor<DType>): Tensor<DType> {
    return pad1d(x, this.#padding, { mode: 'circular' });
  }

  override extraRepr(): string {
    return argumentsText({ padding: this.#padding });
  }
}

/**
 * `pad2d` as a layer: x [N, C, spatial...] with `[before, after]` more elements per spatial axis; negative widths
 * crop.
 */
export class ConstantPad2d extends Module<[Tensor<DType>], Tensor<DType>> {
  readonly #padding: PadWidths;
  readonly #value: number;

  constructor(padding: PadWidths, value: number) {
    super();
    pad2d.validate?.('ConstantPad2d', padding, value);
    this.#padding = padding;
    this.#value = value;
  }
  forward(x: Tensor<DType>): Tensor<DType> {
    return pad2d(x, this.#padding, { value: this.#value });
  }

  override extraRepr(): string {
    return argumentsText({ padding: this.#padding, value: this.#value });
  }
}

/**
 * `pad2d` as a layer, with mode 'reflect': x [N, C, spatial...] with `[before, after]` more elements per spatial
 * axis; negative widths crop.
 */
export class ReflectionPad2d extends Module<[Tensor<DType>], Tensor<DType>> {
  readonly #padding: PadWidths;

  constructor(padding: PadWidths) {
    super();
    pad2d.validate?.('ReflectionPad2d', padding);
    this.#padding = padding;
  }
  forward(x: Tensor<DType>): Tensor<DType> {
    return pad2d(x, this.#padding, { mode: 'reflect' });
  }

  override extraRepr(): string {
    return argumentsText({ padding: this.#padding });
  }
}

/**
 * `pad2d` as a layer, with mode 'replicate': x [N, C, spatial...] with `[before, after]` more elements per spatial
 * axis; negative widths crop.
 */
export class ReplicationPad2d extends Module<[Tensor<DType>], Tensor<DType>> {
  readonly #padding: PadWidths;

  constructor(padding: PadWidths) {
    super();
    pad2d.validate?.('ReplicationPad2d', padding);
    this.#padding = padding;
  }
  forward(x: Tensor<DType>): Tensor<DType> {
    return pad2d(x, this.#padding, { mode: 'replicate' });
  }

  override extraRepr(): string {
    return argumentsText({ padding: this.#padding });
  }
}

/**
 * `pad2d` as a layer, with mode 'circular': x [N, C, spatial...] with `[before, after]` more elements per spatial
 * axis; negative widths crop.
 */
export class CircularPad2d extends Module<[Tensor<DType>], Tensor<DType>> {
  readonly #padding: PadWidths;

  constructor(padding: PadWidths) {
    super();
    pad2d.validate?.('CircularPad2d', padding);
    this.#padding = padding;
  }
  forward(x: Tensor<DType>): Tensor<DType> {
    return pad2d(x, this.#padding, { mode: 'circular' });
  }

  override extraRepr(): string {
    return argumentsText({ padding: this.#padding });
  }
}

/**
 * `pad3d` as a layer: x [N, C, spatial...] with `[before, after]` more elements per spatial axis; negative widths
 * crop.
 */
export class ConstantPad3d extends Module<[Tensor<DType>], Tensor<DType>> {
  readonly #padding: PadWidths;
  readonly #value: number;

  constructor(padding: PadWidths, value: number) {
    super();
    pad3d.validate?.('ConstantPad3d', padding, value);
    this.#padding = padding;
    this.#value = value;
  }
  forward(x: Tensor<DType>): Tensor<DType> {
    return pad3d(x, this.#padding, { value: this.#value });
  }

  override extraRepr(): string {
    return argumentsText({ padding: this.#padding, value: this.#value });
  }
}

/**
 * `pad3d` as a layer, with mode 'reflect': x [N, C, spatial...] with `[before, after]` more elements per spatial
 * axis; negative widths crop.
 */
export class ReflectionPad3d extends Module<[Tensor<DType>], Tensor<DType>> {
  readonly #padding: PadWidths;

  constructor(padding: PadWidths) {
    super();
    pad3d.validate?.('ReflectionPad3d', padding);
    this.#padding = padding;
  }
  forward(x: Tensor<DType>): Tensor<DType> {
    return pad3d(x, this.#padding, { mode: 'reflect' });
  }

  override extraRepr(): string {
    return argumentsText({ padding: this.#padding });
  }
}

/**
 * `pad3d` as a layer, with mode 'replicate': x [N, C, spatial...] with `[before, after]` more elements per spatial
 * axis; negative widths crop.
 */
export class ReplicationPad3d extends Module<[Tensor<DType>], Tensor<DType>> {
  readonly #padding: PadWidths;

  constructor(padding: PadWidths) {
    super();
    pad3d.validate?.('ReplicationPad3d', padding);
    this.#padding = padding;
  }
  forward(x: Tensor<DType>): Tensor<DType> {
    return pad3d(x, this.#padding, { mode: 'replicate' });
  }

  override extraRepr(): string {
    return argumentsText({ padding: this.#padding });
  }
}

/**
 * `pad3d` as a layer, with mode 'circular': x [N, C, spatial...] with `[before, after]` more elements per spatial
 * axis; negative widths crop.
 */
export class CircularPad3d extends Module<[Tensor<DType>], Tensor<DType>> {
  readonly #padding: PadWidths;

  constructor(padding: PadWidths) {
    super();
    pad3d.validate?.('CircularPad3d', padding);
    this.#padding = padding;
  }
  forward(x: Tensor<DType>): Tensor<DType> {
    return pad3d(x, this.#padding, { mode: 'circular' });
  }

  override extraRepr(): string {
    return argumentsText({ padding: this.#padding });
  }
}
