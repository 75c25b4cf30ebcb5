/**
 * linear(x, weight, bias): y[..., o] = bias[o] + sum over i of x[..., i] * weight[o, i]; a convolution of one pixel. A
 * weight that is stored [in, out] is packed from where it lies, through its strides.
 *
 * params: whether the weight is stored so.
 * @category Products
 */
import { checkOptions } from '../base/checks.ts';
import type { DType, TensorType } from '../base/dtype.ts';
import { shapeText } from '../base/errors.ts';
import { PIXEL } from '../instructions/axes.ts';
import type { Builder } from '../instructions/builder.ts';
import { contiguousWeight } from '../instructions/conv.ts';
import type { Activation } from '../instructions/elementwise.ts';
import { type Block, countOf, emitSumTo, newBlock } from '../instructions/emit.ts';
import {
  activationOf,
  type ConvolutionProblem,
  emitConvolution,
  operandsOf,
  swapped,
} from '../instructions/emitConvolution.ts';
import { emitProduct, emitRows } from '../instructions/emitProduct.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Backward, type Entry, operator, type Params, type Resolved, type Types } from './operator.ts';
import { flag } from './options.ts';
import { float32, requireBias } from './types.ts';

/** The options of `linear`. */
export interface LinearOptions {
  /** The weight is stored [in, out] instead of [out, in]. Default false. */
  transposed?: boolean | undefined;
}

/** A convolution whose pixels are the rows of x, and which ends with an activation. */
interface Linear extends ConvolutionProblem {
  readonly transposed: boolean;
  readonly activation: Activation;
}

/** The options as params. */
function linearParams(options: LinearOptions): number[] {
  checkOptions('linear', options, ['transposed']);
  return [flag('linear', 'transposed', options.transposed ?? false)];
}

/** What linearParams made, and the activation behind it. */
function settingsOf([transposed, ...others]: Params): Pick<Linear, 'transposed' | 'activation'> {
  return { transposed: transposed === 1, activation: activationOf(others) };
}

function resolve(types: Types, params: Params): Resolved<Linear> {
  float32('linear', ['x', 'weight', 'bias'], types);
  const settings = settingsOf(params);
  const { transposed } = settings;
  const [x, weight, bias] = types as [TensorType, TensorType, TensorType | null];
  if (x.shape.length === 0) throw new RangeError('linear: x is a scalar, must have at least 1 axis');
  if (weight.shape.length !== 2) {
    throw new RangeError(`linear: weight has shape ${shapeText(weight.shape)}, must have 2 axes`);
  }
  const [outer, inner] = weight.shape as [number, number];
  const [outputs, channels] = transposed ? [inner, outer] : [outer, inner];
  const rows = x.shape.slice(0, -1);
  const last = x.shape[rows.length];
  if (last !== channels) {
    throw new RangeError(
      `linear: the last axis of x is ${last}, weight [${weight.shape.join(', ')}] expects ${channels}`,
    );
  }
  requireBias('linear', bias, outputs);
  const n = countOf(rows);
  const source = transposed && { source: swapped(contiguousWeight(channels, outputs, [1, 1, 1])) };
  return {
    outputs: [{ shape: [...rows, outputs], dtype: 'float32' }],
    problem: { n, groups: 1, channels, outputs, axes: PIXEL, ...source, ...settings },
    macs: n * outputs * channels,
  };
}

/** The gradients of x, weight and bias are products of dy with weight, with x, and its sum over rows. */
function gradient(to: Builder, node: Backward<Linear>) {
  const { problem, types, inputs, gradients, wanted } = node;
  const { n: rows, channels, outputs, transposed } = problem;
  const [x, weight] = [0, 1].map((i) => ({ buffer: inputs[i]!, shape: types[i]!.shape })) as [Block, Block];
  const dy = { buffer: gradients[0]!, shape: [rows, outputs] };
  const [dx, dw] = [0, 1].map((i) => (wanted[i] ? newBlock(to, types[i]!.shape) : null));
  const sizes = { m: rows, k: outputs, n: channels };
  if (dx && transposed) emitRows('linear', to, dy, weight, sizes, dx);
  else if (dx) emitProduct('linear', to, dy, weight, sizes, dx);
  const [one, other] = transposed ? [x, dy] : [dy, x];
  const [m, n] = weight.shape as [number, number];
  if (dw) emitProduct('linear', to, one, other, { m, k: rows, n }, dw, true);
  const db = wanted[2] ? emitSumTo(to, dy, [outputs]).buffer : null;
  return [dx?.buffer ?? null, dw?.buffer ?? null, db];
}

const ENTRY: Entry<Linear> = {
  name: 'linear',
  torch: 'torch.nn.functional.linear',
  onnx: ['Gemm'],
  args: ['x', 'weight', 'bias'],
  required: 2,
  resolve,
  lower: (to, { problem, inputs, outputs: [y] }) =>
    emitConvolution('linear', to, { ...operandsOf(inputs), y: y! }, problem, problem.activation),
  gradient,
  reads: { inputs: [0, 1], outputs: [] },
  traits: {
    epilogue: { residual: 3, slope: 4, own: () => 1 },
    weights: {
      ...{ weight: 1, bias: 2 },
      axes: (params) => (settingsOf(params).transposed ? { output: 1, input: 0 } : { output: 0, input: 1 }),
      channelsLast: true,
      padsZeros: () => false,
    },
  },
};

/**
 * x times the transpose of weight, plus bias. As PyTorch's linear and ONNX's Gemm.
 * @param x [..., in] of float32
 * @param weight [out, in]; with `transposed` [in, out]
 * @param bias [out]; left out or null: none
 * @returns [..., out]
 * @throws RangeError for shapes that do not fit
 */
export const linear = /*#__PURE__*/ operator(
  ENTRY,
  (invoke) =>
    (x: Tensor, weight: Tensor, bias?: Tensor | null, options: LinearOptions = {}): Tensor =>
      invoke([x, weight, bias ?? null] as Tensor<DType>[], linearParams(options))[0] as unknown as Tensor,
);
