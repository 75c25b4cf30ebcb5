/**
 * permute(x, axes): output axis i is input axis axes[i].
 * @category Moving values
 */
import type { DType } from '../base/dtype.ts';
import { PERMUTE, permuteParams } from '../tensor/moves.ts';
import { requireTensor, type Tensor } from '../tensor/tensor.ts';
import { operator } from './operator.ts';

/**
 * A copy with the axes in another order: output axis `i` is input axis `axes[i]`.
 * @throws RangeError when `axes` does not name each axis once
 */
export const permute = /*#__PURE__*/ operator(
  PERMUTE,
  (invoke): (<D extends DType>(x: Tensor<D>, axes: readonly number[]) => Tensor<D>) =>
    <D extends DType>(x: Tensor<D>, ...row: readonly unknown[]): Tensor<D> => {
      const { shape } = requireTensor('permute', 'x', x);
      return invoke([x as Tensor<DType>], permuteParams(shape, row))[0] as unknown as Tensor<D>;
    },
);
