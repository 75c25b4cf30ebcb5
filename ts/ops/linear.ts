/**
 * linear(x, weight, bias): y[..., o] = bias[o] + sum over i of x[..., i] * weight[o, i]; a convolution of one pixel. A
 * weight that is stored [in, out] is packed from where it lies, through its strides.
 *
 * params: whether the weight is stored so.
 * @category Products
 */
import type { DType, TensorType } from '../dtype.ts';
import { checkOptions, shapeText } from '../errors.ts';
import { PIXEL } from '../instructions/axes.ts';
import type { Builder } from '../instructions/builder.ts';
import { type Block, countOf, emitSumTo, newBlock } from '../instructions/emit.ts';
import {
  type ConvolutionProblem,
  contiguousWeight,
  emitConvolution,
  operandsOf,
  swapped,
} from '../instructions/emitConvolution.ts';
import { emitProduct, emitRows } from '../instructions/emitProduct.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Backward, operator, type Params } from './operator.ts';
import { flag } from './options.ts';
import { float32 } from './types.ts';

export interface LinearOptions {
  /** The weight is stored [in, out] instead of [out, in]. Default false. */
  transposed?: boolean;
}

/** The weight's sizes, however it is stored. */
function sizesOf(weight: TensorType, [transposed]: Params): { outputs: number; features: number } {
  const [outer, inner] = weight.shape as [number, number];
  return transposed === 1 ? { outputs: inner, features: outer } : { outputs: outer, features: inner };
}

function pixels(types: readonly (TensorType | null)[], params: Params): ConvolutionProblem {
  const [x, weight] = types as [TensorType, TensorType];
  const { outputs, features } = sizesOf(weight, params);
  const n = countOf(x.shape.slice(0, -1));
  const source = params[0] === 1 && { source: swapped(contiguousWeight(features, outputs, [1, 1, 1])) };
  return { n, groups: 1, channels: features, outputs, axes: PIXEL, ...source };
}

/** The gradients of x, weight and bias are products of dy with weight, with x, and its sum over rows. */
function gradient(to: Builder, node: Backward) {
  const { types, params, inputs, gradients, wanted } = node;
  const [x, weight] = [0, 1].map((i) => ({ buffer: inputs[i]!, shape: types[i]!.shape })) as [Block, Block];
  const { outputs, features } = sizesOf(types[1]!, params);
  const rows = countOf(x.shape.slice(0, -1));
  const dy = { buffer: gradients[0]!, shape: [rows, outputs] };
  const [dx, dw] = [0, 1].map((i) => (wanted[i] ? newBlock(to, types[i]!.shape) : null));
  const transposed = params[0] === 1;
  if (dx && transposed) emitRows('linear', to, dy, weight, { m: rows, k: outputs, n: features }, dx);
  else if (dx) emitProduct('linear', to, dy, weight, { m: rows, k: outputs, n: features }, dx);
  const [one, other] = transposed ? [x, dy] : [dy, x];
  const [m, n] = types[1]!.shape as [number, number];
  if (dw) emitProduct('linear', to, one, other, { m, k: rows, n }, dw, true);
  const db = wanted[2] ? emitSumTo(to, dy, [outputs]).buffer : null;
  return [dx?.buffer ?? null, dw?.buffer ?? null, db];
}

export const linear = /*#__PURE__*/ operator(
  {
    name: 'linear',
    torch: 'torch.nn.functional.linear',
    onnx: ['Gemm'],
    args: ['x', 'weight', 'bias'],
    required: 2,
    infer(inputs, params) {
      float32('linear', ['x', 'weight', 'bias'], inputs);
      const [x, weight, bias] = inputs as [TensorType, TensorType, TensorType | null];
      if (x.shape.length === 0) throw new RangeError('linear: x is a scalar, must have at least 1 axis');
      if (weight.shape.length !== 2) {
        throw new RangeError(`linear: weight has shape ${shapeText(weight.shape)}, must have 2 axes`);
      }
      const { outputs, features } = sizesOf(weight, params);
      const last = x.shape[x.shape.length - 1];
      if (last !== features) {
        throw new RangeError(
          `linear: the last axis of x is ${last}, weight [${weight.shape.join(', ')}] expects ${features}`,
        );
      }
      if (bias !== null && (bias.shape.length !== 1 || bias.shape[0] !== outputs)) {
        throw new RangeError(`linear: bias has shape ${shapeText(bias.shape)}, must be [${outputs}]`);
      }
      return [{ shape: [...x.shape.slice(0, -1), outputs], dtype: 'float32' }];
    },
    lower(to, { types, params, inputs, outputs: [y] }) {
      const problem = pixels(types, params);
      emitConvolution('linear', to, { ...operandsOf(inputs), y: y! }, problem, params.slice(1));
    },
    gradient,
    cost: ([x], [y]) => ({ macs: countOf(y!.shape) * x!.shape[x!.shape.length - 1]! }),
    traits: {
      epilogue: {
        ...{ weight: 1, bias: 2, residual: 3, slope: 4 },
        own: () => 1,
        channelAxis: ([transposed]) => transposed!,
        channelsLast: true,
      },
    },
  },
  (invoke) =>
    /**
     * x [..., in] times the transpose of weight [out, in], plus bias [out]; with `transposed` times weight [in, out].
     * @throws RangeError for shapes that do not fit
     */
    (x: Tensor, weight: Tensor, bias?: Tensor | null, options: LinearOptions = {}): Tensor => {
      checkOptions('linear', options, ['transposed']);
      const params = [flag('linear', 'transposed', options.transposed ?? false)];
      return invoke([x, weight, bias ?? null] as Tensor<DType>[], params)[0] as unknown as Tensor;
    },
);
