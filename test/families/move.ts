/** What only moves values, or changes their shape or type. */
import type { DType } from 'striate';
import * as striate from 'striate';
import { anyShape, DTYPES, type Generator, maybe, text, times } from '../support/generate.ts';
import { at, countOf, make, moving, type Plain, type Reference, total } from '../support/plain.ts';
import { any, gone, type Wrong, x } from '../support/wrong.ts';

export const lines = `
transpose of a square | permute | "8x8", [1, 0]
transpose of odd sizes | permute | "7x5", [1, 0]
transpose of a strip and one more | permute | "17x33", [1, 0]
transpose below a vector | permute | "3x19", [1, 0]
transpose of bytes | permute | "9x14:uint8", [1, 0]
transpose of integers | permute | "9x14:int32", [1, 0]
NHWC to NCHW | permute | "2x5x6x3", [0, 3, 1, 2]
NHWC to NCHW with many channels | permute | "2x5x7x21", [0, 3, 1, 2]
NCHW to NHWC | permute | "2x3x5x6", [0, 2, 3, 1]
NCHW to NHWC with many channels | permute | "1x18x4x5", [0, 2, 3, 1]
the last axis stays | permute | "3x4x5x6", [1, 0, 2, 3]
all axes turned round | permute | "2x3x4x5x6", [4, 3, 2, 1, 0]
the identity | permute | "2x3x4", [0, 1, 2]
axes of one | permute | "1x5x1x4", [3, 0, 2, 1]
six axes | permute | "2x3x2x2x3x4", [5, 0, 3, 1, 4, 2]
nothing | permute | "3x0x4", [2, 1, 0]
a channel of bytes | permute | "1x4x4x3:int8", [0, 3, 1, 2]
channels | concat | ["1x2x3x4", "1x3x3x4"], 1
the last axis | concat | ["3x2", "3x5", "3x1"], 1
the first axis | concat | ["2x5", "1x5", "4x5"], 0
with nothing | concat | ["2x3", "2x0", "2x2"], 1
of bytes | concat | ["2x3:uint8", "2x4:uint8"], 1
a window | slice | "5x6", [1, 2], [4, 5]
every second | slice | "7x9", [0, 1], [7, 9], { "steps": [2, 3] }
backwards | slice | "7x9", [6, 8], [-8, -10], { "steps": [-1, -2] }
a copy | clone | "2x3x5"
a copy of nothing | clone | "0x3"
a copy of bytes | clone | "7:uint8"
to bytes | cast | "3x7", "uint8"
to signed bytes | cast | "3x7", "int8"
to integers | cast | "3x7", "int32"
of bytes to signed bytes | cast | "21:uint8", "int8"
of integers to bytes wraps | cast | "21:int32", "uint8"
of integers to floats | cast | "2x11:int32", "float32"
to its own dtype | cast | "2x11", "float32"
a scalar | cast | "scalar", "int32"
to another rank | reshape | "2x3x4", [4, 6]
with an open axis | reshape | "2x3x4", [2, -1, 2]
to a scalar | reshape | "1x1", []
of nothing | reshape | "0x3", [3, 0]
all axes | flatten | "2x3x4"
all but the batch | flatten | "2x3x4", 1
axes from the middle | flatten | "2x3x4x5", 1, -2
a scalar becomes a vector | flatten | "scalar"
equal pieces | split | "6x4", [2, 2, 2], 0
a last piece that is smaller | split | "3x7", 3, 1
pieces of nothing | split | "2x5", [0, 5, 0], -1
pieces of bytes along the middle | split | "2x5x3:uint8", [1, 4], 1
two pieces | concat | ["2x3x4", "2x5x4"], 1
the last axis, other sizes | concat | ["2x3", "2x1", "2x4"], -1
one piece | concat | ["3x4"]
an empty piece | concat | ["2x0", "2x3"], 1
bytes | concat | ["2x3:uint8", "4x3:uint8"], 0
reals | concat | ["3x5~", "3x2~"], 1
inside | slice | "4x5x6", [1, 2, 0], [3, 5, 6]
the leading axes | slice | "4x5x6", [1], [-1]
steps | slice | "9x10", [0, 1], [9, 10], {"steps": [2, 3]}
backwards, other sizes | slice | "9x10", [-1, 8], [-100, 1], {"steps": [-1, -3]}
nothing | slice | "4x5", [3], [2]
all of it | slice | "4x5", [0], [4]
integers | slice | "4x5:int32", [1, 1], [4, 5], {"steps": [2, 2]}
of sizes | split | "4x7x2", [2, 4, 1], 1
of one size | split | "7x3", 3
an empty piece | split | "3x4", [0, 3], 0
bytes | split | "3x4:int8", 2, 1
axes turned round | permute | "2x3x4x5", [3, 1, 0, 2]
a matrix | permute | "9x14", [1, 0]
bytes | permute | "3x4x5:uint8", [2, 0, 1]
nothing, other sizes | permute | "3x0x2", [2, 0, 1]
a copy, other sizes | clone | "3x4"
a copy of bytes, other sizes | clone | "3x4:int8"
to the same | cast | "3x4~", "float32"
towards 0 | cast | {"values": [2.7, -2.7, 0.99, -0.99, 2.5, 3.5, -0.0]}, "int32" | [2, -2, 0, 0, 2, 3, 0]
beyond int32 | cast | {"values": [3e9, -3e9, "Infinity", "-Infinity", "NaN", 2147483520]}, "int32" | {"values": [2147483647, -2147483648, 2147483647, -2147483648, 0, 2147483520], "dtype": "int32"}
beyond uint8 | cast | {"values": [300, -1, 255.9, 256, "Infinity", "-Infinity", "NaN", -0.9]}, "uint8" | [255, 0, 255, 255, 255, 0, 0, 0]
beyond int8 | cast | {"values": [128, -129, 127.9, -128.9, "Infinity", "-Infinity", "NaN"]}, "int8" | [127, -128, 127, -128, 127, -128, 0]
ties to even floats | cast | {"values": [16777217, 16777219, -16777217, 2147483647], "dtype": "int32"}, "float32" | [16777216, 16777220, -16777216, 2147483648]
the low 8 bits | cast | {"values": [300, -1, 128, 255, -129], "dtype": "int32"}, "int8" | [44, -1, -128, -1, 127]
int32 to unsigned | cast | {"values": [300, -1, 256, -257], "dtype": "int32"}, "uint8" | [44, 255, 0, 255]
8 bits to the other 8 | cast | {"values": [200, 127, 255], "dtype": "uint8"}, "int8" | [-56, 127, -1]
a new first axis | stack | ["2x3", "2x3", "2x3"]
a new last axis | stack | ["2x3", "2x3"], -1
a new axis between | stack | ["2x3x4", "2x3x4"], 1
a new axis from the end | stack | ["2x3x4~", "2x3x4~"], -2
of scalars | stack | ["scalar", "scalar", "scalar"]
of one | stack | ["3x4"], 2
of nothing | stack | ["0x3", "0x3"], 1
of bytes | stack | ["5:uint8", "5:uint8"], 1
of integers | stack | ["2x3:int32", "2x3:int32"]
of eight axes | stack | ["2x1x2x1x2x1x2x1", "2x1x2x1x2x1x2x1"], 8
all axes of 1 | squeeze | "1x3x1x2"
an axis of 1 | squeeze | "1x3x1x2", 2
from the end | squeeze | "1x3x1x2", -4
an axis of another size stays | squeeze | "1x3x1x2", 1
several axes | squeeze | "1x3x1x2x1~", [0, -1, 1]
no axes | squeeze | "1x3x1", []
to a scalar | squeeze | "1x1"
a scalar | squeeze | "scalar"
a scalar's only axis | squeeze | "scalar", -1
bytes | squeeze | "1x0x3:int8"
a first axis | unsqueeze | "3x4", 0
a last axis | unsqueeze | "3x4~", -1
between | unsqueeze | "3x4", 1
from the end | unsqueeze | "3x4", -3
a scalar | unsqueeze | "scalar", 0
bytes | unsqueeze | "3x0:uint8", 1
`;

function concat(xs: Plain[], dim = 0): Plain {
  const first = xs[0] as Plain;
  const axis = dim < 0 ? dim + first.shape.length : dim;
  const shape = [...first.shape];
  shape[axis] = total(xs.map((x) => x.shape[axis] as number));
  return make(shape, first.dtype, (index) => {
    const within = [...index];
    for (const x of xs) {
      if ((within[axis] as number) < (x.shape[axis] as number)) return at(x, within);
      within[axis] = (within[axis] as number) - (x.shape[axis] as number);
    }
    return Number.NaN;
  });
}

/** The indices that Python's slice takes. */
function sliced(size: number, start: number, end: number, step: number): number[] {
  const [low, high] = step > 0 ? [0, size] : [-1, size - 1];
  const clamp = (i: number) => Math.min(Math.max(i < 0 ? i + size : i, low), high);
  const taken: number[] = [];
  for (let i = clamp(start); step > 0 ? i < clamp(end) : i > clamp(end); i += step) taken.push(i);
  return taken;
}

function slice(x: Plain, starts: number[], ends: number[], { steps = [] as number[] } = {}): Plain {
  const taken = x.shape.map((size, axis) =>
    sliced(size, starts[axis] ?? 0, ends[axis] ?? size, steps[axis] ?? 1),
  );
  const shape = taken.map((list) => list.length);
  return make(shape, x.dtype, (index) =>
    at(
      x,
      index.map((i, axis) => taken[axis]?.[i] as number),
    ),
  );
}

function split(x: Plain, sizes: number | number[], axis = 0): Plain[] {
  const dim = axis < 0 ? axis + x.shape.length : axis;
  const whole = x.shape[dim] as number;
  const parts: number[] = [];
  if (typeof sizes === 'number') {
    for (let rest = whole; rest > 0; rest -= sizes) parts.push(Math.min(rest, sizes));
  } else parts.push(...sizes);
  let start = 0;
  return parts.map((part) => {
    const before = start;
    start += part;
    const shape = x.shape.map((size, i) => (i === dim ? part : size));
    return make(shape, x.dtype, (index) =>
      at(
        x,
        index.map((i, j) => (j === dim ? i + before : i)),
      ),
    );
  });
}

function permute(x: Plain, axes: number[]): Plain {
  const shape = axes.map((axis) => x.shape[axis] as number);
  return make(shape, x.dtype, (index) => {
    const source: number[] = [];
    axes.forEach((axis, i) => {
      source[axis] = index[i] as number;
    });
    return at(x, source);
  });
}

/** The axis at which a result has one more than x. */
const newAxis = (x: Plain, dim: number) => (dim < 0 ? dim + x.shape.length + 1 : dim);

function stack(xs: Plain[], dim = 0): Plain {
  const first = xs[0] as Plain;
  const axis = newAxis(first, dim);
  const shape = [...first.shape];
  shape.splice(axis, 0, xs.length);
  return make(shape, first.dtype, (index) => {
    const within = [...index];
    const [which] = within.splice(axis, 1);
    return at(xs[which as number] as Plain, within);
  });
}

function squeeze(x: Plain, dim?: number | number[]): Plain {
  const axes = [dim ?? []].flat().map((axis) => (axis < 0 ? axis + Math.max(x.shape.length, 1) : axis));
  const kept = x.shape.filter((size, axis) => size !== 1 || (dim !== undefined && !axes.includes(axis)));
  return { ...copy(x), shape: kept };
}

function unsqueeze(x: Plain, dim: number): Plain {
  const shape = [...x.shape];
  shape.splice(newAxis(x, dim), 0, 1);
  return { ...copy(x), shape };
}

const copy = (x: Plain): Plain => ({ ...x, data: [...x.data] });

/** Reals are cut, and end where the type does; integers go round. */
function cast(x: Plain, dtype: DType): Plain {
  const bits = { float32: 0, int32: 32, uint8: 8, int8: 8 }[dtype];
  if (bits === 0) return { ...copy(x), dtype };
  const low = dtype === 'uint8' ? 0 : -(2 ** (bits - 1));
  const high = low + 2 ** bits - 1;
  const saturate = (v: number) => Math.min(Math.max(Math.trunc(v), low), high) || 0;
  const wrap = (v: number) => low + ((((v - low) % 2 ** bits) + 2 ** bits) % 2 ** bits);
  return { ...x, dtype, data: x.data.map(x.dtype === 'float32' ? saturate : wrap) };
}

function reshape(x: Plain, shape: number[]): Plain {
  const known = countOf(shape.filter((size) => size !== -1));
  return { ...copy(x), shape: shape.map((size) => (size === -1 ? x.data.length / known : size)) };
}

function flatten(x: Plain, startDim = 0, endDim = -1): Plain {
  const rank = x.shape.length;
  const [first, last] = [startDim, endDim].map((dim) => (dim < 0 ? dim + rank : dim)) as [number, number];
  if (rank === 0) return reshape(x, [1]);
  const middle = countOf(x.shape.slice(first, last + 1));
  return reshape(x, [...x.shape.slice(0, first), middle, ...x.shape.slice(last + 1)]);
}

export const references: Record<string, Reference> = {
  concat: moving(concat),
  slice: moving(slice),
  split: moving(split),
  permute: moving(permute),
  reshape: moving(reshape),
  flatten: moving(flatten),
  clone: moving(copy),
  cast: moving(cast),
  stack: moving(stack),
  squeeze: moving(squeeze),
  unsqueeze: moving(unsqueeze),
};

export const generators: Record<string, Generator> = {
  concat(choose) {
    const shape = anyShape(choose);
    const dim = choose.integer(-shape.length, shape.length - 1);
    const dtype = choose.of(DTYPES);
    const parts = times(choose.integer(1, 4), () => {
      const own = [...shape];
      own[dim < 0 ? dim + shape.length : dim] = choose.integer(0, 5);
      return text(own, dtype);
    });
    return [parts, dim];
  },
  stack(choose) {
    const shape = anyShape(choose, 0);
    const dtype = choose.of(DTYPES);
    const parts = times(choose.integer(1, 4), () => text(shape, dtype));
    return [parts, choose.integer(-shape.length - 1, shape.length)];
  },
  squeeze(choose) {
    const shape = anyShape(choose).map((size) => (maybe(choose) ? 1 : size));
    const dims = shape.map((_, axis) => axis).filter(() => maybe(choose));
    const dim = choose.of<unknown>([choose.integer(-shape.length, shape.length - 1), dims]);
    return maybe(choose) ? [text(shape)] : [text(shape), dim];
  },
  unsqueeze(choose) {
    const shape = anyShape(choose, 0);
    return [text(shape, choose.of(DTYPES)), choose.integer(-shape.length - 1, shape.length)];
  },
  split(choose) {
    const shape = anyShape(choose);
    const dim = choose.integer(-shape.length, shape.length - 1);
    const whole = shape[dim < 0 ? dim + shape.length : dim]!;
    const first = choose.integer(0, whole);
    const sizes = maybe(choose) && whole > 0 ? choose.integer(1, whole) : [first, whole - first];
    return [text(shape, choose.of(DTYPES)), sizes, dim];
  },
  slice(choose) {
    const shape = anyShape(choose);
    const starts = shape.map((s) => choose.integer(-s, s));
    const ends = shape.map((s) => choose.integer(-s, s + 1));
    const steps = shape.map(() => choose.integer(1, 3));
    return [text(shape, choose.of(DTYPES)), starts, ends, ...(maybe(choose) ? [{ steps }] : [])];
  },
  permute(choose) {
    const shape = anyShape(choose, 1, 5);
    const axes = shape.map((_, i) => i).sort(() => choose.next() - 0.5);
    return [text(shape, choose.of(DTYPES)), axes];
  },
  flatten(choose) {
    const shape = anyShape(choose);
    const start = choose.integer(0, shape.length - 1);
    return [text(shape), start, choose.integer(start, shape.length - 1)];
  },
  reshape(choose) {
    const shape = anyShape(choose);
    const axes = [...shape.slice(1), shape[0]];
    return [
      text(shape, choose.of(DTYPES)),
      shape.includes(0) || maybe(choose) ? axes : [-1, ...axes.slice(1)],
    ];
  },
  clone: (choose) => [text(anyShape(choose, 0), choose.of(DTYPES))],
  cast: (choose) => [
    text(anyShape(choose, 0), choose.of(DTYPES)),
    choose.of(['float32', 'int32', 'uint8', 'int8']),
  ],
};

export const layers = {
  concat: null,
  split: null,
  slice: null,
  permute: null,
  reshape: null,
  clone: null,
  cast: null,
  stack: null,
  squeeze: null,
  unsqueeze: null,
};

// biome-ignore format: a call a line.
export const wrong: Wrong[] = [
  ['concat of a tensor', () => striate.concat(any(x())), TypeError, 'concat: xs is a Tensor, must be an array of tensors: write [a, b]'],
  ['concat of a number and a tensor', () => striate.concat([any(1), x()]), TypeError, 'concat: xs[0] is 1, must be a Tensor'],
  ['concat of a tensor and null', () => striate.concat([x(), any(null)]), TypeError, 'concat: xs[1] is null, must be a Tensor'],
  ['concat with a disposed tensor', () => striate.concat([x(), x(), gone()]), TypeError, 'concat: xs[2] is disposed'],
  ['concat with a disposed tensor first', () => striate.concat([gone(), x()]), TypeError, 'concat: xs[0] is disposed'],
  ['concat of nothing', () => striate.concat([]), RangeError, 'concat: xs is empty, must hold at least one tensor'],
  ['cast of a disposed tensor', () => gone().cast('int32'), TypeError, 'cast: x is disposed'],
  ['clone of a disposed tensor', () => gone().clone(), TypeError, 'clone: x is disposed'],
  ['cast to an unknown dtype', () => x().cast(any('float16')), RangeError, "cast: dtype is 'float16', must be 'float32' or 'int32' or 'uint8' or 'int8'"],
  ['a shape of another size', () => x().reshape([7, -1]), RangeError, 'reshape: x of shape 1x2x5x5 has 50 elements, shape [7, -1] must have as many'],
  ['a shape of other elements', () => striate.reshape(x(), [7]), RangeError, 'reshape: x of shape 1x2x5x5 has 50 elements, shape [7] must have as many'],
  ['a shape that is a text', () => x().reshape(any('a')), TypeError, "reshape: shape is 'a', must be an array of integers"],
  ['a shape that is numbers in a row', () => any(x()).reshape(5, 10), TypeError, 'reshape: shape is 5, must be an array of integers: write [5, 10]'],
  ['two open axes', () => x().reshape([-1, -1]), RangeError, 'reshape: shape has more than one -1, must have at most one'],
  ['an open axis beside 0', () => striate.zeros([0, 3]).reshape([0, -1]), RangeError, 'reshape: shape is [0, -1], must not have -1 beside 0'],
  ['an axis of -2', () => x().reshape([-2]), RangeError, 'reshape: shape[0] is -2, must be an integer, at least -1'],
  ['a shape above 2^32', () => x().reshape([2 ** 17, 2 ** 17]), RangeError, 'reshape: shape 131072x131072 has more than 2^31 - 1 bytes'],
  ['flatten to before it starts', () => striate.flatten(x(), 2, 1), RangeError, 'flatten: endDim is 1, must not lie before startDim 2'],
  ['flatten an axis that there is not', () => striate.flatten(x(), 4), RangeError, 'flatten: startDim is 4, must be an integer, from -4 to 3'],
  ['permute without axes', () => any(striate.permute)(x()), TypeError, 'permute: axes is undefined, must be an array of 4 integers'],
  ['an axis named twice', () => striate.permute(x(), [0, 1, 1, 3]), RangeError, 'permute: axes is [0, 1, 1, 3], must name each of the 4 axes once'],
  ['an axis left out', () => striate.permute(x(), [0, 1]), RangeError, 'permute: axes is [0, 1], must name each of the 4 axes once'],
  ['an axis that there is not', () => striate.permute(x(), [0, 1, 2, 4]), RangeError, 'permute: axes[3] is 4, must be an integer, from -4 to 3'],
  ['an axis of a scalar', () => striate.permute(striate.tensor(1), [0]), RangeError, 'permute: axes[0] is 0, but a scalar has no axes'],
  ['more axes than can be walked', () => striate.permute(striate.ones(new Array(9).fill(2)), [8, 7, 6, 5, 4, 3, 2, 1, 0]), RangeError, 'permute: the tensors must be walked along 9 axes, must be at most 8'],
  ['concat of scalars', () => striate.concat([striate.tensor(1), striate.tensor(2)]), RangeError, 'concat: dim is 0, but a scalar has no axes'],
  ['concat along an axis that there is not', () => striate.concat([striate.ones([2])], 1), RangeError, 'concat: dim is 1, must be an integer, from -1 to 0'],
  ['concat of dtypes that differ', () => striate.concat([striate.ones([2]), any(striate.ones([2], { dtype: 'int8' }))]), TypeError, 'concat: xs[1] is int8, must be float32 as xs[0]'],
  ['concat of shapes that differ', () => striate.concat([striate.ones([2, 3]), striate.ones([2, 4])]), RangeError, 'concat: xs[1] has shape 2x4, must be *x3 as xs[0]'],
  ['concat of ranks that differ', () => striate.concat([striate.ones([2, 3]), striate.ones([2])], 1), RangeError, 'concat: xs[1] has shape 2, must be 2x* as xs[0]'],
  ['a split that does not add up', () => striate.split(striate.ones([5]), [2, 2]), RangeError, 'split: sizes add up to 4, must be 5, the size of axis 0'],
  ['a split in pieces of 0', () => striate.split(striate.ones([5]), 0), RangeError, 'split: sizes is 0, must be an integer, at least 1'],
  ['a split with a negative piece', () => striate.split(striate.ones([5]), [6, -1]), RangeError, 'split: sizes[1] is -1, must be an integer, at least 0'],
  ['a split by a text', () => striate.split(striate.ones([5]), any('2')), TypeError, "split: sizes is '2', must be an array of integers"],
  ['a split of a scalar', () => striate.split(striate.tensor(1), 1), RangeError, 'split: dim is 0, but a scalar has no axes'],
  ['a slice with a step of 0', () => striate.slice(striate.ones([5]), [0], [5], { steps: [0] }), RangeError, 'slice: steps[0] is 0, must not be 0'],
  ['a slice of more axes than there are', () => striate.slice(striate.ones([5]), [0, 0], [1, 1]), RangeError, 'slice: starts has 2 entries, must have at most 1'],
  ['fewer ends than starts', () => striate.slice(striate.ones([5, 5]), [0, 0], [1]), RangeError, 'slice: ends has 1 entry, must have 2'],
  ['a stack of a tensor', () => striate.stack(any(x())), TypeError, 'stack: xs is a Tensor, must be an array of tensors: write [a, b]'],
  ['a stack of nothing', () => striate.stack([]), RangeError, 'stack: xs is empty, must hold at least one tensor'],
  ['a stack of dtypes that differ', () => striate.stack([striate.ones([2]), any(striate.ones([2], { dtype: 'int8' }))]), TypeError, 'stack: xs[1] is int8, must be float32 as xs[0]'],
  ['a stack of shapes that differ', () => striate.stack([striate.ones([2, 3]), striate.ones([2, 4])], 1), RangeError, 'stack: xs[1] has shape 2x4, must be 2x3 as xs[0]'],
  ['a stack of a scalar and a vector', () => striate.stack([striate.tensor(1), striate.ones([1])]), RangeError, 'stack: xs[1] has shape 1, must be scalar as xs[0]'],
  ['a stack along an axis that there is not', () => striate.stack([striate.ones([2])], 2), RangeError, 'stack: dim is 2, must be an integer, from -2 to 1'],
  ['squeeze an axis that there is not', () => striate.squeeze(x(), 4), RangeError, 'squeeze: dim is 4, must be an integer, from -4 to 3'],
  ['squeeze such an axis of several', () => striate.squeeze(x(), [0, -5]), RangeError, 'squeeze: dim[1] is -5, must be an integer, from -4 to 3'],
  ['squeeze by a text', () => striate.squeeze(x(), any('0')), TypeError, "squeeze: dim is '0', must be an integer"],
  ['unsqueeze behind the end', () => striate.unsqueeze(x(), 5), RangeError, 'unsqueeze: dim is 5, must be an integer, from -5 to 4'],
  ['unsqueeze nowhere', () => any(striate.unsqueeze)(x()), TypeError, 'unsqueeze: dim is undefined, must be an integer'],
  ['a slice from a number', () => striate.slice(striate.ones([5]), any(1), any(2)), TypeError, 'slice: starts is 1, must be an array of integers: write [1]'],
];
