/**
 * ZeroPad1d, ZeroPad2d, ZeroPad3d: constant padding whose constant is 0.
 * @category Moving values
 */
import { type PadWidths, padWidths } from '../ops/padding.ts';
import { ConstantPad1d, ConstantPad2d, ConstantPad3d } from './generated/padding.ts';

export class ZeroPad1d extends ConstantPad1d {
  constructor(padding: PadWidths) {
    padWidths('ZeroPad1d', 1, padding);
    super(padding, 0);
  }
}

export class ZeroPad2d extends ConstantPad2d {
  constructor(padding: PadWidths) {
    padWidths('ZeroPad2d', 2, padding);
    super(padding, 0);
  }
}

export class ZeroPad3d extends ConstantPad3d {
  constructor(padding: PadWidths) {
    padWidths('ZeroPad3d', 3, padding);
    super(padding, 0);
  }
}
