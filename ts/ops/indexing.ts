/**
 * indexSelect, gather, scatter and oneHot: elements by indices along an axis (crates/core/src/instructions/select.rs).
 * Indices are int32; negative ones count from the axis' end, and one outside of it is a RangeError.
 * @category Indexing
 */
import { axisIndex, checkOptions, elementCount, integer, oneOf } from '../base/checks.ts';
import { bytesPer, type DType, type TensorType } from '../base/dtype.ts';
import { shapeText } from '../base/errors.ts';
import type { Buffer, Builder } from '../instructions/builder.ts';
import { writeCopy, writeFill } from '../instructions/copy.ts';
import { type Block, countOf, emitBinary, emitFill, newBlock } from '../instructions/emit.ts';
import { type Indexed, writePut, writeSelect } from '../instructions/select.ts';
import { BINARY, JOINING, OUTSIDE } from '../instructions/table.ts';
import { contiguous } from '../instructions/walk.ts';
import { requireTensor, type Tensor } from '../tensor/tensor.ts';
import { type Backward, type Entry, operator } from './operator.ts';

/** The option of `indexSelect` and `gather`. */
export interface IndexOptions {
  /** The axis that the indices are of, counted from the end when negative. Default 0. */
  dim?: number | undefined;
}

/** How `scatter` puts elements in their places. */
export type Reduce = 'add' | 'multiply' | 'amax' | 'amin';

/** The options of `scatter`. */
export interface ScatterOptions extends IndexOptions {
  /**
   * What is made of an element and of what is in its place: their sum, product, maximum or minimum. Default: it is put
   * there instead, of several for one place the last.
   */
  reduce?: Reduce | undefined;
}

const outerOf = (shape: readonly number[], dim: number): number => countOf(shape.slice(0, dim));
const innerOf = (shape: readonly number[], dim: number): number => countOf(shape.slice(dim + 1));

/** @throws TypeError for indices of another dtype */
function requireIndices(name: string, { dtype }: TensorType, argument = 'indices'): void {
  if (dtype !== 'int32') throw new TypeError(`${name}: ${argument} is ${dtype}, must be int32`);
}

/** @throws TypeError for an axis of a scalar; RangeError */
function dimOf(name: string, x: unknown, options: IndexOptions, known: readonly string[]): number {
  const { shape } = requireTensor(name, 'x', x);
  checkOptions(name, options, known);
  return axisIndex(name, 'dim', options.dim ?? 0, shape.length);
}

/** params: dim. */
const INDEX_SELECT: Entry<Indexed> = {
  name: 'indexSelect',
  torch: 'torch.index_select',
  onnx: ['Gather'],
  args: ['x', 'indices'],
  constants: ['indices'],
  resolve([x, indices], [dim = 0]) {
    requireIndices('indexSelect', indices!);
    const { shape, dtype } = x!;
    const made = [...shape.slice(0, dim), ...indices!.shape, ...shape.slice(dim + 1)];
    elementCount('indexSelect', made, bytesPer(dtype));
    const sides = { outer: outerOf(shape, dim), inner: innerOf(shape, dim) };
    const problem = { ...sides, count: countOf(indices!.shape), size: shape[dim] as number, own: false };
    return { outputs: [{ shape: made, dtype }], problem };
  },
  lower(to, { types: [x], problem, inputs: [values, indices], outputs }) {
    writeSelect(to, { x: values!, indices: indices!, y: outputs[0]! }, { ...problem, dtype: x!.dtype });
  },
  gradient(to, { types: [x], problem, inputs: [, indices], gradients: [dy] }) {
    const { buffer } = emitFill(to, x!.shape, 0);
    writePut(to, { x: dy!, indices: indices!, y: buffer }, { ...problem, joining: JOINING.add });
    return [buffer, null];
  },
  reads: { inputs: [1], outputs: [] },
};

/**
 * What the indices name along an axis of x, in their order. As PyTorch's index_select, ONNX's Gather, and an embedding's
 * look-up.
 * @param x of any dtype, which the result keeps
 * @param indices int32, of any shape, which stands in the axis' place: a scalar takes the axis away. Negative ones
 * count from the end
 * @throws RangeError for an index outside the axis; TypeError for indices of another dtype
 * @example
 * ```ts
 * const ids = tensor([2, 0], [2], { dtype: 'int32' });
 * indexSelect(tensor([[1, 2], [3, 4], [5, 6]]), ids).toArray(); // [[5, 6], [1, 2]]
 * ```
 */
export const indexSelect = /*#__PURE__*/ operator(
  INDEX_SELECT,
  (invoke) =>
    <D extends DType>(x: Tensor<D>, indices: Tensor<'int32'>, options: IndexOptions = {}): Tensor<D> => {
      const dim = dimOf('indexSelect', x, options, ['dim']);
      return invoke([x as Tensor<DType>, indices], [dim])[0] as unknown as Tensor<D>;
    },
);

/** Indices of x's rank: the part of x that they reach into, and the problem there. */
interface Elements {
  /** x, as far as the indices' shape reaches along the other axes. */
  readonly reached: readonly number[];
  readonly indexed: Indexed;
}

/** @throws RangeError where the indices' shape does not fit in x's */
function elementsOf(name: string, x: TensorType, indices: TensorType, dim: number): Elements {
  requireIndices(name, indices);
  const { shape } = indices;
  const fits = x.shape.every((size, axis) => axis === dim || (shape[axis] as number) <= size);
  if (shape.length !== x.shape.length || !fits) {
    const most = x.shape.map((size, axis) => (axis === dim ? '*' : size)).join('x');
    throw new RangeError(`${name}: indices has shape ${shapeText(shape)}, must be at most ${most} as x`);
  }
  const reached = shape.map((size, axis) => (axis === dim ? (x.shape[dim] as number) : size));
  const sides = { outer: outerOf(shape, dim), inner: innerOf(shape, dim) };
  const size = x.shape[dim] as number;
  return { reached, indexed: { ...sides, count: shape[dim] as number, size, own: true } };
}

const isWhole = (part: readonly number[], whole: readonly number[]): boolean =>
  shapeText(part) === shapeText(whole);

/** The first elements of `whole` along each axis. */
function emitPart(to: Builder, x: Buffer, { shape, dtype }: TensorType, part: readonly number[]): Buffer {
  if (isWhole(part, shape)) return x;
  const made = to.buffer({ shape: part, dtype });
  const source = contiguous(shape);
  writeCopy(to, { x, y: made }, { dtype, shape: part, source, target: contiguous(part) });
  return made;
}

/** A part in its place among zeros. */
function emitWhole(to: Builder, part: Block, shape: readonly number[]): Buffer {
  if (isWhole(part.shape, shape)) return part.buffer;
  const { buffer } = emitFill(to, shape, 0);
  const [source, target] = [contiguous(part.shape), contiguous(shape)];
  writeCopy(to, { x: part.buffer, y: buffer }, { shape: part.shape, source, target });
  return buffer;
}

/** params: dim. */
const GATHER: Entry<Elements> = {
  name: 'gather',
  torch: 'torch.gather',
  onnx: ['GatherElements'],
  args: ['x', 'indices'],
  constants: ['indices'],
  resolve([x, indices], [dim = 0]) {
    const problem = elementsOf('gather', x!, indices!, dim);
    elementCount('gather', indices!.shape, bytesPer(x!.dtype));
    return { outputs: [{ shape: indices!.shape, dtype: x!.dtype }], problem };
  },
  lower(to, { types: [x], problem: { reached, indexed }, inputs: [values, indices], outputs }) {
    const part = emitPart(to, values!, x!, reached);
    writeSelect(to, { x: part, indices: indices!, y: outputs[0]! }, { ...indexed, dtype: x!.dtype });
  },
  gradient(to, { types: [x], problem: { reached, indexed }, inputs: [, indices], gradients: [dy] }) {
    const part = emitFill(to, reached, 0);
    writePut(to, { x: dy!, indices: indices!, y: part.buffer }, { ...indexed, joining: JOINING.add });
    return [emitWhole(to, part, x!.shape), null];
  },
  reads: { inputs: [1], outputs: [] },
};

/**
 * An element of x for each index: along `dim` where the index says, along the other axes where the index stands. As
 * PyTorch's gather and ONNX's GatherElements.
 * @param x of any dtype, which the result keeps
 * @param indices int32, of x's rank, along the other axes at most of x's size. Negative ones count from the end
 * @returns of the indices' shape
 * @throws RangeError for an index outside the axis and shapes that do not fit; TypeError for indices of another dtype
 * @example
 * ```ts
 * const indices = tensor([[1], [0]], null, { dtype: 'int32' });
 * gather(tensor([[1, 2], [3, 4]]), indices, { dim: 1 }).toArray(); // [[2], [3]]
 * ```
 */
export const gather = /*#__PURE__*/ operator(
  GATHER,
  (invoke) =>
    <D extends DType>(x: Tensor<D>, indices: Tensor<'int32'>, options: IndexOptions = {}): Tensor<D> => {
      const dim = dimOf('gather', x, options, ['dim']);
      return invoke([x as Tensor<DType>, indices], [dim])[0] as unknown as Tensor<D>;
    },
);

/** By JOINING. */
const REDUCES: readonly (Reduce | 'none')[] = ['none', 'add', 'multiply', 'amax', 'amin'];

interface Scattered extends Elements {
  readonly joining: (typeof JOINING)[keyof typeof JOINING];
}

/** params: dim, JOINING. */
const SCATTER: Entry<Scattered> = {
  name: 'scatter',
  torch: 'torch.scatter',
  onnx: ['ScatterElements', 'Scatter'],
  args: ['x', 'indices', 'source'],
  constants: ['indices'],
  resolve([x, indices, source], [dim = 0, joining = 0]) {
    const elements = elementsOf('scatter', x!, indices!, dim);
    const { shape } = indices!;
    if (source!.dtype !== x!.dtype) {
      throw new TypeError(`scatter: source is ${source!.dtype}, must be ${x!.dtype} as x`);
    }
    const covers = source!.shape.every((size, axis) => size >= (shape[axis] as number));
    if (source!.shape.length !== shape.length || !covers) {
      throw new RangeError(
        `scatter: source has shape ${shapeText(source!.shape)}, must be at least ${shapeText(shape)} as indices`,
      );
    }
    return { outputs: [x!], problem: { ...elements, joining: joining as Scattered['joining'] } };
  },
  lower(to, { types: [x, ids, from], problem, inputs: [values, indices, source], outputs: [y] }) {
    const { reached, indexed, joining } = problem;
    const { shape, dtype } = x!;
    const all = contiguous(shape);
    writeCopy(to, { x: values!, y: y! }, { dtype, shape, source: all, target: all });
    const part = emitPart(to, y!, x!, reached);
    const put = { x: emitPart(to, source!, from!, ids!.shape), indices: indices!, y: part };
    writePut(to, put, { ...indexed, dtype, joining });
    if (part === y) return;
    const place = { source: contiguous(reached), target: all };
    writeCopy(to, { x: part, y: y! }, { dtype, shape: reached, ...place });
  },
  gradient(to, node) {
    const { joining } = node.problem;
    if (joining === JOINING.multiply)
      throw new TypeError(`scatter: there is no gradient of reduce 'multiply'`);
    return joining === JOINING.max || joining === JOINING.min ? shareAmongTies(to, node) : pass(to, node);
  },
};

/** What of a whole the indices select, in the source's shape, zero where it has no index. */
function emitSelected(
  to: Builder,
  { types: [x, ids, from], problem, inputs }: Backward<Scattered>,
  whole: Buffer,
) {
  const made = newBlock(to, ids!.shape);
  const part = emitPart(to, whole, { shape: x!.shape, dtype: 'float32' }, problem.reached);
  writeSelect(to, { x: part, indices: inputs[1]!, y: made.buffer }, problem.indexed);
  return { buffer: emitWhole(to, made, from!.shape), shape: from!.shape };
}

/** The gradient of assigning and adding: the source has dy at its places, and x all of it, but what was replaced. */
function pass(to: Builder, node: Backward<Scattered>): (Buffer | null)[] {
  const { types, problem, gradients, inputs, wanted } = node;
  const { reached, indexed, joining } = problem;
  const dy = gradients[0]!;
  const dsource = wanted[2] ? emitSelected(to, node, dy).buffer : null;
  if (!wanted[0] || joining === JOINING.add) return [dy, null, dsource];
  const { shape } = types[0]!;
  const kept = newBlock(to, shape);
  const all = contiguous(shape);
  writeCopy(to, { x: dy, y: kept.buffer }, { shape, source: all, target: all });
  const part = emitPart(to, kept.buffer, { shape, dtype: 'float32' }, reached);
  const zeros = emitFill(to, types[1]!.shape, 0);
  writePut(to, { x: zeros.buffer, indices: inputs[1]!, y: part }, { ...indexed, joining });
  if (part !== kept.buffer) {
    const place = { source: contiguous(reached), target: all };
    writeCopy(to, { x: part, y: kept.buffer }, { shape: reached, ...place });
  }
  return [kept.buffer, null, dsource];
}

/** The elements of x and of the source that are the extremum of their place share dy evenly. */
function shareAmongTies(to: Builder, node: Backward<Scattered>): (Buffer | null)[] {
  const { types, problem, gradients, inputs, outputs } = node;
  const { reached, indexed, joining } = problem;
  const [{ shape }, ids, from] = [types[0]!, types[1]!, types[2]!];
  // No element is beyond its extremum: 1/2 for those that are equal to it, 0 for the others.
  const ties = (a: Block, y: Block) => {
    const [above, below] = joining === JOINING.max ? [a, y] : [y, a];
    return emitBinary(to, BINARY.above, above, below);
  };
  const y = { buffer: outputs[0]!, shape };
  const own = ties({ buffer: inputs[0]!, shape }, y);
  const others = ties({ buffer: inputs[2]!, shape: from.shape }, emitSelected(to, node, outputs[0]!));
  const counts = emitFill(to, reached, 0);
  const part = emitPart(to, others.buffer, { shape: from.shape, dtype: 'float32' }, ids.shape);
  writePut(to, { x: part, indices: inputs[1]!, y: counts.buffer }, { ...indexed, joining: JOINING.add });
  const all = emitBinary(to, BINARY.add, own, { buffer: emitWhole(to, counts, shape), shape });
  const share = emitBinary(to, BINARY.div, { buffer: gradients[0]!, shape }, all);
  const dsource = emitBinary(to, BINARY.mul, others, emitSelected(to, node, share.buffer));
  return [emitBinary(to, BINARY.mul, own, share).buffer, null, dsource.buffer];
}

/**
 * x with the source's elements where their indices say: along `dim` by the index, along the other axes where the index
 * stands. As PyTorch's scatter (`amax` and `amin` as its scatter_reduce) and ONNX's ScatterElements.
 * @param x of any dtype, which the result keeps
 * @param indices int32, of x's rank, along the other axes at most of x's size. Negative ones count from the end
 * @param source of x's dtype, along each axis at least of the indices' size; what has no index is not used
 * @returns of x's shape. `multiply` has no gradient
 * @throws RangeError for an index outside the axis and shapes that do not fit; TypeError for a wrong dtype
 * @example
 * ```ts
 * const indices = tensor([2, 2], [2], { dtype: 'int32' });
 * scatter(zeros([4]), indices, tensor([1, 5]), { reduce: 'add' }).toArray(); // [0, 0, 6, 0]
 * ```
 */
export const scatter = /*#__PURE__*/ operator(
  SCATTER,
  (invoke) =>
    <D extends DType>(
      x: Tensor<D>,
      indices: Tensor<'int32'>,
      source: Tensor<D>,
      options: ScatterOptions = {},
    ): Tensor<D> => {
      const dim = dimOf('scatter', x, options, ['dim', 'reduce']);
      const { reduce } = options;
      if (reduce !== undefined) oneOf('scatter', 'reduce', reduce, REDUCES.slice(1));
      const operands = [x as Tensor<DType>, indices, source as Tensor<DType>];
      return invoke(operands, [dim, REDUCES.indexOf(reduce ?? 'none')])[0] as unknown as Tensor<D>;
    },
);

/** The options of `oneHot`. */
export interface OneHotOptions {
  /** The result's axis of the classes, counted from its end when negative. Default -1. */
  dim?: number | undefined;
  /**
   * What is no class is an error; with "skip", as ONNX has it, it is all zeros, and negative ones count from the end.
   * Default "error".
   */
  outside?: 'error' | 'skip' | undefined;
}

/** params: dim, classes, OUTSIDE. */
const ONE_HOT: Entry<Indexed> = {
  name: 'oneHot',
  torch: 'torch.nn.functional.one_hot',
  onnx: ['OneHot'],
  args: ['x'],
  resolve([x], [dim = 0, classes = 0]) {
    requireIndices('oneHot', x!, 'x');
    const shape = [...x!.shape.slice(0, dim), classes, ...x!.shape.slice(dim)];
    elementCount('oneHot', shape);
    const sides = { outer: outerOf(shape, dim), inner: innerOf(shape, dim) };
    return {
      outputs: [{ shape, dtype: 'int32' }],
      problem: { ...sides, count: 1, size: classes, own: true },
    };
  },
  lower(to, { types: [x], params, problem, inputs: [indices], outputs: [y] }) {
    const dtype = 'int32';
    const count = countOf(x!.shape);
    const ones = to.buffer({ shape: [count], dtype });
    writeFill(to, { y: ones }, { dtype, count, value: 1 });
    writeFill(to, { y: y! }, { dtype, count: count * problem.size });
    const outside = params[2] as (typeof OUTSIDE)[keyof typeof OUTSIDE];
    const put = { ...problem, dtype, joining: JOINING.assign, outside } as const;
    writePut(to, { x: ones, indices: indices!, y: y! }, put);
  },
};

/**
 * 1 at each index along a new axis, 0 elsewhere. As PyTorch's one_hot and ONNX's OneHot.
 * @param x int32, of any shape, from 0 to classes - 1
 * @param classes the new axis' size
 * @returns int32
 * @throws RangeError for what is no class; TypeError for indices of another dtype
 * @example
 * ```ts
 * oneHot(tensor([2, 0], [2], { dtype: 'int32' }), 3).toArray(); // [[0, 0, 1], [1, 0, 0]]
 * ```
 */
export const oneHot = /*#__PURE__*/ operator(
  ONE_HOT,
  (invoke) =>
    (x: Tensor<'int32'>, classes: number, options: OneHotOptions = {}): Tensor<'int32'> => {
      const { shape } = requireTensor('oneHot', 'x', x);
      checkOptions('oneHot', options, ['dim', 'outside']);
      const { dim = -1, outside = 'error' } = options;
      oneOf('oneHot', 'outside', outside, ['error', 'skip']);
      const axis = axisIndex('oneHot', 'dim', dim, shape.length + 1);
      const params = [axis, integer('oneHot', 'classes', classes, 1)];
      const rule = outside === 'skip' ? OUTSIDE.skip : OUTSIDE.class;
      return invoke([x], [...params, rule])[0] as unknown as Tensor<'int32'>;
    },
);
