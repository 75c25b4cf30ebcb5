/**
 * permute(x, axes): output axis i is input axis axes[i].
 * @category Moving values
 */
import type { DType } from '../base/dtype.ts';
import { PERMUTE, permuteParams } from '../tensor/moves.ts';
import { requireTensor, type Tensor } from '../tensor/tensor.ts';
import { operator } from './operator.ts';

/**
 * A copy with the axes in another order: output axis `i` is input axis `axes[i]`. As PyTorch's permute and ONNX's
 * Transpose.
 * @param x of any dtype, which the result keeps
 * @throws RangeError when `axes` does not name each axis once
 * @example
 * ```ts
 * permute(x, [0, 2, 3, 1]); // N C H W to N H W C
 * ```
 */
export const permute = /*#__PURE__*/ operator(
  PERMUTE,
  (invoke): (<D extends DType>(x: Tensor<D>, axes: readonly number[]) => Tensor<D>) =>
    <D extends DType>(x: Tensor<D>, ...row: readonly unknown[]): Tensor<D> => {
      const { shape } = requireTensor('permute', 'x', x);
      return invoke([x as Tensor<DType>], permuteParams(shape, row))[0] as unknown as Tensor<D>;
    },
);
