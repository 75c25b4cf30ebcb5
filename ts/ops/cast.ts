/**
 * cast(x, dtype): the same values with another dtype.
 * @internal
 */
import { DTYPES, type DType, dtypeId } from '../dtype.ts';
import { elementCount, oneOf } from '../errors.ts';
import { OP } from '../instructions/builder.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { operator } from './operator.ts';

export const cast = /*#__PURE__*/ operator(
  {
    name: 'cast',
    torch: 'torch.Tensor.to',
    onnx: ['Cast'],
    args: ['x'],
    infer: ([x], [to]) => [{ shape: x!.shape, dtype: DTYPES[to as number] as DType }],
    lower(to, { types: [x], params: [dtype], inputs, outputs }) {
      to.step(OP.cast, inputs, outputs, [dtypeId(x!.dtype), dtype as number, elementCount('cast', x!.shape)]);
    },
    // Only from float32 to float32: to others nothing flows back.
    gradient: (_, { gradients }) => gradients,
  },
  (invoke) =>
    /** A copy with another dtype: floats are truncated and saturate (NaN gives 0), int32 wraps to 8 bits. */
    <T extends DType>(x: Tensor<DType>, dtype: T): Tensor<T> => {
      oneOf('cast', 'dtype', dtype, DTYPES);
      return invoke([x], [dtypeId(dtype)])[0] as unknown as Tensor<T>;
    },
);
