/**
 * reshape, flatten, squeeze and unsqueeze: the same storage under another shape.
 * @category Moving values
 */
import { axisIndex, integer, integers } from '../base/checks.ts';
import type { DType } from '../base/dtype.ts';
import { RESHAPE } from '../graph/builtin.ts';
import { FLATTEN, flattenParams, reshapeParams } from '../tensor/moves.ts';
import { requireTensor, type Tensor } from '../tensor/tensor.ts';
import { type Entry, operator } from './operator.ts';

/**
 * The same storage under another shape of the same size: nothing is copied. As PyTorch's view and ONNX's Reshape.
 * @param x of any dtype, which the result keeps
 * @param shape one axis may be -1 and takes what is left
 * @throws RangeError when the sizes differ
 * @example
 * ```ts
 * reshape(x, [x.shape[0]!, -1]);
 * ```
 */
export const reshape = /*#__PURE__*/ operator(
  RESHAPE,
  (invoke): (<D extends DType>(x: Tensor<D>, shape: readonly number[]) => Tensor<D>) =>
    <D extends DType>(x: Tensor<D>, ...row: readonly unknown[]): Tensor<D> => {
      const before = requireTensor('reshape', 'x', x).shape;
      return invoke([x as Tensor<DType>], reshapeParams(before, row))[0] as unknown as Tensor<D>;
    },
);

/** The options of `Flatten`. */
export interface FlattenOptions {
  /** The first axis, counted from the end when negative. Default 1. */
  startDim?: number | undefined;
  /** The last axis, likewise. Default -1. */
  endDim?: number | undefined;
}

/**
 * The axes from `startDim` to `endDim` as one, on the same storage. As PyTorch's flatten.
 * @param x of any dtype, which the result keeps
 * @param startDim the first axis, counted from the end when negative. Default 0
 * @param endDim the last axis, likewise. Default -1
 * @throws RangeError for axes that x does not have
 */
export const flatten = /*#__PURE__*/ operator(
  FLATTEN,
  (invoke) =>
    <D extends DType>(x: Tensor<D>, startDim = 0, endDim = -1): Tensor<D> => {
      const { shape } = requireTensor('flatten', 'x', x);
      return invoke([x as Tensor<DType>], flattenParams(shape, startDim, endDim))[0] as unknown as Tensor<D>;
    },
  {
    layer: { name: 'Flatten', options: 'FlattenOptions', defaults: { startDim: 1, endDim: -1 } },
    validate(where, { startDim, endDim }: FlattenOptions) {
      integer(where, 'startDim', startDim ?? 1, -8);
      integer(where, 'endDim', endDim ?? -1, -8);
    },
  },
);

/** params: the shape. */
const reshaping = (name: string): Entry => ({ ...RESHAPE, name, torch: `torch.${name}`, onnx: [] });

/**
 * The same storage without axes of size 1. As PyTorch's squeeze.
 * @param x of any dtype, which the result keeps
 * @param dim the axis to leave out, or a list of such, counted from the end when negative; one of another size stays. Left
 * out: all of size 1
 * @throws RangeError for an axis that x does not have
 */
export const squeeze = /*#__PURE__*/ operator(
  /*#__PURE__*/ reshaping('squeeze'),
  (invoke) =>
    <D extends DType>(x: Tensor<D>, dim?: number | readonly number[]): Tensor<D> => {
      const { shape } = requireTensor('squeeze', 'x', x);
      const rank = Math.max(shape.length, 1);
      const axes = Array.isArray(dim)
        ? integers('squeeze', 'dim', dim, -0x7fffffff).map((axis, i) =>
            axisIndex('squeeze', `dim[${i}]`, axis, rank),
          )
        : dim === undefined
          ? null
          : [axisIndex('squeeze', 'dim', dim, rank)];
      const kept = shape.filter((size, axis) => size !== 1 || (axes !== null && !axes.includes(axis)));
      return invoke([x as Tensor<DType>], kept)[0] as unknown as Tensor<D>;
    },
);

/**
 * The same storage with an axis of size 1 more. As PyTorch's unsqueeze.
 * @param x of any dtype, which the result keeps
 * @param dim where the result has the axis, counted from its end when negative
 * @throws RangeError for a place that there is not
 */
export const unsqueeze = /*#__PURE__*/ operator(
  /*#__PURE__*/ reshaping('unsqueeze'),
  (invoke) =>
    <D extends DType>(x: Tensor<D>, dim: number): Tensor<D> => {
      const { shape } = requireTensor('unsqueeze', 'x', x);
      const axis = axisIndex('unsqueeze', 'dim', dim, shape.length + 1);
      const widened = [...shape.slice(0, axis), 1, ...shape.slice(axis)];
      return invoke([x as Tensor<DType>], widened)[0] as unknown as Tensor<D>;
    },
);
