/**
 * The activations: y = f(x), element by element; each is also what a convolution can end with. They are
 * numbered in crates/core/src/instructions/activation.rs. exp, tanh and the like are computed in Rust, never by the host.
 *
 * params: up to two numbers of the function.
 * @category Activations
 */
import { checkOptions, oneOf, real } from '../base/checks.ts';
import { type DType, RANGES } from '../base/dtype.ts';
import { requireTensor, type Tensor } from '../tensor/tensor.ts';
import { operator } from './operator.ts';
import { simple, type Traits, unaryEntry, withOptions } from './unary.ts';

const FROM_OUTPUT: Traits = { fromOutput: true };

/**
 * max(x, 0), element by element; NaN stays. As PyTorch's relu and ONNX's Relu.
 * @param x of float32, of any shape
 * @returns of x's shape
 * @throws TypeError for x of another dtype
 * @example
 * ```ts
 * relu(tensor([-1, 0, 2])).toArray(); // [0, 0, 2]
 * ```
 */
export const relu = /*#__PURE__*/ simple('relu', 'relu', 'torch.nn.functional.relu', ['Relu'], {
  fromOutput: true,
  layer: 'ReLU',
});
/**
 * min(max(x, 0), 6), element by element; NaN stays.
 * @param x of float32, of any shape
 * @returns of x's shape
 * @throws TypeError for x of another dtype
 */
export const relu6 = /*#__PURE__*/ simple(
  'relu6',
  'clip',
  'torch.nn.functional.relu6',
  [],
  { fromOutput: true, gradient: 'inside', layer: 'ReLU6' },
  [0, 6],
);
/**
 * 1 / (1 + exp(-x)), element by element.
 * @param x of float32, of any shape
 * @returns of x's shape
 * @throws TypeError for x of another dtype
 */
export const sigmoid = /*#__PURE__*/ simple('sigmoid', 'sigmoid', 'torch.sigmoid', ['Sigmoid'], {
  fromOutput: true,
  layer: 'Sigmoid',
});
/**
 * The hyperbolic tangent, element by element.
 * @param x of float32, of any shape
 * @returns of x's shape
 * @throws TypeError for x of another dtype
 */
export const tanh = /*#__PURE__*/ simple('tanh', 'tanh', 'torch.tanh', ['Tanh'], {
  fromOutput: true,
  layer: 'Tanh',
});
/**
 * x * min(max(x + 3, 0), 6) / 6, element by element (Howard et al., 2019).
 * @param x of float32, of any shape
 * @returns of x's shape
 * @throws TypeError for x of another dtype
 */
export const hardSwish = /*#__PURE__*/ simple(
  'hardSwish',
  'hardSwish',
  'torch.nn.functional.hardswish',
  ['HardSwish'],
  { layer: 'Hardswish' },
);
/**
 * x * sigmoid(x), element by element.
 * @param x of float32, of any shape
 * @returns of x's shape
 * @throws TypeError for x of another dtype
 */
export const silu = /*#__PURE__*/ simple('silu', 'silu', 'torch.nn.functional.silu', [], {
  layer: 'SiLU',
});
/**
 * x * tanh(log(1 + exp(x))), element by element (Misra, 2019).
 * @param x of float32, of any shape
 * @returns of x's shape
 * @throws TypeError for x of another dtype
 */
export const mish = /*#__PURE__*/ simple('mish', 'mish', 'torch.nn.functional.mish', [], {
  layer: 'Mish',
});
/**
 * ELU with the constants that keep mean 0 and variance 1, element by element (Klambauer et al., 2017).
 * @param x of float32, of any shape
 * @returns of x's shape
 * @throws TypeError for x of another dtype
 */
export const selu = /*#__PURE__*/ simple('selu', 'selu', 'torch.nn.functional.selu', ['Selu'], {
  layer: 'SELU',
});
/**
 * e to the power of x, element by element. x is float32.
 * @throws TypeError for x of another dtype
 */
export const exp = /*#__PURE__*/ simple('exp', 'exp', 'torch.exp', ['Exp'], FROM_OUTPUT);
/**
 * The natural logarithm, element by element; NaN below 0. x is float32.
 * @throws TypeError for x of another dtype
 */
export const log = /*#__PURE__*/ simple('log', 'log', 'torch.log', ['Log']);
/**
 * The square root, element by element; NaN below 0. x is float32.
 * @throws TypeError for x of another dtype
 */
export const sqrt = /*#__PURE__*/ simple('sqrt', 'sqrt', 'torch.sqrt', ['Sqrt'], FROM_OUTPUT);
/**
 * |x|, element by element. x is float32.
 * @throws TypeError for x of another dtype
 */
export const abs = /*#__PURE__*/ simple('abs', 'abs', 'torch.abs', ['Abs']);
/**
 * -x, element by element. x is float32.
 * @throws TypeError for x of another dtype
 */
export const neg = /*#__PURE__*/ simple('neg', 'neg', 'torch.neg', ['Neg']);

/** The options of `leakyRelu`. */
export interface LeakyReluOptions {
  /** The slope where x is negative. Default 0.01. */
  negativeSlope?: number | undefined;
}

/** The options of `elu`. */
export interface EluOptions {
  /** What the result tends to is -alpha. Default 1. */
  alpha?: number | undefined;
}

/** The options of `hardSigmoid`. */
export interface HardSigmoidOptions {
  /** The slope. Default 1/6. */
  alpha?: number | undefined;
  /** The value at 0. Default 0.5. */
  beta?: number | undefined;
}

/**
 * x where it is positive, else negativeSlope * x; the default slope is 0.01.
 * @param x of float32, of any shape
 * @returns of x's shape
 * @throws TypeError for x of another dtype
 */
export const leakyRelu = /*#__PURE__*/ withOptions(
  'leakyRelu',
  'leakyRelu',
  'torch.nn.functional.leaky_relu',
  ['LeakyRelu'],
  { layer: 'LeakyReLU' },
  (where, options: LeakyReluOptions) => {
    checkOptions(where, options, ['negativeSlope']);
    return [real(where, 'negativeSlope', options.negativeSlope ?? 0.01)];
  },
);

/**
 * x where it is positive, else alpha * (exp(x) - 1); alpha is 1 by default (Clevert et al., 2015).
 * @param x of float32, of any shape
 * @returns of x's shape
 * @throws TypeError for x of another dtype
 */
export const elu = /*#__PURE__*/ withOptions(
  'elu',
  'elu',
  'torch.nn.functional.elu',
  ['Elu'],
  { layer: 'ELU' },
  (where, options: EluOptions) => {
    checkOptions(where, options, ['alpha']);
    return [real(where, 'alpha', options.alpha ?? 1)];
  },
);

/** The options of `gelu`. */
export interface GeluOptions {
  /** The formula with tanh instead of the normal distribution. Default 'none'. */
  approximate?: 'none' | 'tanh' | undefined;
}

const APPROXIMATIONS = ['none', 'tanh'] as const;

/**
 * x times the probability that a normal value is below x (Hendrycks and Gimpel, 2016); `approximate: 'tanh'`: x *
 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))) / 2.
 * @param x of float32, of any shape
 * @returns of x's shape
 * @throws TypeError for x of another dtype
 */
export const gelu = /*#__PURE__*/ withOptions(
  'gelu',
  'gelu',
  'torch.nn.functional.gelu',
  [],
  { layer: 'GELU' },
  (where, options: GeluOptions) => {
    checkOptions(where, options, ['approximate']);
    const { approximate = 'none' } = options;
    oneOf(where, 'approximate', approximate, APPROXIMATIONS);
    return [APPROXIMATIONS.indexOf(approximate)];
  },
);

/** The options of `softplus`. */
export interface SoftplusOptions {
  /** The sharpness. Default 1. */
  beta?: number | undefined;
  /** Where beta * x is above it, the result is x. Default 20. */
  threshold?: number | undefined;
}

/**
 * log(1 + exp(beta * x)) / beta, and x where beta * x is above threshold; beta is 1 and threshold 20 by default.
 * @param x of float32, of any shape
 * @returns of x's shape
 * @throws TypeError for x of another dtype
 */
export const softplus = /*#__PURE__*/ withOptions(
  'softplus',
  'softplus',
  'torch.nn.functional.softplus',
  ['Softplus'],
  { layer: 'Softplus' },
  (where, options: SoftplusOptions) => {
    checkOptions(where, options, ['beta', 'threshold']);
    const { beta = 1, threshold = 20 } = options;
    return [real(where, 'beta', beta), real(where, 'threshold', threshold)];
  },
);

/**
 * min(max(alpha * x + beta, 0), 1); PyTorch's alpha 1/6 and beta 1/2 by default (ONNX's alpha is 0.2).
 * @param x of float32, of any shape
 * @returns of x's shape
 * @throws TypeError for x of another dtype
 */
export const hardSigmoid = /*#__PURE__*/ withOptions(
  'hardSigmoid',
  'hardSigmoid',
  'torch.nn.functional.hardsigmoid',
  ['HardSigmoid'],
  { fromOutput: true, layer: { name: 'Hardsigmoid', options: 'none' } },
  (where, options: HardSigmoidOptions) => {
    checkOptions(where, options, ['alpha', 'beta']);
    const { alpha = 1 / 6, beta = 0.5 } = options;
    return [real(where, 'alpha', alpha), real(where, 'beta', beta)];
  },
);

/** A bound beyond an integer dtype is the last value that it has. */
function within(dtype: DType): (bound: number) => number {
  const [low, high] = RANGES[dtype as keyof typeof RANGES];
  return (bound) => Math.min(Math.max(bound, low), high);
}

/**
 * min(max(x, min), max), element by element; either bound may be null or left out. NaN stays. PyTorch's clamp.
 * @param x of any dtype, which the result keeps; bounds outside of an integer dtype are its first or last value
 */
export const clip = /*#__PURE__*/ operator(
  /*#__PURE__*/ unaryEntry('clip', 'clip', 'torch.clamp', ['Clip'], { integers: true }),
  (invoke) =>
    <D extends DType = 'float32'>(x: Tensor<D>, min?: number | null, max?: number | null): Tensor<D> => {
      const { dtype } = requireTensor('clip', 'x', x);
      const bounds = [real('clip', 'min', min ?? -Infinity), real('clip', 'max', max ?? Infinity)];
      return invoke(
        [x as Tensor<DType>],
        dtype === 'float32' ? bounds : bounds.map(within(dtype)),
      )[0] as unknown as Tensor<D>;
    },
);
