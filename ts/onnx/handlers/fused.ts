/** What onnxruntime's optimiser writes in the place of several of ONNX's operators, in float32. */
import { clip, gelu, hardSigmoid, leakyRelu, relu, sigmoid, sqrt, tanh } from '../../ops/activation.ts';
import { add, mul } from '../../ops/arithmetic.ts';
import { reciprocal } from '../../ops/elementary.ts';
import { matmul } from '../../ops/matmul.ts';
import { layerNorm } from '../../ops/normalization.ts';
import { permute } from '../../ops/permute.ts';
import { mean, variance } from '../../ops/reduction.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Call } from '../call.ts';
import type { Handlers } from '../handler.ts';
import { choice, float, floats, int, only, optional, required } from '../row.ts';
import { buildGemm } from './affine.ts';
import { buildConv, WINDOW_ATTRIBUTES } from './convolution.ts';

type Numbers = readonly (number | undefined)[];

/** What a sum may end with, of its own two numbers. */
const ACTIVATIONS: Readonly<Record<string, (x: Tensor, own: Numbers) => Tensor>> = {
  Relu: (x) => relu(x),
  Sigmoid: (x) => sigmoid(x),
  Tanh: (x) => tanh(x),
  LeakyRelu: (x, [negativeSlope = 0.01]) => leakyRelu(x, { negativeSlope }),
  Clip: (x, [low, high]) => clip(x, low, high),
  HardSigmoid: (x, [alpha = 0.2, beta = 0.5]) => hardSigmoid(x, { alpha, beta }),
};

const ACTIVATION = required(choice(...(Object.keys(ACTIVATIONS) as [string, ...string[]])));

const activated = (call: Call, x: Tensor, own: Numbers): Tensor =>
  ACTIVATIONS[call.string('activation')]!(x, own);

export const fused: Handlers = {
  'com.microsoft.FusedConv': {
    inputs: ['X', 'W', optional('B'), optional('Z')],
    attributes: { ...WINDOW_ATTRIBUTES, group: int(1), activation: ACTIVATION, activation_params: floats },
    build(call) {
      const sum = buildConv(call);
      const whole = call.has(3) ? add(sum, call.float32(3)) : sum;
      return activated(call, whole, call.list('activation_params') ?? []);
    },
  },
  'com.microsoft.FusedGemm': {
    inputs: ['A', 'B', optional('C')],
    attributes: {
      ...{ alpha: float(1), beta: float(1), transA: int(0), transB: int(0) },
      ...{ activation: ACTIVATION, activation_alpha: float(), activation_beta: float() },
    },
    build: (call) =>
      activated(
        call,
        buildGemm(call),
        ['activation_alpha', 'activation_beta'].map((name) =>
          call.given(name) ? call.float(name) : undefined,
        ),
      ),
  },
  'com.microsoft.FusedMatMul': {
    inputs: ['A', 'B'],
    attributes: {
      ...{ alpha: float(1), transA: int(0), transB: int(0) },
      ...{ transBatchA: only(0), transBatchB: only(0) },
    },
    build(call) {
      const y = matmul(turned(call, 0, 'transA'), turned(call, 1, 'transB'));
      const alpha = call.float('alpha');
      return alpha === 1 ? y : mul(y, alpha);
    },
  },
  'com.microsoft.Gelu': { inputs: ['X'], build: (call) => gelu(call.float32(0)) },
  'com.microsoft.BiasGelu': {
    inputs: ['A', 'B'],
    build: (call) => gelu(add(call.float32(0), call.float32(1))),
  },
  'com.microsoft.FastGelu': {
    inputs: ['X', optional('bias')],
    build: (call) => gelu(withInput(call, call.float32(0), 1), { approximate: 'tanh' }),
  },
  'com.microsoft.QuickGelu': {
    inputs: ['X'],
    attributes: { alpha: float(1.702) },
    build: (call) => mul(call.float32(0), sigmoid(mul(call.float32(0), call.float('alpha')))),
  },
  'com.microsoft.SkipLayerNormalization': {
    inputs: ['input', 'skip', 'gamma', optional('beta'), optional('bias')],
    attributes: { epsilon: float(1e-12) },
    outputs: 4,
    build: buildSkipNorm,
  },
};

/** x, and an input that is added to it where it is there. */
const withInput = (call: Call, x: Tensor, index: number): Tensor =>
  call.has(index) ? add(x, call.float32(index)) : x;

/** A matrix, or its transpose. */
function turned(call: Call, index: number, name: string): Tensor {
  const x = call.float32(index);
  const axes = x.shape.map((_, axis) => axis);
  if (call.int(name) === 0 || axes.length < 2) return x;
  return permute(x, [...axes.slice(0, -2), axes.length - 1, axes.length - 2]);
}

/** Outputs: Y, the mean and the reciprocal of the deviation of what is normalised, and that itself. */
function buildSkipNorm(call: Call): Tensor[] {
  const x = withInput(call, add(call.float32(0), call.float32(1)), 4);
  const eps = call.float('epsilon');
  const size = x.shape[x.shape.length - 1] as number;
  const y = layerNorm(x, [size], call.float32(2), call.optional(3), { eps });
  if (call.outputCount === 1) return [y];
  const along = { dim: -1, keepDim: true };
  const spread = variance(x, { ...along, correction: 0 });
  return [y, mean(x, along), reciprocal(sqrt(add(spread, eps))), x];
}
