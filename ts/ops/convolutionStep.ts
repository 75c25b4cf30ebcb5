/**
 * One convolution within an operator: its options as params, its validated problem, and its gradients. Padding other than
 * zeros is a padded copy of x, over which the convolution runs without padding.
 *
 * params: rank, stride.., dilation.., padding (mode, before and after..), padding's values, groups, flip.
 * @internal
 */
import type { TensorType } from '../dtype.ts';
import { checkOptions, integer, oneOf, shapeText } from '../errors.ts';
import { type Axes, kernelOf, perAxis } from '../instructions/axes.ts';
import type { Buffer, Builder } from '../instructions/builder.ts';
import { contiguousWeight } from '../instructions/conv.ts';
import { type ConvolutionProblem, flipped } from '../instructions/emitConvolution.ts';
import { emitPad, emitPadAdjoint, PAD_MODES, type Pads, padShape } from '../instructions/emitPad.ts';
import { emitTransposed } from '../instructions/emitTransposed.ts';
import { emitWeightGradient } from '../instructions/emitWeightGradient.ts';
import type { Params } from './operator.ts';
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

/** The options of convolutions. @public */
export interface ConvOptions {
  /** Default 1. */
  stride?: Size;
  /** Default 0; 'same' gives ceil(input / stride) positions, the odd element of padding goes after. */
  padding?: Padding;
  /** What padding holds: 'zeros', the input mirrored at its edge, its edge, or the input again. Default 'zeros'. */
  paddingMode?: PaddingMode;
  /** Default 1: dense. */
  dilation?: Size;
  /** Default 1. */
  groups?: number;
  /** The mathematical convolution instead of the cross-correlation. Default false. */
  flipKernel?: boolean;
}

/** What padding holds. @public */
export type PaddingMode = 'zeros' | 'reflect' | 'replicate' | 'circular';

const MODES = ['zeros', ...PAD_MODES.slice(1)];
export const CONV_OPTIONS = ['stride', 'padding', 'paddingMode', 'dilation', 'groups', 'flipKernel'];
export const PADDINGS = ['same', 'same-lower', 'valid', 'full'];

/** A convolution's options as params. */
export function convParams(
  name: string,
  rank: number,
  options: ConvOptions = {},
  known: readonly string[] = CONV_OPTIONS,
): number[] {
  checkOptions(name, options, known);
  const { stride = 1, padding = 0, dilation = 1, groups = 1, flipKernel = false } = options;
  const { paddingMode = 'zeros' } = options;
  oneOf(name, 'paddingMode', paddingMode, MODES);
  return [
    rank,
    ...sizes(name, 'stride', stride, rank),
    ...sizes(name, 'dilation', dilation, rank),
    ...paddingParams(name, padding, rank, PADDINGS),
    MODES.indexOf(paddingMode),
    integer(name, 'groups', groups, 1),
    flag(name, 'flipKernel', flipKernel),
  ];
}

/** How many params a convolution has. */
export const paramCount = (rank: number): number => 4 * rank + 5;

/** A convolution whose sizes were validated. */
export interface ConvolutionStep {
  readonly problem: ConvolutionProblem;
  readonly output: TensorType;
  /** x's type, and how it is padded before. */
  readonly x: TensorType;
  readonly pads: Pads | null;
  readonly flip: boolean;
}

/** The validated window of a convolution of x with a weight. */
export function convWindow(name: string, x: TensorType, weight: TensorType, params: Params): ResolvedWindow {
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

/** The convolution of x with a weight, called `weightName`; @throws RangeError for shapes that do not fit. */
export function convStep(
  name: string,
  x: TensorType,
  weight: TensorType,
  params: Params,
  weightName = 'weight',
): ConvolutionStep {
  const rank = params[0] as number;
  const [mode, groups, flip] = params.slice(2 + 4 * rank) as [number, number, number];
  requireRank(name, 'x', x.shape, rank + 2);
  requireRank(name, weightName, weight.shape, rank + 2);
  const [n, channels] = x.shape as [number, number];
  const [outputs, perGroup] = weight.shape as [number, number];
  if (channels !== perGroup * groups) {
    const expected = groups === 1 ? `${perGroup}` : `${perGroup} x groups ${groups} = ${perGroup * groups}`;
    throw new RangeError(`${name}: input has ${channels} channels, ${weightName} expects ${expected}`);
  }
  if (outputs % groups !== 0) {
    throw new RangeError(
      `${name}: ${weightName} has ${outputs} output channels, must be a multiple of groups ${groups}`,
    );
  }
  const { output, axes } = convWindow(name, x, weight, params);
  let pads: Pads | null = null;
  let unpadded: Axes = axes;
  if (mode > 0) {
    const widths = axes.slice(3 - rank).flatMap(({ lo, hi }) => [lo, hi]);
    pads = { mode: PAD_MODES[mode]!, widths };
    const padded = lifted(padShape(name, x.shape, pads).slice(2));
    unpadded = perAxis(axes, (axis, i) => ({ ...axis, input: padded[i]!, lo: 0, hi: 0 }));
  }
  const kernel = kernelOf(axes);
  const source = flip ? flipped(contiguousWeight(outputs / groups, perGroup, kernel), kernel) : undefined;
  return {
    problem: {
      n,
      groups,
      channels,
      outputs,
      axes: unpadded,
      ...(source && { source }),
      ...beforeOf(x, pads),
    },
    output: { shape: [n, outputs, ...output], dtype: 'float32' },
    x,
    pads,
    flip: flip === 1,
  };
}

/** The padding of x as what comes before the convolution. */
function beforeOf(x: TensorType, pads: Pads | null): Pick<ConvolutionProblem, 'before'> {
  if (pads === null) return {};
  return {
    before(to, from) {
      const padded = to.buffer({ shape: padShape('', x.shape, pads), dtype: x.dtype });
      emitPad(to, from, x, padded, pads);
      return padded;
    },
  };
}

/** A bias is absent or has an element per output channel. @throws RangeError */
export function requireBias(name: string, bias: TensorType | null, outputs: number): void {
  if (bias === null || (bias.shape.length === 1 && bias.shape[0] === outputs)) return;
  throw new RangeError(`${name}: bias has shape ${shapeText(bias.shape)}, must be [${outputs}]`);
}

/**
 * The gradients of a step's x and weight from that of its output, where they are wanted: of x the adjoint of the
 * convolution, and of its padding; of the weight a correlation of the padded x with dy.
 */
export function emitStepGradients(
  name: string,
  to: Builder,
  { problem, output, x: type, pads, flip }: ConvolutionStep,
  [x, weight]: readonly [Buffer, Buffer],
  dy: Buffer,
  [wantsX, wantsWeight]: readonly [boolean, boolean],
): [Buffer | null, Buffer | null] {
  const { n, groups, channels, outputs, axes } = problem;
  let dx: Buffer | null = null;
  if (wantsX) {
    const positions = lifted(output.shape.slice(2));
    const shape = pads === null ? type.shape : padShape(name, type.shape, pads);
    const padded = to.buffer({ shape, dtype: 'float32' });
    const adjoint = { n, groups, channels: outputs, outputs: channels, axes, positions, flip };
    emitTransposed(name, to, { x: dy, weight, bias: null, y: padded }, adjoint);
    dx = pads === null ? padded : emitPadAdjoint(to, padded, type.shape, pads).buffer;
  }
  if (!wantsWeight) return [dx, null];
  return [dx, emitWeightGradient(name, to, dy, problem.before?.(to, x) ?? x, problem, flip)];
}
