/** The layers of ts/ops/dropout.ts, by `npm run generate` from its operators. */
import { checkOptions } from '../../base/checks.ts';
import { type DropoutLayerOptions, dropout, dropout1d, dropout2d, dropout3d } from '../../ops/dropout.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { Module } from '../module.ts';
import { argumentsText } from '../repr.ts';

/**
 * `dropout` as a layer, in train mode alone: Zeroes each element of x with probability p and divides the others by
 * 1 - p; NaN stays. The variants with a rank do so with whole channels of x [N, C, spatial...]. Which ones is drawn
 * at each run, also of a compiled program, or from `seed`; a gradient sees the same ones as its forward run.
 */
export class Dropout extends Module {
  readonly #options: DropoutLayerOptions;

  constructor(options: DropoutLayerOptions = {}) {
    super();
    checkOptions('Dropout', options, ['p']);
    dropout.validate?.('Dropout', options);
    this.#options = { ...options };
  }
  forward(x: Tensor): Tensor {
    return dropout(x, { ...this.#options, training: this.training });
  }

  override extraRepr(): string {
    return argumentsText({ ...this.#options });
  }
}

/**
 * `dropout1d` as a layer, in train mode alone: Zeroes each element of x with probability p and divides the others by
 * 1 - p; NaN stays. The variants with a rank do so with whole channels of x [N, C, spatial...]. Which ones is drawn
 * at each run, also of a compiled program, or from `seed`; a gradient sees the same ones as its forward run.
 */
export class Dropout1d extends Module {
  readonly #options: DropoutLayerOptions;

  constructor(options: DropoutLayerOptions = {}) {
    super();
    checkOptions('Dropout1d', options, ['p']);
    dropout1d.validate?.('Dropout1d', options);
    this.#options = { ...options };
  }
  forward(x: Tensor): Tensor {
    return dropout1d(x, { ...this.#options, training: this.training });
  }

  override extraRepr(): string {
    return argumentsText({ ...this.#options });
  }
}

/**
 * `dropout2d` as a layer, in train mode alone: Zeroes each element of x with probability p and divides the others by
 * 1 - p; NaN stays. The variants with a rank do so with whole channels of x [N, C, spatial...]. Which ones is drawn
 * at each run, also of a compiled program, or from `seed`; a gradient sees the same ones as its forward run.
 */
export class Dropout2d extends Module {
  readonly #options: DropoutLayerOptions;

  constructor(options: DropoutLayerOptions = {}) {
    super();
    checkOptions('Dropout2d', options, ['p']);
    dropout2d.validate?.('Dropout2d', options);
    this.#options = { ...options };
  }
  forward(x: Tensor): Tensor {
    return dropout2d(x, { ...this.#options, training: this.training });
  }

  override extraRepr(): string {
    return argumentsText({ ...this.#options });
  }
}

/**
 * `dropout3d` as a layer, in train mode alone: Zeroes each element of x with probability p and divides the others by
 * 1 - p; NaN stays. The variants with a rank do so with whole channels of x [N, C, spatial...]. Which ones is drawn
 * at each run, also of a compiled program, or from `seed`; a gradient sees the same ones as its forward run.
 */
export class Dropout3d extends Module {
  readonly #options: DropoutLayerOptions;

  constructor(options: DropoutLayerOptions = {}) {
    super();
    checkOptions('Dropout3d', options, ['p']);
    dropout3d.validate?.('Dropout3d', options);
    this.#options = { ...options };
  }
  forward(x: Tensor): Tensor {
    return dropout3d(x, { ...this.#options, training: this.training });
  }

  override extraRepr(): string {
    return argumentsText({ ...this.#options });
  }
}
