/** Elementary functions of one element: rounding, sign, erf, trigonometry, the reciprocal. */
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
};

const unary =
  (...kinds: readonly string[]): Generator =>
  (choose) => [text(anyShape(choose), choose.of(kinds))];

export const generators: Record<string, Generator> = {
  ...Object.fromEntries(Object.keys(references).map((op) => [op, unary('~', '#')])),
  // Away from their poles.
  tan: unary('~'),
  reciprocal: unary('+'),
};

/** Functions of mathematics are no layers. */
export const layers = Object.fromEntries(Object.keys(references).map((op) => [op, null]));

const bytes = () => any(striate.zeros([1], { dtype: 'uint8' }));

// biome-ignore format: a call a line.
export const wrong: Wrong[] = [
  ['floor of bytes', () => striate.floor(bytes()), TypeError, 'floor: x is uint8, must be float32'],
  ['the sine of a number', () => striate.sin(any(1)), TypeError, 'sin: x is 1, must be a Tensor'],
];
