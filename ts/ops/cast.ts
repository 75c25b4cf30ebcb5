/**
 * cast(x, dtype): the same values with another dtype.
 * @internal
 */
import type { DType } from '../base/dtype.ts';
import { CAST, castParams } from '../tensor/moves.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { operator } from './operator.ts';

/** A copy with another dtype: floats are truncated and saturate (NaN gives 0), int32 wraps to 8 bits. */
export const cast = /*#__PURE__*/ operator(
  CAST,
  (invoke) =>
    <T extends DType>(x: Tensor<DType>, dtype: T): Tensor<T> =>
      invoke([x], castParams(dtype))[0] as unknown as Tensor<T>,
);
