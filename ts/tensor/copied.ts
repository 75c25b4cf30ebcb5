/** A tensor of numbers that lie one behind the other. */
import type { DType } from '../base/dtype.ts';
import { emptyTensor, type Tensor } from './tensor.ts';

/** A tensor's values one behind the other. */
export interface Numbers {
  readonly values: ArrayLike<number>;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** A tensor with a copy of these values. @throws OutOfMemoryError that names `where` */
export function copied(where: string, { values, dtype, shape }: Numbers): Tensor<DType> {
  const made = emptyTensor(where, shape, dtype);
  made.data.set(values);
  return made;
}
