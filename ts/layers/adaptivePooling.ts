/** Layers of pooling to a size (adaptive, global, fractional), and of max unpooling. */
import { checkOptions } from '../errors.ts';
import {
  type AdaptiveMaxPoolOptions,
  type AdaptiveSize,
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  globalAvgPool,
  globalMaxPool,
} from '../ops/adaptivePooling.ts';
import {
  FRACTIONAL_OPTIONS,
  type FractionalMaxPoolOptions,
  fractionalMaxPool2d,
  fractionalMaxPool3d,
} from '../ops/fractionalPooling.ts';
import type { Size } from '../ops/options.ts';
import { type MaxUnpoolOptions, maxUnpool1d, maxUnpool2d, maxUnpool3d } from '../ops/unpooling.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { Module } from './module.ts';
import type { Extremum } from './pooling.ts';

/** What a layer is called in a sentence. */
const titleOf = (layer: unknown): string => (layer as { title: string }).title;

abstract class AdaptiveAverage extends Module<[Tensor], Tensor> {
  protected readonly outputSize: AdaptiveSize;

  constructor(outputSize: AdaptiveSize) {
    super();
    this.outputSize = outputSize;
  }
}

export class AdaptiveAvgPool1d extends AdaptiveAverage {
  forward(x: Tensor): Tensor {
    return adaptiveAvgPool1d(x, this.outputSize);
  }
}

export class AdaptiveAvgPool2d extends AdaptiveAverage {
  forward(x: Tensor): Tensor {
    return adaptiveAvgPool2d(x, this.outputSize);
  }
}

export class AdaptiveAvgPool3d extends AdaptiveAverage {
  forward(x: Tensor): Tensor {
    return adaptiveAvgPool3d(x, this.outputSize);
  }
}

abstract class AdaptiveMaximum<I extends boolean> extends Module<[Tensor], Extremum<I>> {
  protected readonly outputSize: AdaptiveSize;
  protected readonly options: AdaptiveMaxPoolOptions<true>;

  constructor(outputSize: AdaptiveSize, options?: AdaptiveMaxPoolOptions<I>) {
    super();
    checkOptions(titleOf(new.target), options, ['returnIndices']);
    this.outputSize = outputSize;
    this.options = { ...options } as AdaptiveMaxPoolOptions<true>;
  }
}

export class AdaptiveMaxPool1d<I extends boolean = false> extends AdaptiveMaximum<I> {
  static readonly title = 'AdaptiveMaxPool1d';
  forward(x: Tensor): Extremum<I> {
    return adaptiveMaxPool1d(x, this.outputSize, this.options) as unknown as Extremum<I>;
  }
}

export class AdaptiveMaxPool2d<I extends boolean = false> extends AdaptiveMaximum<I> {
  static readonly title = 'AdaptiveMaxPool2d';
  forward(x: Tensor): Extremum<I> {
    return adaptiveMaxPool2d(x, this.outputSize, this.options) as unknown as Extremum<I>;
  }
}

export class AdaptiveMaxPool3d<I extends boolean = false> extends AdaptiveMaximum<I> {
  static readonly title = 'AdaptiveMaxPool3d';
  forward(x: Tensor): Extremum<I> {
    return adaptiveMaxPool3d(x, this.outputSize, this.options) as unknown as Extremum<I>;
  }
}

export class GlobalAvgPool extends Module<[Tensor], Tensor> {
  forward(x: Tensor): Tensor {
    return globalAvgPool(x);
  }
}

export class GlobalMaxPool extends Module<[Tensor], Tensor> {
  forward(x: Tensor): Tensor {
    return globalMaxPool(x);
  }
}

abstract class FractionalMaximum<I extends boolean> extends Module<[Tensor], Extremum<I>> {
  protected readonly kernelSize: Size;
  protected readonly options: FractionalMaxPoolOptions<true>;

  constructor(kernelSize: Size, options?: FractionalMaxPoolOptions<I>) {
    super();
    checkOptions(titleOf(new.target), options, FRACTIONAL_OPTIONS);
    this.kernelSize = kernelSize;
    this.options = { ...options } as FractionalMaxPoolOptions<true>;
  }
}

export class FractionalMaxPool2d<I extends boolean = false> extends FractionalMaximum<I> {
  static readonly title = 'FractionalMaxPool2d';
  forward(x: Tensor): Extremum<I> {
    return fractionalMaxPool2d(x, this.kernelSize, this.options) as unknown as Extremum<I>;
  }
}

export class FractionalMaxPool3d<I extends boolean = false> extends FractionalMaximum<I> {
  static readonly title = 'FractionalMaxPool3d';
  forward(x: Tensor): Extremum<I> {
    return fractionalMaxPool3d(x, this.kernelSize, this.options) as unknown as Extremum<I>;
  }
}

type Unpooled = [x: Tensor, indices: Tensor<'int32'>, outputSize?: Size];

abstract class Unpooling extends Module<Unpooled, Tensor> {
  protected readonly kernelSize: Size;
  readonly #options: Omit<MaxUnpoolOptions, 'outputSize'>;

  constructor(kernelSize: Size, options?: Omit<MaxUnpoolOptions, 'outputSize'>) {
    super();
    checkOptions(titleOf(new.target), options, ['stride', 'padding']);
    this.kernelSize = kernelSize;
    this.#options = { ...options };
  }

  /** The options of one call. */
  protected with(outputSize: Size | undefined): MaxUnpoolOptions {
    return outputSize === undefined ? this.#options : { ...this.#options, outputSize };
  }
}

export class MaxUnpool1d extends Unpooling {
  static readonly title = 'MaxUnpool1d';
  forward(...[x, indices, outputSize]: Unpooled): Tensor {
    return maxUnpool1d(x, indices, this.kernelSize, this.with(outputSize));
  }
}

export class MaxUnpool2d extends Unpooling {
  static readonly title = 'MaxUnpool2d';
  forward(...[x, indices, outputSize]: Unpooled): Tensor {
    return maxUnpool2d(x, indices, this.kernelSize, this.with(outputSize));
  }
}

export class MaxUnpool3d extends Unpooling {
  static readonly title = 'MaxUnpool3d';
  forward(...[x, indices, outputSize]: Unpooled): Tensor {
    return maxUnpool3d(x, indices, this.kernelSize, this.with(outputSize));
  }
}
