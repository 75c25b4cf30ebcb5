/**
 * Linear: a matrix and a bias.
 * @category Products
 */
import { checkOptions, integer } from '../base/checks.ts';
import { linear } from '../ops/linear.ts';
import { flag } from '../ops/options.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { initialValues } from './initial.ts';
import { Module } from './module.ts';
import { argumentsText } from './repr.ts';

/** x [..., in] to [..., out]. */
export class Linear extends Module {
  readonly weight: Tensor;
  readonly bias: Tensor | null;

  constructor(inFeatures: number, outFeatures: number, options: { bias?: boolean; seed?: number } = {}) {
    super();
    checkOptions('Linear', options, ['bias', 'seed']);
    const { bias = true, seed } = options;
    flag('Linear', 'bias', bias);
    const shape = [
      integer('Linear', 'outFeatures', outFeatures, 1),
      integer('Linear', 'inFeatures', inFeatures, 1),
    ];
    const made = initialValues('Linear', shape, bias, seed);
    this.weight = made.weight;
    this.bias = made.bias;
  }
  override extraRepr(): string {
    const [outFeatures, inFeatures] = this.weight.shape;
    return argumentsText({ inFeatures, outFeatures, bias: this.bias !== null });
  }
  forward(x: Tensor): Tensor {
    return linear(x, this.weight, this.bias);
  }
}
