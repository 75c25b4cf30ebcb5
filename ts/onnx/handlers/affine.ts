/** Matrix products, batch normalisation and dropout as inference sees them. */
import { shapeText } from '../../errors.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Call, Handlers } from '../call.ts';
import { add, batchNorm, linear, matmul, mul, permute, reshape } from '../operators.ts';

export const affine: Handlers = {
  Gemm: {
    inputs: [2, 3],
    attributes: { alpha: 'float', beta: 'float', transA: 'int', transB: 'int' },
    build: buildGemm,
  },
  MatMul: { inputs: [2, 2], build: buildMatMul },
  BatchNormalization: {
    inputs: [5, 5],
    attributes: { epsilon: 'float', momentum: 'float', training_mode: 'int' },
    build(call) {
      if (call.integer('training_mode', 0) !== 0)
        call.fail('training_mode is not 0: models are run, not trained');
      const [x, weight, bias, mean, variance] = [0, 1, 2, 3, 4].map((i) => call.float32(i)) as [
        Tensor,
        Tensor,
        Tensor,
        Tensor,
        Tensor,
      ];
      return batchNorm(x, mean, variance, weight, bias, {
        training: false,
        eps: call.float('epsilon', 1e-5),
      });
    },
  },
  Dropout: {
    inputs: [1, 3],
    attributes: { ratio: 'float', seed: 'int' },
    build(call) {
      if (call.has(2) && call.known(2)?.[0] !== 0)
        call.fail('training_mode is not false: models are run, not trained');
      return call.flow(0);
    },
  },
};

/** alpha A' B' + beta C: a linear layer where C is one value per column, else its parts. */
function buildGemm(call: Call): Tensor {
  const [a, b] = [matrix(call, 0), matrix(call, 1)];
  const [alpha, beta] = [call.float('alpha', 1), call.float('beta', 1)];
  const x = call.integer('transA', 0) !== 0 ? permute(a, [1, 0]) : a;
  let weight = call.integer('transB', 0) !== 0 ? b : permute(b, [1, 0]);
  if (alpha !== 1) weight = mul(weight, alpha);
  const columns = weight.shape[0] as number;
  let c = call.optional(2);
  if (c !== null && beta !== 1) c = mul(c, beta);
  if (c === null) return linear(x, weight);
  const isRow = c.size === columns && (c.shape[c.shape.length - 1] ?? 1) === columns && c.shape.length <= 2;
  return isRow ? linear(x, weight, reshape(c, [columns])) : add(linear(x, weight), c);
}

function matrix(call: Call, index: number): Tensor {
  const tensor = call.float32(index);
  if (tensor.shape.length !== 2) call.fail(`input ${index} is ${shapeText(tensor.shape)}, must be a matrix`);
  return tensor;
}

/** With a matrix on the right, what classifiers end with, a linear layer: its weights are packed once. */
function buildMatMul(call: Call): Tensor {
  const [a, b] = [call.float32(0), call.float32(1)];
  return a.shape.length > 0 && b.shape.length === 2 ? linear(a, permute(b, [1, 0])) : matmul(a, b);
}
