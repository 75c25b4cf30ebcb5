/**
 * conv1d, conv2d, conv3d: y[n, o, p] = bias[o] + sum over c, k of x[n, c, p * stride + k * dilation - padding] *
 * weight[o, c, k], the cross-correlation of every framework; `flipKernel` gives the mathematical convolution.
 * Shapes: x [N, C, spatial...], weight [O, C / groups, kernel...], bias [O]. params: ts/ops/convolutionStep.ts.
 * @category Convolution
 */
import type { DType, TensorType } from '../base/dtype.ts';
import type { Buffer, Builder } from '../instructions/builder.ts';
import type { Activation } from '../instructions/elementwise.ts';
import { activationOf, operandsOf } from '../instructions/emitConvolution.ts';
import { emitBiasGradient } from '../instructions/emitWeightGradient.ts';
import type { Tensor } from '../tensor/tensor.ts';
import {
  type ConvOptions,
  type ConvolutionStep,
  convParams,
  convSettings,
  convStep,
  emitStep,
  emitStepGradients,
  paramCount,
} from './convolutionStep.ts';
import { type Backward, type Entry, operator, type Params, type Resolved, type Types } from './operator.ts';
import { withPadding } from './options.ts';
import { float32, requireBias } from './types.ts';

/** A step that ends with an activation. */
interface Convolution extends ConvolutionStep {
  readonly activation: Activation;
}

function resolve(name: string, types: Types, params: Params, exact: boolean): Resolved<Convolution> {
  float32(name, ['x', 'weight', 'bias'], types);
  const [x, weight, bias] = types as [TensorType, TensorType, TensorType | null];
  const settings = convSettings(params);
  const step = convStep(name, x, weight, settings);
  requireBias(name, bias, step.problem.outputs);
  const { output, macs, window } = step;
  const activation = activationOf(params.slice(paramCount(settings.rank)));
  const problem = { ...step, problem: { ...step.problem, exact }, activation };
  return { outputs: [output], problem, macs, window };
}

function gradient(name: string, to: Builder, node: Backward<Convolution>): (Buffer | null)[] {
  const { problem, inputs, gradients, wanted } = node;
  const [x, weight] = inputs as [Buffer, Buffer];
  const dy = gradients[0]!;
  const wants = [wanted[0]!, wanted[1]!] as const;
  const [dx, dw] = emitStepGradients(name, to, problem, [x, weight], dy, wants, node.added);
  return [dx, dw, wanted[2] ? emitBiasGradient(to, { buffer: dy, shape: problem.output.shape }) : null];
}

function entry(name: string, rank: number, exact: boolean): Entry<Convolution> {
  return {
    name,
    torch: `torch.nn.functional.conv${rank}d`,
    onnx: ['Conv'],
    args: ['x', 'weight', 'bias'],
    required: 2,
    resolve: (types, params) => resolve(name, types, params, exact),
    lower: (to, { problem, inputs, outputs: [y] }) =>
      emitStep(name, to, { ...operandsOf(inputs), y: y! }, problem, problem.activation),
    gradient: (to, node) => gradient(name, to, node),
    reads: { inputs: [0, 1], outputs: [] },
    traits: {
      pads: (params, value, widths) =>
        value === 0 && convSettings(params).mode === null ? withPadding(params, 1 + 2 * rank, widths) : null,
      epilogue: {
        ...{ residual: 3, slope: 4 },
        own: () => paramCount(rank),
      },
      gradientTakes: { added: true },
      weights: {
        ...{ weight: 1, bias: 2 },
        axes(params, { shape: [outputs, perGroup] }) {
          const { groups } = convSettings(params);
          return { output: 0, input: groups === 1 ? 1 : perGroup === 1 && outputs === groups ? 0 : null };
        },
        padsZeros: ({ problem: { axes } }) => axes.some(({ lo, hi }) => lo > 0 || hi > 0),
      },
    },
  };
}

function convolution(rank: number, name = `conv${rank}d`, exact = false) {
  return operator(
    entry(name, rank, exact),
    (invoke) =>
      (x: Tensor, weight: Tensor, bias?: Tensor | null, options?: ConvOptions): Tensor =>
        invoke(
          [x, weight, bias ?? null] as Tensor<DType>[],
          convParams(name, rank, options),
        )[0] as unknown as Tensor,
  );
}

/**
 * Convolution, as every framework has it (cross-correlation): y[n, o, p] = bias[o] + the sum over c and k of x[n,
 * c, p * stride + k * dilation - padding] * weight[o, c, k]. As PyTorch's conv1d and ONNX's Conv.
 * @param x [N, C, L] of float32
 * @param weight [O, C / groups, kl]
 * @param bias [O]; left out or null: none
 * @returns [N, O, Lo], Lo = floor((L + padding - dilation * (kl - 1) - 1) / stride) + 1 with the padding of both
 * sides
 * @throws RangeError for shapes that do not fit and options out of range; TypeError for a wrong kind
 */
export const conv1d = /*#__PURE__*/ convolution(1);
/**
 * Convolution, as every framework has it (cross-correlation): y[n, o, p] = bias[o] + the sum over c and k of x[n,
 * c, p * stride + k * dilation - padding] * weight[o, c, k]. As PyTorch's conv2d and ONNX's Conv.
 * @param x [N, C, H, W] of float32
 * @param weight [O, C / groups, kh, kw]
 * @param bias [O]; left out or null: none
 * @returns [N, O, Ho, Wo], Ho = floor((H + padding - dilation * (kh - 1) - 1) / stride) + 1 with the padding of
 * both sides
 * @throws RangeError for shapes that do not fit and options out of range; TypeError for a wrong kind
 * @example
 * ```ts
 * const x = tensor([[[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]]); // [1, 1, 3, 3]
 * conv2d(x, ones([1, 1, 2, 2])).toArray(); // [[[[12, 16], [24, 28]]]]
 * conv2d(x, weight, bias, { stride: 2, padding: 'same' });
 * ```
 */
export const conv2d = /*#__PURE__*/ convolution(2);
/**
 * Convolution, as every framework has it (cross-correlation): y[n, o, p] = bias[o] + the sum over c and k of x[n,
 * c, p * stride + k * dilation - padding] * weight[o, c, k]. As PyTorch's conv3d and ONNX's Conv.
 * @param x [N, C, D, H, W] of float32
 * @param weight [O, C / groups, kd, kh, kw]
 * @param bias [O]; left out or null: none
 * @returns [N, O, Do, Ho, Wo], Ho = floor((H + padding - dilation * (kh - 1) - 1) / stride) + 1 with the padding of
 * both sides
 * @throws RangeError for shapes that do not fit and options out of range; TypeError for a wrong kind
 */
export const conv3d = /*#__PURE__*/ convolution(3);

/**
 * conv1d, conv2d, conv3d of integers in float32, whose sums are exact as long as their magnitudes stay below 2^24: never by
 * a transform.
 * @internal
 */
export const integerConvs = [
  /*#__PURE__*/ convolution(1, 'integerConv1d', true),
  /*#__PURE__*/ convolution(2, 'integerConv2d', true),
  /*#__PURE__*/ convolution(3, 'integerConv3d', true),
] as const;
