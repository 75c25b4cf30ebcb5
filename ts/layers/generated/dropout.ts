/** The layers of ts/ops/dropout.ts, by `npm run generate` from its operators. */
import { checkOptions } from '../../base/checks.ts';
import { type DropoutLayerOptions, dropout, dropout1d, dropout2d, dropout3d } from '../../ops/dropout.ts';
import { validate } from '../../ops/operator.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { Module } from '../module.ts';
import { argumentsText } from '../repr.ts';

/**
 * `dropout` as a layer, in train mode alone: Zeroes each element of x with probability p and divides the others by
 * 1 - p; NaN stays (Srivastava et al., 2014). Which ones is drawn at each run, also of a compiled program, or from
 * `seed`; a gradient sees the same ones as its forward run.
 */
export class Dropout extends Module {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'Dropout';
  readonly #options: DropoutLayerOptions;

  /**
   * What `dropout` takes beside its tensors.
   * @param options `p` (default 0.5)
   */
  constructor(options: DropoutLayerOptions = {}) {
    super();
    checkOptions('Dropout', options, ['p']);
    validate(dropout, 'Dropout', options);
    this.#options = { ...options };
  }

  /**
   * `dropout` of x.
   * @param x of float32, of any shape
   * @returns of x's shape
   * @throws RangeError for p outside [0, 1]
   */
  forward(x: Tensor): Tensor {
    return dropout(x, { ...this.#options, training: this.training });
  }

  override extraRepr(): string {
    return argumentsText({ ...this.#options });
  }
}

/**
 * `dropout1d` as a layer, in train mode alone: Zeroes whole channels of x with probability p and divides the others
 * by 1 - p (Tompson et al., 2015). Which ones is drawn as `dropout` does.
 */
export class Dropout1d extends Module {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'Dropout1d';
  readonly #options: DropoutLayerOptions;

  /**
   * What `dropout1d` takes beside its tensors.
   * @param options `p` (default 0.5)
   */
  constructor(options: DropoutLayerOptions = {}) {
    super();
    checkOptions('Dropout1d', options, ['p']);
    validate(dropout1d, 'Dropout1d', options);
    this.#options = { ...options };
  }

  /**
   * `dropout1d` of x.
   * @param x [N, C, L] of float32
   * @returns of x's shape
   * @throws RangeError for p outside [0, 1]
   */
  forward(x: Tensor): Tensor {
    return dropout1d(x, { ...this.#options, training: this.training });
  }

  override extraRepr(): string {
    return argumentsText({ ...this.#options });
  }
}

/**
 * `dropout2d` as a layer, in train mode alone: Zeroes whole channels of x with probability p and divides the others
 * by 1 - p (Tompson et al., 2015). Which ones is drawn as `dropout` does.
 */
export class Dropout2d extends Module {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'Dropout2d';
  readonly #options: DropoutLayerOptions;

  /**
   * What `dropout2d` takes beside its tensors.
   * @param options `p` (default 0.5)
   */
  constructor(options: DropoutLayerOptions = {}) {
    super();
    checkOptions('Dropout2d', options, ['p']);
    validate(dropout2d, 'Dropout2d', options);
    this.#options = { ...options };
  }

  /**
   * `dropout2d` of x.
   * @param x [N, C, H, W] of float32
   * @returns of x's shape
   * @throws RangeError for p outside [0, 1]
   */
  forward(x: Tensor): Tensor {
    return dropout2d(x, { ...this.#options, training: this.training });
  }

  override extraRepr(): string {
    return argumentsText({ ...this.#options });
  }
}

/**
 * `dropout3d` as a layer, in train mode alone: Zeroes whole channels of x with probability p and divides the others
 * by 1 - p (Tompson et al., 2015). Which ones is drawn as `dropout` does.
 */
export class Dropout3d extends Module {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'Dropout3d';
  readonly #options: DropoutLayerOptions;

  /**
   * What `dropout3d` takes beside its tensors.
   * @param options `p` (default 0.5)
   */
  constructor(options: DropoutLayerOptions = {}) {
    super();
    checkOptions('Dropout3d', options, ['p']);
    validate(dropout3d, 'Dropout3d', options);
    this.#options = { ...options };
  }

  /**
   * `dropout3d` of x.
   * @param x [N, C, D, H, W] of float32
   * @returns of x's shape
   * @throws RangeError for p outside [0, 1]
   */
  forward(x: Tensor): Tensor {
    return dropout3d(x, { ...this.#options, training: this.training });
  }

  override extraRepr(): string {
    return argumentsText({ ...this.#options });
  }
}
