/** Dropout and Dropout1d, Dropout2d, Dropout3d: in train mode alone. */
import { checkOptions } from '../errors.ts';
import { dropout, dropout1d, dropout2d, dropout3d, probability } from '../ops/dropout.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { Module } from './module.ts';

export interface DropoutLayerOptions {
  /** The probability of each element, or channel, to become 0. Default 0.5. */
  p?: number;
}

abstract class Dropping extends Module {
  protected readonly p: number;

  constructor(options: DropoutLayerOptions = {}) {
    super();
    const { title } = new.target as unknown as { title: string };
    checkOptions(title, options, ['p']);
    this.p = probability(title, 'p', options.p ?? 0.5);
  }
}

/** Drops elements. */
export class Dropout extends Dropping {
  static readonly title = 'Dropout';
  forward(x: Tensor): Tensor {
    return dropout(x, { p: this.p, training: this.training });
  }
}

/** Drops whole channels of x [N, C, L]. */
export class Dropout1d extends Dropping {
  static readonly title = 'Dropout1d';
  forward(x: Tensor): Tensor {
    return dropout1d(x, { p: this.p, training: this.training });
  }
}

/** Drops whole channels of x [N, C, H, W]. */
export class Dropout2d extends Dropping {
  static readonly title = 'Dropout2d';
  forward(x: Tensor): Tensor {
    return dropout2d(x, { p: this.p, training: this.training });
  }
}

/** Drops whole channels of x [N, C, D, H, W]. */
export class Dropout3d extends Dropping {
  static readonly title = 'Dropout3d';
  forward(x: Tensor): Tensor {
    return dropout3d(x, { p: this.p, training: this.training });
  }
}
