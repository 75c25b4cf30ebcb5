/**
 * sum, mean, max, min and argMax over axes. Sums of float32 are accumulations (blocks in float32, the rest in more), all
 * else is the reduce instruction over x as [outer, reduced, inner] (crates/core/src/instructions/reduce.rs).
 *
 * params: keepDim, then the axes in ascending order.
 * @category Arithmetic
 */
import { axisIndex, checkOptions, elementCount, integers } from '../base/checks.ts';
import type { DType, TensorType } from '../base/dtype.ts';
import { shapeText, wrongKind } from '../base/errors.ts';
import type { Buffer, Builder } from '../instructions/builder.ts';
import { writeAccumulate, writeCopy, writeFill } from '../instructions/copy.ts';
import {
  type Block,
  countOf,
  emitBinary,
  emitBinaryInto,
  emitFill,
  emitSumTo,
  newBlock,
} from '../instructions/emit.ts';
import { writeReduce } from '../instructions/reduce.ts';
import { BINARY, REDUCE } from '../instructions/table.ts';
import { contiguous, stretched, stridesOf } from '../instructions/walk.ts';
import { requireTensor, type Tensor } from '../tensor/tensor.ts';
import { type Backward, type Entry, type Lowered, operator, type Params, type Resolved } from './operator.ts';
import { flag } from './options.ts';

/** The options of `sum`, `mean`, `max`, `min` and `argMax`. */
export interface ReduceOptions {
  /** The axis or axes to reduce, counted from the end when negative. Default: all; so an empty list. */
  dim?: number | readonly number[] | undefined;
  /** Keep reduced axes, as axes of 1. Default false. */
  keepDim?: boolean | undefined;
}

function reduceParams(name: string, x: unknown, options: ReduceOptions = {}): number[] {
  const { shape } = requireTensor(name, 'x', x);
  checkOptions(name, options, ['dim', 'keepDim']);
  const { dim, keepDim = false } = options;
  const keep = flag(name, 'keepDim', keepDim);
  const all = shape.map((_, axis) => axis);
  if (dim === undefined || (Array.isArray(dim) && dim.length === 0)) return [keep, ...all];
  if (typeof dim === 'number') return [keep, axisIndex(name, 'dim', dim, shape.length)];
  if (!Array.isArray(dim)) throw wrongKind(name, 'dim', dim, 'an integer or an array of integers');
  const given = integers(name, 'dim', dim, -0x7fffffff);
  const axes = given.map((axis, i) => axisIndex(name, `dim[${i}]`, axis, shape.length));
  if (new Set(axes).size !== axes.length) {
    throw new RangeError(`${name}: dim is [${given.join(', ')}], must name an axis once at most`);
  }
  return [keep, ...axes.sort((a, b) => a - b)];
}

/** What reduceParams made, together with what it is of x. */
interface Problem {
  readonly shape: readonly number[];
  /** In ascending order. */
  readonly axes: readonly number[];
  /** x's shape with reduced axes of 1: the output's values, whether it keeps them or not. */
  readonly kept: readonly number[];
  /** How many elements make one. */
  readonly count: number;
}

function resolve(
  name: string,
  dtypes: readonly DType[],
  { shape, dtype }: TensorType,
  [keep, ...axes]: Params,
  result: DType = dtype,
): Resolved<Problem> {
  if (!dtypes.includes(dtype)) {
    throw new TypeError(`${name}: x is ${dtype}, must be ${dtypes.join(' or ')}`);
  }
  if (name !== 'sum' && name !== 'mean' && axes.some((axis) => shape[axis] === 0)) {
    throw new RangeError(
      `${name}: x has shape ${shapeText(shape)}, must have elements along what is reduced`,
    );
  }
  const kept = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const own = keep === 1 ? kept : shape.filter((_, axis) => !axes.includes(axis));
  elementCount(name, own);
  const count = countOf(axes.map((axis) => shape[axis] as number));
  return { outputs: [{ shape: own, dtype: result }], problem: { shape, axes, kept, count } };
}

/** Sums of float32 into a buffer of zeros. */
function emitSum(to: Builder, { shape, axes, kept }: Problem, x: Buffer, into: Buffer): void {
  const strides = stridesOf(kept).map((stride, axis) => (axes.includes(axis) ? 0 : stride));
  const walks = { shape, source: contiguous(shape), target: { strides, offset: 0 } };
  writeAccumulate(to, { x, y: into }, walks);
}

function lowerSum(to: Builder, node: Lowered<Problem>): void {
  const { types, problem, inputs, outputs } = node;
  if (types[0]!.dtype === 'int32') {
    lowerReduce(to, REDUCE.sum, node);
    return;
  }
  writeFill(to, { y: outputs[0]! }, { count: countOf(problem.kept) });
  emitSum(to, problem, inputs[0]!, outputs[0]!);
}

function lowerMean(to: Builder, { problem, inputs, outputs }: Lowered<Problem>): void {
  const sums = emitFill(to, problem.kept, 0);
  emitSum(to, problem, inputs[0]!, sums.buffer);
  const count = emitFill(to, [], problem.count);
  emitBinaryInto(to, BINARY.div, 'float32', sums, count, { buffer: outputs[0]!, shape: sums.shape });
}

/** x with the reduced axes together, as [outer, reduced, inner]: as it lies, or else reduced axes moved to the end. */
function lowerReduce(to: Builder, kind: number, node: Lowered<Problem>): void {
  const { types, problem, inputs, outputs } = node;
  const { shape, axes, kept, count } = problem;
  const { dtype } = types[0] as TensorType;
  const [first = 0, last = -1] = [axes[0], axes[axes.length - 1]];
  const product = (from: number, until: number) => countOf(shape.slice(from, until));
  let x = inputs[0] as Buffer;
  let sizes = {
    outer: product(0, first),
    size: product(first, last + 1),
    inner: product(last + 1, shape.length),
  };
  if (last - first >= axes.length) {
    const order = [...shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis)), ...axes];
    const moved = order.map((axis) => shape[axis] as number);
    const strides = stridesOf(shape);
    const source = { strides: order.map((axis) => strides[axis] as number), offset: 0 };
    x = to.buffer({ shape: moved, dtype });
    const walks = { shape: moved, source, target: contiguous(moved) };
    writeCopy(to, { x: inputs[0]!, y: x }, { dtype, ...walks });
    sizes = { outer: countOf(kept), size: count, inner: 1 };
  }
  writeReduce(to, { x, y: outputs[0]! }, { dtype, kind, ...sizes });
}

/** Each element of x gets the same of dy. */
function spread(to: Builder, { problem, gradients: [dy] }: Backward<Problem>, divisor: number): Buffer {
  const { shape, kept } = problem;
  let share: Block = { buffer: dy!, shape: kept };
  if (divisor !== 1) share = emitBinary(to, BINARY.div, share, emitFill(to, [], divisor));
  const { buffer } = newBlock(to, shape);
  const source = { strides: stretched(share.shape, shape), offset: 0 };
  writeCopy(to, { x: share.buffer, y: buffer }, { shape, source, target: contiguous(shape) });
  return buffer;
}

/** The elements that are the extremum share dy evenly. */
function shareAmongTies(to: Builder, kind: 'max' | 'min', node: Backward<Problem>): Buffer {
  const { problem, inputs, outputs, gradients } = node;
  const { shape, kept } = problem;
  const x: Block = { buffer: inputs[0]!, shape };
  const y: Block = { buffer: outputs[0]!, shape: kept };
  // No element is beyond its extremum: 1/2 for those that are equal to it, 0 for the others.
  const [a, b] = kind === 'max' ? [x, y] : [y, x];
  const ties = emitBinary(to, BINARY.above, a, b);
  const share = emitBinary(to, BINARY.div, { buffer: gradients[0]!, shape: kept }, emitSumTo(to, ties, kept));
  return emitBinary(to, BINARY.mul, ties, share).buffer;
}

type Rules = Pick<Entry<Problem>, 'torch' | 'onnx' | 'lower' | 'gradient' | 'reads'>;

const ALL: readonly DType[] = ['float32', 'int32', 'uint8', 'int8'];

/** The entry of a reduction of these dtypes; `result`: the output's dtype, where it is not x's. */
function reduction(name: string, dtypes: readonly DType[], rules: Rules, result?: DType): Entry<Problem> {
  return {
    name,
    args: ['x'],
    resolve: ([x], params) => resolve(name, dtypes, x!, params, result),
    ...rules,
  };
}

/**
 * The sum of x over `dim`; of no elements 0.
 * @param x of float32 or int32, which wraps and which the result keeps
 * @throws RangeError for an axis that x does not have, or that is named twice; TypeError for another dtype
 * @example
 * ```ts
 * sum(x).item(); // of all elements
 * sum(x, { dim: [2, 3], keepDim: true }); // of each plane
 * ```
 */
export const sum = /*#__PURE__*/ operator(
  /*#__PURE__*/ reduction('sum', ['float32', 'int32'], {
    torch: 'torch.sum',
    onnx: ['ReduceSum'],
    lower: lowerSum,
    gradient: (to, node) => [spread(to, node, 1)],
    reads: { inputs: [], outputs: [] },
  }),
  (invoke) =>
    <D extends 'float32' | 'int32'>(x: Tensor<D>, options?: ReduceOptions): Tensor<D> =>
      invoke([x as unknown as Tensor<DType>], reduceParams('sum', x, options))[0] as unknown as Tensor<D>,
);

/**
 * The mean of x over `dim`; of no elements NaN.
 * @param x of float32
 * @throws RangeError for an axis that x does not have, or that is named twice; TypeError for another dtype
 */
export const mean = /*#__PURE__*/ operator(
  /*#__PURE__*/ reduction('mean', ['float32'], {
    torch: 'torch.mean',
    onnx: ['ReduceMean'],
    lower: lowerMean,
    gradient: (to, node) => [spread(to, node, node.problem.count)],
    reads: { inputs: [], outputs: [] },
  }),
  (invoke) =>
    (x: Tensor, options?: ReduceOptions): Tensor =>
      invoke([x as unknown as Tensor<DType>], reduceParams('mean', x, options))[0] as unknown as Tensor,
);

/** max and min. */
function extremum(name: 'max' | 'min', torch: string, onnx: string) {
  const rules: Rules = {
    torch,
    onnx: [onnx],
    lower: (to, node) => lowerReduce(to, REDUCE[name], node),
    gradient: (to, node) => [shareAmongTies(to, name, node)],
  };
  return operator(
    reduction(name, ALL, rules),
    (invoke) =>
      <D extends DType>(x: Tensor<D>, options?: ReduceOptions): Tensor<D> =>
        invoke([x as unknown as Tensor<DType>], reduceParams(name, x, options))[0] as unknown as Tensor<D>,
  );
}

/**
 * The largest element of x over `dim`; NaN where there is one. In the gradient equal ones share evenly. PyTorch's
 * amax.
 * @param x of any dtype, which the result keeps
 * @throws RangeError for an axis that x does not have, or that is named twice, and when there are no elements to
 * reduce
 */
export const max = /*#__PURE__*/ extremum('max', 'torch.amax', 'ReduceMax');
/**
 * The smallest element of x over `dim`; NaN where there is one. In the gradient equal ones share evenly. PyTorch's
 * amin.
 * @param x of any dtype, which the result keeps
 * @throws RangeError for an axis that x does not have, or that is named twice, and when there are no elements to
 * reduce
 */
export const min = /*#__PURE__*/ extremum('min', 'torch.amin', 'ReduceMin');

/**
 * Where along `dim` the first of the largest elements is (the first NaN, where there is one), as int32; over
 * several axes its position in them taken as one, in the order of the axes.
 * @param x of any dtype
 * @throws RangeError for an axis that x does not have, or that is named twice, and when there are no elements to
 * reduce
 */
export const argMax = /*#__PURE__*/ operator(
  /*#__PURE__*/ reduction(
    'argMax',
    ALL,
    {
      torch: 'torch.argmax',
      onnx: ['ArgMax'],
      lower: (to, node) => lowerReduce(to, REDUCE.argMax, node),
    },
    'int32',
  ),
  (invoke) =>
    (x: Tensor<DType>, options?: ReduceOptions): Tensor<'int32'> =>
      invoke([x], reduceParams('argMax', x, options))[0] as unknown as Tensor<'int32'>,
);
