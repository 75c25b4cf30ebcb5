/** The layers of ts/ops/softmax.ts, by `npm run generate` from its operators. */

import { validate } from '../../ops/operator.ts';
import { logSoftmax, type SoftmaxOptions, softmax } from '../../ops/softmax.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { Module } from '../module.ts';
import { argumentsText } from '../repr.ts';

/** `softmax` as a layer: exp(x) over its sum along `dim`, by default the last axis. */
export class Softmax extends Module {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'Softmax';
  readonly #options: SoftmaxOptions;

  /**
   * What `softmax` takes beside its tensors.
   * @param options `dim` (default -1)
   */
  constructor(options: SoftmaxOptions = {}) {
    super();
    validate(softmax, 'Softmax', options);
    this.#options = { ...options };
  }

  /**
   * `softmax` of x.
   * @param x of float32
   * @returns of x's shape
   * @throws RangeError for an axis that x does not have
   */
  forward(x: Tensor): Tensor {
    return softmax(x, this.#options);
  }

  override extraRepr(): string {
    return argumentsText({ ...this.#options });
  }
}

/** `logSoftmax` as a layer: The logarithm of softmax, x - log(sum(exp(x))) along `dim`, by default the last axis. */
export class LogSoftmax extends Module {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'LogSoftmax';
  readonly #options: SoftmaxOptions;

  /**
   * What `logSoftmax` takes beside its tensors.
   * @param options `dim` (default -1)
   */
  constructor(options: SoftmaxOptions = {}) {
    super();
    validate(logSoftmax, 'LogSoftmax', options);
    this.#options = { ...options };
  }

  /**
   * `logSoftmax` of x.
   * @param x of float32
   * @returns of x's shape
   * @throws RangeError for an axis that x does not have
   */
  forward(x: Tensor): Tensor {
    return logSoftmax(x, this.#options);
  }

  override extraRepr(): string {
    return argumentsText({ ...this.#options });
  }
}
