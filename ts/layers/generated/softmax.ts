/** The layers of ts/ops/softmax.ts, by `npm run generate` from its operators. */

import { logSoftmax, type SoftmaxOptions, softmax } from '../../ops/softmax.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { Module } from '../module.ts';
import { argumentsText } from '../repr.ts';

/** `softmax` as a layer: exp(x) over its sum along `dim`, by default the last axis. */
export class Softmax extends Module {
  readonly #options: SoftmaxOptions;

  constructor(options: SoftmaxOptions = {}) {
    super();
    softmax.validate?.('Softmax', options);
    this.#options = { ...options };
  }
  forward(x: Tensor): Tensor {
    return softmax(x, this.#options);
  }

  override extraRepr(): string {
    return argumentsText({ ...this.#options });
  }
}

/** `logSoftmax` as a layer: The logarithm of softmax, x - log(sum(exp(x))) along `dim`, by default the last axis. */
export class LogSoftmax extends Module {
  readonly #options: SoftmaxOptions;

  constructor(options: SoftmaxOptions = {}) {
    super();
    logSoftmax.validate?.('LogSoftmax', options);
    this.#options = { ...options };
  }
  forward(x: Tensor): Tensor {
    return logSoftmax(x, this.#options);
  }

  override extraRepr(): string {
    return argumentsText({ ...this.#options });
  }
}
