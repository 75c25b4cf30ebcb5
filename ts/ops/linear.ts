/**
 * linear(x, weight, bias): y[..., o] = bias[o] + sum over i of x[..., i] * weight[o, i]; a convolution of one pixel.
 * @category Products
 */
import type { DType, TensorType } from '../dtype.ts';
import { shapeText } from '../errors.ts';
import { PIXEL } from '../instructions/axes.ts';
import { type Block, countOf, emitSumTo, newBlock } from '../instructions/emit.ts';
import { type ConvolutionProblem, emitConvolution, operandsOf } from '../instructions/emitConvolution.ts';
import { emitProduct } from '../instructions/emitProduct.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { operator } from './operator.ts';
import { float32 } from './types.ts';

function pixels(types: readonly (TensorType | null)[]): ConvolutionProblem {
  const [x, weight] = types as [TensorType, TensorType];
  const [outputs, channels] = weight.shape as [number, number];
  const n = x.shape.slice(0, -1).reduce((product, axis) => product * axis, 1);
  return { n, groups: 1, channels, outputs, axes: PIXEL };
}

export const linear = /*#__PURE__*/ operator(
  {
    name: 'linear',
    torch: 'torch.nn.functional.linear',
    onnx: ['Gemm'],
    args: ['x', 'weight', 'bias'],
    required: 2,
    infer(inputs) {
      float32('linear', ['x', 'weight', 'bias'], inputs);
      const [x, weight, bias] = inputs as [TensorType, TensorType, TensorType | null];
      if (x.shape.length === 0) throw new RangeError('linear: x is a scalar, must have at least 1 axis');
      if (weight.shape.length !== 2) {
        throw new RangeError(`linear: weight has shape ${shapeText(weight.shape)}, must have 2 axes`);
      }
      const [outputs, features] = weight.shape as [number, number];
      const last = x.shape[x.shape.length - 1];
      if (last !== features) {
        throw new RangeError(
          `linear: the last axis of x is ${last}, weight [${outputs}, ${features}] expects ${features}`,
        );
      }
      if (bias !== null && (bias.shape.length !== 1 || bias.shape[0] !== outputs)) {
        throw new RangeError(`linear: bias has shape ${shapeText(bias.shape)}, must be [${outputs}]`);
      }
      return [{ shape: [...x.shape.slice(0, -1), outputs], dtype: 'float32' }];
    },
    lower(to, { types, params, inputs, outputs: [y] }) {
      emitConvolution('linear', to, { ...operandsOf(inputs), y: y! }, pixels(types), params);
    },
    gradient(to, { types, inputs, gradients, wanted }) {
      const [x, weight] = [0, 1].map((i) => ({ buffer: inputs[i]!, shape: types[i]!.shape })) as [
        Block,
        Block,
      ];
      const [outputs, features] = weight.shape as [number, number];
      const rows = countOf(x.shape.slice(0, -1));
      const dy = { buffer: gradients[0]!, shape: [rows, outputs] };
      const product = (a: Block, b: Block, m: number, k: number, into: Block, transposed?: boolean) =>
        emitProduct('linear', to, a, b, { m, k, n: features }, newBlock(to, into.shape), transposed).buffer;
      return [
        wanted[0] ? product(dy, weight, rows, outputs, x) : null,
        wanted[1] ? product(dy, x, outputs, rows, weight, true) : null,
        wanted[2] ? emitSumTo(to, dy, [outputs]).buffer : null,
      ];
    },
    cost: ([, weight], [y]) => ({
      macs: y!.shape.reduce((product, axis) => product * axis, 1) * weight!.shape[1]!,
    }),
    traits: {
      epilogue: {
        ...{ weight: 1, bias: 2, residual: 3, slope: 4 },
        own: () => 0,
        channelAxis: () => 0,
        channelsLast: true,
      },
    },
  },
  (invoke) =>
    /**
     * x [..., in] times weight [out, in], transposed, plus bias [out].
     * @throws RangeError for shapes that do not fit
     */
    (x: Tensor, weight: Tensor, bias?: Tensor | null): Tensor =>
      invoke([x, weight, bias ?? null] as Tensor<DType>[], [])[0] as unknown as Tensor,
);
