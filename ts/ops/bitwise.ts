/**
 * Operators on the bits of integers, which broadcast as `add` does (crates/core/src/instructions/binary.rs). No gradient.
 * @category Arithmetic
 */
import type { DType, TensorType } from '../base/dtype.ts';
import { broadcast, emitBinaryInto } from '../instructions/emit.ts';
import { BINARY } from '../instructions/table.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { operands } from './operand.ts';
import { operator } from './operator.ts';

function bitwise(name: string, kind: keyof typeof BINARY, torch: string, onnx: readonly string[]) {
  return operator(
    {
      name,
      torch,
      onnx,
      args: ['a', 'b'],
      numbers: true,
      resolve([a, b]) {
        const [one, other] = [a!, b!] as [TensorType, TensorType];
        if (one.dtype === 'float32' || one.dtype !== other.dtype) {
          throw new TypeError(
            `${name}: a is ${one.dtype} and b is ${other.dtype}, must be integers of one dtype`,
          );
        }
        const shape = broadcast(name, one.shape, other.shape);
        return { outputs: [{ shape, dtype: one.dtype }], problem: {} };
      },
      lower(to, { types: [a, b], inputs, outputs, outputTypes: [y] }) {
        const [left, right] = [a!, b!].map(({ shape }, i) => ({ buffer: inputs[i]!, shape }));
        const result = { buffer: outputs[0]!, shape: y!.shape };
        emitBinaryInto(to, BINARY[kind], y!.dtype, left!, right!, result);
      },
    },
    (invoke) =>
      <D extends Exclude<DType, 'float32'>>(a: Tensor<D>, b: Tensor<NoInfer<D>> | number): Tensor<D> =>
        invoke(operands(name, a as Tensor<DType>, b as Tensor<DType> | number), [])[0] as Tensor<D>,
  );
}

/**
 * The bits that a and b both have, element by element. Shapes broadcast; b may be a number.
 * @param a int32, uint8 or int8, which the result keeps
 * @param b of a's dtype
 * @throws TypeError for floats and for two dtypes; RangeError for shapes that do not broadcast
 */
export const bitwiseAnd = /*#__PURE__*/ bitwise('bitwiseAnd', 'bitAnd', 'torch.bitwise_and', ['BitwiseAnd']);
/**
 * The bits that a or b has, element by element. Operands and errors are those of `bitwiseAnd`.
 * @throws as `bitwiseAnd`
 */
export const bitwiseOr = /*#__PURE__*/ bitwise('bitwiseOr', 'bitOr', 'torch.bitwise_or', ['BitwiseOr']);
/**
 * The bits that one of a and b has, element by element. Operands and errors are those of `bitwiseAnd`.
 * @throws as `bitwiseAnd`
 */
export const bitwiseXor = /*#__PURE__*/ bitwise('bitwiseXor', 'bitXor', 'torch.bitwise_xor', [
  'BitwiseXor',
  'BitwiseNot',
]);
/**
 * a's bits moved up by b places, element by element: what leaves the dtype is lost. Operands and errors are those of
 * `bitwiseAnd`.
 * @throws as `bitwiseAnd`
 */
export const bitwiseLeftShift = /*#__PURE__*/ bitwise(
  'bitwiseLeftShift',
  'shiftLeft',
  'torch.bitwise_left_shift',
  ['BitShift'],
);
/**
 * a's bits moved down by b places, element by element; the sign of a signed integer moves in. Operands and errors are those
 * of `bitwiseAnd`.
 * @throws as `bitwiseAnd`
 * @example
 * ```ts
 * bitwiseRightShift(tensor([12, -8], null, { dtype: 'int32' }), 2).toArray(); // [3, -2]
 * ```
 */
export const bitwiseRightShift = /*#__PURE__*/ bitwise(
  'bitwiseRightShift',
  'shiftRight',
  'torch.bitwise_right_shift',
  ['BitShift'],
);
