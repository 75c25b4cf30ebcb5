/**
 * pad1d, pad2d, pad3d: x with more (or, where negative, fewer) elements before and after each spatial axis: a value, or
 * elements of x (ts/instructions/emitPad.ts). params: mode, value, then before and after per axis.
 * @category Moving values
 */
import { checkOptions, fill, integer, oneOf, real } from '../base/checks.ts';
import type { DType } from '../base/dtype.ts';
import { counted, describe, wrongKind } from '../base/errors.ts';
import {
  emitPad,
  emitPadAdjoint,
  PAD_MODES,
  type PadMode,
  type Pads,
  padShape,
} from '../instructions/emitPad.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type CallLayer, type Entry, operator, type Params, type Window } from './operator.ts';
import { requireRank } from './options.ts';

/** A number for every side, or `[before, after]` per spatial axis. */
export type PadWidths = number | readonly (readonly [number, number])[];

/** The options of `pad1d`, `pad2d` and `pad3d`. */
export interface PadOptions {
  /**
   * A value, or x itself: mirrored at its outermost elements, its outermost elements again, or x from its other end on (of
   * what a crop leaves). Default 'constant'.
   */
  mode?: PadMode | undefined;
  /** What 'constant' fills in. Default 0. */
  value?: number | undefined;
}

function padParams(name: string, rank: number, padding: PadWidths, options: PadOptions = {}): number[] {
  checkOptions(name, options, ['mode', 'value']);
  const { mode = 'constant', value = 0 } = options;
  oneOf(name, 'mode', mode, PAD_MODES);
  return [PAD_MODES.indexOf(mode), fill(name, 'value', value), ...padWidths(name, rank, padding)];
}

/**
 * Before and after per axis. PyTorch's flat list, innermost axis first, is refused with the pairs it would be.
 * @internal
 */
export function padWidths(name: string, rank: number, padding: PadWidths): number[] {
  if (typeof padding === 'number') {
    return new Array<number>(2 * rank).fill(integer(name, 'padding', padding, -0x7fffffff));
  }
  if (!Array.isArray(padding)) {
    throw wrongKind(name, 'padding', padding, 'a number or [before, after] per axis');
  }
  if (padding.length > 0 && padding.every((entry) => typeof entry === 'number')) {
    const flat = padding as unknown as number[];
    const pairs = Array.from({ length: Math.floor(flat.length / 2) }, (_, i) =>
      flat.slice(2 * i, 2 * i + 2),
    ).reverse();
    throw new TypeError(
      `${name}: padding is the flat list ${describe(flat)}, must be pairs in the order of the axes: ${describe(pairs)}`,
    );
  }
  if (padding.length !== rank) {
    throw new RangeError(`${name}: padding has ${counted(padding.length, 'pair')}, must have ${rank}`);
  }
  return padding.flatMap((pair, axis) => {
    if (!Array.isArray(pair) || pair.length !== 2) {
      throw wrongKind(name, `padding[${axis}]`, pair, '[before, after]');
    }
    return pair.map((size, side) => integer(name, `padding[${axis}][${side}]`, size, -0x7fffffff));
  });
}

/** What the params say. */
function padsOf([mode, value, ...widths]: Params): Pads {
  return { mode: PAD_MODES[mode as number] as PadMode, value: value as number, widths };
}

/** What lies outside of x is a value, or x's nearest element; where x is mirrored or goes round there is no window. */
function windowOf({ mode, widths }: Pads): { window?: Window[] } {
  const befores = widths.filter((_, i) => i % 2 === 0);
  if (mode === 'constant') {
    const one = { kind: 'regular', kernel: 1, stride: 1, dilation: 1 } as const;
    return { window: befores.map((padding) => ({ ...one, padding })) };
  }
  if (mode !== 'replicate') return {};
  const one = { kind: 'resampled', scale: 1, before: 0, after: 0 } as const;
  return { window: befores.map((padding) => ({ ...one, offset: -padding })) };
}

/** The layers of x itself as padding. */
const LAYERS: Readonly<Record<string, PadMode>> = {
  Reflection: 'reflect',
  Replication: 'replicate',
  Circular: 'circular',
};

function pad(rank: number) {
  const name = `pad${rank}d`;
  const entry: Entry<Pads> = {
    name,
    torch: 'torch.nn.functional.pad',
    onnx: ['Pad'],
    args: ['x'],
    resolve([x], params) {
      requireRank(name, 'x', x!.shape, rank + 2);
      const pads = padsOf(params);
      const shape = padShape(name, x!.shape, pads);
      return { outputs: [{ shape, dtype: x!.dtype }], problem: pads, ...windowOf(pads) };
    },
    lower: (to, { types: [x], problem, inputs, outputs }) =>
      emitPad(to, inputs[0]!, x!, outputs[0]!, problem),
    gradient: (to, { types: [x], problem, gradients }) => [
      emitPadAdjoint(to, gradients[0]!, x!.shape, problem).buffer,
    ],
    traits: {
      surrounds(params) {
        const { mode, value = 0, widths } = padsOf(params);
        return mode === 'constant' && widths.every((width) => width >= 0) ? { value, widths } : null;
      },
    },
  };
  return operator(
    entry,
    (invoke) =>
      <D extends DType = 'float32'>(x: Tensor<D>, padding: PadWidths, options?: PadOptions): Tensor<D> =>
        invoke([x as Tensor<DType>], padParams(name, rank, padding, options))[0] as unknown as Tensor<D>,
    {
      layer: [
        { name: `ConstantPad${rank}d`, takes: ['padding', 'value'] },
        ...Object.entries(LAYERS).map(
          ([kind, mode]): CallLayer => ({
            name: `${kind}Pad${rank}d`,
            takes: ['padding'],
            defaults: { mode },
          }),
        ),
      ],
      validate(where, padding: PadWidths, ...value) {
        padWidths(where, rank, padding);
        if (value.length > 0) real(where, 'value', value[0]);
      },
    },
  );
}

/**
 * x with more elements around it. As PyTorch's pad and ONNX's Pad.
 * @param x [N, C, L] of any dtype, which the result keeps
 * @param padding elements to add: a number for every side, or [before, after] per spatial axis, [[left, right]];
 * negative widths crop
 * @returns [N, C, Lo], Lo = L + before + after
 * @throws TypeError for PyTorch's flat list; RangeError when a crop leaves less than nothing, when 'reflect' adds
 * as many elements as x has, or 'circular' more
 */
export const pad1d = /*#__PURE__*/ pad(1);
/**
 * x with more elements around it. As PyTorch's pad and ONNX's Pad.
 * @param x [N, C, H, W] of any dtype, which the result keeps
 * @param padding elements to add: a number for every side, or [before, after] per spatial axis, [[top, bottom],
 * [left, right]]; negative widths crop
 * @returns [N, C, Ho, Wo], Ho = H + before + after
 * @throws TypeError for PyTorch's flat list; RangeError when a crop leaves less than nothing, when 'reflect' adds
 * as many elements as x has, or 'circular' more
 * @example
 * ```ts
 * pad2d(x, 1); // a frame of zeros
 * pad2d(x, [[0, 1], [2, 2]], { mode: 'reflect' });
 * ```
 */
export const pad2d = /*#__PURE__*/ pad(2);
/**
 * x with more elements around it. As PyTorch's pad and ONNX's Pad.
 * @param x [N, C, D, H, W] of any dtype, which the result keeps
 * @param padding elements to add: a number for every side, or [before, after] per spatial axis, [[front, back],
 * [top, bottom], [left, right]]; negative widths crop
 * @returns [N, C, Do, Ho, Wo], Ho = H + before + after
 * @throws TypeError for PyTorch's flat list; RangeError when a crop leaves less than nothing, when 'reflect' adds
 * as many elements as x has, or 'circular' more
 */
export const pad3d = /*#__PURE__*/ pad(3);
