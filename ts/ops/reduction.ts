/**
 * sum, mean, variance, std, max, min, argMax and argMin over axes. Sums of float32 are accumulations (blocks in float32,
 * the rest in more), all else is the reduce instruction over x as [outer, reduced, inner]
 * (crates/core/src/instructions/reduce.rs).
 *
 * params: keepDim, then the axes in ascending order; behind them the correction of variance and std.
 * @category Arithmetic
 */
import { axisIndex, checkOptions, elementCount, integers, real } from '../base/checks.ts';
import type { DType, TensorType } from '../base/dtype.ts';
import { shapeText, wrongKind } from '../base/errors.ts';
import { axes as along } from '../engine/sides/axes.ts';
import { writeAccumulate } from '../instructions/accumulate.ts';
import type { Buffer, Builder } from '../instructions/builder.ts';
import { writeCopy, writeFill } from '../instructions/copy.ts';
import { writeUnary } from '../instructions/elementwise.ts';
import {
  type Block,
  countOf,
  emitBinary,
  emitBinaryInto,
  emitFill,
  emitScale,
  emitSumTo,
  newBlock,
} from '../instructions/emit.ts';
import { writeReduce } from '../instructions/reduce.ts';
import { ACTIVATION, BINARY, REDUCE } from '../instructions/table.ts';
import { contiguous, stretched, stridesOf } from '../instructions/walk.ts';
import { requireTensor, type Tensor } from '../tensor/tensor.ts';
import { type Backward, type Entry, type Lowered, operator, type Params, type Resolved } from './operator.ts';
import { flag } from './options.ts';

/** The options of `sum`, `mean`, `max`, `min`, `argMax` and `argMin`. */
export interface ReduceOptions {
  /** The axis or axes to reduce, counted from the end when negative. Default: all; so an empty list. */
  dim?: number | readonly number[] | undefined;
  /** Keep reduced axes, as axes of 1. Default false. */
  keepDim?: boolean | undefined;
}

/** The options of `variance` and `std`. */
export interface VarianceOptions extends ReduceOptions {
  /**
   * What is taken from the number of elements that the squares' sum is divided by. Default 1; 0: the elements are all that
   * there are.
   */
  correction?: number | undefined;
}

const OPTIONS: readonly string[] = ['dim', 'keepDim'];

function reduceParams(
  name: string,
  x: unknown,
  options: ReduceOptions = {},
  known: readonly string[] = OPTIONS,
): number[] {
  const { shape } = requireTensor(name, 'x', x);
  checkOptions(name, options, known);
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

/** What has a value where there are no elements. */
const SUMS: readonly string[] = ['sum', 'mean', 'variance', 'std'];

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
  if (!SUMS.includes(name) && axes.some((axis) => shape[axis] === 0)) {
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
  to.needs(along);
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

/** The quotient of a reduced block and a number, where that is. */
function emitShare(to: Builder, sums: Block, count: number, into: Buffer): void {
  const y = { buffer: into, shape: sums.shape };
  emitBinaryInto(to, BINARY.div, 'float32', sums, emitFill(to, [], count), y);
}

function emitMean(to: Builder, problem: Problem, x: Buffer, into: Buffer): void {
  const sums = emitFill(to, problem.kept, 0);
  emitSum(to, problem, x, sums.buffer);
  emitShare(to, sums, problem.count, into);
}

/** x less its means. */
function emitCentered(to: Builder, problem: Problem, x: Buffer): Block {
  const mean = newBlock(to, problem.kept);
  emitMean(to, problem, x, mean.buffer);
  return emitBinary(to, BINARY.sub, { buffer: x, shape: problem.shape }, mean);
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

interface Spread extends Problem {
  /** What the squares' sum is divided by: as PyTorch has it, never below 0. */
  readonly divisor: number;
}

/** The sum of the squared distances from the mean over the divisor, in two passes; std: its root. */
function lowerVariance(to: Builder, root: boolean, { problem, inputs, outputs }: Lowered<Spread>): void {
  const { kept, divisor } = problem;
  const centered = emitCentered(to, problem, inputs[0]!);
  const squares = emitSumTo(to, emitBinary(to, BINARY.mul, centered, centered), kept);
  if (!root) emitShare(to, squares, divisor, outputs[0]!);
  else {
    const variance = newBlock(to, kept);
    emitShare(to, squares, divisor, variance.buffer);
    const options = { act: ACTIVATION.sqrt, p0: 0, p1: 0, count: countOf(kept) };
    writeUnary(to, { x: variance.buffer, y: outputs[0]! }, options);
  }
}

/** dx = (x - mean) * 2 / divisor * dy; of std with dy / 2 y in dy's place, which is 0 where y is, as in PyTorch. */
function varianceGradient(to: Builder, root: boolean, node: Backward<Spread>): Buffer {
  const { problem, inputs, outputs, gradients } = node;
  const { kept, divisor } = problem;
  const centered = emitCentered(to, problem, inputs[0]!);
  let share: Block = { buffer: gradients[0]!, shape: kept };
  if (root) {
    const y: Block = { buffer: outputs[0]!, shape: kept };
    // 0 where y is 0, else 1/2, by which the quotient is multiplied.
    const above = emitBinary(to, BINARY.above, y, emitFill(to, [], 0));
    const mask = emitBinary(to, BINARY.sub, above, emitFill(to, [], 0.5));
    share = emitBinary(to, BINARY.masked, emitBinary(to, BINARY.div, share, y), mask);
  }
  return emitBinary(to, BINARY.mul, emitScale(to, share, 2 / divisor), centered).buffer;
}

type Rules<P = Problem> = Pick<Entry<P>, 'torch' | 'onnx' | 'lower' | 'gradient' | 'reads'>;

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
    lower: (to, { problem, inputs, outputs }) => emitMean(to, problem, inputs[0]!, outputs[0]!),
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

/** variance and std. */
function spreading(name: 'variance' | 'std', torch: string) {
  const root = name === 'std';
  const entry: Entry<Spread> = {
    name,
    torch,
    onnx: [],
    args: ['x'],
    resolve([x], params) {
      const { outputs, problem } = resolve(name, ['float32'], x!, params.slice(0, -1));
      const divisor = Math.max(0, problem.count - (params[params.length - 1] as number));
      return { outputs, problem: { ...problem, divisor } };
    },
    lower: (to, node) => lowerVariance(to, root, node),
    gradient: (to, node) => [varianceGradient(to, root, node)],
    reads: { outputs: root ? [0] : [] },
  };
  return operator(entry, (invoke) => (x: Tensor, options?: VarianceOptions): Tensor => {
    const params = reduceParams(name, x, options, [...OPTIONS, 'correction']);
    const correction = real(name, 'correction', options?.correction ?? 1);
    return invoke([x as unknown as Tensor<DType>], [...params, correction])[0] as unknown as Tensor;
  });
}

/**
 * The variance of x over `dim`: the mean is taken first, then the sum of the squared distances from it over the number of
 * elements less `correction` (1: the estimate from a sample). NaN where no more than `correction` elements are equal.
 * @param x of float32
 * @throws RangeError for an axis that x does not have, or that is named twice; TypeError for another dtype
 */
export const variance = /*#__PURE__*/ spreading('variance', 'torch.var');

/**
 * The standard deviation of x over `dim`: the root of its `variance`. Where it is 0, its gradient is 0.
 * @param x of float32
 * @throws RangeError for an axis that x does not have, or that is named twice; TypeError for another dtype
 */
export const std = /*#__PURE__*/ spreading('std', 'torch.std');

/** argMax and argMin. */
function place(name: 'argMax' | 'argMin', torch: string, onnx: string) {
  const rules: Rules = { torch, onnx: [onnx], lower: (to, node) => lowerReduce(to, REDUCE[name], node) };
  return operator(
    reduction(name, ALL, rules, 'int32'),
    (invoke) =>
      (x: Tensor<DType>, options?: ReduceOptions): Tensor<'int32'> =>
        invoke([x], reduceParams(name, x, options))[0] as unknown as Tensor<'int32'>,
  );
}

/**
 * Where along `dim` the first of the largest elements is (the first NaN, where there is one), as int32; over
 * several axes its position in them taken as one, in the order of the axes.
 * @param x of any dtype
 * @throws RangeError for an axis that x does not have, or that is named twice, and when there are no elements to
 * reduce
 */
export const argMax = /*#__PURE__*/ place('argMax', 'torch.argmax', 'ArgMax');

/**
 * Where along `dim` the first of the smallest elements is (the first NaN, where there is one), as int32; over several
 * axes its position in them taken as one, in the order of the axes.
 * @param x of any dtype
 * @throws RangeError for an axis that x does not have, or that is named twice, and when there are no elements to
 * reduce
 */
export const argMin = /*#__PURE__*/ place('argMin', 'torch.argmin', 'ArgMin');
