/** Matrix products, and batch normalisation. */
import { shapeText } from '../../base/errors.ts';
import { sqrt } from '../../ops/activation.ts';
import { add, div, mul, sub } from '../../ops/arithmetic.ts';
import { batchNorm } from '../../ops/batchNorm.ts';
import { linear } from '../../ops/linear.ts';
import { matmul } from '../../ops/matmul.ts';
import { permute } from '../../ops/permute.ts';
import { mean, variance } from '../../ops/reduction.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Call } from '../call.ts';
import type { Handlers } from '../handler.ts';
import { float, int, optional } from '../row.ts';

const NORM_INPUTS = ['X', 'scale', 'B', 'input_mean', 'input_var'];

export const affine: Handlers = {
  Gemm: {
    inputs: ['A', 'B', optional('C')],
    attributes: { alpha: float(1), beta: float(1), transA: int(0), transB: int(0) },
    build: buildGemm,
  },
  MatMul: { inputs: ['A', 'B'], build: buildMatMul },
  BatchNormalization: [
    {
      inputs: NORM_INPUTS,
      attributes: { epsilon: float(1e-5), momentum: float(0.9), spatial: int(1) },
      outputs: 5,
      build(call) {
        if (call.int('spatial') === 0) return buildPerElement(call);
        return call.outputCount > 1 ? buildTraining(call) : buildNorm(call, call.float32(3), call.float32(4));
      },
    },
    {
      since: 9,
      inputs: NORM_INPUTS,
      attributes: { epsilon: float(1e-5), momentum: float(0.9) },
      outputs: 5,
      // Trained is what has more than one output.
      build: (call) =>
        call.outputCount > 1 ? buildTraining(call) : buildNorm(call, call.float32(3), call.float32(4)),
    },
    {
      since: 14,
      inputs: NORM_INPUTS,
      attributes: { epsilon: float(1e-5), momentum: float(0.9), training_mode: int(0) },
      outputs: 3,
      build(call) {
        if (call.int('training_mode') !== 0) return buildTraining(call);
        if (call.outputCount > 1)
          call.fail(`it has ${call.outputCount} outputs, must have 1 where training_mode is 0`);
        return buildNorm(call, call.float32(3), call.float32(4));
      },
    },
  ],
};

/** In a module that is trained, statistics of its own are running ones. */
function buildNorm(call: Call, mean: Tensor, variance: Tensor): Tensor {
  const [x, weight, bias] = [call.float32(0), call.float32(1), call.float32(2)];
  const training = call.isTraining && [3, 4].every((index) => call.inputs[index]?.symbol === null);
  const momentum = 1 - call.float('momentum');
  return batchNorm(x, mean, variance, weight, bias, { eps: call.float('epsilon'), training, momentum });
}

/**
 * By the batch's own statistics, which ONNX takes over the population; running = running * momentum + batch's * (1 - momentum).
 * Outputs: Y, running mean and variance, and, before set 14, the batch's mean and variance.
 */
function buildTraining(call: Call): Tensor[] {
  const x = call.float32(0);
  if (x.shape.length < 2) call.fail(`the input is ${shapeText(x.shape)}, must have at least 2 axes`);
  const dim = x.shape.map((_, axis) => axis).filter((axis) => axis !== 1);
  const saved = [mean(x, { dim }), variance(x, { dim, correction: 0 })] as const;
  const momentum = call.float('momentum');
  const running = saved.map((batch, i) => add(mul(call.float32(3 + i), momentum), mul(batch, 1 - momentum)));
  return [buildNorm(call, ...saved), ...running, ...saved];
}

/** With a mean and a variance for each element of a sample: operator sets 7 and 8 with `spatial` 0. */
function buildPerElement(call: Call): Tensor {
  if (call.outputCount > 1) call.fail(`it has ${call.outputCount} outputs, must have 1 where spatial is 0`);
  const [x, weight, bias] = [call.float32(0), call.float32(1), call.float32(2)];
  const deviation = sqrt(add(call.float32(4), call.float('epsilon')));
  return add(mul(div(sub(x, call.float32(3)), deviation), weight), bias);
}

/** alpha A' B' + beta C: a linear layer where C is one value per column, else its parts. */
export function buildGemm(call: Call): Tensor {
  const [a, b] = [matrix(call, 0), matrix(call, 1)];
  const [alpha, beta] = [call.float('alpha'), call.float('beta')];
  const x = call.int('transA') !== 0 ? permute(a, [1, 0]) : a;
  const weight = alpha === 1 ? b : mul(b, alpha);
  const transposed = call.int('transB') === 0;
  const columns = weight.shape[transposed ? 1 : 0] as number;
  if (!call.has(2)) return linear(x, weight, null, { transposed });
  const shape = call.shape(2);
  const [last = 1, rows = 1] = [...shape].reverse();
  const isRow = shape.length <= 2 && last === columns && rows === 1;
  const c = isRow ? (call.reshaped(2, [columns]) as unknown as Tensor) : call.float32(2);
  const scaled = beta === 1 ? c : mul(c, beta);
  if (isRow) return linear(x, weight, scaled, { transposed });
  return add(linear(x, weight, null, { transposed }), scaled);
}

function matrix(call: Call, index: number): Tensor {
  const tensor = call.float32(index);
  if (tensor.shape.length !== 2) call.fail(`input ${index} is ${shapeText(tensor.shape)}, must be a matrix`);
  return tensor;
}

/** With a matrix on the right, what classifiers end with, a linear layer: its weights are packed once. */
function buildMatMul(call: Call): Tensor {
  const [a, b] = [call.float32(0), call.float32(1)];
  return a.shape.length > 0 && b.shape.length === 2 ? linear(a, b, null, { transposed: true }) : matmul(a, b);
}
