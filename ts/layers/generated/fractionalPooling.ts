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
 * `fractionalMaxPool2d` as a layer: The largest element of each window of x [N, C, spatial...]; the windows begin at
 * int((i + u) * a) - int(u * a), where a = (in - kernel) / (out - 1) and u is the plane's random sample for the axis,
 * and the last one ends the axis. Samples outside 0 to 1 are taken as the nearer bound.
 */
export class FractionalMaxPool2d<I extends boolean = false> extends Module<[Tensor], Extremum<I>> {
  readonly #kernelSize: Size;
  readonly #options: FractionalMaxPoolOptions<I>;

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
 * `fractionalMaxPool3d` as a layer: The largest element of each window of x [N, C, spatial...]; the windows begin at
 * int((i + u) * a) - int(u * a), where a = (in - kernel) / (out - 1) and u is the plane's random sample for the axis,
 * and the last one ends the axis. Samples outside 0 to 1 are taken as the nearer bound.
 */
export class FractionalMaxPool3d<I extends boolean = false> extends Module<[Tensor], Extremum<I>> {
  readonly #kernelSize: Size;
  readonly #options: FractionalMaxPoolOptions<I>;

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
