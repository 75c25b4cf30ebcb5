/** ZeroPadNd and ConstantPadNd: more (or, where negative, fewer) elements around the spatial axes. */
import type { DType } from '../dtype.ts';
import { real } from '../errors.ts';
import { type PadWidths, pad1d, pad2d, pad3d } from '../ops/padding.ts';
import type { Tensor } from '../tensor.ts';
import { Module } from './module.ts';

/** What padding layers keep: a number for every side or `[before, after]` per axis, and what is filled in. */
abstract class ConstantPadding extends Module<[Tensor<DType>], Tensor<DType>> {
  protected readonly padding: PadWidths;
  protected readonly value: number;

  constructor(padding: PadWidths, value: number) {
    super();
    this.padding = padding;
    this.value = real('ConstantPad', 'value', value);
  }
}

export class ConstantPad1d extends ConstantPadding {
  forward(x: Tensor<DType>): Tensor<DType> {
    return pad1d(x, this.padding, { value: this.value });
  }
}

export class ConstantPad2d extends ConstantPadding {
  forward(x: Tensor<DType>): Tensor<DType> {
    return pad2d(x, this.padding, { value: this.value });
  }
}

export class ConstantPad3d extends ConstantPadding {
  forward(x: Tensor<DType>): Tensor<DType> {
    return pad3d(x, this.padding, { value: this.value });
  }
}

export class ZeroPad1d extends ConstantPad1d {
  constructor(padding: PadWidths) {
    super(padding, 0);
  }
}

export class ZeroPad2d extends ConstantPad2d {
  constructor(padding: PadWidths) {
    super(padding, 0);
  }
}

export class ZeroPad3d extends ConstantPad3d {
  constructor(padding: PadWidths) {
    super(padding, 0);
  }
}
