/** concat(xs, dim), slice(x, starts, ends) and split(x, sizes, dim): pieces put together and taken apart along axes. */
import { bytesPer, type DType, type TensorType } from '../dtype.ts';
import { axisIndex, checkOptions, elementCount, integer, integers, shapeText, wrongKind } from '../errors.ts';
import type { Lowering } from '../graph/lowering.ts';
import { requireTensor, type Tensor } from '../tensor.ts';
import { type Lowered, operator } from './operator.ts';
import { copyStrided, stridesOf } from './strided.ts';

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
    lower(to, { types, outputTypes, params: [dim], inputs, outputs }) {
      const strides = stridesOf(outputTypes[0]!.shape);
      let before = 0;
      types.forEach((type, i) => {
        const { shape, dtype } = type!;
        const target = { strides, offset: before * (strides[dim as number] as number) };
        copyStrided(
          to,
          inputs[i]!,
          outputs[0]!,
          bytesPer(dtype),
          shape,
          { strides: stridesOf(shape), offset: 0 },
          target,
        );
        before += shape[dim as number] as number;
      });
    },
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

/** The elements `start + i * step` of each axis. params: start.., size.., step... */
function take(
  to: Lowering,
  type: TensorType,
  node: Lowered,
  output: number,
  starts: readonly number[],
  steps: readonly number[],
): void {
  const strides = stridesOf(type.shape);
  const shape = node.outputTypes[output]!.shape;
  const source = {
    strides: strides.map((stride, axis) => stride * (steps[axis] as number)),
    offset: strides.reduce((sum, stride, axis) => sum + stride * (starts[axis] as number), 0),
  };
  const target = { strides: stridesOf(shape), offset: 0 };
  copyStrided(to, node.inputs[0]!, node.outputs[output]!, bytesPer(type.dtype), shape, source, target);
}

export const slice = /*#__PURE__*/ operator(
  {
    name: 'slice',
    torch: 'torch.Tensor.__getitem__',
    onnx: ['Slice'],
    args: ['x'],
    infer: ([x], params) => [{ shape: params.slice(x!.shape.length, 2 * x!.shape.length), dtype: x!.dtype }],
    lower(to, node) {
      const type = node.types[0]!;
      const rank = type.shape.length;
      take(to, type, node, 0, node.params.slice(0, rank), node.params.slice(2 * rank));
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
    lower(to, node) {
      const [type, [dim, ...parts]] = [node.types[0]!, node.params];
      let before = 0;
      parts.forEach((part, i) => {
        const starts = type.shape.map((_, axis) => (axis === dim ? before : 0));
        take(
          to,
          type,
          node,
          i,
          starts,
          type.shape.map(() => 1),
        );
        before += part;
      });
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
