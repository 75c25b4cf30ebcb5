/**
 * pad1d, pad2d, pad3d: x with more (or, where negative, fewer) elements before and after each spatial axis, filled with
 * a value. params: value, then before and after per axis.
 */
import { bytesPer, type DType, type TensorType } from '../dtype.ts';
import {
  checkOptions,
  describe,
  elementCount,
  fill,
  integer,
  oneOf,
  shapeText,
  wrongKind,
} from '../errors.ts';
import { bits, type Lowering, OP } from '../graph/lowering.ts';
import type { Tensor } from '../tensor.ts';
import { type Entry, type Lowered, operator, type Params } from './operator.ts';
import { requireRank } from './options.ts';
import { copyStrided, stridesOf } from './strided.ts';

/** A number for every side, or `[before, after]` per spatial axis. */
export type PadWidths = number | readonly (readonly [number, number])[];

export interface PadOptions {
  mode?: 'constant';
  /** What is filled in; default 0. */
  value?: number;
}

function padParams(name: string, rank: number, padding: PadWidths, options: PadOptions = {}): number[] {
  checkOptions(name, options, ['mode', 'value']);
  const { mode = 'constant', value = 0 } = options;
  oneOf(name, 'mode', mode, ['constant']);
  return [fill(name, 'value', value), ...widths(name, rank, padding)];
}

/** Before and after per axis. PyTorch's flat list, innermost axis first, is refused with the pairs it would be. */
function widths(name: string, rank: number, padding: PadWidths): number[] {
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
    throw new RangeError(`${name}: padding has ${padding.length} pairs, must have ${rank}`);
  }
  return padding.flatMap((pair, axis) => {
    if (!Array.isArray(pair) || pair.length !== 2) {
      throw wrongKind(name, `padding[${axis}]`, pair, '[before, after]');
    }
    return pair.map((size, side) => integer(name, `padding[${axis}][${side}]`, size, -0x7fffffff));
  });
}

function infer(name: string, rank: number, x: TensorType, params: Params): TensorType {
  requireRank(name, 'x', x.shape, rank + 2);
  const shape = x.shape.map((size, axis) => {
    if (axis < 2) return size;
    const padded = size + (params[2 * axis - 3] as number) + (params[2 * axis - 2] as number);
    if (padded < 0) {
      throw new RangeError(
        `${name}: padding[${axis - 2}] crops ${size - padded} of the ${size} elements of x, must leave at least 0`,
      );
    }
    return padded;
  });
  elementCount(name, shape, bytesPer(x.dtype));
  return { shape, dtype: x.dtype };
}

/** Fills the output and copies what both have into its place. */
function lower(to: Lowering, { types, outputTypes, params, inputs, outputs }: Lowered): void {
  const [x, y] = [types[0]!, outputTypes[0]!];
  const bytes = bytesPer(x.dtype);
  const size = elementCount('pad', y.shape, bytes);
  const value = params[0] as number;
  if (shapeText(x.shape) !== shapeText(y.shape) || params.slice(1).some((width) => width !== 0)) {
    to.step(OP.fill, [], outputs, [bytes, size, x.dtype === 'float32' ? bits(value) : value | 0]);
  }
  const before = x.shape.map((_, axis) => (axis < 2 ? 0 : (params[2 * axis - 3] as number)));
  const inner = x.shape.map((extent, axis) => {
    const [from, until] = [Math.max(0, before[axis]!), Math.min(y.shape[axis]!, extent + before[axis]!)];
    return Math.max(0, until - from);
  });
  const walk = (shape: readonly number[], sign: number) => {
    const strides = stridesOf(shape);
    const offset = strides.reduce((sum, stride, axis) => sum + stride * Math.max(0, sign * before[axis]!), 0);
    return { strides, offset };
  };
  copyStrided(to, inputs[0]!, outputs[0]!, bytes, inner, walk(x.shape, -1), walk(y.shape, 1));
}

function pad(rank: number) {
  const name = `pad${rank}d`;
  const entry: Entry = {
    name,
    torch: 'torch.nn.functional.pad',
    onnx: ['Pad'],
    args: ['x'],
    infer: ([x], params) => [infer(name, rank, x!, params)],
    lower,
  };
  return operator(
    entry,
    (invoke) =>
      /**
       * x [N, C, spatial...] with `[before, after]` more elements per spatial axis; negative widths crop.
       * @throws TypeError for PyTorch's flat list; RangeError when a crop leaves less than nothing
       */
      <D extends DType = 'float32'>(x: Tensor<D>, padding: PadWidths, options?: PadOptions): Tensor<D> =>
        invoke([x as Tensor<DType>], padParams(name, rank, padding, options))[0] as unknown as Tensor<D>,
  );
}

export const pad1d = /*#__PURE__*/ pad(1);
export const pad2d = /*#__PURE__*/ pad(2);
export const pad3d = /*#__PURE__*/ pad(3);
