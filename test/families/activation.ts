/** Functions of one element, and the bounds and slopes of some. */
import * as striate from 'striate';
import { type Arguments, anyShape, type Generator, text } from '../support/generate.ts';
import { countOf, FEW, type Plain, type Reference } from '../support/plain.ts';
import type { Choices } from '../support/random.ts';
import { any, type Wrong, x } from '../support/wrong.ts';

export const lines = `
every remainder of lanes 1 | relu | "1"
every remainder of lanes 2 | relu | "2"
every remainder of lanes 3 | relu | "3"
every remainder of lanes 4 | relu | "4"
every remainder of lanes 5 | relu | "5"
a scalar | relu | "scalar"
nothing | relu | "3x0x2"
relu6 | relu6 | "2x3x4"
relu | relu | "2x3x5x7"
clip | clip | "2x11", -2, 3
clip below only | clip | "2x11", -1
clip above only | clip | "2x11", null, 1
clip whose bounds are crossed | clip | "2x11", 3, -1
clip of integers | clip | "4x17:int32", -2, 3
clip of bytes | clip | "5x13:uint8", 2, 7
clip of signed bytes | clip | "5x13:int8", -3, 4
leaky relu | leakyRelu | "3x7", { "negativeSlope": 0.5 }
prelu with a slope | prelu | "2x3x5", "1"
prelu with a slope per channel | prelu | "2x3x4x5", "3"
prelu with a channel of one pixel | prelu | "3x5x1x1", "5"
hard sigmoid | hardSigmoid | "3x7"
hard swish | hardSwish | "3x7"
sigmoid | sigmoid | "3x7"
tanh | tanh | "3x7"
silu | silu | "3x7"
elu | elu | "3x7"
elu with alpha | elu | "3x7", { "alpha": 0.25 }
selu | selu | "3x7"
exp | exp | "3x7"
log of negative numbers and zero too | log | "3x7"
sqrt of negative numbers and zero too | sqrt | "3x7"
abs | abs | "3x7"
neg | neg | "3x7"
one element | relu | "1~"
away from zero | relu | "3x7#"
NaN and infinities | relu | {"values": ["NaN", "Infinity", "-Infinity", 0, -1, 2]}
away from its ends | relu6 | "5x11#"
away from zero | leakyRelu | "3x7#", {"negativeSlope": 0.2}
a slope of more than one | leakyRelu | "3x7~", {"negativeSlope": 2.5}
a negative slope | leakyRelu | "2x9#", {"negativeSlope": -0.5}
reals | elu | "2x3x5~"
another alpha | elu | "2x13#", {"alpha": 0.3}
reals | selu | "2x3x5~"
wide | selu | "3x9#"
a scalar | gelu | "scalar"
integers | gelu | "3x7"
reals | gelu | "2x3x5~"
wide | gelu | "7x9#"
integers, by tanh | gelu | "3x7", {"approximate": "tanh"}
reals, by tanh | gelu | "2x3x5~", {"approximate": "tanh"}
wide, by tanh | gelu | "7x9#", {"approximate": "tanh"}
by its own name | gelu | "5", {"approximate": "none"}
nothing | gelu | "0x3"
NaN and infinities | gelu | {"values": ["NaN", "Infinity", 30, -30, -0.0]}
reals | silu | "2x3x5~"
wide | silu | "7x9#"
integers | mish | "3x7"
reals | mish | "2x3x5~"
wide | mish | "7x9#"
far out | mish | {"values": [-100, -30, -20, 19, 20, 21, 30, 100]}
NaN and infinity | mish | {"values": ["NaN", "Infinity"]}
integers | softplus | "3x7"
reals | softplus | "2x3x5~"
wide | softplus | "7x9#"
another beta | softplus | "3x5#", {"beta": 3}
a negative beta | softplus | "3x5~", {"beta": -0.5}
another threshold | softplus | "3x5#", {"beta": 2, "threshold": 1.1}
around the threshold | softplus | {"values": [19, 19.5, 20, 20.5, 21, -100, "Infinity", "-Infinity", "NaN"]}
reals | sigmoid | "2x3x5~"
wide | sigmoid | "7x9#"
reals | tanh | "2x3x5~"
wide | tanh | "5x3#"
wide | hardSwish | "5x7#"
wide | hardSigmoid | "5x7#"
ONNX's slope | hardSigmoid | "5x7#", {"alpha": 0.2, "beta": 0.4}
reals | exp | "2x3x5~"
wide | exp | "3x7#"
positive | log | "2x3x5+"
positive | sqrt | "2x3x5+"
wide | abs | "3x7#"
reals | neg | "7~"
away from its bounds | clip | "3x7#", -1, 1.5
below only | clip | "3x7#", -1
above only | clip | "3x7#", null, 1
crossed bounds | clip | "3x7#", 1, -1
no bounds | clip | "5~"
one slope | prelu | "2x3x5#", "1+"
a slope per channel | prelu | "2x3x4x5#", "3+"
channels of one element | prelu | "4x3#", "3~"
a vector | prelu | "7#", "1~"
`;

/** Every function of one element, with the options' defaults. */
type Of = (x: number, options: Record<string, number | string>) => number;

const map =
  (f: Of) =>
  ({ shape, data, dtype }: Plain, options = {}): Plain => ({
    shape,
    dtype,
    data: data.map((x) => f(x, options)),
  });

const activation = (f: Of, tolerance = 0): Reference => ({ run: map(f), tolerance, smooth: 'all' });

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

const elu = (x: number, alpha: number) => (x > 0 || Number.isNaN(x) ? x : alpha * Math.expm1(x));

/** The probability that a normal value is below x: a series, and a continued fraction for the tail. */
function normal(x: number): number {
  const a = Math.abs(x);
  if (a > 40 || Number.isNaN(x)) return x > 0 ? 1 : x < 0 ? 0 : x;
  const density = Math.exp((-a * a) / 2) / Math.sqrt(2 * Math.PI);
  if (a < 4) {
    let [sum, term] = [x, x];
    for (let k = 1; k < 200; k++) {
      term *= (x * x) / (2 * k + 1);
      sum += term;
    }
    return 0.5 + density * sum;
  }
  let fraction = a;
  for (let k = 199; k > 0; k--) fraction = a + k / fraction;
  return x > 0 ? 1 - density / fraction : density / fraction;
}

function gelu(x: number, { approximate = 'none' }): number {
  if (approximate === 'none') return x * normal(x);
  return x * sigmoid(2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3));
}

function softplus(x: number, { beta = 1, threshold = 20 }): number {
  return x * beta > threshold ? x : Math.log1p(Math.exp(x * beta)) / beta;
}

function clip({ shape, data, dtype }: Plain, min?: number | null, max?: number | null): Plain {
  const [low, high] = [min ?? -Infinity, max ?? Infinity];
  return { shape, dtype, data: data.map((x) => Math.min(Math.max(x, low), high)) };
}

function prelu(x: Plain, weight: Plain): Plain {
  const inner = countOf(x.shape.slice(2));
  const data = x.data.map((v, i) => {
    const channel = Math.floor(i / inner) % (x.shape[1] ?? 1);
    return v > 0 ? v : v * (weight.data.length === 1 ? weight.data[0]! : weight.data[channel]!);
  });
  return { ...x, data };
}

export const references: Record<string, Reference> = {
  relu: activation((x) => Math.max(x, 0)),
  relu6: activation((x) => Math.min(Math.max(x, 0), 6)),
  leakyRelu: activation((x, { negativeSlope = 0.01 }) =>
    x > 0 ? x : x * Math.fround(Number(negativeSlope)),
  ),
  elu: activation((x, { alpha = 1 }) => elu(x, Number(alpha)), FEW),
  selu: activation((x) => 1.0507009873554805 * elu(x, 1.6732632423543772), FEW),
  gelu: activation(gelu as Of, FEW),
  silu: activation((x) => x * sigmoid(x), FEW),
  mish: activation((x) => x * Math.tanh(Math.log1p(Math.exp(x))), FEW),
  softplus: activation(softplus as Of, FEW),
  sigmoid: activation(sigmoid, FEW),
  tanh: activation(Math.tanh, FEW),
  hardSwish: activation((x) => (x * Math.min(Math.max(x + 3, 0), 6)) / 6, FEW),
  hardSigmoid: activation(
    (x, { alpha = 1 / 6, beta = 0.5 }) => Math.min(Math.max(Number(alpha) * x + Number(beta), 0), 1),
    FEW,
  ),
  exp: activation(Math.exp, FEW),
  log: activation(Math.log, FEW),
  sqrt: activation(Math.sqrt, FEW),
  abs: activation(Math.abs),
  neg: { run: map((x) => -x), tolerance: 0, linear: [0] },
  clip: { run: clip, tolerance: 0, smooth: 'all' },
  prelu: { run: prelu, tolerance: 0, linear: [1], smooth: [0] },
};

const unary =
  (kinds: readonly string[]): Generator =>
  (choose) => [text(anyShape(choose), choose.of(kinds))];

function randomPrelu(choose: Choices): Arguments {
  const shape = anyShape(choose, 2, 4);
  return [text(shape, '#'), text([choose.of([1, shape[1]!])], '#')];
}

function randomClip(choose: Choices): Arguments {
  const x = text(anyShape(choose), choose.of(['', '#', ':int32']));
  return [x, choose.of([null, -3, -1, 0]), choose.of([null, 2, 5])];
}

export const generators: Record<string, Generator> = {
  // What is defined for every number.
  ...Object.fromEntries(Object.keys(references).map((op) => [op, unary(['~', '#'])])),
  exp: unary(['~']),
  log: unary(['+']),
  sqrt: unary(['+']),
  clip: randomClip,
  prelu: randomPrelu,
};

/** Functions of mathematics are no layers. */
export const layers = { exp: null, log: null, sqrt: null, abs: null, neg: null, clip: null };

// biome-ignore format: a call a line.
export const wrong: Wrong[] = [
  ['prelu with a number as slope', () => striate.prelu(x(), any(0.5)), TypeError, 'prelu: weight is 0.5, must be a Tensor'],
  ['a slope for each of other channels', () => striate.prelu(x(), striate.ones([3])), RangeError, 'prelu: weight has shape 3, must be [1] or [2]'],
  ['a slope that has axes', () => striate.prelu(x(), striate.ones([2, 1])), RangeError, 'prelu: weight has shape 2x1, must be [1] or [2]'],
  ['relu of integers', () => striate.relu(any(striate.zeros([1], { dtype: 'int32' }))), TypeError, 'relu: x is int32, must be float32'],
  ['a slope that is NaN', () => striate.leakyRelu(x(), { negativeSlope: Number.NaN }), RangeError, 'leakyRelu: negativeSlope is NaN, must be a number'],
  ['alpha that is a text', () => striate.elu(x(), { alpha: any('1') }), TypeError, "elu: alpha is '1', must be a number"],
  ['an unknown option of an activation', () => striate.hardSigmoid(x(), any({ gamma: 1 })), TypeError, "hardSigmoid: there is no option 'gamma'; options are alpha, beta"],
  ['an approximation that there is not', () => striate.gelu(x(), { approximate: any('erf') }), RangeError, "gelu: approximate is 'erf', must be 'none' or 'tanh'"],
  ['an approximation that is a flag', () => striate.gelu(x(), { approximate: any(true) }), TypeError, "gelu: approximate is true, must be 'none' or 'tanh'"],
  ['an unknown option of gelu', () => striate.gelu(x(), any({ tanh: true })), TypeError, "gelu: there is no option 'tanh'; options are approximate"],
  ['gelu of integers', () => striate.gelu(any(striate.zeros([1], { dtype: 'int32' }))), TypeError, 'gelu: x is int32, must be float32'],
  ['beta that is NaN', () => striate.softplus(x(), { beta: Number.NaN }), RangeError, 'softplus: beta is NaN, must be a number'],
  ['a threshold that is a text', () => striate.softplus(x(), { threshold: any('20') }), TypeError, "softplus: threshold is '20', must be a number"],
  ['an unknown option of softplus', () => striate.softplus(x(), any({ alpha: 1 })), TypeError, "softplus: there is no option 'alpha'; options are beta, threshold"],
  ['options of an activation that are null', () => striate.elu(x(), any(null)), TypeError, 'elu: options is null, must be an object'],
  ['a bound that is a text', () => striate.clip(x(), any('0')), TypeError, "clip: min is '0', must be a number"],
  ['a bound that is NaN', () => striate.clip(x(), 0, Number.NaN), RangeError, 'clip: max is NaN, must be a number'],
  ['a layer on null', () => new striate.ReLU().forward(any(null)), TypeError, 'relu: x is null, must be a Tensor'],
  ['an unknown option of a layer without options', () => new striate.ReLU(any({ bad: 1 })), TypeError, "ReLU: there is no option 'bad'"],
  ['PyTorch\'s inplace', () => new striate.ReLU6(any({ inplace: true })), TypeError, "ReLU6: there is no option 'inplace'"],
  ['a flag as options of a layer', () => new striate.Mish(any(true)), TypeError, 'Mish: options is true, must be an object'],
  ['an approximation of a layer that there is not', () => new striate.GELU({ approximate: any('erf') }), RangeError, "GELU: approximate is 'erf', must be 'none' or 'tanh'"],
  ['a beta of a layer that is null', () => new striate.Softplus({ beta: any(null) }), TypeError, 'Softplus: beta is null, must be a number'],
  ['PReLU of 0 parameters', () => new striate.PReLU({ numParameters: 0 }), RangeError, 'PReLU: numParameters is 0, must be an integer, at least 1'],
];
