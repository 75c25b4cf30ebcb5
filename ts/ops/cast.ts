/**
 * cast(x, dtype): the same values with another dtype.
 * @internal
 */
import type { DType } from '../base/dtype.ts';
import { CAST, castParams } from '../tensor/moves.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { operator } from './operator.ts';

/**
 * A copy with another dtype. float32 to an integer: towards 0 (2.7 gives 2, -2.7 gives -2); what lies beyond the dtype, the
 * infinities too, gives its nearest end (300 and Infinity give 255 as uint8), NaN gives 0. int32 to float32: to the nearest
 * float, ties to even (from 2^24 on not every integer is one). int32 to uint8 or int8, and these to each other: the low 8 bits
 * (300 gives 44). 8 bits to int32 and float32: exact.
 * @throws RangeError for what is no dtype
 */
export const cast = /*#__PURE__*/ operator(
  CAST,
  (invoke) =>
    <T extends DType>(x: Tensor<DType>, dtype: T): Tensor<T> =>
      invoke([x], castParams(dtype))[0] as unknown as Tensor<T>,
);
