/**
 * conv1d, conv2d, conv3d: y[n, o, p] = bias[o] + sum over c, k of x[n, c, p * stride + k * dilation - padding] *
 * weight[o, c, k], the cross-correlation of every framework; `flipKernel` gives the mathematical convolution.
 * Shapes: x [N, C, spatial...], weight [O, C / groups, kernel...], bias [O]. params: ts/ops/convolutionStep.ts.
 * @category Convolution
 */
import type { DType, TensorType } from '../dtype.ts';
import type { Buffer, Builder } from '../instructions/builder.ts';
import { countOf } from '../instructions/emit.ts';
import { emitConvolution, operandsOf } from '../instructions/emitConvolution.ts';
import { emitBiasGradient } from '../instructions/emitWeightGradient.ts';
import type { Tensor } from '../tensor/tensor.ts';
import {
  type ConvOptions,
  type ConvolutionStep,
  convParams,
  convStep,
  convWindow,
  emitStepGradients,
  paramCount,
  requireBias,
} from './convolutionStep.ts';
import { type Backward, type Entry, operator, type Params } from './operator.ts';
import { windowFields } from './options.ts';
import { float32 } from './types.ts';

type Types = readonly (TensorType | null)[];

function stepOf(name: string, [x, weight]: Types, params: Params): ConvolutionStep {
  return convStep(name, x!, weight!, params);
}

function infer(name: string, inputs: Types, params: Params): TensorType[] {
  float32(name, ['x', 'weight', 'bias'], inputs);
  const { problem, output } = stepOf(name, inputs, params);
  requireBias(name, inputs[2] ?? null, problem.outputs);
  return [output];
}

function gradient(name: string, to: Builder, node: Backward): (Buffer | null)[] {
  const { types, outputTypes, params, inputs, gradients, wanted } = node;
  const [x, weight] = inputs as [Buffer, Buffer];
  const dy = gradients[0]!;
  const wants = [wanted[0]!, wanted[1]!] as const;
  const [dx, dw] = emitStepGradients(name, to, stepOf(name, types, params), [x, weight], dy, wants);
  return [dx, dw, wanted[2] ? emitBiasGradient(to, { buffer: dy, shape: outputTypes[0]!.shape }) : null];
}

function entry(rank: number): Entry {
  const name = `conv${rank}d`;
  return {
    name,
    torch: `torch.nn.functional.conv${rank}d`,
    onnx: ['Conv'],
    args: ['x', 'weight', 'bias'],
    required: 2,
    infer: (inputs, params) => infer(name, inputs, params),
    lower(to, { types, params, inputs, outputs: [y] }) {
      const { problem } = stepOf(name, types, params);
      emitConvolution(name, to, { ...operandsOf(inputs), y: y! }, problem, params.slice(paramCount(rank)));
    },
    gradient: (to, node) => gradient(name, to, node),
    cost: ([, weight], [y]) => ({ macs: countOf(y!.shape) * countOf(weight!.shape.slice(1)) }),
    field: ([x, weight], params) => windowFields(convWindow(name, x!, weight!, params), rank),
    traits: {
      epilogue: {
        ...{ weight: 1, bias: 2, residual: 3, slope: 4 },
        own: () => paramCount(rank),
        channelAxis: () => 0,
      },
    },
  };
}

function convolution(rank: number) {
  const name = `conv${rank}d`;
  return operator(
    entry(rank),
    (invoke) =>
      /**
       * Convolution (cross-correlation) of x [N, C, spatial...] with weight [O, C / groups, kernel...] and bias [O].
       * @throws RangeError for shapes that do not fit and options out of range; TypeError for a wrong kind
       */
      (x: Tensor, weight: Tensor, bias?: Tensor | null, options?: ConvOptions): Tensor =>
        invoke(
          [x, weight, bias ?? null] as Tensor<DType>[],
          convParams(name, rank, options),
        )[0] as unknown as Tensor,
  );
}

export const conv1d = /*#__PURE__*/ convolution(1);
export const conv2d = /*#__PURE__*/ convolution(2);
export const conv3d = /*#__PURE__*/ convolution(3);
