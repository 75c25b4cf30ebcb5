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
import { validate } from '../../ops/operator.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { Module } from '../module.ts';

/** `relu` as a layer: max(x, 0); NaN stays. */
export class ReLU extends Module {
  /** Takes nothing. */
  constructor(options: Record<string, never> = {}) {
    super();
    checkOptions('ReLU', options, []);
  }

  /** `relu` of x. */
  forward(x: Tensor): Tensor {
    return relu(x);
  }
}

/** `relu6` as a layer: min(max(x, 0), 6). */
export class ReLU6 extends Module {
  /** Takes nothing. */
  constructor(options: Record<string, never> = {}) {
    super();
    checkOptions('ReLU6', options, []);
  }

  /** `relu6` of x. */
  forward(x: Tensor): Tensor {
    return relu6(x);
  }
}

/** `sigmoid` as a layer: 1 / (1 + exp(-x)). */
export class Sigmoid extends Module {
  /** Takes nothing. */
  constructor(options: Record<string, never> = {}) {
    super();
    checkOptions('Sigmoid', options, []);
  }

  /** `sigmoid` of x. */
  forward(x: Tensor): Tensor {
    return sigmoid(x);
  }
}

/** `tanh` as a layer: The hyperbolic tangent. */
export class Tanh extends Module {
  /** Takes nothing. */
  constructor(options: Record<string, never> = {}) {
    super();
    checkOptions('Tanh', options, []);
  }

  /** `tanh` of x. */
  forward(x: Tensor): Tensor {
    return tanh(x);
  }
}

/** `hardSwish` as a layer: x * min(max(x + 3, 0), 6) / 6. */
export class Hardswish extends Module {
  /** Takes nothing. */
  constructor(options: Record<string, never> = {}) {
    super();
    checkOptions('Hardswish', options, []);
  }

  /** `hardSwish` of x. */
  forward(x: Tensor): Tensor {
    return hardSwish(x);
  }
}

/** `silu` as a layer: x * sigmoid(x). */
export class SiLU extends Module {
  /** Takes nothing. */
  constructor(options: Record<string, never> = {}) {
    super();
    checkOptions('SiLU', options, []);
  }

  /** `silu` of x. */
  forward(x: Tensor): Tensor {
    return silu(x);
  }
}

/** `mish` as a layer: x * tanh(log(1 + exp(x))) (Misra, 2019). */
export class Mish extends Module {
  /** Takes nothing. */
  constructor(options: Record<string, never> = {}) {
    super();
    checkOptions('Mish', options, []);
  }

  /** `mish` of x. */
  forward(x: Tensor): Tensor {
    return mish(x);
  }
}

/** `selu` as a layer: ELU with the constants that keep mean 0 and variance 1 (Klambauer et al., 2017). */
export class SELU extends Module {
  /** Takes nothing. */
  constructor(options: Record<string, never> = {}) {
    super();
    checkOptions('SELU', options, []);
  }

  /** `selu` of x. */
  forward(x: Tensor): Tensor {
    return selu(x);
  }
}

/** `leakyRelu` as a layer: x where it is positive, else negativeSlope * x; the default slope is 0.01. */
export class LeakyReLU extends Module {
  readonly #options: { negativeSlope?: number };

  /**
   * What `leakyRelu` takes beside its tensors.
   * @param options `negativeSlope`
   */
  constructor(options: { negativeSlope?: number } = {}) {
    super();
    validate(leakyRelu, 'LeakyReLU', options);
    this.#options = { ...options };
  }

  /** `leakyRelu` of x. */
  forward(x: Tensor): Tensor {
    return leakyRelu(x, this.#options);
  }
}

/** `elu` as a layer: x where it is positive, else alpha * (exp(x) - 1); alpha is 1 by default. */
export class ELU extends Module {
  readonly #options: { alpha?: number };

  /**
   * What `elu` takes beside its tensors.
   * @param options `alpha`
   */
  constructor(options: { alpha?: number } = {}) {
    super();
    validate(elu, 'ELU', options);
    this.#options = { ...options };
  }

  /** `elu` of x. */
  forward(x: Tensor): Tensor {
    return elu(x, this.#options);
  }
}

/**
 * `gelu` as a layer: x times the probability that a normal value is below x (Hendrycks and Gimpel, 2016);
 * `approximate: 'tanh'`: x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))) / 2.
 */
export class GELU extends Module {
  readonly #options: GeluOptions;

  /**
   * What `gelu` takes beside its tensors.
   * @param options `approximate` (default 'none')
   */
  constructor(options: GeluOptions = {}) {
    super();
    validate(gelu, 'GELU', options);
    this.#options = { ...options };
  }

  /** `gelu` of x. */
  forward(x: Tensor): Tensor {
    return gelu(x, this.#options);
  }
}

/**
 * `softplus` as a layer: log(1 + exp(beta * x)) / beta, and x where beta * x is above threshold; beta is 1 and
 * threshold 20 by default.
 */
export class Softplus extends Module {
  readonly #options: SoftplusOptions;

  /**
   * What `softplus` takes beside its tensors.
   * @param options `beta` (default 1), `threshold` (default 20)
   */
  constructor(options: SoftplusOptions = {}) {
    super();
    validate(softplus, 'Softplus', options);
    this.#options = { ...options };
  }

  /** `softplus` of x. */
  forward(x: Tensor): Tensor {
    return softplus(x, this.#options);
  }
}

/**
 * `hardSigmoid` as a layer: min(max(alpha * x + beta, 0), 1); PyTorch's alpha 1/6 and beta 1/2 by default (ONNX's
 * alpha is 0.2).
 */
export class Hardsigmoid extends Module {
  /** Takes nothing. */
  constructor(options: Record<string, never> = {}) {
    super();
    checkOptions('Hardsigmoid', options, []);
  }

  /** `hardSigmoid` of x. */
  forward(x: Tensor): Tensor {
    return hardSigmoid(x);
  }
}
