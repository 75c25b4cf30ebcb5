/** The layers of ts/ops/activation.ts, by `npm run generate` from its operators. */
import { checkOptions } from '../../base/checks.ts';
import {
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
} from '../../ops/activation.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { Module, type NoOptions } from '../module.ts';
import { argumentsText } from '../repr.ts';

/** `relu` as a layer: max(x, 0); NaN stays. */
export class ReLU extends Module {
  constructor(options: NoOptions = {}) {
    super();
    checkOptions('ReLU', options, []);
  }
  forward(x: Tensor): Tensor {
    return relu(x);
  }
}

/** `relu6` as a layer: min(max(x, 0), 6). */
export class ReLU6 extends Module {
  constructor(options: NoOptions = {}) {
    super();
    checkOptions('ReLU6', options, []);
  }
  forward(x: Tensor): Tensor {
    return relu6(x);
  }
}

/** `sigmoid` as a layer: 1 / (1 + exp(-x)). */
export class Sigmoid extends Module {
  constructor(options: NoOptions = {}) {
    super();
    checkOptions('Sigmoid', options, []);
  }
  forward(x: Tensor): Tensor {
    return sigmoid(x);
  }
}

/** `tanh` as a layer: The hyperbolic tangent. */
export class Tanh extends Module {
  constructor(options: NoOptions = {}) {
    super();
    checkOptions('Tanh', options, []);
  }
  forward(x: Tensor): Tensor {
    return tanh(x);
  }
}

/** `hardSwish` as a layer: x * min(max(x + 3, 0), 6) / 6. */
export class Hardswish extends Module {
  constructor(options: NoOptions = {}) {
    super();
    checkOptions('Hardswish', options, []);
  }
  forward(x: Tensor): Tensor {
    return hardSwish(x);
  }
}

/** `silu` as a layer: x * sigmoid(x). */
export class SiLU extends Module {
  constructor(options: NoOptions = {}) {
    super();
    checkOptions('SiLU', options, []);
  }
  forward(x: Tensor): Tensor {
    return silu(x);
  }
}

/** `mish` as a layer: x * tanh(log(1 + exp(x))) (Misra, 2019). */
export class Mish extends Module {
  constructor(options: NoOptions = {}) {
    super();
    checkOptions('Mish', options, []);
  }
  forward(x: Tensor): Tensor {
    return mish(x);
  }
}

/** `selu` as a layer: ELU with the constants that keep mean 0 and variance 1 (Klambauer et al., 2017). */
export class SELU extends Module {
  constructor(options: NoOptions = {}) {
    super();
    checkOptions('SELU', options, []);
  }
  forward(x: Tensor): Tensor {
    return selu(x);
  }
}

/** `leakyRelu` as a layer: x where it is positive, else negativeSlope * x; the default slope is 0.01. */
export class LeakyReLU extends Module {
  readonly #options: { negativeSlope?: number };

  constructor(options: { negativeSlope?: number } = {}) {
    super();
    leakyRelu.validate?.('LeakyReLU', options);
    this.#options = { ...options };
  }
  forward(x: Tensor): Tensor {
    return leakyRelu(x, this.#options);
  }

  override extraRepr(): string {
    return argumentsText({ ...this.#options });
  }
}

/** `elu` as a layer: x where it is positive, else alpha * (exp(x) - 1); alpha is 1 by default. */
export class ELU extends Module {
  readonly #options: { alpha?: number };

  constructor(options: { alpha?: number } = {}) {
    super();
    elu.validate?.('ELU', options);
    this.#options = { ...options };
  }
  forward(x: Tensor): Tensor {
    return elu(x, this.#options);
  }

  override extraRepr(): string {
    return argumentsText({ ...this.#options });
  }
}

/**
 * `gelu` as a layer: x times the probability that a normal value is below x (Hendrycks and Gimpel, 2016);
 * `approximate: 'tanh'`: x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))) / 2.
 */
export class GELU extends Module {
  readonly #options: GeluOptions;

  constructor(options: GeluOptions = {}) {
    super();
    gelu.validate?.('GELU', options);
    this.#options = { ...options };
  }
  forward(x: Tensor): Tensor {
    return gelu(x, this.#options);
  }

  override extraRepr(): string {
    return argumentsText({ ...this.#options });
  }
}

/**
 * `softplus` as a layer: log(1 + exp(beta * x)) / beta, and x where beta * x is above threshold; beta is 1 and
 * threshold 20 by default.
 */
export class Softplus extends Module {
  readonly #options: SoftplusOptions;

  constructor(options: SoftplusOptions = {}) {
    super();
    softplus.validate?.('Softplus', options);
    this.#options = { ...options };
  }
  forward(x: Tensor): Tensor {
    return softplus(x, this.#options);
  }

  override extraRepr(): string {
    return argumentsText({ ...this.#options });
  }
}

/**
 * `hardSigmoid` as a layer: min(max(alpha * x + beta, 0), 1); PyTorch's alpha 1/6 and beta 1/2 by default (ONNX's
 * alpha is 0.2).
 */
export class Hardsigmoid extends Module {
  constructor(options: NoOptions = {}) {
    super();
    checkOptions('Hardsigmoid', options, []);
  }
  forward(x: Tensor): Tensor {
    return hardSigmoid(x);
  }
}
