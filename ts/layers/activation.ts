/**
 * PReLU: a learned slope.
 * @category Activations
 */
import { checkOptions, integer, real } from '../base/checks.ts';
import { prelu } from '../ops/arithmetic.ts';
import { full } from '../ops/create.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { Module, parameter } from './module.ts';
import { argumentsText } from './repr.ts';

/** x where it is positive, else a learned slope, of all or of each channel, times x. */
export class PReLU extends Module {
  readonly weight: Tensor;

  constructor(options: { numParameters?: number; init?: number } = {}) {
    super();
    checkOptions('PReLU', options, ['numParameters', 'init']);
    const count = integer('PReLU', 'numParameters', options.numParameters ?? 1, 1);
    this.weight = parameter(full([count], real('PReLU', 'init', options.init ?? 0.25)));
  }
  override extraRepr(): string {
    return argumentsText({ numParameters: this.weight.size });
  }
  forward(x: Tensor): Tensor {
    return prelu(x, this.weight);
  }
}
