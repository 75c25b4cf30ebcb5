/**
 * indexSelect, gather and oneHot: elements by indices along an axis (crates/core/src/instructions/select.rs).
 * Indices are int32; negative ones count from the axis' end, and one outside of it is a RangeError.
 * @category Indexing
 */
import { axisIndex, checkOptions, elementCount, integer, oneOf } from '../base/checks.ts';
import { bytesPer, type DType } from '../base/dtype.ts';
import { writeFill } from '../instructions/copy.ts';
import { countOf, emitFill } from '../instructions/emit.ts';
import { type Indexed, writePut, writeSelect } from '../instructions/select.ts';
import { JOINING, OUTSIDE } from '../instructions/table.ts';
import { requireTensor, type Tensor } from '../tensor/tensor.ts';
import {
  dimOf,
  type Elements,
  elementsOf,
  emitPart,
  emitWhole,
  innerOf,
  outerOf,
  requireIndices,
} from './indexed.ts';
import { type Entry, operator } from './operator.ts';

/** The option of `indexSelect` and `gather`. */
export interface IndexOptions {
  /** The axis that the indices are of, counted from the end when negative. Default 0. */
  dim?: number | undefined;
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
