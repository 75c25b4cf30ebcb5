/**
 * ZeroPad1d, ZeroPad2d, ZeroPad3d: constant padding whose constant is 0.
 * @category Moving values
 */
import { type PadWidths, padWidths } from '../ops/padding.ts';
import { ConstantPad1d, ConstantPad2d, ConstantPad3d } from './generated/padding.ts';

/** `pad1d` with zeros as a layer. */
export class ZeroPad1d extends ConstantPad1d {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'ZeroPad1d';
  /**
   * Zeros around each plane.
   * @param padding elements to add: a number for every side, or [before, after] per spatial axis; negative widths
   * crop
   * @throws TypeError for PyTorch's flat list
   */
  constructor(padding: PadWidths) {
    padWidths('ZeroPad1d', 1, padding);
    super(padding, 0);
  }
}

/** `pad2d` with zeros as a layer. */
export class ZeroPad2d extends ConstantPad2d {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'ZeroPad2d';
  /**
   * Zeros around each plane.
   * @param padding elements to add: a number for every side, or [before, after] per spatial axis; negative widths
   * crop
   * @throws TypeError for PyTorch's flat list
   */
  constructor(padding: PadWidths) {
    padWidths('ZeroPad2d', 2, padding);
    super(padding, 0);
  }
}

/** `pad3d` with zeros as a layer. */
export class ZeroPad3d extends ConstantPad3d {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'ZeroPad3d';
  /**
   * Zeros around each plane.
   * @param padding elements to add: a number for every side, or [before, after] per spatial axis; negative widths
   * crop
   * @throws TypeError for PyTorch's flat list
   */
  constructor(padding: PadWidths) {
    padWidths('ZeroPad3d', 3, padding);
    super(padding, 0);
  }
}
