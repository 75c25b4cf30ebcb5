/** The activations as layers. */
import { full } from '../create.ts';
import { checkOptions, integer, real } from '../errors.ts';
import {
  elu,
  hardSigmoid,
  hardSwish,
  leakyRelu,
  relu,
  relu6,
  selu,
  sigmoid,
  silu,
  tanh,
} from '../ops/activation.ts';
import { prelu } from '../ops/arithmetic.ts';
import type { Tensor } from '../tensor.ts';
import { Module, parameter } from './module.ts';

export class ReLU extends Module {
  forward(x: Tensor): Tensor {
    return relu(x);
  }
}

export class ReLU6 extends Module {
  forward(x: Tensor): Tensor {
    return relu6(x);
  }
}

export class SELU extends Module {
  forward(x: Tensor): Tensor {
    return selu(x);
  }
}

export class SiLU extends Module {
  forward(x: Tensor): Tensor {
    return silu(x);
  }
}

export class Sigmoid extends Module {
  forward(x: Tensor): Tensor {
    return sigmoid(x);
  }
}

export class Tanh extends Module {
  forward(x: Tensor): Tensor {
    return tanh(x);
  }
}

export class Hardswish extends Module {
  forward(x: Tensor): Tensor {
    return hardSwish(x);
  }
}

export class Hardsigmoid extends Module {
  forward(x: Tensor): Tensor {
    return hardSigmoid(x);
  }
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
