/**
 * sort(x) and topK(x, k): the elements of each row in order, or the first of them, and their places
 * (crates/core/src/instructions/sort.rs). Gradient: what flows into an element goes back to its place.
 *
 * params: dim, count, descending.
 * @category Indexing
 */
import { axisIndex, checkOptions, integer } from '../base/checks.ts';
import type { DType } from '../base/dtype.ts';
import { countOf, emitFill } from '../instructions/emit.ts';
import { writeSort } from '../instructions/order.ts';
import type { Along } from '../instructions/reduce.ts';
import { writePut } from '../instructions/select.ts';
import { JOINING } from '../instructions/table.ts';
import { requireTensor, type Tensor } from '../tensor/tensor.ts';
import { type Entry, operator } from './operator.ts';
import { flag } from './options.ts';

/** The options of `sort`. */
export interface SortOptions {
  /** The axis, counted from the end when negative. Default -1. */
  dim?: number | undefined;
  /** From the largest to the smallest. Default false. */
  descending?: boolean | undefined;
}

/** The options of `topK`. */
export interface TopKOptions {
  /** The axis, counted from the end when negative. Default -1. */
  dim?: number | undefined;
  /** The largest, from the largest on; else the smallest, from the smallest on. Default true. */
  largest?: boolean | undefined;
}

interface Problem extends Along {
  readonly count: number;
  readonly descending: boolean;
}

function entry(name: string, torch: string, onnx: readonly string[]): Entry<Problem> {
  return {
    name,
    torch,
    onnx,
    args: ['x'],
    resolve([x], [dim = 0, count = 0, descending]) {
      const { shape, dtype } = x!;
      const made = shape.map((size, axis) => (axis === dim ? count : size));
      const [outer, inner] = [countOf(shape.slice(0, dim)), countOf(shape.slice(dim + 1))];
      const problem = { outer, size: shape[dim] ?? 1, inner, count, descending: descending === 1 };
      return {
        outputs: [
          { shape: made, dtype },
          { shape: made, dtype: 'int32' },
        ],
        problem,
      };
    },
    lower(to, { types: [x], problem, inputs, outputs: [y, indices] }) {
      writeSort(to, { x: inputs[0]!, y: y!, indices: indices! }, { ...problem, dtype: x!.dtype });
    },
    gradient(to, { types: [x], problem, outputs: [, indices], gradients: [dy] }) {
      const { buffer } = emitFill(to, x!.shape, 0);
      const put = { x: dy!, indices: indices!, y: buffer };
      writePut(to, put, { ...problem, own: true, joining: JOINING.assign });
      return [buffer];
    },
    reads: { inputs: [], outputs: [1] },
  };
}

/**
 * The elements along an axis in order. As PyTorch's sort, stable: equal ones keep their order; NaN is the largest.
 * @param x of any dtype, which the values keep
 * @returns [values, indices], both of x's shape; the indices are int32 places along the axis
 * @throws RangeError for an axis that x does not have
 * @example
 * ```ts
 * const [values, indices] = sort(tensor([3, 1, 2])); // [1, 2, 3], [1, 2, 0]
 * ```
 */
export const sort = /*#__PURE__*/ operator(
  /*#__PURE__*/ entry('sort', 'torch.sort', []),
  (invoke) =>
    <D extends DType>(x: Tensor<D>, options: SortOptions = {}): [Tensor<D>, Tensor<'int32'>] => {
      const { shape } = requireTensor('sort', 'x', x);
      checkOptions('sort', options, ['dim', 'descending']);
      const dim = axisIndex('sort', 'dim', options.dim ?? -1, Math.max(shape.length, 1));
      const params = [dim, shape[dim] ?? 1, flag('sort', 'descending', options.descending ?? false)];
      return invoke([x as Tensor<DType>], params) as unknown as [Tensor<D>, Tensor<'int32'>];
    },
);

/**
 * The `k` largest or smallest elements along an axis, in order. As PyTorch's topk and ONNX's TopK; of equal ones the
 * first come first; NaN is the largest.
 * @param x of any dtype, which the values keep
 * @param k how many, at most the axis' size
 * @returns [values, indices], of x's shape but for the axis; the indices are int32 places along it
 * @throws RangeError for more than there are, and for an axis that x does not have
 * @example
 * ```ts
 * const [values, indices] = topK(tensor([3, 1, 2]), 2); // [3, 2], [0, 2]
 * ```
 */
export const topK = /*#__PURE__*/ operator(
  /*#__PURE__*/ entry('topK', 'torch.topk', ['TopK']),
  (invoke) =>
    <D extends DType>(x: Tensor<D>, k: number, options: TopKOptions = {}): [Tensor<D>, Tensor<'int32'>] => {
      const { shape } = requireTensor('topK', 'x', x);
      checkOptions('topK', options, ['dim', 'largest']);
      const dim = axisIndex('topK', 'dim', options.dim ?? -1, Math.max(shape.length, 1));
      const count = integer('topK', 'k', k, 0, shape[dim] ?? 1);
      const params = [dim, count, flag('topK', 'largest', options.largest ?? true)];
      return invoke([x as Tensor<DType>], params) as unknown as [Tensor<D>, Tensor<'int32'>];
    },
);
