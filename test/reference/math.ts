/** Activations, arithmetic, products of matrices, softmax: what they mean, element by element. */
import type { DType } from 'striate';
import type { Plain, Reference } from './types.ts';

const count = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);

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

/** How an integer type holds a value. */
function wrap(value: number, dtype: DType): number {
  if (dtype === 'float32') return value;
  if (dtype === 'int32') return value | 0;
  return dtype === 'uint8' ? value & 255 : (value << 24) >> 24;
}

/** The offset in an operand of `own` shape that stands beside element `index` of `shape`. */
function offset(own: readonly number[], shape: readonly number[], index: number): number {
  let [found, step, rest] = [0, 1, index];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const at = rest % shape[axis]!;
    rest = (rest - at) / shape[axis]!;
    const mine = axis - shape.length + own.length;
    if (mine < 0 || own[mine] === 1) continue;
    found += at * step;
    step *= own[mine]!;
  }
  return found;
}

function broadcast(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const [left, right] = [a[axis - rank + a.length] ?? 1, b[axis - rank + b.length] ?? 1];
    return left === 1 ? right : left;
  });
}

type Both = (a: number, b: number, dtype: DType) => number;

const binary =
  (f: Both) =>
  (one: Plain | number, two: Plain | number): Plain => {
    const { dtype } = (typeof one === 'number' ? two : one) as Plain;
    const [a, b] = [one, two].map((x) => (typeof x === 'number' ? { shape: [], data: [x], dtype } : x)) as [
      Plain,
      Plain,
    ];
    const shape = broadcast(a.shape, b.shape);
    const data = Array.from({ length: count(shape) }, (_, i) => {
      const [left, right] = [a.data[offset(a.shape, shape, i)]!, b.data[offset(b.shape, shape, i)]!];
      return wrap(f(left, right, dtype), dtype);
    });
    return { shape, data, dtype };
  };

const divide: Both = (a, b, dtype) => {
  if (dtype === 'float32') return a / b;
  return b === 0 ? 0 : Math.trunc(a / b);
};
const power: Both = (a, b, dtype) => {
  if (dtype === 'float32') return a ** b;
  return b >= 0 ? a ** b : Math.trunc(a ** b) || 0;
};

function prelu(x: Plain, weight: Plain): Plain {
  const inner = count(x.shape.slice(2));
  const data = x.data.map((v, i) => {
    const channel = Math.floor(i / inner) % (x.shape[1] ?? 1);
    return v > 0 ? v : v * (weight.data.length === 1 ? weight.data[0]! : weight.data[channel]!);
  });
  return { ...x, data };
}

function linear(x: Plain, weight: Plain, bias?: Plain | null, { transposed = false } = {}): Plain {
  const [outer, inner] = weight.shape as [number, number];
  const [outputs, features] = transposed ? [inner, outer] : [outer, inner];
  const place = (o: number, i: number) => (transposed ? i * outputs + o : o * features + i);
  const rows = count(x.shape.slice(0, -1));
  const data: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (let o = 0; o < outputs; o++) {
      let sum = bias?.data[o] ?? 0;
      for (let i = 0; i < features; i++) sum += x.data[row * features + i]! * weight.data[place(o, i)]!;
      data.push(sum);
    }
  }
  return { shape: [...x.shape.slice(0, -1), outputs], data, dtype: 'float32' };
}

function matmul(one: Plain, two: Plain): Plain {
  const [a, b] = [one.shape, two.shape];
  const [row, column] = [a.length === 1, b.length === 1];
  const [m, k] = row ? [1, a[0]!] : (a.slice(-2) as [number, number]);
  const n = column ? 1 : b.at(-1)!;
  const batch = broadcast(a.slice(0, -2), b.slice(0, -2));
  const data: number[] = [];
  for (let at = 0; at < count(batch); at++) {
    const left = offset(a.slice(0, -2), batch, at) * m * k;
    const right = offset(b.slice(0, -2), batch, at) * k * n;
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let l = 0; l < k; l++) sum += one.data[left + i * k + l]! * two.data[right + l * n + j]!;
        data.push(sum);
      }
    }
  }
  return { shape: [...batch, ...(row ? [] : [m]), ...(column ? [] : [n])], data, dtype: 'float32' };
}

const softmax =
  (logarithm: boolean) =>
  (x: Plain, { dim = -1 } = {}): Plain => {
    const axis = dim < 0 ? dim + Math.max(x.shape.length, 1) : dim;
    const [n, inner] = [x.shape[axis] ?? 1, count(x.shape.slice(axis + 1))];
    const data = new Array<number>(x.data.length);
    for (let first = 0; first < x.data.length; first++) {
      if (Math.floor(first / inner) % n !== 0) continue;
      const column = Array.from({ length: n }, (_, j) => x.data[first + j * inner]!);
      // Math.max gives NaN for NaN.
      const largest = Math.max(...column);
      const sum = column.reduce((all, one) => all + Math.exp(one - largest), 0);
      column.forEach((one, j) => {
        data[first + j * inner] = logarithm ? one - largest - Math.log(sum) : Math.exp(one - largest) / sum;
      });
    }
    return { ...x, data };
  };

/** exp, log and their like are within two units of the last place; what is made of them within a few. */
const FEW = 1e-6;

export const references: Record<string, Reference> = {
  relu: activation((x) => Math.max(x, 0)),
  relu6: activation((x) => Math.min(Math.max(x, 0), 6)),
  leakyRelu: activation((x, { negativeSlope = 0.01 }) => (x > 0 ? x : x * Number(negativeSlope)), FEW),
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
  softmax: { run: softmax(false), tolerance: FEW, smooth: 'all' },
  logSoftmax: { run: softmax(true), tolerance: FEW, smooth: 'all' },
  add: { run: binary((a, b) => a + b), tolerance: 0, linear: 'all' },
  sub: { run: binary((a, b) => a - b), tolerance: 0, linear: 'all' },
  mul: {
    run: binary((a, b, dtype) => (dtype === 'int32' ? Math.imul(a, b) : a * b)),
    tolerance: 0,
    linear: 'all',
  },
  div: { run: binary(divide), tolerance: FEW, smooth: 'all' },
  pow: { run: binary(power), tolerance: FEW, smooth: 'all' },
  maximum: { run: binary((a, b) => Math.max(a, b)), tolerance: 0, smooth: 'all' },
  minimum: { run: binary((a, b) => Math.min(a, b)), tolerance: 0, smooth: 'all' },
  prelu: { run: prelu, tolerance: 0, linear: [1], smooth: [0] },
  linear: { run: linear, tolerance: 0, linear: 'all' },
  matmul: { run: matmul, tolerance: 0, linear: 'all' },
};
