/** Elements by their indices along an axis. */
import * as striate from 'striate';
import { anyShape, DTYPES, type Generator, maybe, options, text, times } from '../support/generate.ts';
import {
  at,
  countOf,
  indicesOf,
  make,
  moving,
  type Plain,
  placeOf,
  type Reference,
} from '../support/plain.ts';
import type { Choices } from '../support/random.ts';
import { any, type Wrong, x } from '../support/wrong.ts';

export const lines = `
rows of a table | indexSelect | {"values": [[1, 2], [3, 4], [5, 6]]}, {"values": [2, 0, 2], "dtype": "int32"} | [[5, 6], [1, 2], [5, 6]]
indices from the end | indexSelect | "5x3", {"values": [-1, -5, 0, 4], "dtype": "int32"}
a middle axis | indexSelect | "2x5x3~", "4:int32<5", {"dim": 1}
the last axis | indexSelect | "2x3x5", "6:int32<5", {"dim": -1}
indices of two axes | indexSelect | "5x3~", "2x3:int32<5"
a scalar takes the axis away | indexSelect | "2x5x3", {"values": 3, "shape": [], "dtype": "int32"}, {"dim": 1}
no indices | indexSelect | "5x3", "0:int32"
of empty rows | indexSelect | "5x0", "3:int32<5"
bytes by their indices | indexSelect | "5x3:uint8", "4:int32<5"
integers by their indices | indexSelect | "5x3:int32", "4:int32<5", {"dim": 0}
one each row | gather | {"values": [[1, 2], [3, 4]]}, {"values": [[1], [0]], "dtype": "int32"}, {"dim": 1} | [[2], [3]]
along the first axis | gather | "5x3~", "4x3:int32<5"
along a middle axis | gather | "2x5x3~", "2x7x3:int32<5", {"dim": 1}
fewer indices along other axes | gather | "4x5x3~", "2x6x2:int32<5", {"dim": 1}
places from the end | gather | "2x3", {"values": [[-1, 0], [-3, -2]], "dtype": "int32"}, {"dim": -1}
no places | gather | "2x3", "2x0:int32", {"dim": 1}
bytes by places | gather | "4x5:int8", "4x3:int32<5", {"dim": 1}
integers by places, fewer | gather | "4x5:int32", "2x3:int32<4"
the last of one place | scatter | {"values": [[0, 0, 0]]}, {"values": [[1, 1, 0]], "dtype": "int32"}, {"values": [[5, 6, 7]]}, {"dim": 1} | [[7, 6, 0]]
all of one place added | scatter | {"values": [[1, 1, 1]]}, {"values": [[1, 1, -1]], "dtype": "int32"}, {"values": [[5, 6, 7]]}, {"dim": 1, "reduce": "add"} | [[1, 12, 8]]
in places of their own | scatter | "5x3~", {"values": [[0, 1, 2], [4, 3, 1]], "dtype": "int32"}, "2x3~"
fewer places than sources | scatter | "5x4~", {"values": [[0, 1], [4, 3]], "dtype": "int32"}, "3x3~"
added along a middle axis | scatter | "2x5x3~", "2x4x2:int32<5", "2x4x3~", {"dim": 1, "reduce": "add"}
multiplied | scatter | "5x3", "4x3:int32<5", "4x3", {"reduce": "multiply"}
the largest | scatter | "5x3#", "4x3:int32<5", "4x3#", {"reduce": "amax"}
the smallest | scatter | "5x3#", "4x2:int32<5", "4x3#", {"reduce": "amin"}
ties in one place | scatter | "4", {"values": [0, 0, 1], "dtype": "int32"}, {"values": [9, 9, -9]}, {"reduce": "amax"}
bytes put | scatter | "5x3:uint8", "2x3:int32<5", "2x3:uint8"
bytes added | scatter | "5x3:int8", "4x3:int32<5", "4x3:int8", {"reduce": "add"}
integers multiplied | scatter | "5x3:int32", "4x3:int32<5", "4x3:int32", {"reduce": "multiply"}
no sources | scatter | "2x3", "0x3:int32", "0x3"
classes | oneHot | {"values": [2, 0], "dtype": "int32"}, 3 | {"values": [[0, 0, 1], [1, 0, 0]], "dtype": "int32"}
classes in front | oneHot | "2x3:int32<4", 4, {"dim": 0}
classes between | oneHot | "2x3:int32<4", 4, {"dim": 1}
classes outside | oneHot | {"values": [-1, 3, -4, 2], "dtype": "int32"}, 3, {"outside": "skip"} | {"values": [[0, 0, 1], [0, 0, 0], [0, 0, 0], [0, 0, 1]], "dtype": "int32"}
a class of a scalar | oneHot | {"values": 1, "shape": [], "dtype": "int32"}, 2
classes of nothing | oneHot | "0:int32", 3
`;

interface Dim {
  dim?: number;
}

const axisIn = (dim: number, rank: number) => (dim < 0 ? dim + rank : dim);
/** An index counted from the start. */
const placed = (index: number, size: number) => (index < 0 ? index + size : index);
const put = (index: readonly number[], axis: number, value: number) =>
  index.map((i, a) => (a === axis ? value : i));

function indexSelect(x: Plain, indices: Plain, { dim = 0 }: Dim = {}): Plain {
  const axis = axisIn(dim, x.shape.length);
  const rank = indices.shape.length;
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
  return make(shape, x.dtype, (index) => {
    const own = placed(at(indices, index.slice(axis, axis + rank)), x.shape[axis]!);
    return at(x, [...index.slice(0, axis), own, ...index.slice(axis + rank)]);
  });
}

function gather(x: Plain, indices: Plain, { dim = 0 }: Dim = {}): Plain {
  const axis = axisIn(dim, x.shape.length);
  return make(indices.shape, x.dtype, (index) =>
    at(x, put(index, axis, placed(at(indices, index), x.shape[axis]!))),
  );
}

const JOINS: Record<string, (old: number, value: number) => number> = {
  none: (_, value) => value,
  add: (old, value) => old + value,
  multiply: (old, value) => old * value,
  amax: Math.max,
  amin: Math.min,
};

const WRAPS: Record<string, (value: number) => number> = {
  float32: (value) => value,
  int32: (value) => value | 0,
  int8: (value) => (value << 24) >> 24,
  uint8: (value) => value & 255,
};

function scatter(
  x: Plain,
  indices: Plain,
  source: Plain,
  { dim = 0, reduce = 'none' }: Dim & { reduce?: string } = {},
): Plain {
  const axis = axisIn(dim, x.shape.length);
  const data = [...x.data];
  for (const index of indicesOf(indices.shape)) {
    const place = placeOf(x.shape, put(index, axis, placed(at(indices, index), x.shape[axis]!)));
    data[place] = WRAPS[x.dtype]!(JOINS[reduce]!(data[place]!, at(source, index)));
  }
  return { ...x, data };
}

function oneHot(x: Plain, classes: number, { dim = -1 }: Dim = {}): Plain {
  const axis = axisIn(dim, x.shape.length + 1);
  const shape = [...x.shape.slice(0, axis), classes, ...x.shape.slice(axis)];
  return make(shape, 'int32', (index) => {
    const own = at(x, [...index.slice(0, axis), ...index.slice(axis + 1)]);
    return placed(own, classes) === index[axis] ? 1 : 0;
  });
}

export const references: Record<string, Reference> = {
  indexSelect: { ...moving(indexSelect), tolerance: 0, linear: [0] },
  gather: { ...moving(gather), linear: [0] },
  scatter: { run: scatter, tolerance: 0, smooth: [0, 2] },
  oneHot: { run: oneHot, tolerance: 0 },
};

/** Indices of an axis, from either end. */
const randomIndices = (choose: Choices, shape: number[], size: number) => ({
  values: times(countOf(shape), () => choose.integer(-size, size - 1)),
  shape,
  dtype: 'int32',
});

/** A shape whose axes all have elements, and one of its axes. */
function along(choose: Choices): { shape: number[]; axis: number; dim: number } {
  const shape = anyShape(choose, 1, 4).map((size) => Math.max(1, Math.min(size, 6)));
  const axis = choose.integer(0, shape.length - 1);
  return { shape, axis, dim: maybe(choose) ? axis : axis - shape.length };
}

const within = (choose: Choices, shape: readonly number[], axis: number): number[] =>
  shape.map((size, a) => (a === axis ? choose.integer(0, 7) : choose.integer(1, size)));

export const generators: Record<string, Generator> = {
  indexSelect(choose) {
    const { shape, axis, dim } = along(choose);
    const indices = randomIndices(choose, anyShape(choose, 0, 2), shape[axis]!);
    return [text(shape, choose.of(DTYPES)), indices, { dim }];
  },
  gather(choose) {
    const { shape, axis, dim } = along(choose);
    const indices = randomIndices(choose, within(choose, shape, axis), shape[axis]!);
    return [text(shape, choose.of(DTYPES)), indices, { dim }];
  },
  scatter(choose) {
    const { shape, axis, dim } = along(choose);
    const own = within(choose, shape, axis);
    // Without a reduction a gradient is that of the last of a place alone where each place has one.
    const reduce = choose.of(['add', 'multiply', 'amax', 'amin']);
    const source = own.map((size) => size + choose.integer(0, 1));
    const dtype = choose.of(DTYPES);
    const operands = [text(shape, dtype), randomIndices(choose, own, shape[axis]!), text(source, dtype)];
    return [...operands, { dim, reduce }];
  },
  oneHot(choose) {
    const shape = anyShape(choose, 0, 3);
    const classes = choose.integer(1, 6);
    const dim = maybe(choose) ? choose.integer(-shape.length - 1, shape.length) : undefined;
    const values = times(countOf(shape), () => choose.integer(0, classes - 1));
    return [{ values, shape, dtype: 'int32' }, classes, options({ dim })];
  },
};

/** Of integers only. */
export const withoutGradient = ['oneHot'];

export const layers = { indexSelect: null, gather: null, scatter: null, oneHot: null };

const ids = (...values: number[]) => striate.tensor(values, [values.length], { dtype: 'int32' });
const three = () => striate.tensor([1, 2, 3]);

// biome-ignore format: a call a line.
export const wrong: Wrong[] = [
  ['an index above its axis', () => striate.indexSelect(three(), ids(0, 3)), RangeError, 'indexSelect: indices holds 3, must be from -3 to 2, along an axis of 3'],
  ['an index below its axis', () => striate.indexSelect(three(), ids(-4, 0)), RangeError, 'indexSelect: indices holds -4, must be from -3 to 2, along an axis of 3'],
  ['an index outside, in a program', () => striate.compile((a) => striate.indexSelect(a!, ids(5)), { inputs: [[3]] }).run(three()), RangeError, 'Program.run: indexSelect: indices holds 5, must be from -3 to 2, along an axis of 3'],
  ['an index outside, in a gradient', () => striate.vjp((a) => striate.gather(a, ids(5)), three()), RangeError, 'vjp: gather: indices holds 5, must be from -3 to 2, along an axis of 3'],
  ['an index of nothing', () => striate.indexSelect(striate.zeros([0]), ids(0)), RangeError, 'indexSelect: indices holds 0, but the axis has no elements'],
  ['selecting by floats', () => striate.indexSelect(three(), any(three())), TypeError, 'indexSelect: indices is float32, must be int32'],
  ['selecting along an axis of a scalar', () => striate.indexSelect(striate.tensor(1), ids(0)), RangeError, 'indexSelect: dim is 0, but a scalar has no axes'],
  ['selecting along an axis by position', () => striate.indexSelect(three(), ids(0), any(0)), TypeError, 'indexSelect: options is 0, must be an object: write { dim: 0 }'],
  ['gathering along an axis that there is not', () => striate.gather(x(), ids(0), { dim: 4 }), RangeError, 'gather: dim is 4, must be an integer, from -4 to 3'],
  ['gathering by floats', () => striate.gather(three(), any(three())), TypeError, 'gather: indices is float32, must be int32'],
  ['gathering by indices of another rank', () => striate.gather(x(), ids(0), { dim: 1 }), RangeError, 'gather: indices has shape 1, must be at most 1x*x5x5 as x'],
  ['gathering an index outside', () => striate.gather(three(), ids(3)), RangeError, 'gather: indices holds 3, must be from -3 to 2, along an axis of 3'],
  ['scattering by an unknown reduction', () => striate.scatter(three(), ids(0), three(), { reduce: any('mean') }), RangeError, "scatter: reduce is 'mean', must be 'add' or 'multiply' or 'amax' or 'amin'"],
  ['scattering by floats', () => striate.scatter(three(), any(three()), three()), TypeError, 'scatter: indices is float32, must be int32'],
  ['scattering integers into floats', () => striate.scatter(three(), ids(0), any(ids(0))), TypeError, 'scatter: source is int32, must be float32 as x'],
  ['scattering fewer than indices', () => striate.scatter(three(), ids(0, 1), striate.tensor([1])), RangeError, 'scatter: source has shape 1, must be at least 2 as indices'],
  ['scattering by indices of another rank', () => striate.scatter(x(), ids(0), x()), RangeError, 'scatter: indices has shape 1, must be at most *x2x5x5 as x'],
  ['scattering to an index outside', () => striate.scatter(three(), ids(-4), three()), RangeError, 'scatter: indices holds -4, must be from -3 to 2, along an axis of 3'],
  ['the gradient of a product by scattering', () => striate.vjp((a) => striate.scatter(a, ids(0), three(), { reduce: 'multiply' }), three()), TypeError, "scatter: there is no gradient of reduce 'multiply'"],
  ['classes of floats', () => striate.oneHot(any(three()), 3), TypeError, 'oneHot: x is float32, must be int32'],
  ['a class outside', () => striate.oneHot(ids(3), 3), RangeError, 'oneHot: x holds 3, must be from 0 to 2, the classes'],
  ['a negative class', () => striate.oneHot(ids(-1), 3), RangeError, 'oneHot: x holds -1, must be from 0 to 2, the classes'],
  ['no classes', () => striate.oneHot(ids(0), 0), RangeError, 'oneHot: classes is 0, must be an integer, at least 1'],
  ['classes along an axis that there is not', () => striate.oneHot(ids(0), 1, { dim: 2 }), RangeError, 'oneHot: dim is 2, must be an integer, from -2 to 1'],
  ['a class that may lie anywhere', () => striate.oneHot(ids(0), 1, { outside: any('zero') }), RangeError, "oneHot: outside is 'zero', must be 'error' or 'skip'"],
  ['too many indices', () => striate.indexSelect(striate.zeros([1, 50000]), striate.zeros([50000], { dtype: 'int32' })), RangeError, 'indexSelect: shape 50000x50000 has more than 2^31 - 1 bytes'],
];
