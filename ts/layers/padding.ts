/**
 * The padding layers: more (or, where negative, fewer) elements around the spatial axes, which are a value or x itself
 * mirrored, repeated or continued from its other end.
 */
import type { DType } from '../dtype.ts';
import { real } from '../errors.ts';
import { type PadWidths, pad1d, pad2d, pad3d, padWidths } from '../ops/padding.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { Module } from './module.ts';

/** What padding layers keep: a number for every side or `[before, after]` per axis, checked when the layer is made. */
abstract class Padding extends Module<[Tensor<DType>], Tensor<DType>> {
  protected readonly padding: PadWidths;

  constructor(padding: PadWidths) {
    super();
    // Each class has its title and its number of axes.
    const { title, rank } = new.target as unknown as { title: string; rank: number };
    padWidths(title, rank, padding);
    this.padding = padding;
  }
}

/** And what is filled in. */
abstract class ConstantPadding extends Padding {
  protected readonly value: number;

  constructor(padding: PadWidths, value: number) {
    super(padding);
    this.value = real((new.target as unknown as { title: string }).title, 'value', value);
  }
}

export class ConstantPad1d extends ConstantPadding {
  static readonly title: string = 'ConstantPad1d';
  static readonly rank = 1;
  forward(x: Tensor<DType>): Tensor<DType> {
    return pad1d(x, this.padding, { value: this.value });
  }
}

export class ConstantPad2d extends ConstantPadding {
  static readonly title: string = 'ConstantPad2d';
  static readonly rank = 2;
  forward(x: Tensor<DType>): Tensor<DType> {
    return pad2d(x, this.padding, { value: this.value });
  }
}

export class ConstantPad3d extends ConstantPadding {
  static readonly title: string = 'ConstantPad3d';
  static readonly rank = 3;
  forward(x: Tensor<DType>): Tensor<DType> {
    return pad3d(x, this.padding, { value: this.value });
  }
}

export class ZeroPad1d extends ConstantPad1d {
  static override readonly title = 'ZeroPad1d';
  constructor(padding: PadWidths) {
    super(padding, 0);
  }
}

export class ZeroPad2d extends ConstantPad2d {
  static override readonly title = 'ZeroPad2d';
  constructor(padding: PadWidths) {
    super(padding, 0);
  }
}

export class ZeroPad3d extends ConstantPad3d {
  static override readonly title = 'ZeroPad3d';
  constructor(padding: PadWidths) {
    super(padding, 0);
  }
}

export class ReflectionPad1d extends Padding {
  static readonly title = 'ReflectionPad1d';
  static readonly rank = 1;
  forward(x: Tensor<DType>): Tensor<DType> {
    return pad1d(x, this.padding, { mode: 'reflect' });
  }
}

export class ReflectionPad2d extends Padding {
  static readonly title = 'ReflectionPad2d';
  static readonly rank = 2;
  forward(x: Tensor<DType>): Tensor<DType> {
    return pad2d(x, this.padding, { mode: 'reflect' });
  }
}

export class ReflectionPad3d extends Padding {
  static readonly title = 'ReflectionPad3d';
  static readonly rank = 3;
  forward(x: Tensor<DType>): Tensor<DType> {
    return pad3d(x, this.padding, { mode: 'reflect' });
  }
}

export class ReplicationPad1d extends Padding {
  static readonly title = 'ReplicationPad1d';
  static readonly rank = 1;
  forward(x: Tensor<DType>): Tensor<DType> {
    return pad1d(x, this.padding, { mode: 'replicate' });
  }
}

export class ReplicationPad2d extends Padding {
  static readonly title = 'ReplicationPad2d';
  static readonly rank = 2;
  forward(x: Tensor<DType>): Tensor<DType> {
    return pad2d(x, this.padding, { mode: 'replicate' });
  }
}

export class ReplicationPad3d extends Padding {
  static readonly title = 'ReplicationPad3d';
  static readonly rank = 3;
  forward(x: Tensor<DType>): Tensor<DType> {
    return pad3d(x, this.padding, { mode: 'replicate' });
  }
}

export class CircularPad1d extends Padding {
  static readonly title = 'CircularPad1d';
  static readonly rank = 1;
  forward(x: Tensor<DType>): Tensor<DType> {
    return pad1d(x, this.padding, { mode: 'circular' });
  }
}

export class CircularPad2d extends Padding {
  static readonly title = 'CircularPad2d';
  static readonly rank = 2;
  forward(x: Tensor<DType>): Tensor<DType> {
    return pad2d(x, this.padding, { mode: 'circular' });
  }
}

export class CircularPad3d extends Padding {
  static readonly title = 'CircularPad3d';
  static readonly rank = 3;
  forward(x: Tensor<DType>): Tensor<DType> {
    return pad3d(x, this.padding, { mode: 'circular' });
  }
}
