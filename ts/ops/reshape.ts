/**
 * reshape and flatten: the same storage under another shape.
 * @category Moving values
 */
import type { DType } from '../dtype.ts';
import { axisIndex, elementCount, integer, integers, shapeText } from '../errors.ts';
import { requireTensor, type Tensor } from '../tensor/tensor.ts';
import { type Entry, operator } from './operator.ts';

function alias(name: string, torch: string, onnx: readonly string[]): Entry {
  return {
    name,
    torch,
    onnx,
    args: ['x'],
    alias: true,
    infer: ([x], shape) => [{ shape: [...shape], dtype: x!.dtype }],
  };
}

export const reshape = /*#__PURE__*/ operator(
  /*#__PURE__*/ alias('reshape', 'torch.reshape', ['Reshape', 'Squeeze', 'Unsqueeze']),
  (invoke) =>
    /**
     * The same storage under another shape of the same size; one axis may be -1 and takes what is left.
     * @throws RangeError when the sizes differ
     */
    <D extends DType>(x: Tensor<D>, shape: readonly number[]): Tensor<D> => {
      const { size, shape: before } = requireTensor('reshape', 'x', x);
      const wanted = integers('reshape', 'shape', shape, -1);
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
          `reshape: x of shape ${from} has ${size} elements, shape ${to} must have as many`,
        );
      }
      return invoke([x as Tensor<DType>], wanted)[0] as unknown as Tensor<D>;
    },
);

export const flatten = /*#__PURE__*/ operator(
  /*#__PURE__*/ alias('flatten', 'torch.flatten', ['Flatten']),
  (invoke) =>
    /** The axes from `startDim` to `endDim` (counted from the end when negative) as one, on the same storage. */
    <D extends DType>(x: Tensor<D>, startDim = 0, endDim = -1): Tensor<D> => {
      const { shape } = requireTensor('flatten', 'x', x);
      const from = axisIndex('flatten', 'startDim', startDim, Math.max(shape.length, 1));
      const to = axisIndex('flatten', 'endDim', endDim, Math.max(shape.length, 1));
      if (to < from)
        throw new RangeError(`flatten: endDim is ${endDim}, must not lie before startDim ${startDim}`);
      const merged = shape.slice(from, to + 1).reduce((product, axis) => product * axis, 1);
      const flat = [...shape.slice(0, from), merged, ...shape.slice(to + 1)];
      return invoke([x as Tensor<DType>], flat)[0] as unknown as Tensor<D>;
    },
  {
    layer: { name: 'Flatten', dtypes: 'any', defaults: { startDim: 1, endDim: -1 } },
    validate(where, { startDim, endDim }: { startDim?: number; endDim?: number }) {
      integer(where, 'startDim', startDim ?? 1, -8);
      integer(where, 'endDim', endDim ?? -1, -8);
    },
  },
);
