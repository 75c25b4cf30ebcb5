/**
 * One convolution within an operator: its options as params, its validated problem, and its gradients. Padding other than
 * zeros is a padded copy of x, over which the convolution runs without padding.
 *
 * params: rank, stride.., dilation.., padding (mode, before and after..), padding's values, groups, flip.
 * @internal
 */
import { checkOptions, integer, oneOf } from '../base/checks.ts';
import type { TensorType } from '../base/dtype.ts';
import { counted } from '../base/errors.ts';
import { kernelOf, perAxis } from '../instructions/axes.ts';
import type { Buffer, Builder } from '../instructions/builder.ts';
import { contiguousWeight } from '../instructions/conv.ts';
import type { Activation } from '../instructions/elementwise.ts';
import { countOf, emitSumInto } from '../instructions/emit.ts';
import {
  type ConvolutionInputs,
  type ConvolutionProblem,
  emitConvolution,
  flipped,
} from '../instructions/emitConvolution.ts';
import { emitPad, emitPadAdjoint, PAD_MODES, type Pads, padShape } from '../instructions/emitPad.ts';
import { emitTransposed } from '../instructions/emitTransposed.ts';
import { emitWeightGradient } from '../instructions/emitWeightGradient.ts';
import type { Params, Window } from './operator.ts';
import {
  flag,
  lifted,
  type Padding,
  requireRank,
  resolveWindow,
  type Size,
  type WindowSettings,
  windowParams,
  windowSettings,
  windowsOf,
} from './options.ts';

/**
 * The options of `conv1d`, `conv2d` and `conv3d`.
 * @public
 */
export interface ConvOptions {
  /** How far the window moves: one number, or one per axis. Default 1. */
  stride?: Size | undefined;
  /** Default 0; 'same' gives ceil(input / stride) positions, the odd element of padding goes after. */
  padding?: Padding | undefined;
  /** What padding holds: 'zeros', the input mirrored at its edge, its edge, or the input again. Default 'zeros'. */
  paddingMode?: PaddingMode | undefined;
  /** How far apart the kernel's elements lie in x. Default 1: dense. */
  dilation?: Size | undefined;
  /** Groups of channels that do not see each other; as many as channels: depthwise. Default 1. */
  groups?: number | undefined;
  /** The mathematical convolution instead of the cross-correlation. Default false. */
  flipKernel?: boolean | undefined;
}

/**
 * What a convolution's padding holds: zeros, x mirrored at its edge, its edge, or x around again.
 * @public
 */
export type PaddingMode = 'zeros' | 'reflect' | 'replicate' | 'circular';

const MODES = ['zeros', ...PAD_MODES.slice(1)];
export const CONV_OPTIONS = ['stride', 'padding', 'paddingMode', 'dilation', 'groups', 'flipKernel'];

/** A convolution's options as params. */
export function convParams(
  name: string,
  rank: number,
  options: ConvOptions = {},
  known: readonly string[] = CONV_OPTIONS,
): number[] {
  checkOptions(name, options, known);
  const { paddingMode = 'zeros', groups = 1, flipKernel = false } = options;
  oneOf(name, 'paddingMode', paddingMode, MODES);
  return [
    rank,
    ...windowParams(name, rank, options),
    MODES.indexOf(paddingMode),
    integer(name, 'groups', groups, 1),
    flag(name, 'flipKernel', flipKernel),
  ];
}

/** How many params a convolution has. */
export const paramCount = (rank: number): number => 4 * rank + 5;

/** A convolution's options, as its params say them. */
export interface ConvSettings extends WindowSettings {
  readonly rank: number;
  /** What padding holds, where that is not zeros. */
  readonly mode: Pads['mode'] | null;
  readonly groups: number;
  readonly flip: boolean;
}

/** What convParams made. */
export function convSettings(params: Params): ConvSettings {
  const rank = params[0] as number;
  const { stride, dilation, padding, rest } = windowSettings(params, rank, 1);
  const [mode, groups, flip] = rest as [number, number, number];
  const held = mode === 0 ? null : PAD_MODES[mode]!;
  return { rank, stride, dilation, padding, mode: held, groups, flip: flip === 1 };
}

/** A convolution whose sizes were validated. */
export interface ConvolutionStep {
  readonly problem: ConvolutionProblem;
  readonly output: TensorType;
  readonly x: TensorType;
  /** How x is padded before, and the type that it then has; null where padding is zeros. */
  readonly padded: { readonly pads: Pads; readonly type: TensorType } | null;
  readonly flip: boolean;
  readonly macs: number;
  readonly window: readonly Window[];
}

/** The convolution of x with a weight, called `weightName`; @throws RangeError for shapes that do not fit. */
export function convStep(
  name: string,
  x: TensorType,
  weight: TensorType,
  settings: ConvSettings,
  weightName = 'weight',
): ConvolutionStep {
  const { rank, mode, groups, flip } = settings;
  requireRank(name, 'x', x.shape, rank + 2);
  requireRank(name, weightName, weight.shape, rank + 2);
  const [n, channels] = x.shape as [number, number];
  const [outputs, perGroup] = weight.shape as [number, number];
  const [spatial, taps] = [x.shape.slice(2), weight.shape.slice(2)];
  if (channels !== perGroup * groups) {
    const expected = groups === 1 ? `${perGroup}` : `${perGroup} x groups ${groups} = ${perGroup * groups}`;
    throw new RangeError(
      `${name}: input has ${counted(channels, 'channel')}, ${weightName} expects ${expected}`,
    );
  }
  if (outputs % groups !== 0) {
    throw new RangeError(
      `${name}: ${weightName} has ${outputs} output channels, must be a multiple of groups ${groups}`,
    );
  }
  const window = resolveWindow(name, spatial, { ...settings, kernel: taps, rule: 0 });
  let { axes } = window;
  let padded: ConvolutionStep['padded'] = null;
  if (mode !== null) {
    const pads = { mode, widths: axes.slice(3 - rank).flatMap(({ lo, hi }) => [lo, hi]) };
    const type: TensorType = { shape: padShape(name, x.shape, pads), dtype: 'float32' };
    const sizes = lifted(type.shape.slice(2));
    padded = { pads, type };
    axes = perAxis(axes, (axis, i) => ({ ...axis, input: sizes[i]!, lo: 0, hi: 0 }));
  }
  const kernel = kernelOf(axes);
  const source = flip ? flipped(contiguousWeight(outputs / groups, perGroup, kernel), kernel) : undefined;
  const shape = [n, outputs, ...window.output];
  return {
    problem: { n, groups, channels, outputs, axes, ...(source && { source }) },
    output: { shape, dtype: 'float32' },
    x,
    padded,
    flip,
    macs: countOf(shape) * perGroup * countOf(taps),
    window: windowsOf(window),
  };
}

/** Emits a step, which may end with an activation. */
export function emitStep(
  name: string,
  to: Builder,
  operands: ConvolutionInputs & { readonly y: Buffer },
  step: ConvolutionStep,
  activation?: Activation,
): void {
  const x = emitPadded(to, operands.x, step);
  emitConvolution(name, to, { ...operands, x }, step.problem, activation);
}

/** What the convolution reads: x, or a padded copy of it. */
function emitPadded(to: Builder, x: Buffer, { x: type, padded }: ConvolutionStep): Buffer {
  if (padded === null) return x;
  const made = to.buffer(padded.type);
  emitPad(to, x, type, made, padded.pads);
  return made;
}

/**
 * The gradients of a step's x and weight from that of its output, where they are wanted: of x the adjoint of the
 * convolution, and of its padding, to which `added` is added; of the weight a correlation of the padded x with dy.
 */
export function emitStepGradients(
  name: string,
  to: Builder,
  step: ConvolutionStep,
  [x, weight]: readonly [Buffer, Buffer],
  dy: Buffer,
  [wantsX, wantsWeight]: readonly [boolean, boolean],
  added: Buffer | null = null,
): [Buffer | null, Buffer | null] {
  const { problem, output, x: type, padded, flip } = step;
  const { n, groups, channels, outputs, axes } = problem;
  let dx: Buffer | null = null;
  if (wantsX) {
    const positions = lifted(output.shape.slice(2));
    const read = to.buffer(padded?.type ?? type);
    const adjoint = { n, groups, channels: outputs, outputs: channels, axes, positions, flip };
    const residual = padded === null ? added : null;
    emitTransposed(name, to, { x: dy, weight, bias: null, residual, y: read }, adjoint);
    dx = padded === null ? read : emitPadAdjoint(to, read, type.shape, padded.pads).buffer;
    if (added !== residual) emitSumInto(to, dx, added!, countOf(type.shape));
  }
  if (!wantsWeight) return [dx, null];
  return [dx, emitWeightGradient(name, to, dy, emitPadded(to, x, step), problem, flip)];
}
