/** Arithmetic of two tensors, or of a tensor and a number, axes of one being stretched. */
import type { DType } from 'striate';
import * as striate from 'striate';
import { anyShape, type Generator, maybe, text } from '../support/generate.ts';
import { broadcast, countOf, offset, type Plain, type Reference } from '../support/plain.ts';
import type { Choices } from '../support/random.ts';
import { any, gone, type Wrong, x } from '../support/wrong.ts';

export const lines = `
same shapes | add | "2x3x5", "2x3x5"
a row | add | "2x3x5", "5"
a column | sub | "2x3x5", "2x3x1"
a value per channel | mul | "2x3x4x5", "3x1x1"
both broadcast | sub | "4x1x5", "3x1"
axes of one on both sides | sub | "1x4x1x3", "2x1x5x1"
the first is the scalar | sub | "scalar", "2x9"
the second is the scalar | div | "2x9", "scalar"
the second is the scalar, a number on the right | div | "2x9", -2
the second is the scalar, a number on the left | div | -2, "2x9"
both are scalars | sub | "scalar", "scalar"
both are scalars, a number on the right | sub | "scalar", -2
both are scalars, a number on the left | sub | -2, "scalar"
more axes than fit in a vector | add | "2x1x2x1x2x3", "1x2x1x2x2x1"
rows longer than a run | sub | "3x131", "131"
columns longer than a run | sub | "3x131", "3x1"
nothing | add | "0x3", "3"
an axis of zero beside one of one | add | "2x0", "2x1"
division of floats, by zero too | div | "7x9", "7x9"
powers | pow | "5x11", "5x11"
squares | pow | "33", "1"
squares, a number on the right | pow | "33", -2
squares, a number on the left | pow | -2, "33"
maximum | maximum | "2x3x5", "3x1"
minimum | minimum | "2x3x5", "2x1x5"
integers | add | "3x23:int32", "23:int32"
integer difference | sub | "3x1:int32", "1x70:int32"
integer product | mul | "2x131:int32", "2x1:int32"
integer division truncates | div | "5x11:int32", "11:int32"
integer powers, negative too | pow | "5x11:int32", "11:int32"
integer maximum | maximum | "5x11:int32", "11:int32"
bytes wrap | sub | "5x13:uint8", "13:uint8"
bytes multiply | mul | "9x13:uint8", "9x1:uint8"
bytes divide | div | "9x13:uint8", "13:uint8"
bytes have no sign | maximum | "9x13:uint8", "13:uint8"
signed bytes wrap | mul | "7x13:int8", "13:int8"
signed bytes divide | div | "7x13:int8", "13:int8"
signed bytes, the least of each | minimum | "7x13:int8", "13:int8"
both broadcast | add | "4x1x5", "3x1"
a number | add | "2x3", 2
a number before it | add | 2, "2x3"
a scalar | add | "2x9", "scalar"
axes of one that the other has not | add | "1x1x3", "3"
bytes | add | "3x7:uint8", "7:uint8"
same shapes | sub | "2x3x5", "2x3x5"
a number before it | sub | 2, "2x3"
same shapes | mul | "2x3x5", "2x3x5"
both broadcast | mul | "4x1x5", "3x1"
a number | mul | "2x3", -3
integers wrap | mul | {"values": [65537, -65537], "dtype": "int32"}, {"values": [65537, 3], "dtype": "int32"}
same shapes | div | "2x3x5~", "2x3x5+"
both broadcast | div | "4x1x5~", "3x1+"
a number | div | "2x3", 2
a number before it | div | 3, "2x3+"
integers | div | "2x11:int32", "11:int32"
same shapes | pow | "2x3x5+", "2x3x5+"
both broadcast | pow | "4x1x5+", "3x1+"
squares, of reals | pow | "3x7~", 2
cubes | pow | "3x7~", 3
to the first | pow | "3x7~", 1
to the zeroth | pow | "3x7~", 0
roots | pow | "3x7+", 0.5
inverses | pow | "3x7+", -1
of a number | pow | 2, "3x7~"
integers | pow | "2x11:int32", {"values": [2], "dtype": "int32"}
same shapes | maximum | "2x3x5#", "2x3x5#"
a row | maximum | "2x3x5#", "5#"
a number | maximum | "2x3x5#", 1
same shapes | minimum | "2x3x5#", "2x3x5#"
both broadcast | minimum | "4x1x5#", "3x1#"
a number before it | minimum | 1, "2x3x5#"
`;

/** How an integer type holds a value. */
function wrap(value: number, dtype: DType): number {
  if (dtype === 'float32') return value;
  if (dtype === 'int32') return value | 0;
  return dtype === 'uint8' ? value & 255 : (value << 24) >> 24;
}

type Both = (a: number, b: number, dtype: DType) => number;

const binary =
  (f: Both) =>
  (one: Plain | number, two: Plain | number): Plain => {
    const { dtype } = (typeof one === 'number' ? two : one) as Plain;
    const [a, b] = [one, two].map((x) => (typeof x === 'number' ? { shape: [], data: [x], dtype } : x)) as [
      Plain,
      Plain,
    ];
    const shape = broadcast(a.shape, b.shape);
    const data = Array.from({ length: countOf(shape) }, (_, i) => {
      const [left, right] = [a.data[offset(a.shape, shape, i)]!, b.data[offset(b.shape, shape, i)]!];
      return wrap(f(left, right, dtype), dtype);
    });
    return { shape, data, dtype };
  };

const divide: Both = (a, b, dtype) => {
  if (dtype === 'float32') return a / b;
  return b === 0 ? 0 : Math.trunc(a / b);
};

const power: Both = (a, b, dtype) => {
  if (dtype === 'float32') return a ** b;
  return b >= 0 ? a ** b : Math.trunc(a ** b) || 0;
};

export const references: Record<string, Reference> = {
  add: { run: binary((a, b) => a + b), tolerance: 0, linear: 'all' },
  sub: { run: binary((a, b) => a - b), tolerance: 0, linear: 'all' },
  mul: {
    run: binary((a, b, dtype) => (dtype === 'int32' ? Math.imul(a, b) : a * b)),
    tolerance: 0,
    linear: 'all',
  },
  div: { run: binary(divide), tolerance: 0, smooth: 'all' },
  pow: { run: binary(power), tolerance: 0, smooth: 'all' },
  maximum: { run: binary((a, b) => Math.max(a, b)), tolerance: 0, smooth: 'all' },
  minimum: { run: binary((a, b) => Math.min(a, b)), tolerance: 0, smooth: 'all' },
};

/** Two shapes that randomShapes. */
function randomShapes(choose: Choices): [number[], number[]] {
  const shape = anyShape(choose);
  const thinned = () => shape.map((s) => (maybe(choose, 0.3) ? 1 : s));
  const [a, b] = maybe(choose, 0.3) ? [shape, shape] : [thinned(), thinned()];
  return [a.slice(maybe(choose, 0.2) ? choose.integer(0, a.length) : 0), b];
}

/** Arithmetic on integers that give exact results. */
const exact: Generator = (choose) => {
  const [a, b] = randomShapes(choose);
  if (maybe(choose, 0.2)) return [text(a), choose.integer(-3, 3)];
  return [text(a), text(b)];
};

const extremes: Generator = (choose) => {
  const [a, b] = randomShapes(choose);
  const kind = choose.of(['', '#']);
  return [text(a, kind), text(b, kind)];
};

/** Reals: what is divided by, and raised, is positive. */
const positive: Generator = (choose) => {
  const [a, b] = randomShapes(choose);
  if (maybe(choose, 0.2)) return [text(a, '+'), choose.of([2, 0.5, -1, 3])];
  return [text(a, '+'), text(b, '+')];
};

export const generators: Record<string, Generator> = {
  add: exact,
  sub: exact,
  mul: exact,
  div: positive,
  pow: positive,
  maximum: extremes,
  minimum: extremes,
};

export const layers = { add: null, sub: null, mul: null, div: null, pow: null, maximum: null, minimum: null };

// biome-ignore format: a call a line.
export const wrong: Wrong[] = [
  ['two numbers', () => striate.add(any(1), any(2)), TypeError, 'add: a and b are numbers, one must be a Tensor'],
  ['the second operand is a text', () => striate.add(x(), any('a')), TypeError, "add: b is 'a', must be a Tensor"],
  ['the second operand is disposed', () => striate.add(x(), gone()), TypeError, 'add: b is disposed'],
  ['no second operand', () => any(striate.add)(x()), TypeError, 'add: b is undefined, must be a Tensor'],
  ['shapes that do not broadcast', () => striate.add(striate.ones([2, 3]), striate.ones([4])), RangeError, 'add: a of shape 2x3 and b of shape 4 do not broadcast'],
  ['dtypes that differ', () => striate.add(striate.ones([2]), any(striate.ones([2], { dtype: 'int32' }))), TypeError, 'add: a is float32 and b is int32, must be of one dtype'],
  ['a fraction beside integers', () => striate.add(striate.ones([2], { dtype: 'int32' }), 0.5), RangeError, 'add: b is 0.5, must be an integer that fits in int32'],
  ['a number that bytes cannot hold', () => striate.add(striate.ones([2], { dtype: 'uint8' }), 300), RangeError, 'add: b is 300, must be an integer that fits in uint8'],
  ['NaN beside bytes', () => striate.mul(Number.NaN, striate.ones([2], { dtype: 'uint8' })), RangeError, 'mul: a is NaN, must be an integer that fits in uint8'],
  ['a disposed base of another dtype', () => striate.pow(gone(), any(striate.ones([2], { dtype: 'int32' }))), TypeError, 'pow: a is disposed'],
  ['powers of bytes', () => striate.pow(striate.ones([2], { dtype: 'uint8' }), 2), TypeError, 'pow: a is uint8, must be float32 or int32'],
  ['a broadcast result of 2^32 elements', () => striate.add(striate.ones([65536, 1]), striate.ones([65536])), RangeError, 'add: shape 65536x65536 has more than 2^31 - 1 bytes'],
  ['a difference of types that differ', () => striate.sub(striate.ones([2]), any(striate.ones([2], { dtype: 'uint8' }))), TypeError, 'sub: a is float32 and b is uint8, must be of one dtype'],
  ['a quotient of shapes that do not broadcast', () => striate.div(striate.ones([2, 3]), striate.ones([2])), RangeError, 'div: a of shape 2x3 and b of shape 2 do not broadcast'],
  ['a maximum with null', () => striate.maximum(x(), any(null)), TypeError, 'maximum: b is null, must be a Tensor'],
  ['a minimum of two numbers', () => striate.minimum(any(1), any(2)), TypeError, 'minimum: a and b are numbers, one must be a Tensor'],
];
