/**
 * convTranspose1d, convTranspose2d, convTranspose3d: the adjoint of a convolution as an operator. Each element of x adds
 * the kernel, times its value, to y: y[n, o, p * stride - padding + k * dilation] += x[n, c, p] * weight[c, o, k].
 * Shapes: x [N, C, spatial...], weight [C, O / groups, kernel...], bias [O]. It has no loops of its own
 * (ts/instructions/emitTransposed.ts); its gradient is a convolution.
 *
 * params: rank, stride.., dilation.., padding (mode, before and after..), groups, sized, output padding or size...
 * @category Convolution
 */
import { checkOptions, integer, perAxis } from '../base/checks.ts';
import type { DType, TensorType } from '../base/dtype.ts';
import { counted } from '../base/errors.ts';
import { type Axes, inputOf, perAxis as ofAxes } from '../instructions/axes.ts';
import type { Buffer, Builder } from '../instructions/builder.ts';
import { countOf, emitFill } from '../instructions/emit.ts';
import { emitConvolution } from '../instructions/emitConvolution.ts';
import { emitPad } from '../instructions/emitPad.ts';
import { emitTransposed, type TransposedProblem } from '../instructions/emitTransposed.ts';
import { emitBiasGradient, emitWeightGradient } from '../instructions/emitWeightGradient.ts';
import { RULE } from '../instructions/table.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Backward, type Entry, operator, type Params, type Resolved, type Types } from './operator.ts';
import {
  lifted,
  type Padding,
  requireRank,
  resolveWindow,
  type Size,
  sizes,
  type WindowParams,
  windowParams,
  windowSettings,
  windowsOf,
} from './options.ts';
import { float32, requireBias } from './types.ts';

/** The options of `convTranspose1d`, `2d` and `3d`. */
export interface ConvTransposeOptions {
  /** How far apart the kernel's copies lie in the output. Default 1. */
  stride?: Size | undefined;
  /** What is cut off on each side of the whole result. Default 0; 'same' gives input * stride positions. */
  padding?: Padding | undefined;
  /** Elements at the end that lie outside of the convolution's windows, below the stride or the dilation. Default 0. */
  outputPadding?: Size | undefined;
  /** Groups of channels that do not see each other. Default 1. */
  groups?: number | undefined;
  /** How far apart the kernel's elements lie. Default 1: dense. */
  dilation?: Size | undefined;
  /** The output's size instead of `outputPadding`, one of the `stride` sizes whose convolution has x's size. */
  outputSize?: Size | undefined;
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
  const { outputPadding = 0, groups = 1, outputSize } = options;
  const padded = perAxis(name, 'outputPadding', outputPadding, rank, 0);
  return [
    rank,
    ...windowParams(name, rank, options),
    integer(name, 'groups', groups, 1),
    ...(outputSize === undefined ? [0, ...padded] : [1, ...sizes(name, 'outputSize', outputSize, rank)]),
  ];
}

/** What convTransposeParams made; the kernel is the weight's. */
function settingsOf([rank, ...params]: Params): Omit<WindowParams, 'kernel'> & { readonly groups: number } {
  const { rest, ...window } = windowSettings(params, rank as number);
  const [groups, sized, ...extra] = rest as [number, number, ...number[]];
  return {
    rank: rank as number,
    ...window,
    groups,
    rule: RULE.transposed | (sized === 1 ? RULE.sized : 0),
    extra,
  };
}

function resolve(name: string, types: Types, params: Params): Resolved<TransposedProblem> {
  const [x, weight, bias] = types as [TensorType, TensorType, TensorType | null];
  const settings = settingsOf(params);
  const { rank, groups } = settings;
  float32(name, ['x', 'weight', 'bias'], types);
  requireRank(name, 'x', x.shape, rank + 2);
  requireRank(name, 'weight', weight.shape, rank + 2);
  const [n, channels, ...spatial] = x.shape as [number, number, ...number[]];
  const [rows, perGroup, ...kernel] = weight.shape as [number, number, ...number[]];
  if (channels !== rows) {
    throw new RangeError(`${name}: input has ${counted(channels, 'channel')}, weight expects ${rows}`);
  }
  if (channels % groups !== 0) {
    throw new RangeError(
      `${name}: input has ${counted(channels, 'channel')}, must be a multiple of groups ${groups}`,
    );
  }
  const outputs = perGroup * groups;
  requireBias(name, bias, outputs);
  // Its axes are those of the convolution from y to x.
  const window = resolveWindow(name, spatial, { ...settings, kernel });
  const { output, axes } = window;
  return {
    outputs: [{ shape: [n, outputs, ...output], dtype: 'float32' }],
    problem: { n, groups, channels, outputs, axes, positions: lifted(spatial), flip: false },
    macs: countOf(x.shape) * perGroup * countOf(kernel),
    window: windowsOf(window, 'transposed'),
  };
}

/** Of x: the convolution. Of the weight: that of a convolution's weight, dy being its input and x what flows back. */
function gradient(name: string, to: Builder, node: Backward<TransposedProblem>): (Buffer | null)[] {
  const { types, outputTypes, inputs, gradients, wanted } = node;
  const [x, weight] = inputs as [Buffer, Buffer];
  const { n, groups, channels, outputs, axes, positions } = node.problem;
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
  const entry: Entry<TransposedProblem> = {
    name,
    torch: `torch.nn.functional.conv_transpose${rank}d`,
    onnx: ['ConvTranspose'],
    args: ['x', 'weight', 'bias'],
    required: 2,
    resolve: (types, params) => resolve(name, types, params),
    lower(to, { problem, inputs, outputs }) {
      const [x, weight, bias] = inputs as [Buffer, Buffer, Buffer | null];
      emitTransposed(name, to, { x, weight, bias, y: outputs[0]! }, problem);
    },
    gradient: (to, node) => gradient(name, to, node),
    reads: { inputs: [0, 1], outputs: [] },
    traits: {
      weights: {
        ...{ weight: 1, bias: 2 },
        axes(params, { shape: [channels, perGroup] }) {
          const { groups } = settingsOf(params);
          const isOne = perGroup === 1 && channels === groups;
          return { output: groups === 1 ? 1 : isOne ? 0 : null, input: 0 };
        },
        // What x does not reach has the bias alone.
        padsZeros: () => true,
      },
    },
  };
  return operator(
    entry,
    (invoke) =>
      (x: Tensor, weight: Tensor, bias?: Tensor | null, options?: ConvTransposeOptions): Tensor =>
        invoke(
          [x, weight, bias ?? null] as Tensor<DType>[],
          convTransposeParams(name, rank, options),
        )[0] as unknown as Tensor,
  );
}

/**
 * Transposed convolution: the gradient of a convolution with respect to its input, which makes larger what a stride
 * made smaller. As PyTorch's conv_transpose1d and ONNX's ConvTranspose.
 * @param x [N, C, L] of float32
 * @param weight [C, O / groups, kl]
 * @param bias [O]; left out or null: none
 * @returns [N, O, Lo], Lo = (L - 1) * stride - padding + dilation * (kl - 1) + 1 + outputPadding with the padding
 * of both sides
 * @throws RangeError for shapes that do not fit and options out of range; TypeError for a wrong kind
 */
export const convTranspose1d = /*#__PURE__*/ convTranspose(1);
/**
 * Transposed convolution: the gradient of a convolution with respect to its input, which makes larger what a stride
 * made smaller. As PyTorch's conv_transpose2d and ONNX's ConvTranspose.
 * @param x [N, C, H, W] of float32
 * @param weight [C, O / groups, kh, kw]
 * @param bias [O]; left out or null: none
 * @returns [N, O, Ho, Wo], Ho = (H - 1) * stride - padding + dilation * (kh - 1) + 1 + outputPadding with the
 * padding of both sides
 * @throws RangeError for shapes that do not fit and options out of range; TypeError for a wrong kind
 * @example
 * ```ts
 * convTranspose2d(randn([1, 8, 16, 16]), randn([8, 4, 2, 2]), null, { stride: 2 }).shape; // [1, 4, 32, 32]
 * ```
 */
export const convTranspose2d = /*#__PURE__*/ convTranspose(2);
/**
 * Transposed convolution: the gradient of a convolution with respect to its input, which makes larger what a stride
 * made smaller. As PyTorch's conv_transpose3d and ONNX's ConvTranspose.
 * @param x [N, C, D, H, W] of float32
 * @param weight [C, O / groups, kd, kh, kw]
 * @param bias [O]; left out or null: none
 * @returns [N, O, Do, Ho, Wo], Ho = (H - 1) * stride - padding + dilation * (kh - 1) + 1 + outputPadding with the
 * padding of both sides
 * @throws RangeError for shapes that do not fit and options out of range; TypeError for a wrong kind
 */
export const convTranspose3d = /*#__PURE__*/ convTranspose(3);
