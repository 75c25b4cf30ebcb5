/** The layers of ts/ops/padding.ts, by `npm run generate` from its operators. */
import type { DType } from '../../base/dtype.ts';
import { validate } from '../../ops/operator.ts';
import { type PadWidths, pad1d, pad2d, pad3d } from '../../ops/padding.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { KeepingModule } from '../keeping.ts';

/** `pad1d` as a layer: `pad2d` for x [N, C, L]. */
export class ConstantPad1d extends KeepingModule {
  readonly #padding: PadWidths;
  readonly #value: number;

  constructor(padding: PadWidths, value: number) {
    super();
    validate(pad1d, 'ConstantPad1d', padding, value);
    this.#padding = padding;
    this.#value = value;
  }
  forward<D extends DType>(x: Tensor<D>): Tensor<D> {
    return pad1d(x, this.#padding, { value: this.#value });
  }
}

/** `pad1d` as a layer, with mode 'reflect': `pad2d` for x [N, C, L]. */
export class ReflectionPad1d extends KeepingModule {
  readonly #padding: PadWidths;

  constructor(padding: PadWidths) {
    super();
    validate(pad1d, 'ReflectionPad1d', padding);
    this.#padding = padding;
  }
  forward<D extends DType>(x: Tensor<D>): Tensor<D> {
    return pad1d(x, this.#padding, { mode: 'reflect' });
  }
}

/** `pad1d` as a layer, with mode 'replicate': `pad2d` for x [N, C, L]. */
export class ReplicationPad1d extends KeepingModule {
  readonly #padding: PadWidths;

  constructor(padding: PadWidths) {
    super();
    validate(pad1d, 'ReplicationPad1d', padding);
    this.#padding = padding;
  }
  forward<D extends DType>(x: Tensor<D>): Tensor<D> {
    return pad1d(x, this.#padding, { mode: 'replicate' });
  }
}

/** `pad1d` as a layer, with mode 'circular': `pad2d` for x [N, C, L]. */
export class CircularPad1d extends KeepingModule {
  readonly #padding: PadWidths;

  constructor(padding: PadWidths) {
    super();
    validate(pad1d, 'CircularPad1d', padding);
    this.#padding = padding;
  }
  forward<D extends DType>(x: Tensor<D>): Tensor<D> {
    return pad1d(x, this.#padding, { mode: 'circular' });
  }
}

/** `pad2d` as a layer: x [N, C, H, W] with `[before, after]` more elements per spatial axis; negative widths crop. */
export class ConstantPad2d extends KeepingModule {
  readonly #padding: PadWidths;
  readonly #value: number;

  constructor(padding: PadWidths, value: number) {
    super();
    validate(pad2d, 'ConstantPad2d', padding, value);
    this.#padding = padding;
    this.#value = value;
  }
  forward<D extends DType>(x: Tensor<D>): Tensor<D> {
    return pad2d(x, this.#padding, { value: this.#value });
  }
}

/**
 * `pad2d` as a layer, with mode 'reflect': x [N, C, H, W] with `[before, after]` more elements per spatial axis;
 * negative widths crop.
 */
export class ReflectionPad2d extends KeepingModule {
  readonly #padding: PadWidths;

  constructor(padding: PadWidths) {
    super();
    validate(pad2d, 'ReflectionPad2d', padding);
    this.#padding = padding;
  }
  forward<D extends DType>(x: Tensor<D>): Tensor<D> {
    return pad2d(x, this.#padding, { mode: 'reflect' });
  }
}

/**
 * `pad2d` as a layer, with mode 'replicate': x [N, C, H, W] with `[before, after]` more elements per spatial axis;
 * negative widths crop.
 */
export class ReplicationPad2d extends KeepingModule {
  readonly #padding: PadWidths;

  constructor(padding: PadWidths) {
    super();
    validate(pad2d, 'ReplicationPad2d', padding);
    this.#padding = padding;
  }
  forward<D extends DType>(x: Tensor<D>): Tensor<D> {
    return pad2d(x, this.#padding, { mode: 'replicate' });
  }
}

/**
 * `pad2d` as a layer, with mode 'circular': x [N, C, H, W] with `[before, after]` more elements per spatial axis;
 * negative widths crop.
 */
export class CircularPad2d extends KeepingModule {
  readonly #padding: PadWidths;

  constructor(padding: PadWidths) {
    super();
    validate(pad2d, 'CircularPad2d', padding);
    this.#padding = padding;
  }
  forward<D extends DType>(x: Tensor<D>): Tensor<D> {
    return pad2d(x, this.#padding, { mode: 'circular' });
  }
}

/** `pad3d` as a layer: `pad2d` for x [N, C, D, H, W]. */
export class ConstantPad3d extends KeepingModule {
  readonly #padding: PadWidths;
  readonly #value: number;

  constructor(padding: PadWidths, value: number) {
    super();
    validate(pad3d, 'ConstantPad3d', padding, value);
    this.#padding = padding;
    this.#value = value;
  }
  forward<D extends DType>(x: Tensor<D>): Tensor<D> {
    return pad3d(x, this.#padding, { value: this.#value });
  }
}

/** `pad3d` as a layer, with mode 'reflect': `pad2d` for x [N, C, D, H, W]. */
export class ReflectionPad3d extends KeepingModule {
  readonly #padding: PadWidths;

  constructor(padding: PadWidths) {
    super();
    validate(pad3d, 'ReflectionPad3d', padding);
    this.#padding = padding;
  }
  forward<D extends DType>(x: Tensor<D>): Tensor<D> {
    return pad3d(x, this.#padding, { mode: 'reflect' });
  }
}

/** `pad3d` as a layer, with mode 'replicate': `pad2d` for x [N, C, D, H, W]. */
export class ReplicationPad3d extends KeepingModule {
  readonly #padding: PadWidths;

  constructor(padding: PadWidths) {
    super();
    validate(pad3d, 'ReplicationPad3d', padding);
    this.#padding = padding;
  }
  forward<D extends DType>(x: Tensor<D>): Tensor<D> {
    return pad3d(x, this.#padding, { mode: 'replicate' });
  }
}

/** `pad3d` as a layer, with mode 'circular': `pad2d` for x [N, C, D, H, W]. */
export class CircularPad3d extends KeepingModule {
  readonly #padding: PadWidths;

  constructor(padding: PadWidths) {
    super();
    validate(pad3d, 'CircularPad3d', padding);
    this.#padding = padding;
  }
  forward<D extends DType>(x: Tensor<D>): Tensor<D> {
    return pad3d(x, this.#padding, { mode: 'circular' });
  }
}
