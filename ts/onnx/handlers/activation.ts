/** Elementwise functions of one tensor. ONNX's defaults differ from PyTorch's here and there; each is written out. */
import type { DType } from '../../dtype.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Call, Handler, Handlers } from '../call.ts';
import {
  abs,
  add,
  clip,
  elu,
  exp,
  hardSigmoid,
  hardSwish,
  leakyRelu,
  log,
  logSoftmax,
  maximum,
  minimum,
  mul,
  neg,
  prelu,
  relu,
  reshape,
  selu,
  sigmoid,
  softmax,
  softplus,
  sqrt,
  tanh,
} from '../operators.ts';

function unary(operator: (x: Tensor) => Tensor): Handler {
  return { inputs: [1, 1], build: (call) => operator(call.float32(0)) };
}

const SELU_ALPHA = Math.fround(1.6732631921768188);
const SELU_GAMMA = Math.fround(1.0507010221481323);

export const activation: Handlers = {
  Relu: unary(relu),
  Sigmoid: unary(sigmoid),
  Tanh: unary(tanh),
  HardSwish: { ...unary(hardSwish), since: 14 },
  Softplus: unary(softplus),
  Exp: unary(exp),
  Log: unary(log),
  Sqrt: unary(sqrt),
  Abs: unary(abs),
  Neg: unary(neg),
  LeakyRelu: {
    inputs: [1, 1],
    attributes: { alpha: 'float' },
    build: (call) => leakyRelu(call.float32(0), { negativeSlope: call.float('alpha', 0.01) }),
  },
  Elu: {
    inputs: [1, 1],
    attributes: { alpha: 'float' },
    build: (call) => elu(call.float32(0), { alpha: call.float('alpha', 1) }),
  },
  Selu: {
    inputs: [1, 1],
    attributes: { alpha: 'float', gamma: 'float' },
    build(call) {
      const [alpha, gamma] = [call.float('alpha', SELU_ALPHA), call.float('gamma', SELU_GAMMA)];
      if (alpha === SELU_ALPHA && gamma === SELU_GAMMA) return selu(call.float32(0));
      return mul(elu(call.float32(0), { alpha }), gamma);
    },
  },
  HardSigmoid: {
    inputs: [1, 1],
    attributes: { alpha: 'float', beta: 'float' },
    build: (call) =>
      hardSigmoid(call.float32(0), { alpha: call.float('alpha', 0.2), beta: call.float('beta', 0.5) }),
  },
  Softmax: { inputs: [1, 1], attributes: { axis: 'int' }, build: (call) => buildSoftmax(call, softmax) },
  LogSoftmax: {
    inputs: [1, 1],
    attributes: { axis: 'int' },
    build: (call) => buildSoftmax(call, logSoftmax),
  },
  PRelu: { inputs: [2, 2], build: buildPRelu },
  Clip: { inputs: [1, 3], attributes: { min: 'float', max: 'float' }, build: buildClip },
};

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
  if (slope.size === 1) return prelu(x, reshape(slope, [1]));
  if (isChannels && channels !== undefined && slope.size === channels)
    return prelu(x, reshape(slope, [channels]));
  return add(relu(x), mul(slope, minimum(x, 0)));
}

/** Along one axis from opset 13 on; before, along all axes from this one on together. */
function buildSoftmax(call: Call, along: (x: Tensor, options: { dim: number }) => Tensor): Tensor {
  const x = call.float32(0);
  const { shape } = x;
  const dim = call.axis(call.integer('axis', call.opset < 13 ? 1 : -1), shape.length);
  if (call.opset >= 13 || dim === shape.length - 1) return along(x, { dim });
  const outer = shape.slice(0, dim).reduce((product, size) => product * size, 1);
  const inner = shape.slice(dim).reduce((product, size) => product * size, 1);
  return reshape(along(reshape(x, [outer, inner]), { dim: 1 }), shape);
}

/** Bounds are attributes up to opset 10 and inputs from 11 on, there of any value. */
function buildClip(call: Call): Tensor<DType> {
  const x = call.tensor(0);
  if (call.opset < 11) {
    return clip(x, call.float('min', Number.NEGATIVE_INFINITY), call.float('max', Number.POSITIVE_INFINITY));
  }
  const [min, max] = [1, 2].map((i) => (call.has(i) ? call.tensor(i) : null)) as [
    Tensor<DType> | null,
    Tensor<DType> | null,
  ];
  const [low, high] = [call.known(1), call.known(2)];
  if ((min === null || low?.length === 1) && (max === null || high?.length === 1))
    return clip(x, low?.[0], high?.[0]);
  const raised = min === null ? x : maximum(x, min);
  return max === null ? raised : minimum(raised, max);
}
