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

/** The options of `Linear`. */
export interface LinearLayerOptions {
  /** Whether there is a bias. Default true. */
  bias?: boolean | undefined;
  /** The same seed gives the same initial values. Default: the generator that manualSeed seeds. */
  seed?: number | undefined;
}

/**
 * `linear` as a layer: x [..., in] to [..., out], with its weight [out, in] and bias [out]; PyTorch's initial
 * values: uniform within 1 / sqrt(fan-in).
 */
export class Linear extends Module {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'Linear';
  /** [out, in]: a parameter. */
  readonly weight: Tensor;
  /** [out]: a parameter; null without one. */
  readonly bias: Tensor | null;

  /**
   * Makes weight and bias.
   * @param inFeatures the size of x's last axis
   * @param outFeatures the size of the result's last axis
   * @param options `bias` (default true), `seed`
   * @throws RangeError for sizes below 1
   */
  constructor(inFeatures: number, outFeatures: number, options: LinearLayerOptions = {}) {
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

  /**
   * `linear` of x.
   * @param x [..., in] of float32
   * @returns [..., out]
   * @throws RangeError for another last axis
   */
  forward(x: Tensor): Tensor {
    return linear(x, this.weight, this.bias);
  }
}
