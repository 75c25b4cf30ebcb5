/** The pooling layers: an operator with its kernel size and options. */
import { checkOptions } from '../errors.ts';
import type { Size } from '../ops/options.ts';
import {
  type AvgPoolOptions,
  avgPool1d,
  avgPool2d,
  avgPool3d,
  type LpPoolOptions,
  lpPool1d,
  lpPool2d,
  lpPool3d,
  type MaxPoolOptions,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  minPool1d,
  minPool2d,
  minPool3d,
  POOL_OPTIONS,
  type PoolOptions,
  sumPool1d,
  sumPool2d,
  sumPool3d,
} from '../ops/pooling.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { Module } from './module.ts';

/** What a pooling layer keeps. */
abstract class Pooling<O extends PoolOptions, Out = Tensor> extends Module<[Tensor], Out> {
  protected readonly kernelSize: Size;
  protected readonly options: O | undefined;

  constructor(kernelSize: Size, options?: O) {
    super();
    // Each class has its title, and each kind the options that it knows.
    const { title, known } = new.target as unknown as { title: string; known: readonly string[] };
    checkOptions(title, options, known);
    this.kernelSize = kernelSize;
    this.options = options;
  }
}

/** Max and min pooling give [values, indices] with `returnIndices: true`. */
export type Extremum<I extends boolean> = I extends true ? [Tensor, Tensor<'int32'>] : Tensor;

abstract class ExtremumPooling<I extends boolean> extends Pooling<MaxPoolOptions<I>, Extremum<I>> {
  static readonly known = POOL_OPTIONS.extremum;
}

abstract class AveragePooling extends Pooling<AvgPoolOptions> {
  static readonly known = POOL_OPTIONS.average;
}

abstract class SumPooling extends Pooling<PoolOptions> {
  static readonly known = POOL_OPTIONS.sum;
}

export class MaxPool1d<I extends boolean = false> extends ExtremumPooling<I> {
  static readonly title = 'MaxPool1d';
  forward(x: Tensor): Extremum<I> {
    return maxPool1d(x, this.kernelSize, this.options as MaxPoolOptions<true>) as unknown as Extremum<I>;
  }
}

export class MaxPool2d<I extends boolean = false> extends ExtremumPooling<I> {
  static readonly title = 'MaxPool2d';
  forward(x: Tensor): Extremum<I> {
    return maxPool2d(x, this.kernelSize, this.options as MaxPoolOptions<true>) as unknown as Extremum<I>;
  }
}

export class MaxPool3d<I extends boolean = false> extends ExtremumPooling<I> {
  static readonly title = 'MaxPool3d';
  forward(x: Tensor): Extremum<I> {
    return maxPool3d(x, this.kernelSize, this.options as MaxPoolOptions<true>) as unknown as Extremum<I>;
  }
}

export class MinPool1d<I extends boolean = false> extends ExtremumPooling<I> {
  static readonly title = 'MinPool1d';
  forward(x: Tensor): Extremum<I> {
    return minPool1d(x, this.kernelSize, this.options as MaxPoolOptions<true>) as unknown as Extremum<I>;
  }
}

export class MinPool2d<I extends boolean = false> extends ExtremumPooling<I> {
  static readonly title = 'MinPool2d';
  forward(x: Tensor): Extremum<I> {
    return minPool2d(x, this.kernelSize, this.options as MaxPoolOptions<true>) as unknown as Extremum<I>;
  }
}

export class MinPool3d<I extends boolean = false> extends ExtremumPooling<I> {
  static readonly title = 'MinPool3d';
  forward(x: Tensor): Extremum<I> {
    return minPool3d(x, this.kernelSize, this.options as MaxPoolOptions<true>) as unknown as Extremum<I>;
  }
}

export class AvgPool1d extends AveragePooling {
  static readonly title = 'AvgPool1d';
  forward(x: Tensor): Tensor {
    return avgPool1d(x, this.kernelSize, this.options);
  }
}

export class AvgPool2d extends AveragePooling {
  static readonly title = 'AvgPool2d';
  forward(x: Tensor): Tensor {
    return avgPool2d(x, this.kernelSize, this.options);
  }
}

export class AvgPool3d extends AveragePooling {
  static readonly title = 'AvgPool3d';
  forward(x: Tensor): Tensor {
    return avgPool3d(x, this.kernelSize, this.options);
  }
}

export class SumPool1d extends SumPooling {
  static readonly title = 'SumPool1d';
  forward(x: Tensor): Tensor {
    return sumPool1d(x, this.kernelSize, this.options);
  }
}

export class SumPool2d extends SumPooling {
  static readonly title = 'SumPool2d';
  forward(x: Tensor): Tensor {
    return sumPool2d(x, this.kernelSize, this.options);
  }
}

export class SumPool3d extends SumPooling {
  static readonly title = 'SumPool3d';
  forward(x: Tensor): Tensor {
    return sumPool3d(x, this.kernelSize, this.options);
  }
}

/** What LPPoolNd keep besides. */
abstract class PowerPooling extends Pooling<LpPoolOptions> {
  static readonly known = POOL_OPTIONS.power;
  protected readonly normType: number;

  constructor(normType: number, kernelSize: Size, options?: LpPoolOptions) {
    super(kernelSize, options);
    this.normType = normType;
  }
}

export class LPPool1d extends PowerPooling {
  static readonly title = 'LPPool1d';
  forward(x: Tensor): Tensor {
    return lpPool1d(x, this.normType, this.kernelSize, this.options);
  }
}

export class LPPool2d extends PowerPooling {
  static readonly title = 'LPPool2d';
  forward(x: Tensor): Tensor {
    return lpPool2d(x, this.normType, this.kernelSize, this.options);
  }
}

export class LPPool3d extends PowerPooling {
  static readonly title = 'LPPool3d';
  forward(x: Tensor): Tensor {
    return lpPool3d(x, this.normType, this.kernelSize, this.options);
  }
}
