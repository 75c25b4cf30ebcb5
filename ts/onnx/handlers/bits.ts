/** Arithmetic of integers: their bits, and the rest of a division. */
import type { DType } from '../../base/dtype.ts';
import { add, div, mul, sub } from '../../ops/arithmetic.ts';
import { bitwiseAnd, bitwiseLeftShift, bitwiseOr, bitwiseRightShift, bitwiseXor } from '../../ops/bitwise.ts';
import { cast } from '../../ops/cast.ts';
import { less, logicalAnd, logicalXor, where } from '../../ops/comparison.ts';
import { ceil, floor } from '../../ops/elementary.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Call } from '../call.ts';
import type { Handlers } from '../handler.ts';
import { choice, int, required } from '../row.ts';
import { binary } from './arithmetic.ts';

/** An operator on integers, which says so where it is given floats. */
const bits = (operator: typeof bitwiseAnd) =>
  operator as unknown as (a: Tensor<DType>, b: Tensor<DType> | number) => Tensor<DType>;

export const integers: Handlers = {
  BitwiseAnd: { ...binary(bits(bitwiseAnd)), since: 18 },
  BitwiseOr: { ...binary(bits(bitwiseOr)), since: 18 },
  BitwiseXor: { ...binary(bits(bitwiseXor)), since: 18 },
  BitwiseNot: {
    since: 18,
    inputs: ['X'],
    build: (call) => bits(bitwiseXor)(call.tensor(0), call.tensor(0).dtype === 'uint8' ? 255 : -1),
  },
  BitShift: {
    since: 11,
    inputs: ['X', 'Y'],
    attributes: { direction: required(choice('LEFT', 'RIGHT')) },
    build: (call) =>
      bits(call.string('direction') === 'LEFT' ? bitwiseLeftShift : bitwiseRightShift)(
        call.tensor(0),
        call.tensor(1),
      ),
  },
  Mod: { since: 10, inputs: ['A', 'B'], attributes: { fmod: int(0) }, build: buildMod },
};

/** The rest of a division: of the divisor's sign, or with fmod, which floats need, of the dividend's. */
function buildMod(call: Call): Tensor<DType> {
  const [a, b] = [call.tensor(0), call.tensor(1)];
  if (a.dtype === 'float32') {
    if (call.int('fmod') === 0) call.fail('A is float32, must be an integer where fmod is 0');
    const quotient = div(a, b) as Tensor<DType> as Tensor;
    const whole = where(less(quotient, 0), ceil(quotient), floor(quotient));
    return sub(a, mul(whole as Tensor<DType>, b));
  }
  const rest = sub(a, mul(div(a, b), b));
  if (call.int('fmod') !== 0) return rest;
  const apart = logicalXor(less(rest, 0), less(b, 0)) as unknown as Tensor<DType>;
  return where(logicalAnd(rest, cast(apart, rest.dtype)), add(rest, b), rest);
}
