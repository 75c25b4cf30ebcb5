/**
 * conv1d, conv2d, conv3d: y[n, o, p] = bias[o] + sum over c, k of x[n, c, p * stride + k * dilation - padding] *
 * weight[o, c, k], the cross-correlation of every framework; `flipKernel` gives the mathematical convolution.
 * Shapes: x [N, C, spatial...], weight [O, C / groups, kernel...], bias [O].
 *
 * params: rank, stride.., dilation.., padding (mode, before and after..), groups, flip.
 */
import type { DType, TensorType } from '../dtype.ts';
import { checkOptions, integer, shapeText } from '../errors.ts';
import { isFixed, type Node, type Value } from '../graph/graph.ts';
import type { Lowering } from '../graph/lowering.ts';
import type { Tensor } from '../tensor.ts';
import { emitConvolution, emitSeparable } from './emitConvolution.ts';
import { type Entry, type Lowered, operator, type Params } from './operator.ts';
import { flag, type Padding, paddingParams, type ResolvedWindow, requireRank, resolveWindow, type Size, sizes } from './options.ts';
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
const PADDINGS = ['explicit', 'same', 'same-lower', 'valid', 'full'];

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
    throw new RangeError(`${name}: weight has ${outputs} output channels, must be a multiple of groups ${groups}`);
  }
  if (bias !== null && (bias.shape.length !== 1 || bias.shape[0] !== outputs)) {
    throw new RangeError(`${name}: bias has shape ${shapeText(bias.shape)}, must be [${outputs}]`);
  }
  const { output } = windowOf(name, x, weight, params);
  return [{ shape: [n, outputs, ...output], dtype: 'float32' }];
}

function lower(name: string, to: Lowering, node: Lowered): void {
  const [x, weight] = node.types as [TensorType, TensorType];
  const { params } = node;
  const groups = params[params.length - 2] as number;
  const flip = params[params.length - 1] as number;
  const [n, channels] = x.shape as [number, number];
  const outputs = weight.shape[0] as number;
  const { depthwise } = node.fused;
  if (depthwise !== undefined) {
    const [inner, kernel] = depthwise.types as [TensorType, TensorType];
    return emitSeparable(name, to, node, depthwise, windowOf(name, inner, kernel, depthwise.params).axes);
  }
  const { axes } = windowOf(name, x, weight, params);
  emitConvolution(name, to, node, { n, groups, channels, outputs, axes, flip });
}

/**
 * A depthwise 3x3 or 5x5 at stride 1 or 2, with at most a clamp behind it, and a pointwise convolution, all weights
 * constant: together they are one instruction (crates/core/src/ops/separable.rs).
 */
function chains(first: Node, second: Node): boolean {
  if (first.entry !== second.entry || first.params[0] !== 2) return false;
  const [, strideH, strideW, ...rest] = first.params as [number, number, number, ...number[]];
  const [x, kernel] = first.inputs as [Value, Value];
  const weight = second.inputs[1] as Value;
  const [outputs, perGroup, height, width] = kernel.shape as [number, number, number, number];
  const groups = rest[rest.length - 2];
  const depthwise = perGroup === 1 && outputs === x.shape[1] && groups === outputs && rest[rest.length - 1] === 0;
  const square = height === width && (height === 3 || height === 5) && strideH === strideW && strideH <= 2;
  const dense = rest[0] === 1 && rest[1] === 1;
  const { residual, activation } = first.fused;
  const act = activation?.entry.activation?.(activation.params, activation.inputs);
  const clamped = residual === undefined && (activation === undefined || act?.act === 1 || act?.act === 2);
  const constant = [...first.inputs.slice(1), ...second.inputs.slice(1)].every((value) => value === null || isFixed(value));
  const pointwise = weight.shape[2] === 1 && weight.shape[3] === 1 && second.params.join() === POINTWISE_PARAMS;
  return depthwise && square && dense && clamped && constant && pointwise && first.outputs[0]!.shape[3]! >= 8;
}

/** The params of a pointwise convolution: rank 2, stride 1, dilation 1, no padding, one group, not flipped. */
const POINTWISE_PARAMS = '2,1,1,1,1,0,0,0,0,0,1,0';

function entry(rank: number): Entry {
  const name = `conv${rank}d`;
  return {
    name,
    torch: `torch.nn.functional.conv${rank}d`,
    onnx: ['Conv'],
    args: ['x', 'weight', 'bias'],
    absorbs: true,
    chains,
    infer: (inputs, params) => infer(name, inputs, params),
    lower: (to, node) => lower(name, to, node),
    cost: ([, weight], [y]) => ({
      macs: y!.shape.reduce((product, axis) => product * axis, 1) * weight!.shape.slice(1).reduce((a, b) => a * b, 1),
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
        invoke([x, weight, bias ?? null] as Tensor<DType>[], convParams(name, rank, options))[0] as unknown as Tensor,
  );
}

export const conv1d = /*#__PURE__*/ convolution(1);
export const conv2d = /*#__PURE__*/ convolution(2);
export const conv3d = /*#__PURE__*/ convolution(3);
