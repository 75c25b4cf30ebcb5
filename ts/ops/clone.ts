/**
 * clone(x): a copy in storage of its own.
 * @internal
 */
import type { DType } from '../base/dtype.ts';
import { CLONE } from '../graph/builtin.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { operator } from './operator.ts';

/** A copy in storage of its own. */
export const clone = /*#__PURE__*/ operator(
  CLONE,
  (invoke) =>
    <D extends DType>(x: Tensor<D>): Tensor<D> =>
      invoke([x as Tensor<DType>], [])[0] as unknown as Tensor<D>,
);
