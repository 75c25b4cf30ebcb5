/**
 * convTranspose1d, convTranspose2d, convTranspose3d: the adjoint of a convolution as an operator. Each element of x adds
 * the kernel, times its value, to y: y[n, o, p * stride - padding + k * dilation] += x[n, c, p] * weight[c, o, k].
 * Shapes: x [N, C, spatial...], weight [C, O / groups, kernel...], bias [O]. It has no loops of its own
 * (ts/instructions/emitTransposed.ts); its gradient is a convolution.
 *
 * params: rank, stride.., dilation.., padding (mode, before and after..), groups, sized, output padding or size...
 * @category Convolution
 */
import type { DType, TensorType } from '../dtype.ts';
import { checkOptions, integer, perAxis } from '../errors.ts';
import { type Axes, inputOf, perAxis as ofAxes } from '../instructions/axes.ts';
import type { Buffer, Builder } from '../instructions/builder.ts';
import { countOf, emitFill } from '../instructions/emit.ts';
import { emitConvolution } from '../instructions/emitConvolution.ts';
import { emitPad } from '../instructions/emitPad.ts';
import { emitTransposed, type TransposedProblem } from '../instructions/emitTransposed.ts';
import { emitBiasGradient, emitWeightGradient } from '../instructions/emitWeightGradient.ts';
import { RULE } from '../instructions/table.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { PADDINGS, requireBias } from './convolutionStep.ts';
import { type Backward, type Entry, operator, type Params } from './operator.ts';
import {
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

export interface ConvTransposeOptions {
  /** Default 1. */
  stride?: Size;
  /** What is cut off on each side of the whole result. Default 0; 'same' gives input * stride positions. */
  padding?: Padding;
  /** Elements at the end that lie outside of the convolution's windows, below the stride or the dilation. Default 0. */
  outputPadding?: Size;
  /** Default 1. */
  groups?: number;
  /** Default 1: dense. */
  dilation?: Size;
  /** The output's size instead of `outputPadding`, one of the `stride` sizes whose convolution has x's size. */
  outputSize?: Size;
}

/** @internal */
export const CONV_TRANSPOSE_OPTIONS = [
  'stride',
  'padding',
  'outputPadding',
  'groups',
  'dilation',
  'outputSize',
];

/** A transposed convolution's options as params. @internal */
export function convTransposeParams(
  name: string,
  rank: number,
  options: ConvTransposeOptions = {},
): number[] {
  checkOptions(name, options, CONV_TRANSPOSE_OPTIONS);
  const { stride = 1, padding = 0, outputPadding = 0, groups = 1, dilation = 1, outputSize } = options;
  const padded = perAxis(name, 'outputPadding', outputPadding, rank, 0);
  return [
    rank,
    ...sizes(name, 'stride', stride, rank),
    ...sizes(name, 'dilation', dilation, rank),
    ...paddingParams(name, padding, rank, PADDINGS),
    integer(name, 'groups', groups, 1),
    ...(outputSize === undefined ? [0, ...padded] : [1, ...sizes(name, 'outputSize', outputSize, rank)]),
  ];
}

const groupsOf = (params: Params) => params[2 + 4 * params[0]!]!;

/** The validated window: its output is y's shape, its axes those of the convolution from y to x. */
function windowOf(name: string, x: TensorType, weight: TensorType, params: Params): ResolvedWindow {
  const rank = params[0] as number;
  const last = 2 + 4 * rank;
  return resolveWindow(name, x.shape.slice(2), {
    rank,
    kernel: weight.shape.slice(2),
    stride: params.slice(1, 1 + rank),
    dilation: params.slice(1 + rank, 1 + 2 * rank),
    padding: params.slice(1 + 2 * rank, last),
    rule: RULE.transposed | (params[last + 1] === 1 ? RULE.sized : 0),
    extra: params.slice(last + 2),
  });
}

function infer(name: string, inputs: readonly (TensorType | null)[], params: Params): TensorType[] {
  const [x, weight, bias] = inputs as [TensorType, TensorType, TensorType | null];
  const rank = params[0] as number;
  const groups = groupsOf(params);
  float32(name, ['x', 'weight', 'bias'], inputs);
  requireRank(name, 'x', x.shape, rank + 2);
  requireRank(name, 'weight', weight.shape, rank + 2);
  const [n, channels] = x.shape as [number, number];
  const [rows, perGroup] = weight.shape as [number, number];
  if (channels !== rows) {
    throw new RangeError(`${name}: input has ${channels} channels, weight expects ${rows}`);
  }
  if (channels % groups !== 0) {
    throw new RangeError(`${name}: input has ${channels} channels, must be a multiple of groups ${groups}`);
  }
  const outputs = perGroup * groups;
  requireBias(name, bias, outputs);
  const { output } = windowOf(name, x, weight, params);
  return [{ shape: [n, outputs, ...output], dtype: 'float32' }];
}

function problemOf(name: string, types: readonly (TensorType | null)[], params: Params): TransposedProblem {
  const [x, weight] = types as [TensorType, TensorType];
  const groups = groupsOf(params);
  const [n, channels, ...spatial] = x.shape as [number, number, ...number[]];
  const { axes } = windowOf(name, x, weight, params);
  const outputs = weight.shape[1]! * groups;
  return { n, groups, channels, outputs, axes, positions: lifted(spatial), flip: false };
}

/** Of x: the convolution. Of the weight: that of a convolution's weight, dy being its input and x what flows back. */
function gradient(name: string, to: Builder, node: Backward): (Buffer | null)[] {
  const { types, outputTypes, params, inputs, gradients, wanted } = node;
  const [x, weight] = inputs as [Buffer, Buffer];
  const { n, groups, channels, outputs, axes, positions } = problemOf(name, types, params);
  const dy = { buffer: gradients[0]!, shape: outputTypes[0]!.shape };
  const db = wanted[2] ? emitBiasGradient(to, dy) : null;
  if (positions.includes(0)) {
    return [
      wanted[0] ? to.buffer(types[0]!) : null,
      wanted[1] ? emitFill(to, types[1]!.shape, 0).buffer : null,
      db,
    ];
  }
  // Behind what the windows reach, a convolution of all of dy would have more positions than x: it is cut off.
  const spans = ofAxes(axes, ({ stride, dilation, kernel }, i) =>
    Math.max(0, (positions[i]! - 1) * stride + dilation * (kernel - 1) + 1),
  );
  const reading: Axes = ofAxes(axes, (axis, i) => {
    const lo = Math.min(spans[i]!, axis.lo);
    return { ...axis, lo, input: Math.min(axis.input, spans[i]! - lo) };
  });
  const [sizes, reached] = [inputOf(axes), inputOf(reading)];
  let cut = dy.buffer;
  if ((wanted[0] || wanted[1]) && reached.some((size, axis) => size < sizes[axis]!)) {
    cut = to.buffer({ shape: [n, outputs, ...reached], dtype: 'float32' });
    const widths = reached.flatMap((size, axis) => [0, size - sizes[axis]!]);
    emitPad(to, dy.buffer, { shape: [n, outputs, ...sizes], dtype: 'float32' }, cut, {
      mode: 'constant',
      widths,
    });
  }
  const problem = { n, groups, channels: outputs, outputs: channels, axes: reading };
  let dx: Buffer | null = null;
  if (wanted[0]) {
    dx = to.buffer(types[0]!);
    emitConvolution(name, to, { x: cut, weight, y: dx }, problem);
  }
  const dw = wanted[1] ? emitWeightGradient(name, to, x, cut, problem, false) : null;
  return [dx, dw, db];
}

function convTranspose(rank: number) {
  const name = `convTranspose${rank}d`;
  const entry: Entry = {
    name,
    torch: `torch.nn.functional.conv_transpose${rank}d`,
    onnx: ['ConvTranspose'],
    args: ['x', 'weight', 'bias'],
    required: 2,
    infer: (inputs, params) => infer(name, inputs, params),
    lower(to, { types, params, inputs, outputs }) {
      const [x, weight, bias] = inputs as [Buffer, Buffer, Buffer | null];
      emitTransposed(name, to, { x, weight, bias, y: outputs[0]! }, problemOf(name, types, params));
    },
    gradient: (to, node) => gradient(name, to, node),
    cost: ([x, weight]) => ({ macs: countOf(x!.shape) * countOf(weight!.shape.slice(1)) }),
  };
  return operator(
    entry,
    (invoke) =>
      /**
       * Transposed convolution of x [N, C, spatial...] with weight [C, O / groups, kernel...] and bias [O]: the
       * gradient of a convolution's input. Size: (input - 1) * stride - padding + dilation * (kernel - 1) + 1 +
       * outputPadding.
       * @throws RangeError for shapes that do not fit and options out of range; TypeError for a wrong kind
       */
      (x: Tensor, weight: Tensor, bias?: Tensor | null, options?: ConvTransposeOptions): Tensor =>
        invoke(
          [x, weight, bias ?? null] as Tensor<DType>[],
          convTransposeParams(name, rank, options),
        )[0] as unknown as Tensor,
  );
}

export const convTranspose1d = /*#__PURE__*/ convTranspose(1);
export const convTranspose2d = /*#__PURE__*/ convTranspose(2);
export const convTranspose3d = /*#__PURE__*/ convTranspose(3);
