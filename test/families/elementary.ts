/** Elementary functions of one element: rounding, sign, erf, trigonometry, hyperbolic functions, inverses, the reciprocal. */
import * as striate from 'striate';
import { anyShape, type Generator, text } from '../support/generate.ts';
import { FEW, type Plain, type Reference } from '../support/plain.ts';
import { any, type Wrong } from '../support/wrong.ts';

export const lines = `
every remainder of lanes | floor | "7#"
halves | floor | {"values": [0.5, -0.5, 1.5, -1.5, 2.5, 8388607.5, 1e30, -1e30, 0, -0.0]}
NaN and infinities | floor | {"values": ["NaN", "Infinity", "-Infinity"]}
reals | floor | "2x3x5~"
nothing | floor | "0x3"
a scalar | ceil | "scalar~"
wide | ceil | "3x7#"
halves | ceil | {"values": [0.5, -0.5, 1.5, -1.5, 2.5, 8388607.5, 1e30, -1e30, 0, -0.0]}
NaN and infinities | ceil | {"values": ["NaN", "Infinity", "-Infinity"]}
wide | round | "3x7#"
halves go to the even number | round | {"values": [0.5, -0.5, 1.5, -1.5, 2.5, -2.5, 3.5, 0.49999997, 8388607.5, 1e30]}
NaN and infinities | round | {"values": ["NaN", "Infinity", "-Infinity"]}
wide | sign | "3x7#"
integers | sign | "3x7"
zeros, NaN, infinities and the smallest | sign | {"values": [0, -0.0, "NaN", "Infinity", "-Infinity", 1e-44, -1e-44]}
integers | erf | "3x7"
reals | erf | "2x3x5~"
wide | erf | "3x7#"
far out and close to 0 | erf | {"values": [1e-20, -1e-5, 1, -1, 0.99999994, 3.9, -4.5, 30, "NaN", "Infinity", "-Infinity"]}
integers | sin | "3x7"
reals | sin | "2x3x5~"
wide | sin | "3x7#"
large angles | sin | {"values": [100000, -99999, 12345.678, 1048576, 16777216, 1e10, -1e22, 3e38]}
NaN and infinities | sin | {"values": ["NaN", "Infinity", "-Infinity"]}
integers | cos | "3x7"
reals | cos | "2x3x5~"
wide | cos | "3x7#"
large angles | cos | {"values": [100000, -99999, 12345.678, 1048576, 16777216, 1e10, -1e22, 3e38]}
NaN and infinities | cos | {"values": ["NaN", "Infinity", "-Infinity"]}
integers | tan | "3x7"
reals | tan | "2x3x5~"
large angles | tan | {"values": [100000, -99999, 12345.678, 1048576, 16777216, 1e10, -1e22, 3e38]}
NaN and infinities | tan | {"values": ["NaN", "Infinity", "-Infinity"]}
integers and zero | reciprocal | "3x7"
positive | reciprocal | "2x3x5+"
wide | reciprocal | "3x7#"
reals | sinh | "2x3x5~"
small and large | sinh | {"values": [1e-20, -1e-5, 0.99999994, 1, -20, 88, 89.4, -1000, "NaN", "Infinity", "-Infinity"]}
reals | cosh | "2x3x5~"
small and large | cosh | {"values": [0, -1e-5, 1, -20, 88, 89.4, -1000, "NaN", "Infinity", "-Infinity"]}
between | asin | "2x3x5~"
ends, and beyond | asin | {"values": [0, -0.0, 1e-20, 0.5, -0.50000006, 1, -1, 0.99999994, 1.0000001, -2, "NaN", "Infinity"]}
between | acos | "2x3x5~"
ends, and beyond | acos | {"values": [0, -0.0, 1e-20, 0.5, -0.50000006, 1, -1, 0.99999994, 1.0000001, -2, "NaN", "Infinity"]}
reals | atan | "2x3x5~"
wide | atan | "3x7#"
small and large | atan | {"values": [0, 1e-20, 0.41421357, 1, -2.4142137, 1e10, 3e38, "NaN", "Infinity", "-Infinity"]}
reals | asinh | "2x3x5~"
wide | asinh | "3x7#"
small and large | asinh | {"values": [0, 1e-20, -1e-5, 16384, -16383.999, 1e10, 3e38, "NaN", "Infinity", "-Infinity"]}
around 1 | acosh | "2x3x5+"
above 1 | acosh | {"values": [1.5, 2, 3.25, 17, 1000.5]}
small and large | acosh | {"values": [1, 1.0000001, 0.99, -2, 16384, 16383.999, 1e10, 3e38, "NaN", "Infinity", "-Infinity"]}
between | atanh | "2x3x5~"
ends, and beyond | atanh | {"values": [0, 1e-20, 0.5, -0.50000006, 1, -1, 0.99999994, 1.0000001, -2, "NaN", "Infinity"]}
zeros, NaN and infinities | reciprocal | {"values": [0, -0.0, "NaN", "Infinity", "-Infinity"]}
`;

/** erf as exp(-x^2) times a series of one sign; from 6 on it is 1 in float64. */
function erf(x: number): number {
  if (Number.isNaN(x) || Math.abs(x) > 6) return Math.sign(x);
  let [sum, term] = [x, x];
  for (let k = 1; k < 200; k++) {
    term *= (2 * x * x) / (2 * k + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

function round(x: number): number {
  const below = Math.floor(x);
  if (x - below === 0.5) return below % 2 === 0 ? below : below + 1;
  return Math.round(x);
}

const of = (f: (x: number) => number, tolerance = 0): Reference => ({
  run: ({ shape, data, dtype }: Plain): Plain => ({ shape, dtype, data: data.map(f) }),
  tolerance,
  smooth: 'all',
});

export const references: Record<string, Reference> = {
  floor: of(Math.floor),
  ceil: of(Math.ceil),
  round: of(round),
  sign: of((x) => Math.sign(x) || 0),
  erf: of(erf, FEW),
  sin: of(Math.sin, FEW),
  cos: of(Math.cos, FEW),
  tan: of(Math.tan, FEW),
  reciprocal: of((x) => 1 / x, FEW),
  sinh: of(Math.sinh, FEW),
  cosh: of(Math.cosh, FEW),
  asin: of(Math.asin, FEW),
  acos: of(Math.acos, FEW),
  atan: of(Math.atan, FEW),
  asinh: of(Math.asinh, FEW),
  acosh: of(Math.acosh, FEW),
  atanh: of(Math.atanh, FEW),
};

const unary =
  (...kinds: readonly string[]): Generator =>
  (choose) => [text(anyShape(choose), choose.of(kinds))];

export const generators: Record<string, Generator> = {
  ...Object.fromEntries(Object.keys(references).map((op) => [op, unary('~', '#')])),
  // Away from their poles, and from where they leave float32.
  tan: unary('~'),
  sinh: unary('~'),
  cosh: unary('~'),
  reciprocal: unary('+'),
  acosh: unary('+'),
  ...Object.fromEntries(['asin', 'acos', 'atanh'].map((op) => [op, unary('~')])),
};

/** Functions of mathematics are no layers. */
export const layers = Object.fromEntries(Object.keys(references).map((op) => [op, null]));

const bytes = () => any(striate.zeros([1], { dtype: 'uint8' }));

// biome-ignore format: a call a line.
export const wrong: Wrong[] = [
  ['floor of bytes', () => striate.floor(bytes()), TypeError, 'floor: x is uint8, must be float32'],
  ['the sine of a number', () => striate.sin(any(1)), TypeError, 'sin: x is 1, must be a Tensor'],
];
