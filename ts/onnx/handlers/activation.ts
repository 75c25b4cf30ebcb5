/** Elementwise functions of one tensor. ONNX's defaults differ from PyTorch's here and there; each is written out. */
import type { DType } from '../../base/dtype.ts';
import {
  abs,
  clip,
  elu,
  exp,
  gelu,
  hardSigmoid,
  hardSwish,
  leakyRelu,
  log,
  mish,
  neg,
  relu,
  selu,
  sigmoid,
  silu,
  softplus,
  sqrt,
  tanh,
} from '../../ops/activation.ts';
import { add, div, maximum, minimum, mul, prelu, sub } from '../../ops/arithmetic.ts';
import {
  acos,
  acosh,
  asin,
  asinh,
  atan,
  atanh,
  ceil,
  cos,
  cosh,
  erf,
  floor,
  reciprocal,
  round,
  sign,
  sin,
  sinh,
  tan,
} from '../../ops/elementary.ts';
import { reshape } from '../../ops/reshape.ts';
import { logSoftmax, softmax } from '../../ops/softmax.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Call } from '../call.ts';
import type { Handler, Handlers } from '../handler.ts';
import { choice, float, int, optional, setting } from '../row.ts';

function unary(operator: (x: Tensor) => Tensor): Handler {
  return { inputs: ['X'], build: (call) => operator(call.float32(0)) };
}

const SELU_ALPHA = Math.fround(1.6732631921768188);
const SELU_GAMMA = Math.fround(1.0507010221481323);

export const activation: Handlers = {
  Relu: { inputs: ['X'], build: (call) => whole(call, relu, (x) => maximum(x, 0)) },
  Sigmoid: unary(sigmoid),
  Tanh: unary(tanh),
  HardSwish: { ...unary(hardSwish), since: 14 },
  Softplus: unary(softplus),
  Exp: unary(exp),
  Log: unary(log),
  Sqrt: unary(sqrt),
  Abs: { inputs: ['X'], build: (call) => whole(call, abs, (x) => maximum(x, sub(0, x))) },
  Neg: { inputs: ['X'], build: (call) => whole(call, neg, (x) => sub(0, x)) },
  Floor: unary(floor),
  Ceil: unary(ceil),
  Round: { ...unary(round), since: 11 },
  Sign: {
    inputs: ['input'],
    since: 9,
    build: (call) => whole(call, sign, (x) => clip(x, x.dtype === 'uint8' ? 0 : -1, 1)),
  },
  Mish: { ...unary(mish), since: 18 },
  Gelu: {
    since: 20,
    inputs: ['X'],
    attributes: { approximate: choice('none', 'tanh') },
    build: (call) => gelu(call.float32(0), { approximate: call.string('approximate') as 'none' }),
  },
  Swish: {
    since: 24,
    inputs: ['X'],
    attributes: { alpha: float(1) },
    build(call) {
      const [x, alpha] = [call.float32(0), call.float('alpha')];
      return alpha === 1 ? silu(x) : mul(x, sigmoid(mul(x, alpha)));
    },
  },
  Erf: { ...unary(erf), since: 9 },
  Sin: { ...unary(sin), since: 7 },
  Cos: { ...unary(cos), since: 7 },
  Tan: { ...unary(tan), since: 7 },
  Asin: unary(asin),
  Acos: unary(acos),
  Atan: unary(atan),
  Sinh: { ...unary(sinh), since: 9 },
  Cosh: { ...unary(cosh), since: 9 },
  Asinh: { ...unary(asinh), since: 9 },
  Acosh: { ...unary(acosh), since: 9 },
  Atanh: { ...unary(atanh), since: 9 },
  Reciprocal: unary(reciprocal),
  LeakyRelu: {
    inputs: ['X'],
    attributes: { alpha: float(0.01) },
    build: (call) => leakyRelu(call.float32(0), { negativeSlope: call.float('alpha') }),
  },
  Elu: {
    inputs: ['X'],
    attributes: { alpha: float(1) },
    build: (call) => elu(call.float32(0), { alpha: call.float('alpha') }),
  },
  Selu: {
    inputs: ['X'],
    attributes: { alpha: float(SELU_ALPHA), gamma: float(SELU_GAMMA) },
    build(call) {
      const [alpha, gamma] = [call.float('alpha'), call.float('gamma')];
      if (alpha === SELU_ALPHA && gamma === SELU_GAMMA) return selu(call.float32(0));
      return mul(elu(call.float32(0), { alpha }), gamma);
    },
  },
  Celu: { since: 12, inputs: ['X'], attributes: { alpha: float(1) }, build: buildCelu },
  Softsign: { inputs: ['input'], build: (call) => div(call.float32(0), add(abs(call.float32(0)), 1)) },
  HardSigmoid: {
    inputs: ['X'],
    attributes: { alpha: float(0.2), beta: float(0.5) },
    build: (call) => hardSigmoid(call.float32(0), { alpha: call.float('alpha'), beta: call.float('beta') }),
  },
  Softmax: softmaxRows(softmax),
  LogSoftmax: softmaxRows(logSoftmax),
  PRelu: { inputs: ['X', 'slope'], build: buildPRelu },
  Clip: [
    {
      inputs: ['input'],
      attributes: { min: float(Number.NEGATIVE_INFINITY), max: float(Number.POSITIVE_INFINITY) },
      build: (call) => clip(call.tensor(0), call.float('min'), call.float('max')),
    },
    { since: 11, inputs: ['input', optional(setting('min')), optional(setting('max'))], build: buildClip },
  ],
};

/** x where it is positive, else alpha * (exp(x / alpha) - 1). */
function buildCelu(call: Call): Tensor {
  const [x, alpha] = [call.float32(0), call.float('alpha')];
  if (alpha === 1) return elu(x);
  return add(relu(x), mul(elu(minimum(div(x, alpha), 0)), alpha));
}

/** A function of floats, or what it is of integers. */
function whole(
  call: Call,
  floats: (x: Tensor) => Tensor,
  integers: (x: Tensor<DType>) => Tensor<DType>,
): Tensor<DType> {
  const x = call.tensor(0);
  if (x.dtype === 'float32') return floats(call.float32(0));
  return x.dtype === 'uint8' && floats !== sign ? x : integers(x);
}

/**
 * One slope per channel is PyTorch's PReLU; any other slope that broadcasts is taken apart. A list that does not fit the
 * last axis is meant for the channels: exporters before opset 7 wrote it so, and converters kept it.
 */
function buildPRelu(call: Call): Tensor {
  const [x, slope] = [call.float32(0), call.float32(1)];
  const [channels, last] = [x.shape[1], x.shape[x.shape.length - 1]];
  const missing = x.shape.length - slope.shape.length;
  const isList = slope.shape.length === 1 && slope.size !== last;
  const isChannels = isList || slope.shape.every((size, i) => size === 1 || i + missing === 1);
  const as = (count: number) => call.reshaped(1, [count]) as unknown as Tensor;
  if (slope.size === 1) return prelu(x, as(1));
  if (isChannels && channels !== undefined && slope.size === channels) return prelu(x, as(channels));
  return add(relu(x), mul(slope, minimum(x, 0)));
}

type Along = (x: Tensor, options: { dim: number }) => Tensor;

/** Along one axis from operator set 13 on; before, along all axes from this one on together. */
export function softmaxRows(along: Along): Handler[] {
  return [
    { inputs: ['input'], attributes: { axis: int(1) }, build: (call) => buildFlatSoftmax(call, along) },
    {
      since: 13,
      inputs: ['input'],
      attributes: { axis: int(-1) },
      build: (call) => along(call.float32(0), { dim: call.axis(call.int('axis'), call.shape(0).length) }),
    },
  ];
}

function buildFlatSoftmax(call: Call, along: Along): Tensor {
  const x = call.float32(0);
  const { shape } = x;
  const dim = call.axis(call.int('axis'), shape.length);
  if (dim === shape.length - 1) return along(x, { dim });
  const outer = shape.slice(0, dim).reduce((product, size) => product * size, 1);
  const inner = shape.slice(dim).reduce((product, size) => product * size, 1);
  return reshape(along(reshape(x, [outer, inner]), { dim: 1 }), shape);
}

/** Bounds of any value. */
function buildClip(call: Call): Tensor<DType> {
  const x = call.tensor(0);
  const [low, high] = [call.known(1), call.known(2)];
  const [min, max] = [call.has(1), call.has(2)];
  if ((!min || low?.length === 1) && (!max || high?.length === 1)) return clip(x, low?.[0], high?.[0]);
  const raised = min ? maximum(x, call.tensor(1)) : x;
  return max ? minimum(raised, call.tensor(2)) : raised;
}
