/**
 * conv1d, conv2d, conv3d: y[n, o, p] = bias[o] + sum over c, k of x[n, c, p * stride + k * dilation - padding] *
 * weight[o, c, k], the cross-correlation of every framework; `flipKernel` gives the mathematical convolution.
 * Shapes: x [N, C, spatial...], weight [O, C / groups, kernel...], bias [O].
 *
 * params: rank, stride.., dilation.., padding (mode, before and after..), groups, flip.
 */
import type { DType, TensorType } from '../dtype.ts';
import { checkOptions, integer, shapeText } from '../errors.ts';
import type { Buffer, Lowering } from '../graph/lowering.ts';
import type { Tensor } from '../tensor.ts';
import {
  type ConvolutionProblem,
  contiguous,
  emitConvolution,
  flipped,
  kernelOf,
} from './emitConvolution.ts';
import { emitTransposed } from './emitTransposed.ts';
import { emitBiasGradient, emitWeightGradient } from './emitWeightGradient.ts';
import { type Backward, type Entry, operator, type Params } from './operator.ts';
import {
  flag,
  lifted,
  type Padding,
  paddingParams,
  type ResolvedWindow,
  requireRank,
  resolveWindow,
  type Size,
  sizes,
} from './options.ts';
import { float32 } from './types.ts';

export interface ConvOptions {
  /** Default 1. */
  stride?: Size;
  /** Default 0; 'same' gives ceil(input / stride) positions, the odd element of padding goes after. */
  padding?: Padding;
  /** Default 1: dense. */
  dilation?: Size;
  /** Default 1. */
  groups?: number;
  /** The mathematical convolution instead of the cross-correlation. Default false. */
  flipKernel?: boolean;
}

const OPTIONS = ['stride', 'padding', 'dilation', 'groups', 'flipKernel'];
export const PADDINGS = ['same', 'same-lower', 'valid', 'full'];

/** A convolution's options as params. */
function convParams(name: string, rank: number, options: ConvOptions = {}): number[] {
  checkOptions(name, options, OPTIONS);
  const { stride = 1, padding = 0, dilation = 1, groups = 1, flipKernel = false } = options;
  return [
    rank,
    ...sizes(name, 'stride', stride, rank),
    ...sizes(name, 'dilation', dilation, rank),
    ...paddingParams(name, padding, rank, PADDINGS),
    integer(name, 'groups', groups, 1),
    flag(name, 'flipKernel', flipKernel),
  ];
}

/** The judged window of a call. */
function windowOf(name: string, x: TensorType, weight: TensorType, params: Params): ResolvedWindow {
  const rank = params[0] as number;
  return resolveWindow(name, x.shape.slice(2), {
    rank,
    kernel: weight.shape.slice(2),
    stride: params.slice(1, 1 + rank),
    dilation: params.slice(1 + rank, 1 + 2 * rank),
    padding: params.slice(1 + 2 * rank, 2 + 4 * rank),
    rule: 0,
  });
}

function infer(name: string, inputs: readonly (TensorType | null)[], params: Params): TensorType[] {
  const [x, weight, bias] = inputs as [TensorType, TensorType, TensorType | null];
  const rank = params[0] as number;
  const groups = params[params.length - 2] as number;
  float32(name, ['x', 'weight', 'bias'], inputs);
  requireRank(name, 'x', x.shape, rank + 2);
  requireRank(name, 'weight', weight.shape, rank + 2);
  const [n, channels] = x.shape as [number, number];
  const [outputs, perGroup] = weight.shape as [number, number];
  if (channels !== perGroup * groups) {
    const expected = groups === 1 ? `${perGroup}` : `${perGroup} x groups ${groups} = ${perGroup * groups}`;
    throw new RangeError(`${name}: input has ${channels} channels, weight expects ${expected}`);
  }
  if (outputs % groups !== 0) {
    throw new RangeError(
      `${name}: weight has ${outputs} output channels, must be a multiple of groups ${groups}`,
    );
  }
  if (bias !== null && (bias.shape.length !== 1 || bias.shape[0] !== outputs)) {
    throw new RangeError(`${name}: bias has shape ${shapeText(bias.shape)}, must be [${outputs}]`);
  }
  const { output } = windowOf(name, x, weight, params);
  return [{ shape: [n, outputs, ...output], dtype: 'float32' }];
}

function problemOf(name: string, inputs: readonly (TensorType | null)[], params: Params): ConvolutionProblem {
  const [x, weight] = inputs as [TensorType, TensorType];
  const [groups, flip] = params.slice(-2) as [number, number];
  const [n, channels] = x.shape as [number, number];
  const { axes } = windowOf(name, x, weight, params);
  const problem = { n, groups, channels, outputs: weight.shape[0]!, axes };
  if (flip === 0) return problem;
  const kernel = kernelOf(axes);
  return {
    ...problem,
    source: flipped(contiguous(problem.outputs / groups, channels / groups, kernel), kernel),
  };
}

/** Of x: the adjoint of the convolution. Of the weight: a correlation of x with dy. Of the bias: a sum. */
function gradient(name: string, to: Lowering, node: Backward): (Buffer | null)[] {
  const { types, outputTypes, params, inputs, gradients, wanted } = node;
  const [x, weight] = inputs as [Buffer, Buffer];
  const [dy, y] = [gradients[0]!, outputTypes[0]!];
  const flip = params[params.length - 1] === 1;
  const problem = problemOf(name, types, params);
  let dx: Buffer | null = null;
  if (wanted[0]) {
    const { n, groups, channels: outputs, outputs: channels, axes } = problem;
    const positions = lifted(y.shape.slice(2));
    dx = to.buffer(types[0]!);
    emitTransposed(name, to, dy, weight, null, dx, { n, groups, channels, outputs, axes, positions, flip });
  }
  const dw = wanted[1] ? emitWeightGradient(name, to, dy, x, problem, flip) : null;
  const db = wanted[2] ? emitBiasGradient(to, { buffer: dy, shape: y.shape }) : null;
  return [dx, dw, db];
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
    convolves: (inputs, params) => problemOf(name, inputs, params),
    lower: (to, node) => emitConvolution(name, to, node, problemOf(name, node.types, node.params)),
    gradient: (to, node) => gradient(name, to, node),
    cost: ([, weight], [y]) => ({
      macs:
        y!.shape.reduce((product, axis) => product * axis, 1) *
        weight!.shape.slice(1).reduce((a, b) => a * b, 1),
    }),
    field: ([x, weight], params) => windowFields(windowOf(name, x!, weight!, params), rank),
  };
}

/** The window of each spatial axis as a receptive field. */
export function windowFields({ axes }: ResolvedWindow, rank: number) {
  return Array.from({ length: rank }, (_, axis) => {
    const [, kernel, stride, dilation, padding] = axes.slice(6 * (3 - rank + axis)) as number[];
    return { kernel: kernel!, stride: stride!, dilation: dilation!, padding: padding! };
  });
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
