/** Questions about numbers, 0 or 1 in uint8, and where, which chooses by them. */
import type { DType } from 'striate';
import * as striate from 'striate';
import { anyShape, type Generator, maybe, text } from '../support/generate.ts';
import { broadcast, countOf, offset, type Plain, type Reference } from '../support/plain.ts';
import type { Choices } from '../support/random.ts';
import { any, gone, type Wrong, x } from '../support/wrong.ts';

export const lines = `
same shapes | equal | "3x67", "3x67"
a number | equal | "3x7", 2
a number before it | equal | 2, "3x7"
a scalar | equal | "3x7", "scalar"
zeros of both signs, NaN, infinities | equal | {"values": [0, "NaN", "Infinity", "NaN", 1]}, {"values": [-0.0, "NaN", "Infinity", 1, "NaN"]}
integers | equal | "3x23:int32", "23:int32"
integers that are one float | equal | {"values": [16777216, 16777217], "dtype": "int32"}, {"values": [16777217, 16777217], "dtype": "int32"}
bytes | equal | "5x13:uint8", "13:uint8"
signed bytes | equal | "5x13:int8", -3
nothing | equal | "0x3", "3"
same shapes | notEqual | "2x3x5", "2x3x5"
NaN differs from itself | notEqual | {"values": [0, "NaN", "Infinity"]}, {"values": [-0.0, "NaN", "Infinity"]}
both broadcast | notEqual | "4x1x5", "3x1"
a row | greater | "2x3x5", "5"
reals | greater | "2x35~", "35~"
a number | greater | "3x7#", 0.5
NaN and infinities | greater | {"values": ["NaN", "Infinity", 1, "-Infinity", 0]}, {"values": [0, 1, "NaN", "-Infinity", -0.0]}
bytes have no sign | greater | {"values": [200, 100, 255], "dtype": "uint8"}, {"values": [100, 200, 0], "dtype": "uint8"}
signed bytes have one | greater | {"values": [-56, 100, -1], "dtype": "int8"}, {"values": [100, -56, 0], "dtype": "int8"}
ends of int32 | greater | {"values": [2147483647, -2147483648], "dtype": "int32"}, {"values": [-2147483648, 2147483647], "dtype": "int32"}
a column | greaterEqual | "2x3x5", "2x3x1"
NaN and infinities | greaterEqual | {"values": ["NaN", "Infinity", 1, "-Infinity", 0]}, {"values": [0, 1, "NaN", "-Infinity", -0.0]}
a number before it | greaterEqual | 1, "3x7"
both broadcast | less | "4x1x5", "3x1"
a number | less | "3x7", 1
a number before it | less | 1, "3x7"
NaN and infinities | less | {"values": ["NaN", "Infinity", 1, "-Infinity", 0]}, {"values": [0, 1, "NaN", "-Infinity", -0.0]}
a value per channel | lessEqual | "2x3x4x5", "3x1x1"
NaN and infinities | lessEqual | {"values": ["NaN", "Infinity", 1, "-Infinity", 0]}, {"values": [0, 1, "NaN", "-Infinity", -0.0]}
integers | lessEqual | "3x23:int32", 2
answers | logicalAnd | "3x23:uint8<2", "23:uint8<2"
NaN and -0 | logicalAnd | {"values": ["NaN", -0.0, 1, 0]}, {"values": [1, 1, 0.5, "NaN"]}
a number | logicalAnd | "3x7", 1
answers | logicalOr | "3x23:uint8<2", "23:uint8<2"
NaN and -0 | logicalOr | {"values": ["NaN", -0.0, 1, 0]}, {"values": [0, 0, 0.5, -0.0]}
integers | logicalOr | "3x7:int32", "7:int32"
answers | logicalXor | "3x23:uint8<2", "23:uint8<2"
NaN and -0 | logicalXor | {"values": ["NaN", -0.0, 1, 0]}, {"values": [0, 0, 0.5, -0.0]}
both broadcast | logicalXor | "4x1x5", "3x1"
floats, NaN and -0 | logicalNot | {"values": ["NaN", -0.0, 0, 1, -2, 1e-44]}
answers | logicalNot | "3x67:uint8<2"
integers | logicalNot | "3x7:int32"
signed bytes | logicalNot | "3x7:int8"
nothing | logicalNot | "0x3"
NaN and infinities | isNaN | {"values": ["NaN", "Infinity", "-Infinity", 0, 1]}
a scalar | isNaN | "scalar"
same shapes | where | "3x67:uint8<2", "3x67", "3x67"
a condition that stretches | where | "3x1:uint8<2", "2x3x5#", "2x3x5#"
one answer for all | where | "scalar:uint8", "3x7#", "3x7#"
all three stretch | where | "2x1x1:uint8<2", "3x1#", "5#"
the condition is the largest | where | "2x3x5:uint8<2", "scalar#", "3x1#"
a number | where | "3x7:uint8<2", "3x7#", -2
a number first | where | "3x7:uint8<2", 0.5, "7#"
a number and one element | where | "3x7:uint8<2", "1#", 4
one of everything | where | "1:uint8", "scalar~", "1x1~"
floats are a condition | where | {"values": [0, -0.0, "NaN", 2, "-Infinity"]}, "5~", "5~"
integers are a condition | where | "3x5:int32", "3x5~", "3x5~"
what was not taken may be NaN | where | {"values": [1, 0, 1], "dtype": "uint8"}, {"values": [1, "NaN", "Infinity"]}, {"values": ["NaN", 2, "NaN"]}
integers | where | "3x23:uint8<2", "23:int32", "3x1:int32"
bytes | where | "3x23:int8", "3x23:uint8", 7
signed bytes | where | "13:uint8<2", -7, "3x13:int8"
nothing | where | "0x3:uint8", "3#", "1x3#"
`;

const plain = (given: Plain | number, dtype: DType): Plain =>
  typeof given === 'number' ? { shape: [], data: [given], dtype } : given;

/** The values of each, stretched to their common shape. */
function together(...all: readonly Plain[]): { shape: number[]; rows: number[][] } {
  const shape = all.map((one) => one.shape).reduce(broadcast);
  const rows = Array.from({ length: countOf(shape) }, (_, i) =>
    all.map((one) => one.data[offset(one.shape, shape, i)]!),
  );
  return { shape, rows };
}

const dtypeOf = (a: Plain | number, b: Plain | number): DType =>
  (typeof a === 'number' ? (b as Plain) : a).dtype;

const asked = (f: (a: number, b: number) => boolean): Reference => ({
  run(a: Plain | number, b: Plain | number) {
    const dtype = dtypeOf(a, b);
    const { shape, rows } = together(plain(a, dtype), plain(b, dtype));
    return { shape, dtype: 'uint8', data: rows.map(([one, two]) => Number(f(one!, two!))) };
  },
  tolerance: 0,
});

const about = (f: (x: number) => boolean): Reference => ({
  run: ({ shape, data }: Plain) => ({ shape, dtype: 'uint8', data: data.map((x) => Number(f(x))) }),
  tolerance: 0,
});

function where(condition: Plain, a: Plain | number, b: Plain | number): Plain {
  const dtype = dtypeOf(a, b);
  const { shape, rows } = together(condition, plain(a, dtype), plain(b, dtype));
  return { shape, dtype, data: rows.map(([c, one, two]) => (c !== 0 ? one! : two!)) };
}

export const references: Record<string, Reference> = {
  equal: asked((a, b) => a === b),
  notEqual: asked((a, b) => a !== b),
  greater: asked((a, b) => a > b),
  greaterEqual: asked((a, b) => a >= b),
  less: asked((a, b) => a < b),
  lessEqual: asked((a, b) => a <= b),
  logicalAnd: asked((a, b) => a !== 0 && b !== 0),
  logicalOr: asked((a, b) => a !== 0 || b !== 0),
  logicalXor: asked((a, b) => (a !== 0) !== (b !== 0)),
  logicalNot: about((x) => x === 0),
  isNaN: about(Number.isNaN),
  where: { run: where, tolerance: 0, linear: [1, 2] },
};

const KINDS = ['', ':int32', ':uint8', ':int8', '#'];

/** Shapes that broadcast. */
function shapes(choose: Choices, count: number): number[][] {
  const shape = anyShape(choose);
  return Array.from({ length: count }, () => {
    const own = shape.map((size) => (maybe(choose, 0.3) ? 1 : size));
    return own.slice(maybe(choose, 0.2) ? choose.integer(0, own.length) : 0);
  });
}

const both: Generator = (choose) => {
  const [a, b] = shapes(choose, 2) as [number[], number[]];
  const kind = choose.of(KINDS);
  return [text(a, kind), maybe(choose, 0.2) ? choose.integer(0, 3) : text(b, kind)];
};

const choices: Generator = (choose) => {
  const [condition, a, b] = shapes(choose, 3) as [number[], number[], number[]];
  const kind = choose.of(['#', '~', ':int32', ':uint8']);
  const second = maybe(choose, 0.2) ? choose.integer(0, 3) : text(b, kind);
  return [text(condition, choose.of([':uint8<2', ':int8', ''])), text(a, kind), second];
};

export const generators: Record<string, Generator> = {
  ...Object.fromEntries(Object.keys(references).map((op) => [op, both])),
  logicalNot: (choose) => [text(anyShape(choose), choose.of(KINDS))],
  isNaN: (choose) => [text(anyShape(choose), choose.of(['~', '#']))],
  where: choices,
};

/** Questions are no layers, and have no gradient. */
export const layers = Object.fromEntries(Object.keys(references).map((op) => [op, null]));
export const withoutGradient = Object.keys(references).filter((op) => op !== 'where');

const ones = (shape: number[], dtype: DType) => any(striate.ones(shape, { dtype }));
const bytes = () => striate.ones([2], { dtype: 'uint8' });

// biome-ignore format: a call a line.
export const wrong: Wrong[] = [
  ['dtypes that differ', () => striate.equal(x(), ones([2], 'int32')), TypeError, 'equal: a is float32 and b is int32, must be of one dtype'],
  ['shapes that do not broadcast', () => striate.notEqual(striate.ones([2, 3]), striate.ones([4])), RangeError, 'notEqual: a of shape 2x3 and b of shape 4 do not broadcast'],
  ['two numbers', () => striate.greater(any(1), any(2)), TypeError, 'greater: a and b are numbers, one must be a Tensor'],
  ['a fraction beside integers', () => striate.greaterEqual(bytes(), 0.5), RangeError, 'greaterEqual: b is 0.5, must be an integer that fits in uint8'],
  ['a number that bytes cannot hold', () => striate.less(bytes(), 300), RangeError, 'less: b is 300, must be an integer that fits in uint8'],
  ['a negative number before bytes', () => striate.lessEqual(-1, bytes()), RangeError, 'lessEqual: a is -1, must be an integer that fits in uint8'],
  ['a flag', () => striate.logicalAnd(x(), any(true)), TypeError, 'logicalAnd: b is true, must be a Tensor'],
  ['nothing', () => any(striate.logicalOr)(x()), TypeError, 'logicalOr: b is undefined, must be a Tensor'],
  ['what is disposed', () => striate.logicalXor(x(), gone()), TypeError, 'logicalXor: b is disposed'],
  ['not of a number', () => striate.logicalNot(any(1)), TypeError, 'logicalNot: x is 1, must be a Tensor'],
  ['integers that are never NaN', () => striate.isNaN(ones([2], 'int32')), TypeError, 'isNaN: x is int32, must be float32'],
  ['a condition that is a flag', () => striate.where(any(true), x(), x()), TypeError, 'where: condition is true, must be a Tensor'],
  ['a condition that is a number', () => striate.where(any(1), x(), x()), TypeError, 'where: condition is 1, must be a Tensor'],
  ['choices of two dtypes', () => striate.where(bytes(), x(), ones([2], 'int32')), TypeError, 'where: a is float32 and b is int32, must be of one dtype'],
  ['choices that are numbers', () => striate.where(bytes(), any(1), any(2)), TypeError, 'where: a and b are numbers, one must be a Tensor'],
  ['a choice that bytes cannot hold', () => striate.where(bytes(), bytes(), 256), RangeError, 'where: b is 256, must be an integer that fits in uint8'],
  ['choices that do not broadcast', () => striate.where(bytes(), striate.ones([2, 3]), striate.ones([4])), RangeError, 'where: a of shape 2x3 and b of shape 4 do not broadcast'],
  ['a condition that does not broadcast', () => striate.where(bytes(), striate.ones([2, 3]), striate.ones([3])), RangeError, 'where: condition of shape 2 and the choices of shape 2x3 do not broadcast'],
];
