/** The layers of ts/ops/fractionalPooling.ts, by `npm run generate` from its operators. */
import { checkOptions } from '../../base/checks.ts';
import {
  type FractionalMaxPoolOptions,
  fractionalMaxPool2d,
  fractionalMaxPool3d,
} from '../../ops/fractionalPooling.ts';
import type { Size } from '../../ops/options.ts';
import type { Extremum } from '../../ops/pooling.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { Module } from '../module.ts';
import { argumentsText } from '../repr.ts';

/**
 * `fractionalMaxPool2d` as a layer: The largest element of each window of x, the windows lying at random (Graham,
 * 2014): they begin at int((i + u) * a) - int(u * a), where a = (in - kernel) / (out - 1) and u is the plane's random
 * sample for the axis, and the last one ends the axis. Samples outside 0 to 1 are taken as the nearer bound.
 */
export class FractionalMaxPool2d<I extends boolean = false> extends Module<[Tensor], Extremum<I>> {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'FractionalMaxPool2d';
  readonly #kernelSize: Size;
  readonly #options: FractionalMaxPoolOptions<I>;

  /**
   * What `fractionalMaxPool2d` takes beside its tensors.
   * @param kernelSize the window's size: one number, or [height, width]
   * @param options `outputSize`, `outputRatio`, `randomSamples`, `seed`, `returnIndices` (default false)
   */
  constructor(kernelSize: Size, options: FractionalMaxPoolOptions<I>) {
    super();
    checkOptions('FractionalMaxPool2d', options, [
      'outputSize',
      'outputRatio',
      'randomSamples',
      'seed',
      'returnIndices',
    ]);
    this.#kernelSize = kernelSize;
    this.#options = { ...options };
  }

  /**
   * `fractionalMaxPool2d` of x.
   * @param x [N, C, H, W] of float32
   * @returns [N, C, Ho, Wo] of the options' size; with `returnIndices` also where each element was
   * @throws RangeError for shapes that do not fit and options out of range; TypeError for a wrong kind
   */
  forward(x: Tensor): Extremum<I> {
    return fractionalMaxPool2d(
      x,
      this.#kernelSize,
      this.#options as FractionalMaxPoolOptions<true>,
    ) as unknown as Extremum<I>;
  }

  override extraRepr(): string {
    return argumentsText({ kernelSize: this.#kernelSize, ...this.#options });
  }
}

/**
 * `fractionalMaxPool3d` as a layer: The largest element of each window of x, the windows lying at random (Graham,
 * 2014): they begin at int((i + u) * a) - int(u * a), where a = (in - kernel) / (out - 1) and u is the plane's random
 * sample for the axis, and the last one ends the axis. Samples outside 0 to 1 are taken as the nearer bound.
 */
export class FractionalMaxPool3d<I extends boolean = false> extends Module<[Tensor], Extremum<I>> {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'FractionalMaxPool3d';
  readonly #kernelSize: Size;
  readonly #options: FractionalMaxPoolOptions<I>;

  /**
   * What `fractionalMaxPool3d` takes beside its tensors.
   * @param kernelSize the window's size: one number, or [depth, height, width]
   * @param options `outputSize`, `outputRatio`, `randomSamples`, `seed`, `returnIndices` (default false)
   */
  constructor(kernelSize: Size, options: FractionalMaxPoolOptions<I>) {
    super();
    checkOptions('FractionalMaxPool3d', options, [
      'outputSize',
      'outputRatio',
      'randomSamples',
      'seed',
      'returnIndices',
    ]);
    this.#kernelSize = kernelSize;
    this.#options = { ...options };
  }

  /**
   * `fractionalMaxPool3d` of x.
   * @param x [N, C, D, H, W] of float32
   * @returns [N, C, Do, Ho, Wo] of the options' size; with `returnIndices` also where each element was
   * @throws RangeError for shapes that do not fit and options out of range; TypeError for a wrong kind
   */
  forward(x: Tensor): Extremum<I> {
    return fractionalMaxPool3d(
      x,
      this.#kernelSize,
      this.#options as FractionalMaxPoolOptions<true>,
    ) as unknown as Extremum<I>;
  }

  override extraRepr(): string {
    return argumentsText({ kernelSize: this.#kernelSize, ...this.#options });
  }
}
