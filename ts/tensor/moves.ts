/** The operators that are methods of Tensor as well: their entries, and what their arguments become. */
import { asList, axisIndex, elementCount, integers, oneOf } from '../base/checks.ts';
import { DTYPES, type DType, dtypeId } from '../base/dtype.ts';
import { counted, shapeText, wrongKind } from '../base/errors.ts';
import { RESHAPE } from '../graph/builtin.ts';
import type { Entry } from '../graph/entry.ts';
import { writeCopy } from '../instructions/copy.ts';
import { writeCast } from '../instructions/elementwise.ts';
import { emitPermuted } from '../instructions/emit.ts';
import { contiguous, stridesOf } from '../instructions/walk.ts';

/** params: the number of a dtype. */
export const CAST: Entry = {
  name: 'cast',
  torch: 'torch.Tensor.to',
  onnx: ['Cast'],
  args: ['x'],
  resolve: ([x], [to]) => ({
    outputs: [{ shape: x!.shape, dtype: DTYPES[to as number] as DType }],
    problem: null,
  }),
  lower(to, { types: [x], params: [dtype], inputs, outputs }) {
    const into = DTYPES[dtype as number] as DType;
    const count = elementCount('cast', x!.shape);
    writeCast(to, { x: inputs[0]!, y: outputs[0]! }, { from: x!.dtype, into, count });
  },
  // Only from float32 to float32: to others nothing flows back.
  gradient: (_, { gradients }) => gradients,
  reads: { inputs: [], outputs: [] },
};

/** @throws TypeError, RangeError for what is no dtype */
export function castParams(dtype: unknown): number[] {
  oneOf('cast', 'dtype', dtype, DTYPES);
  return [dtypeId(dtype as DType)];
}

/** params: the input's axis for each axis of the output. */
export const PERMUTE: Entry = {
  name: 'permute',
  torch: 'torch.permute',
  onnx: ['Transpose'],
  args: ['x'],
  resolve: ([x], axes) => ({
    outputs: [{ shape: axes.map((axis) => x!.shape[axis] as number), dtype: x!.dtype }],
    problem: null,
  }),
  lower(to, { types: [x], outputTypes, params: axes, inputs, outputs }) {
    const [from, shape] = [stridesOf(x!.shape), outputTypes[0]!.shape];
    const source = { strides: axes.map((axis) => from[axis] as number), offset: 0 };
    const walks = { shape, source, target: contiguous(shape) };
    writeCopy(to, { x: inputs[0]!, y: outputs[0]! }, { dtype: x!.dtype, ...walks });
  },
  gradient(to, { outputTypes: [y], params: axes, gradients: [dy] }) {
    const inverse = axes.map((_, axis) => axes.indexOf(axis));
    return [emitPermuted(to, { buffer: dy!, shape: y!.shape }, inverse).buffer];
  },
  reads: { inputs: [], outputs: [] },
  traits: { permutes: (axes) => axes },
};

/** The axes, which stand first in `row`. @throws RangeError when they do not name each of the shape's axes once */
export function permuteParams(shape: readonly number[], row: readonly unknown[]): number[] {
  const [axes] = row;
  if (!Array.isArray(axes)) {
    throw wrongKind('permute', 'axes', axes, `an array of ${shape.length} integers${asList(row)}`);
  }
  const order = axes.map((axis, i) => axisIndex('permute', `axes[${i}]`, axis, shape.length));
  if (order.length !== shape.length || new Set(order).size !== shape.length) {
    throw new RangeError(
      `permute: axes is [${axes.join(', ')}], must name each of the ${shape.length} axes once`,
    );
  }
  return order;
}

/** params: the shape. */
export const FLATTEN: Entry = { ...RESHAPE, name: 'flatten', torch: 'torch.flatten', onnx: ['Flatten'] };

/** The shape that replaces `before`, which stands first in `row`. @throws RangeError when the sizes differ */
export function reshapeParams(before: readonly number[], row: readonly unknown[]): number[] {
  const shape = row[0] as readonly number[];
  const size = elementCount('reshape', before, 1);
  const wanted = integers('reshape', 'shape', shape, -1, undefined, row);
  const open = wanted.indexOf(-1);
  if (open !== -1) {
    wanted[open] = 1;
    const rest = elementCount('reshape', wanted);
    if (wanted.includes(-1))
      throw new RangeError(`reshape: shape has more than one -1, must have at most one`);
    if (rest === 0 && size === 0) {
      throw new RangeError(`reshape: shape is [${shape.join(', ')}], must not have -1 beside 0`);
    }
    wanted[open] = rest === 0 ? 0 : size / rest;
  }
  if (
    elementCount(
      'reshape',
      wanted.map((axis) => Math.ceil(axis)),
    ) !== size ||
    wanted.some((axis) => axis % 1)
  ) {
    const [from, to] = [shapeText(before), `[${shape.join(', ')}]`];
    throw new RangeError(
      `reshape: x of shape ${from} has ${counted(size, 'element')}, shape ${to} must have as many`,
    );
  }
  return wanted;
}

/** The shape with the axes from `startDim` to `endDim` as one. @throws RangeError for axes that there are not */
export function flattenParams(shape: readonly number[], startDim: unknown, endDim: unknown): number[] {
  const from = axisIndex('flatten', 'startDim', startDim, Math.max(shape.length, 1));
  const to = axisIndex('flatten', 'endDim', endDim, Math.max(shape.length, 1));
  if (to < from)
    throw new RangeError(`flatten: endDim is ${endDim}, must not lie before startDim ${startDim}`);
  const merged = shape.slice(from, to + 1).reduce((product, axis) => product * axis, 1);
  return [...shape.slice(0, from), merged, ...shape.slice(to + 1)];
}

/** Writes source in tensor's place; made by no function of its own, for it has no result. */
export const ASSIGN: Entry = {
  name: 'assign',
  torch: 'torch.Tensor.copy_',
  onnx: [],
  args: ['tensor', 'source'],
  resolve: () => ({ outputs: [], state: [0], problem: null }),
  lower(to, { inputs: [tensor, source] }) {
    // Not where a tensor is assigned to itself.
    if (source !== tensor) to.copy(source!, tensor!);
  },
  // Nothing flows into what was overwritten.
  flows: true,
  gradient: (_, { gradients: [dy] }) => [null, dy!],
  reads: { inputs: [], outputs: [] },
};
