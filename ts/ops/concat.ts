/**
 * concat(xs, dim), slice(x, starts, ends) and split(x, sizes, dim): pieces put together and taken apart along axes.
 * @category Moving values
 */
import { bytesPer, type DType, type TensorType } from '../dtype.ts';
import { axisIndex, checkOptions, elementCount, integer, integers, shapeText, wrongKind } from '../errors.ts';
import { typeBytes } from '../graph/resolve.ts';
import { type Buffer, type Builder, isSamePlace } from '../instructions/builder.ts';
import { type Walks, writeCopy } from '../instructions/copy.ts';
import { emitFill, newBlock } from '../instructions/emit.ts';
import { contiguous, stridesOf, type Walk } from '../instructions/walk.ts';
import { requireTensor, type Tensor } from '../tensor/tensor.ts';
import { operator, type Params } from './operator.ts';

/** Tensors that lie one behind the other along `dim` of a whole: their shape, their own walk, and that in the whole. */
function pieces(types: readonly TensorType[], dim: number, whole: readonly number[]) {
  const strides = stridesOf(whole);
  let before = 0;
  return types.map(({ shape }) => {
    const place: Walk = { strides, offset: before * (strides[dim] as number) };
    before += shape[dim] as number;
    return { shape, own: contiguous(shape), place };
  });
}

/** Where the pieces lie in the whole, in bytes, where the axes before theirs are 1; null: in more than one run. */
function runs(types: readonly TensorType[], dim: number): number[] | null {
  if (types[0]!.shape.slice(0, dim).some((size) => size !== 1)) return null;
  let end = 0;
  return types.map((type) => {
    const start = end;
    end += typeBytes(type);
    return start;
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

export const concat = /*#__PURE__*/ operator(
  {
    name: 'concat',
    torch: 'torch.cat',
    onnx: ['Concat'],
    args: ['xs'],
    list: true,
    infer(inputs, [dim]) {
      const types = inputs as readonly TensorType[];
      const { shape, dtype } = types[0] as TensorType;
      types.forEach((type, i) => {
        if (type.dtype !== dtype) {
          throw new TypeError(`concat: xs[${i}] is ${type.dtype}, must be ${dtype} as xs[0]`);
        }
        if (
          type.shape.length !== shape.length ||
          type.shape.some((size, axis) => axis !== dim && size !== shape[axis])
        ) {
          const wanted = shape.map((size, axis) => (axis === dim ? '*' : size)).join('x');
          throw new RangeError(
            `concat: xs[${i}] has shape ${shapeText(type.shape)}, must be ${wanted} as xs[0]`,
          );
        }
      });
      const total = types.reduce((sum, type) => sum + (type.shape[dim as number] as number), 0);
      const joined = shape.map((size, axis) => (axis === dim ? total : size));
      elementCount('concat', joined, bytesPer(dtype));
      return [{ shape: joined, dtype }];
    },
    lower(to, { types, outputTypes: [y], params: [dim], inputs, outputs }) {
      const { dtype } = y!;
      pieces(types as readonly TensorType[], dim as number, y!.shape).forEach(({ shape, own, place }, i) => {
        emitMove(to, inputs[i]!, outputs[0]!, dtype, { shape, source: own, target: place });
      });
    },
    gradient: (to, { types, outputTypes: [y], params: [dim], gradients: [dy], wanted }) =>
      pieces(types as readonly TensorType[], dim as number, y!.shape).map(({ shape, own, place }, i) => {
        if (!wanted[i]) return null;
        const { buffer } = newBlock(to, shape);
        writeCopy(to, { x: dy!, y: buffer }, { shape, source: place, target: own });
        return buffer;
      }),
    traits: { joins: (types, [dim]) => runs(types as readonly TensorType[], dim as number) },
  },
  (invoke) =>
    /**
     * The tensors one after the other along `dim` (counted from the end when negative).
     * @throws RangeError when another axis differs; TypeError when a dtype does
     */
    <D extends DType>(xs: readonly Tensor<D>[], dim = 0): Tensor<D> => {
      if (!Array.isArray(xs)) throw wrongKind('concat', 'xs', xs, 'an array of tensors');
      if (xs.length === 0) throw new RangeError('concat: xs is empty, must hold at least one tensor');
      const { shape } = requireTensor('concat', 'xs[0]', xs[0]);
      const axis = axisIndex('concat', 'dim', dim, shape.length);
      return invoke(xs as readonly Tensor<DType>[], [axis])[0] as unknown as Tensor<D>;
    },
);

/** The walk of a slice in x. params: start.., size.., step... */
function sliceWalk({ shape }: TensorType, params: Params): Walk {
  const rank = shape.length;
  const strides = stridesOf(shape);
  return {
    strides: strides.map((stride, axis) => stride * (params[2 * rank + axis] as number)),
    offset: strides.reduce((sum, stride, axis) => sum + stride * (params[axis] as number), 0),
  };
}

export const slice = /*#__PURE__*/ operator(
  {
    name: 'slice',
    torch: 'torch.Tensor.__getitem__',
    onnx: ['Slice'],
    args: ['x'],
    infer: ([x], params) => [{ shape: params.slice(x!.shape.length, 2 * x!.shape.length), dtype: x!.dtype }],
    lower(to, { types: [x], outputTypes: [y], params, inputs, outputs }) {
      const { shape, dtype } = y!;
      const walks = { shape, source: sliceWalk(x!, params), target: contiguous(shape) };
      emitMove(to, inputs[0]!, outputs[0]!, dtype, walks);
    },
    gradient(to, { types: [x], outputTypes: [y], params, gradients: [dy] }) {
      const { buffer } = emitFill(to, x!.shape, 0);
      const { shape } = y!;
      const walks = { shape, source: contiguous(shape), target: sliceWalk(x!, params) };
      writeCopy(to, { x: dy!, y: buffer }, walks);
      return [buffer];
    },
    traits: {
      parts([x], params) {
        const { strides, offset } = sliceWalk(x!, params);
        const shape = params.slice(x!.shape.length, 2 * x!.shape.length);
        const run = stridesOf(shape).every((stride, axis) => shape[axis] === 1 || stride === strides[axis]);
        return run ? [offset * bytesPer(x!.dtype)] : null;
      },
    },
  },
  (invoke) =>
    /**
     * From `starts` to before `ends` along the leading axes, each counted from the end when negative and clamped to the
     * axis; `steps` may be negative to walk backwards.
     */
    <D extends DType>(
      x: Tensor<D>,
      starts: readonly number[],
      ends: readonly number[],
      options: { steps?: readonly number[] } = {},
    ): Tensor<D> => {
      const { shape } = requireTensor('slice', 'x', x);
      checkOptions('slice', options, ['steps']);
      const from = integers('slice', 'starts', clamped(starts), -0x7fffffff);
      if (from.length > shape.length) {
        throw new RangeError(`slice: starts has ${from.length} entries, must have at most ${shape.length}`);
      }
      const until = integers('slice', 'ends', clamped(ends), -0x7fffffff, from.length);
      const steps = integers('slice', 'steps', options.steps ?? from.map(() => 1), -0x7fffffff, from.length);
      const axes = shape.map((size, axis) =>
        sliceAxis(axis, size, from[axis] ?? 0, until[axis] ?? size, steps[axis] ?? 1),
      );
      const params = [...axes.map((a) => a.start), ...axes.map((a) => a.size), ...axes.map((a) => a.step)];
      return invoke([x as Tensor<DType>], params)[0] as unknown as Tensor<D>;
    },
);

/** Integers of any size, such as Number.MAX_SAFE_INTEGER for "to the end", within 32 bits. */
function clamped(bounds: readonly number[]): readonly number[] {
  if (!Array.isArray(bounds)) return bounds;
  return bounds.map((bound) =>
    Number.isInteger(bound) ? Math.max(-0x7fffffff, Math.min(0x7fffffff, bound)) : bound,
  );
}

function sliceAxis(axis: number, size: number, start: number, end: number, step: number) {
  if (step === 0) throw new RangeError(`slice: steps[${axis}] is 0, must not be 0`);
  const [low, high] = step > 0 ? [0, size] : [-1, size - 1];
  const clamp = (index: number) => Math.min(Math.max(index < 0 ? index + size : index, low), high);
  const [from, until] = [clamp(start), end < -size && step < 0 ? -1 : clamp(end)];
  return { start: Math.max(from, 0), size: Math.max(0, Math.ceil((until - from) / step)), step };
}

export const split = /*#__PURE__*/ operator(
  {
    name: 'split',
    torch: 'torch.split',
    onnx: ['Split'],
    args: ['x'],
    infer: ([x], [dim, ...parts]) =>
      parts.map((part) => ({
        shape: x!.shape.map((size, axis) => (axis === dim ? part : size)),
        dtype: x!.dtype,
      })),
    lower(to, { types: [x], outputTypes, params: [dim], inputs, outputs }) {
      const { dtype } = x!;
      pieces(outputTypes, dim as number, x!.shape).forEach(({ shape, own, place }, i) => {
        emitMove(to, inputs[0]!, outputs[i]!, dtype, { shape, source: place, target: own });
      });
    },
    gradient(to, { types: [x], outputTypes, params: [dim], gradients }) {
      const { buffer } = newBlock(to, x!.shape);
      pieces(outputTypes, dim as number, x!.shape).forEach(({ shape, own, place }, i) => {
        writeCopy(to, { x: gradients[i]!, y: buffer }, { shape, source: own, target: place });
      });
      return [buffer];
    },
    traits: {
      parts: ([x], [dim, ...sizes]) =>
        runs(
          sizes.map((part) => ({ ...x!, shape: x!.shape.map((size, i) => (i === dim ? part : size)) })),
          dim as number,
        ),
    },
  },
  (invoke) =>
    /**
     * Pieces along `dim`: of the sizes given, or of one size each (the last may be smaller).
     * @throws RangeError when the sizes do not add up to the axis
     */
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
