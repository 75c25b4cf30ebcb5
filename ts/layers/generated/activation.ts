/** The layers of ts/ops/activation.ts, by `npm run generate` from its operators. */
import { checkOptions } from '../../base/checks.ts';
import {
  type EluOptions,
  elu,
  type GeluOptions,
  gelu,
  hardSigmoid,
  hardSwish,
  type LeakyReluOptions,
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
import { argumentsText } from '../repr.ts';

/** `relu` as a layer: max(x, 0), element by element; NaN stays. As PyTorch's relu and ONNX's Relu. */
export class ReLU extends Module {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'ReLU';

  /** Takes nothing. */
  constructor(options: Record<string, never> = {}) {
    super();
    checkOptions('ReLU', options, []);
  }

  /**
   * `relu` of x.
   * @param x of float32, of any shape
   * @returns of x's shape
   * @throws TypeError for x of another dtype
   */
  forward(x: Tensor): Tensor {
    return relu(x);
  }
}

/** `relu6` as a layer: min(max(x, 0), 6), element by element; NaN stays. */
export class ReLU6 extends Module {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'ReLU6';

  /** Takes nothing. */
  constructor(options: Record<string, never> = {}) {
    super();
    checkOptions('ReLU6', options, []);
  }

  /**
   * `relu6` of x.
   * @param x of float32, of any shape
   * @returns of x's shape
   * @throws TypeError for x of another dtype
   */
  forward(x: Tensor): Tensor {
    return relu6(x);
  }
}

/** `sigmoid` as a layer: 1 / (1 + exp(-x)), element by element. */
export class Sigmoid extends Module {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'Sigmoid';

  /** Takes nothing. */
  constructor(options: Record<string, never> = {}) {
    super();
    checkOptions('Sigmoid', options, []);
  }

  /**
   * `sigmoid` of x.
   * @param x of float32, of any shape
   * @returns of x's shape
   * @throws TypeError for x of another dtype
   */
  forward(x: Tensor): Tensor {
    return sigmoid(x);
  }
}

/** `tanh` as a layer: The hyperbolic tangent, element by element. */
export class Tanh extends Module {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'Tanh';

  /** Takes nothing. */
  constructor(options: Record<string, never> = {}) {
    super();
    checkOptions('Tanh', options, []);
  }

  /**
   * `tanh` of x.
   * @param x of float32, of any shape
   * @returns of x's shape
   * @throws TypeError for x of another dtype
   */
  forward(x: Tensor): Tensor {
    return tanh(x);
  }
}

/** `hardSwish` as a layer: x * min(max(x + 3, 0), 6) / 6, element by element (Howard et al., 2019). */
export class Hardswish extends Module {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'Hardswish';

  /** Takes nothing. */
  constructor(options: Record<string, never> = {}) {
    super();
    checkOptions('Hardswish', options, []);
  }

  /**
   * `hardSwish` of x.
   * @param x of float32, of any shape
   * @returns of x's shape
   * @throws TypeError for x of another dtype
   */
  forward(x: Tensor): Tensor {
    return hardSwish(x);
  }
}

/** `silu` as a layer: x * sigmoid(x), element by element. */
export class SiLU extends Module {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'SiLU';

  /** Takes nothing. */
  constructor(options: Record<string, never> = {}) {
    super();
    checkOptions('SiLU', options, []);
  }

  /**
   * `silu` of x.
   * @param x of float32, of any shape
   * @returns of x's shape
   * @throws TypeError for x of another dtype
   */
  forward(x: Tensor): Tensor {
    return silu(x);
  }
}

/** `mish` as a layer: x * tanh(log(1 + exp(x))), element by element (Misra, 2019). */
export class Mish extends Module {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'Mish';

  /** Takes nothing. */
  constructor(options: Record<string, never> = {}) {
    super();
    checkOptions('Mish', options, []);
  }

  /**
   * `mish` of x.
   * @param x of float32, of any shape
   * @returns of x's shape
   * @throws TypeError for x of another dtype
   */
  forward(x: Tensor): Tensor {
    return mish(x);
  }
}

/**
 * `selu` as a layer: ELU with the constants that keep mean 0 and variance 1, element by element (Klambauer et al.,
 * 2017).
 */
export class SELU extends Module {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'SELU';

  /** Takes nothing. */
  constructor(options: Record<string, never> = {}) {
    super();
    checkOptions('SELU', options, []);
  }

  /**
   * `selu` of x.
   * @param x of float32, of any shape
   * @returns of x's shape
   * @throws TypeError for x of another dtype
   */
  forward(x: Tensor): Tensor {
    return selu(x);
  }
}

/** `leakyRelu` as a layer: x where it is positive, else negativeSlope * x; the default slope is 0.01. */
export class LeakyReLU extends Module {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'LeakyReLU';
  readonly #options: LeakyReluOptions;

  /**
   * What `leakyRelu` takes beside its tensors.
   * @param options `negativeSlope` (default 0.01)
   */
  constructor(options: LeakyReluOptions = {}) {
    super();
    validate(leakyRelu, 'LeakyReLU', options);
    this.#options = { ...options };
  }

  /**
   * `leakyRelu` of x.
   * @param x of float32, of any shape
   * @returns of x's shape
   * @throws TypeError for x of another dtype
   */
  forward(x: Tensor): Tensor {
    return leakyRelu(x, this.#options);
  }

  override extraRepr(): string {
    return argumentsText({ ...this.#options });
  }
}

/** `elu` as a layer: x where it is positive, else alpha * (exp(x) - 1); alpha is 1 by default (Clevert et al., 2015). */
export class ELU extends Module {
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'ELU';
  readonly #options: EluOptions;

  /**
   * What `elu` takes beside its tensors.
   * @param options `alpha` (default 1)
   */
  constructor(options: EluOptions = {}) {
    super();
    validate(elu, 'ELU', options);
    this.#options = { ...options };
  }

  /**
   * `elu` of x.
   * @param x of float32, of any shape
   * @returns of x's shape
   * @throws TypeError for x of another dtype
   */
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
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'GELU';
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

  /**
   * `gelu` of x.
   * @param x of float32, of any shape
   * @returns of x's shape
   * @throws TypeError for x of another dtype
   */
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
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'Softplus';
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

  /**
   * `softplus` of x.
   * @param x of float32, of any shape
   * @returns of x's shape
   * @throws TypeError for x of another dtype
   */
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
  /** Of minified bundles too. @internal */
  static override readonly name: string = 'Hardsigmoid';

  /** Takes nothing. */
  constructor(options: Record<string, never> = {}) {
    super();
    checkOptions('Hardsigmoid', options, []);
  }

  /**
   * `hardSigmoid` of x.
   * @param x of float32, of any shape
   * @returns of x's shape
   * @throws TypeError for x of another dtype
   */
  forward(x: Tensor): Tensor {
    return hardSigmoid(x);
  }
}
