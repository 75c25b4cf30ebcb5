/**
 * Elementary functions, y = f(x), element by element: rounding, sign, the error function, trigonometric and hyperbolic
 * functions and their inverses, the reciprocal. They are computed in Rust, never by the host.
 * @category Arithmetic
 */
import { simple, type Traits } from './unary.ts';

const FLAT: Traits = { flat: true };
const FROM_OUTPUT: Traits = { fromOutput: true };

/**
 * The largest whole number that is not above x, element by element. Its gradient is 0.
 * @param x of float32, of any shape
 * @returns of x's shape
 * @throws TypeError for x of another dtype
 */
export const floor = /*#__PURE__*/ simple('floor', 'floor', 'torch.floor', ['Floor'], FLAT);
/**
 * The smallest whole number that is not below x, element by element. Its gradient is 0.
 * @param x of float32, of any shape
 * @returns of x's shape
 * @throws TypeError for x of another dtype
 */
export const ceil = /*#__PURE__*/ simple('ceil', 'ceil', 'torch.ceil', ['Ceil'], FLAT);
/**
 * The whole number next to x, of two the even one: 0.5 gives 0, 1.5 gives 2. Its gradient is 0.
 * @param x of float32, of any shape
 * @returns of x's shape
 * @throws TypeError for x of another dtype
 * @example
 * ```ts
 * round(tensor([0.5, 1.5, -2.7])).toArray(); // [0, 2, -3]
 * ```
 */
export const round = /*#__PURE__*/ simple('round', 'round', 'torch.round', ['Round'], FLAT);
/**
 * -1, 0 or 1, as x is negative, zero or positive; 0 where it is NaN. Its gradient is 0.
 * @param x of float32, of any shape
 * @returns of x's shape
 * @throws TypeError for x of another dtype
 */
export const sign = /*#__PURE__*/ simple('sign', 'sign', 'torch.sign', ['Sign'], FLAT);
/**
 * The error function, 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x.
 * @param x of float32, of any shape
 * @returns of x's shape
 * @throws TypeError for x of another dtype
 */
export const erf = /*#__PURE__*/ simple('erf', 'erf', 'torch.erf', ['Erf']);
/**
 * The sine of x in radians; also of large numbers to the last digit but one. NaN of infinities.
 * @param x of float32, of any shape
 * @returns of x's shape
 * @throws TypeError for x of another dtype
 */
export const sin = /*#__PURE__*/ simple('sin', 'sin', 'torch.sin', ['Sin']);
/**
 * The cosine of x in radians; also of large numbers to the last digit but one. NaN of infinities.
 * @param x of float32, of any shape
 * @returns of x's shape
 * @throws TypeError for x of another dtype
 */
export const cos = /*#__PURE__*/ simple('cos', 'cos', 'torch.cos', ['Cos']);
/**
 * The tangent of x in radians; also of large numbers to the last digit but one. NaN of infinities.
 * @param x of float32, of any shape
 * @returns of x's shape
 * @throws TypeError for x of another dtype
 */
export const tan = /*#__PURE__*/ simple('tan', 'tan', 'torch.tan', ['Tan'], FROM_OUTPUT);
/**
 * 1 / x, element by element.
 * @param x of float32, of any shape
 * @returns of x's shape
 * @throws TypeError for x of another dtype
 */
export const reciprocal = /*#__PURE__*/ simple(
  'reciprocal',
  'reciprocal',
  'torch.reciprocal',
  ['Reciprocal'],
  FROM_OUTPUT,
);
/**
 * The hyperbolic sine, (e^x - e^-x) / 2.
 * @param x of float32, of any shape
 * @returns of x's shape
 * @throws TypeError for x of another dtype
 */
export const sinh = /*#__PURE__*/ simple('sinh', 'sinh', 'torch.sinh', ['Sinh']);
/**
 * The hyperbolic cosine, (e^x + e^-x) / 2.
 * @param x of float32, of any shape
 * @returns of x's shape
 * @throws TypeError for x of another dtype
 */
export const cosh = /*#__PURE__*/ simple('cosh', 'cosh', 'torch.cosh', ['Cosh']);
/**
 * The angle in radians, from -pi/2 to pi/2, whose sine is x; NaN beyond 1.
 * @param x of float32, of any shape
 * @returns of x's shape
 * @throws TypeError for x of another dtype
 */
export const asin = /*#__PURE__*/ simple('asin', 'asin', 'torch.asin', ['Asin']);
/**
 * The angle in radians, from 0 to pi, whose cosine is x; NaN beyond 1.
 * @param x of float32, of any shape
 * @returns of x's shape
 * @throws TypeError for x of another dtype
 */
export const acos = /*#__PURE__*/ simple('acos', 'acos', 'torch.acos', ['Acos']);
/**
 * The angle in radians, from -pi/2 to pi/2, whose tangent is x.
 * @param x of float32, of any shape
 * @returns of x's shape
 * @throws TypeError for x of another dtype
 */
export const atan = /*#__PURE__*/ simple('atan', 'atan', 'torch.atan', ['Atan']);
/**
 * The number whose hyperbolic sine is x, log(x + sqrt(x^2 + 1)).
 * @param x of float32, of any shape
 * @returns of x's shape
 * @throws TypeError for x of another dtype
 */
export const asinh = /*#__PURE__*/ simple('asinh', 'asinh', 'torch.asinh', ['Asinh']);
/**
 * The number from 0 on whose hyperbolic cosine is x, log(x + sqrt(x^2 - 1)); NaN below 1.
 * @param x of float32, of any shape
 * @returns of x's shape
 * @throws TypeError for x of another dtype
 */
export const acosh = /*#__PURE__*/ simple('acosh', 'acosh', 'torch.acosh', ['Acosh']);
/**
 * The number whose hyperbolic tangent is x, log((1 + x) / (1 - x)) / 2; NaN beyond 1.
 * @param x of float32, of any shape
 * @returns of x's shape
 * @throws TypeError for x of another dtype
 */
export const atanh = /*#__PURE__*/ simple('atanh', 'atanh', 'torch.atanh', ['Atanh']);
