/**
 * concat(xs, dim), stack(xs, dim), slice(x, starts, ends) and split(x, sizes, dim): pieces put together and taken apart
 * along axes.
 * @category Moving values
 */
import { axisIndex, checkOptions, elementCount, integer, integers } from '../base/checks.ts';
import { bytesPer, type DType, type TensorType } from '../base/dtype.ts';
import { counted, shapeText, wrongKind } from '../base/errors.ts';
import { type Buffer, type Builder, isSamePlace } from '../instructions/builder.ts';
import { type Walks, writeCopy } from '../instructions/copy.ts';
import { emitFill, newBlock } from '../instructions/emit.ts';
import { contiguous, type Piece, stridesOf, type Walk } from '../instructions/walk.ts';
import { requireTensor, Tensor } from '../tensor/tensor.ts';
import { type Entry, operator, type Params } from './operator.ts';

interface Pieces {
  readonly pieces: readonly Piece[];
}

/** Tensors that lie one behind the other along `dim` of a whole; `isNew`: an axis that they do not have themselves. */
function piecesOf(
  types: readonly TensorType[],
  dim: number,
  whole: readonly number[],
  isNew = false,
): Piece[] {
  const all = stridesOf(whole);
  const strides = isNew ? all.filter((_, axis) => axis !== dim) : all;
  let before = 0;
  return types.map(({ shape }) => {
    const place: Walk = { strides, offset: before * (all[dim] as number) };
    before += isNew ? 1 : (shape[dim] as number);
    return { shape, own: contiguous(shape), place };
  });
}

/** Emits a copy, unless each element lies where it is to be: x within y, or y within x. */
function emitMove(to: Builder, x: Buffer, y: Buffer, dtype: DType, { shape, source, target }: Walks): void {
  const bytes = bytesPer(dtype);
  const isThere =
    isSamePlace(x, source.offset * bytes, y, target.offset * bytes) &&
    shape.every((size, axis) => size === 1 || source.strides[axis] === target.strides[axis]);
  if (!isThere) writeCopy(to, { x, y }, { dtype, shape, source, target });
}

/** concat, and stack, for which `dim` is a new axis. params: dim. */
function joining(name: string, torch: string, onnx: readonly string[], isNew: boolean): Entry<Pieces> {
  return {
    name,
    torch,
    onnx,
    args: ['xs'],
    list: true,
    resolve(given, params) {
      const types = given as readonly TensorType[];
      const dim = params[0] as number;
      const { shape, dtype } = types[0] as TensorType;
      const free = isNew ? -1 : dim;
      types.forEach((type, i) => {
        if (type.dtype !== dtype) {
          throw new TypeError(`${name}: xs[${i}] is ${type.dtype}, must be ${dtype} as xs[0]`);
        }
        if (
          type.shape.length !== shape.length ||
          type.shape.some((size, axis) => axis !== free && size !== shape[axis])
        ) {
          const wanted = shape.map((size, axis) => (axis === free ? '*' : size)).join('x') || 'scalar';
          throw new RangeError(
            `${name}: xs[${i}] has shape ${shapeText(type.shape)}, must be ${wanted} as xs[0]`,
          );
        }
      });
      const total = types.reduce((sum, type) => sum + (isNew ? 1 : (type.shape[dim] as number)), 0);
      const joined = [...shape.slice(0, dim), total, ...shape.slice(isNew ? dim : dim + 1)];
      elementCount(name, joined, bytesPer(dtype));
      return {
        outputs: [{ shape: joined, dtype }],
        problem: { pieces: piecesOf(types, dim, joined, isNew) },
      };
    },
    lower(to, { outputTypes: [y], problem: { pieces }, inputs, outputs }) {
      const { dtype } = y!;
      pieces.forEach(({ shape, own, place }, i) => {
        emitMove(to, inputs[i]!, outputs[0]!, dtype, { shape, source: own, target: place });
      });
    },
    gradient: (to, { problem: { pieces }, gradients: [dy], wanted }) =>
      pieces.map(({ shape, own, place }, i) => {
        if (!wanted[i]) return null;
        const { buffer } = newBlock(to, shape);
        writeCopy(to, { x: dy!, y: buffer }, { shape, source: place, target: own });
        return buffer;
      }),
    reads: { inputs: [], outputs: [] },
    traits: { joins: ({ pieces }) => pieces },
  };
}

/** The first of a list of tensors. @throws TypeError, RangeError for what is no list of some */
function firstOf(name: string, xs: unknown): Tensor<DType> {
  if (!Array.isArray(xs)) {
    const hint = xs instanceof Tensor ? ': write [a, b]' : '';
    throw wrongKind(name, 'xs', xs, `an array of tensors${hint}`);
  }
  if (xs.length === 0) throw new RangeError(`${name}: xs is empty, must hold at least one tensor`);
  return requireTensor(name, 'xs[0]', xs[0]);
}

/**
 * The tensors one after the other along an axis. As PyTorch's cat and ONNX's Concat.
 * @param xs tensors of one dtype, which the result keeps, whose other axes are the same
 * @param dim the axis, counted from the end when negative. Default 0
 * @throws RangeError when another axis differs, or there is no tensor; TypeError when a dtype differs
 * @example
 * ```ts
 * concat([zeros([1, 3, 8, 8]), ones([1, 5, 8, 8])], 1).shape; // [1, 8, 8, 8]
 * ```
 */
export const concat = /*#__PURE__*/ operator(
  /*#__PURE__*/ joining('concat', 'torch.cat', ['Concat'], false),
  (invoke) =>
    <D extends DType>(xs: readonly Tensor<D>[], dim = 0): Tensor<D> => {
      const { shape } = firstOf('concat', xs);
      const axis = axisIndex('concat', 'dim', dim, shape.length);
      return invoke(xs as readonly Tensor<DType>[], [axis])[0] as unknown as Tensor<D>;
    },
);

/**
 * The tensors along a new axis: `stack([a, b])` of two `[3, 4]` is `[2, 3, 4]`, `stack([a, b], -1)` is `[3, 4, 2]`. As
 * PyTorch's stack.
 * @param xs tensors of one shape and one dtype, which the result keeps
 * @param dim where the result has the new axis, counted from its end when negative. Default 0
 * @throws RangeError when a shape differs, or there is no tensor; TypeError when a dtype differs
 */
export const stack = /*#__PURE__*/ operator(
  /*#__PURE__*/ joining('stack', 'torch.stack', [], true),
  (invoke) =>
    <D extends DType>(xs: readonly Tensor<D>[], dim = 0): Tensor<D> => {
      const { shape } = firstOf('stack', xs);
      const axis = axisIndex('stack', 'dim', dim, shape.length + 1);
      return invoke(xs as readonly Tensor<DType>[], [axis])[0] as unknown as Tensor<D>;
    },
);

/** The options of `slice`. */
export interface SliceOptions {
  /** The step of each axis; negative ones walk backwards. Default: 1. */
  steps?: readonly number[] | undefined;
}

/** What is taken along an axis. */
interface SliceAxis {
  readonly start: number;
  readonly size: number;
  readonly step: number;
}

function sliceParams(axes: readonly SliceAxis[]): number[] {
  return axes.flatMap(({ start, size, step }) => [start, size, step]);
}

function sliceAxes(params: Params): SliceAxis[] {
  return Array.from({ length: params.length / 3 }, (_, axis) => {
    const [start, size, step] = params.slice(3 * axis, 3 * axis + 3) as [number, number, number];
    return { start, size, step };
  });
}

/** The walk of a slice in x. */
function sliceWalk({ shape }: TensorType, axes: readonly SliceAxis[]): Walk {
  const strides = stridesOf(shape);
  return {
    strides: strides.map((stride, axis) => stride * axes[axis]!.step),
    offset: strides.reduce((sum, stride, axis) => sum + stride * axes[axis]!.start, 0),
  };
}

const SLICE: Entry<Piece> = {
  name: 'slice',
  torch: 'torch.Tensor.__getitem__',
  onnx: ['Slice'],
  args: ['x'],
  resolve([x], params) {
    const axes = sliceAxes(params);
    const shape = axes.map(({ size }) => size);
    const problem = { shape, own: contiguous(shape), place: sliceWalk(x!, axes) };
    return { outputs: [{ shape, dtype: x!.dtype }], problem };
  },
  lower(to, { types: [x], problem: { shape, own, place }, inputs, outputs }) {
    emitMove(to, inputs[0]!, outputs[0]!, x!.dtype, { shape, source: place, target: own });
  },
  gradient(to, { types: [x], problem: { shape, own, place }, gradients: [dy] }) {
    const { buffer } = emitFill(to, x!.shape, 0);
    writeCopy(to, { x: dy!, y: buffer }, { shape, source: own, target: place });
    return [buffer];
  },
  reads: { inputs: [], outputs: [] },
  traits: { parts: (piece) => [piece] },
};

/**
 * A part of x along its leading axes, as x[start:end:step] in NumPy. As ONNX's Slice.
 * @param x of any dtype, which the result keeps
 * @param starts the first index of each axis, counted from the end when negative; clamped to the axis
 * @param ends the index behind the last, likewise; `Number.MAX_SAFE_INTEGER` is the end
 * @throws RangeError for more entries than x has axes, lists of two lengths, and a step of 0
 * @example
 * ```ts
 * slice(x, [0, 2], [1, -1]); // x[0:1, 2:-1]
 * slice(x, [-1], [-1000], { steps: [-1] }); // backwards
 * ```
 */
export const slice = /*#__PURE__*/ operator(
  SLICE,
  (invoke) =>
    <D extends DType>(
      x: Tensor<D>,
      starts: readonly number[],
      ends: readonly number[],
      options: SliceOptions = {},
    ): Tensor<D> => {
      const { shape } = requireTensor('slice', 'x', x);
      checkOptions('slice', options, ['steps']);
      const from = integers('slice', 'starts', clamped(starts), -0x7fffffff);
      if (from.length > shape.length) {
        throw new RangeError(
          `slice: starts has ${counted(from.length, 'entry', 'entries')}, must have at most ${shape.length}`,
        );
      }
      const until = integers('slice', 'ends', clamped(ends), -0x7fffffff, from.length);
      const steps = integers('slice', 'steps', options.steps ?? from.map(() => 1), -0x7fffffff, from.length);
      const axes = shape.map((size, axis) =>
        sliceAxis(axis, size, from[axis] ?? 0, until[axis] ?? size, steps[axis] ?? 1),
      );
      return invoke([x as Tensor<DType>], sliceParams(axes))[0] as unknown as Tensor<D>;
    },
);

/** Integers of any size, such as Number.MAX_SAFE_INTEGER for "to the end", within 32 bits. */
function clamped(bounds: readonly number[]): readonly number[] {
  if (!Array.isArray(bounds)) return bounds;
  return bounds.map((bound) =>
    Number.isInteger(bound) ? Math.max(-0x7fffffff, Math.min(0x7fffffff, bound)) : bound,
  );
}

function sliceAxis(axis: number, size: number, start: number, end: number, step: number): SliceAxis {
  if (step === 0) throw new RangeError(`slice: steps[${axis}] is 0, must not be 0`);
  const [low, high] = step > 0 ? [0, size] : [-1, size - 1];
  const clamp = (index: number) => Math.min(Math.max(index < 0 ? index + size : index, low), high);
  const [from, until] = [clamp(start), end < -size && step < 0 ? -1 : clamp(end)];
  return { start: Math.max(from, 0), size: Math.max(0, Math.ceil((until - from) / step)), step };
}

const SPLIT: Entry<Pieces> = {
  name: 'split',
  torch: 'torch.split',
  onnx: ['Split'],
  args: ['x'],
  resolve([x], [dim, ...parts]) {
    const outputs = parts.map((part) => ({
      shape: x!.shape.map((size, axis) => (axis === dim ? part : size)),
      dtype: x!.dtype,
    }));
    return { outputs, problem: { pieces: piecesOf(outputs, dim as number, x!.shape) } };
  },
  lower(to, { types: [x], problem: { pieces }, inputs, outputs }) {
    const { dtype } = x!;
    pieces.forEach(({ shape, own, place }, i) => {
      emitMove(to, inputs[0]!, outputs[i]!, dtype, { shape, source: place, target: own });
    });
  },
  gradient(to, { types: [x], problem: { pieces }, gradients }) {
    const { buffer } = newBlock(to, x!.shape);
    pieces.forEach(({ shape, own, place }, i) => {
      writeCopy(to, { x: gradients[i]!, y: buffer }, { shape, source: own, target: place });
    });
    return [buffer];
  },
  reads: { inputs: [], outputs: [] },
  traits: { parts: ({ pieces }) => pieces },
};

/**
 * x in pieces along an axis. As PyTorch's split.
 * @param x of any dtype, which the pieces keep
 * @param sizes the pieces' sizes; one number: all of that size, but the last, which may be smaller
 * @param dim the axis, counted from the end when negative. Default 0
 * @throws RangeError when the sizes do not add up to the axis
 * @example
 * ```ts
 * const [a, b] = split(x, [3, 5], 1);
 * ```
 */
export const split = /*#__PURE__*/ operator(
  SPLIT,
  (invoke) =>
    <D extends DType>(x: Tensor<D>, sizes: number | readonly number[], dim = 0): Tensor<D>[] => {
      const { shape } = requireTensor('split', 'x', x);
      const axis = axisIndex('split', 'dim', dim, shape.length);
      const whole = shape[axis] as number;
      let parts: number[];
      if (typeof sizes === 'number') {
        const each = integer('split', 'sizes', sizes, 1);
        const count = Math.max(1, Math.ceil(whole / each));
        parts = Array.from({ length: count }, (_, i) => Math.min(each, whole - i * each));
      } else parts = integers('split', 'sizes', sizes, 0);
      const total = parts.reduce((sum, part) => sum + part, 0);
      if (total !== whole)
        throw new RangeError(`split: sizes add up to ${total}, must be ${whole}, the size of axis ${axis}`);
      return invoke([x as Tensor<DType>], [axis, ...parts]) as unknown as Tensor<D>[];
    },
);
