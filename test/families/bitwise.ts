/** Operators on the bits of integers, axes of one being stretched. */
import * as striate from 'striate';
import { anyShape, type Generator, maybe, text } from '../support/generate.ts';
import { broadcast, countOf, offset, type Plain, type Reference } from '../support/plain.ts';
import { any, type Wrong } from '../support/wrong.ts';

export const lines = `
a row | bitwiseAnd | "2x3x5:int32", "5:int32"
bytes and a number | bitwiseAnd | "3x7:uint8", 6
nothing | bitwiseAnd | "0x3:int32", "3:int32"
a column | bitwiseOr | "2x3x5:int8", "2x3x1:int8"
a number on the right | bitwiseOr | "131:int32", -4
both broadcast | bitwiseXor | "4x1x5:int32", "3x1:int32"
every bit | bitwiseXor | "33:uint8", 255
up | bitwiseLeftShift | "3x7:int32", "3x7:int32<31"
out of a byte | bitwiseLeftShift | "3x7:uint8", "7:uint8<9"
further than there are bits | bitwiseLeftShift | {"values": [1, -1, 5], "dtype": "int32"}, {"values": [31, 32, 40], "dtype": "int32"}
down, with the sign | bitwiseRightShift | "3x7:int32", "3x7:int32<4"
bytes down | bitwiseRightShift | "3x7:uint8", 2
further than there are bits | bitwiseRightShift | {"values": [1, -1, -5], "dtype": "int32"}, {"values": [31, 32, 40], "dtype": "int32"}
`;

type Both = (a: number, b: number) => number;

const WRAPS = {
  int32: (x: number) => x | 0,
  uint8: (x: number) => x & 255,
  int8: (x: number) => (x << 24) >> 24,
};

const of = (f: Both): Reference => ({
  run(a: Plain, given: Plain | number): Plain {
    const b = typeof given === 'number' ? { shape: [], dtype: a.dtype, data: [given] } : given;
    const shape = broadcast(a.shape, b.shape);
    const data = Array.from({ length: countOf(shape) }, (_, i) =>
      WRAPS[a.dtype as 'int32'](f(a.data[offset(a.shape, shape, i)]!, b.data[offset(b.shape, shape, i)]!)),
    );
    return { shape, data, dtype: a.dtype };
  },
  tolerance: 0,
});

export const references: Record<string, Reference> = {
  bitwiseAnd: of((a, b) => a & b),
  bitwiseOr: of((a, b) => a | b),
  bitwiseXor: of((a, b) => a ^ b),
  bitwiseLeftShift: of((a, b) => (b > 31 ? 0 : a << b)),
  bitwiseRightShift: of((a, b) => a >> Math.min(b, 31)),
};

const names = Object.keys(references);
/** Bits have no slope. */
export const withoutGradient = names;
export const layers = Object.fromEntries(names.map((name) => [name, null]));

const both: Generator = (choose) => {
  const shape = anyShape(choose);
  const row = maybe(choose, 0.3) ? shape.map(() => 1) : shape;
  return [text(shape, ':int32'), text(row, ':int32<12')];
};

export const generators: Record<string, Generator> = Object.fromEntries(names.map((name) => [name, both]));

const floats = () => any(striate.ones([2]));
const integers = (count: number) => striate.ones([count], { dtype: 'int32' });
const SENTENCE = 'a is float32 and b is float32, must be integers of one dtype';

// biome-ignore format: a call a line.
export const wrong: Wrong[] = [
  ['the bits of floats', () => striate.bitwiseAnd(floats(), floats()), TypeError, `bitwiseAnd: ${SENTENCE}`],
  ['bits of two dtypes', () => striate.bitwiseOr(integers(2), any(striate.ones([2], { dtype: 'uint8' }))), TypeError, 'bitwiseOr: a is int32 and b is uint8, must be integers of one dtype'],
  ['bits of shapes that do not broadcast', () => striate.bitwiseXor(integers(2), integers(3)), RangeError, 'bitwiseXor: a of shape 2 and b of shape 3 do not broadcast'],
  ['a shift of floats', () => striate.bitwiseLeftShift(floats(), floats()), TypeError, `bitwiseLeftShift: ${SENTENCE}`],
  ['a shift by half a place', () => striate.bitwiseRightShift(integers(2), 0.5), RangeError, 'bitwiseRightShift: b is 0.5, must be an integer that fits in int32'],
];
