/**
 * Two operands of which one may be a number.
 * @internal
 */
import { type DType, fits } from '../base/dtype.ts';
import { wrongValue } from '../base/errors.ts';
import { requireTensor, type Tensor } from '../tensor/tensor.ts';
import type { Operand } from './operator.ts';

/** A tensor, or a number that the other operand's dtype can hold. */
export function operand(
  name: string,
  arg: string,
  value: Tensor<DType> | number,
  other: Tensor<DType> | number,
): Operand {
  if (typeof value !== 'number') return requireTensor(name, arg, value);
  const { dtype } = requireTensor(name, arg === 'a' ? 'b' : 'a', other);
  // 300 would be 44 beside uint8.
  if (!fits(value, dtype)) throw wrongValue(name, arg, value, `an integer that fits in ${dtype}`);
  return value;
}

/** The operands a and b, of which one is a tensor, and a number is a value of its dtype. @throws TypeError, RangeError */
export function operands(
  name: string,
  a: Tensor<DType> | number,
  b: Tensor<DType> | number,
): readonly [Operand, Operand] {
  if (typeof a === 'number' && typeof b === 'number') {
    throw new TypeError(`${name}: a and b are numbers, one must be a Tensor`);
  }
  return [operand(name, 'a', a, b), operand(name, 'b', b, a)];
}
