/** The activations as layers. */

import { checkOptions, integer, real } from '../errors.ts';
import {
  checkedGelu,
  checkedSoftplus,
  elu,
  type GeluOptions,
  gelu,
  hardSigmoid,
  hardSwish,
  leakyRelu,
  mish,
  relu,
  relu6,
  type SoftplusOptions,
  selu,
  sigmoid,
  silu,
  softplus,
  tanh,
} from '../ops/activation.ts';
import { prelu } from '../ops/arithmetic.ts';
import { full } from '../ops/create.ts';
import { logSoftmax, type SoftmaxOptions, softmax } from '../ops/softmax.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { Module, parameter } from './module.ts';

/** PyTorch's `inplace` has no meaning here, so there is nothing to say. */
type NoOptions = Record<string, never>;

export class ReLU extends Module {
  constructor(options: NoOptions = {}) {
    super();
    checkOptions('ReLU', options, []);
  }
  forward(x: Tensor): Tensor {
    return relu(x);
  }
}

export class ReLU6 extends Module {
  constructor(options: NoOptions = {}) {
    super();
    checkOptions('ReLU6', options, []);
  }
  forward(x: Tensor): Tensor {
    return relu6(x);
  }
}

export class SELU extends Module {
  constructor(options: NoOptions = {}) {
    super();
    checkOptions('SELU', options, []);
  }
  forward(x: Tensor): Tensor {
    return selu(x);
  }
}

export class SiLU extends Module {
  constructor(options: NoOptions = {}) {
    super();
    checkOptions('SiLU', options, []);
  }
  forward(x: Tensor): Tensor {
    return silu(x);
  }
}

export class Mish extends Module {
  constructor(options: NoOptions = {}) {
    super();
    checkOptions('Mish', options, []);
  }
  forward(x: Tensor): Tensor {
    return mish(x);
  }
}

export class Sigmoid extends Module {
  constructor(options: NoOptions = {}) {
    super();
    checkOptions('Sigmoid', options, []);
  }
  forward(x: Tensor): Tensor {
    return sigmoid(x);
  }
}

export class Tanh extends Module {
  constructor(options: NoOptions = {}) {
    super();
    checkOptions('Tanh', options, []);
  }
  forward(x: Tensor): Tensor {
    return tanh(x);
  }
}

export class Hardswish extends Module {
  constructor(options: NoOptions = {}) {
    super();
    checkOptions('Hardswish', options, []);
  }
  forward(x: Tensor): Tensor {
    return hardSwish(x);
  }
}

export class Hardsigmoid extends Module {
  constructor(options: NoOptions = {}) {
    super();
    checkOptions('Hardsigmoid', options, []);
  }
  forward(x: Tensor): Tensor {
    return hardSigmoid(x);
  }
}

export class GELU extends Module {
  readonly #options: GeluOptions;

  /** `approximate` is 'none' by default. */
  constructor(options: GeluOptions = {}) {
    super();
    this.#options = checkedGelu('GELU', options);
  }
  forward(x: Tensor): Tensor {
    return gelu(x, this.#options);
  }
}

export class Softplus extends Module {
  readonly #options: SoftplusOptions;

  /** `beta` is 1 and `threshold` 20 by default. */
  constructor(options: SoftplusOptions = {}) {
    super();
    this.#options = checkedSoftplus('Softplus', options);
  }
  forward(x: Tensor): Tensor {
    return softplus(x, this.#options);
  }
}

export class Softmax extends Module {
  readonly #options: { dim: number };

  /** `dim` is the last axis by default. */
  constructor(options: SoftmaxOptions = {}) {
    super();
    this.#options = checkedDim('Softmax', options);
  }
  forward(x: Tensor): Tensor {
    return softmax(x, this.#options);
  }
}

export class LogSoftmax extends Module {
  readonly #options: { dim: number };

  /** `dim` is the last axis by default. */
  constructor(options: SoftmaxOptions = {}) {
    super();
    this.#options = checkedDim('LogSoftmax', options);
  }
  forward(x: Tensor): Tensor {
    return logSoftmax(x, this.#options);
  }
}

function checkedDim(name: string, options: SoftmaxOptions): { dim: number } {
  checkOptions(name, options, ['dim']);
  return { dim: integer(name, 'dim', options.dim ?? -1, -0x7fffffff) };
}

export class LeakyReLU extends Module {
  readonly #options: { negativeSlope: number };

  /** `negativeSlope` is 0.01 by default. */
  constructor(options: { negativeSlope?: number } = {}) {
    super();
    checkOptions('LeakyReLU', options, ['negativeSlope']);
    this.#options = { negativeSlope: real('LeakyReLU', 'negativeSlope', options.negativeSlope ?? 0.01) };
  }
  forward(x: Tensor): Tensor {
    return leakyRelu(x, this.#options);
  }
}

export class ELU extends Module {
  readonly #options: { alpha: number };

  /** `alpha` is 1 by default. */
  constructor(options: { alpha?: number } = {}) {
    super();
    checkOptions('ELU', options, ['alpha']);
    this.#options = { alpha: real('ELU', 'alpha', options.alpha ?? 1) };
  }
  forward(x: Tensor): Tensor {
    return elu(x, this.#options);
  }
}

/** x where it is positive, else a learned slope, of all or of each channel, times x. */
export class PReLU extends Module {
  readonly weight: Tensor;

  constructor(options: { numParameters?: number; init?: number } = {}) {
    super();
    checkOptions('PReLU', options, ['numParameters', 'init']);
    const count = integer('PReLU', 'numParameters', options.numParameters ?? 1, 1);
    this.weight = parameter(full([count], real('PReLU', 'init', options.init ?? 0.25)));
  }
  forward(x: Tensor): Tensor {
    return prelu(x, this.weight);
  }
}
