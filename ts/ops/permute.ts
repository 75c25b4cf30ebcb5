/**
 * permute(x, axes): output axis i is input axis axes[i].
 * @category Moving values
 */
import { bytesPer, type DType } from '../dtype.ts';
import { axisIndex, wrongKind } from '../errors.ts';
import { emitPermuted } from '../instructions/emit.ts';
import { copyStrided, stridesOf } from '../instructions/strided.ts';
import { requireTensor, type Tensor } from '../tensor/tensor.ts';
import { operator } from './operator.ts';

export const permute = /*#__PURE__*/ operator(
  {
    name: 'permute',
    torch: 'torch.permute',
    onnx: ['Transpose'],
    args: ['x'],
    infer: ([x], axes) => [{ shape: axes.map((axis) => x!.shape[axis] as number), dtype: x!.dtype }],
    lower(to, { types: [x], outputTypes, params: axes, inputs, outputs }) {
      const [from, shape] = [stridesOf(x!.shape), outputTypes[0]!.shape];
      const source = { strides: axes.map((axis) => from[axis] as number), offset: 0 };
      const target = { strides: stridesOf(shape), offset: 0 };
      copyStrided(to, inputs[0]!, outputs[0]!, bytesPer(x!.dtype), shape, source, target);
    },
    gradient(to, { outputTypes: [y], params: axes, gradients: [dy] }) {
      const inverse = axes.map((_, axis) => axes.indexOf(axis));
      return [emitPermuted(to, { buffer: dy!, shape: y!.shape }, inverse).buffer];
    },
  },
  (invoke) =>
    /**
     * A copy with the axes in another order: output axis `i` is input axis `axes[i]`.
     * @throws RangeError when `axes` does not name each axis once
     */
    <D extends DType>(x: Tensor<D>, axes: readonly number[]): Tensor<D> => {
      const { shape } = requireTensor('permute', 'x', x);
      if (!Array.isArray(axes)) {
        throw wrongKind('permute', 'axes', axes, `an array of ${shape.length} integers`);
      }
      const order = axes.map((axis, i) => axisIndex('permute', `axes[${i}]`, axis, shape.length));
      if (order.length !== shape.length || new Set(order).size !== shape.length) {
        throw new RangeError(
          `permute: axes is [${axes.join(', ')}], must name each of the ${shape.length} axes once`,
        );
      }
      return invoke([x as Tensor<DType>], order)[0] as unknown as Tensor<D>;
    },
);
