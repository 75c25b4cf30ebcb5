/** Elements in an order, and sums up to each. */
import * as striate from 'striate';
import { anyShape, DTYPES, type Generator, maybe, options, text } from '../support/generate.ts';
import { at, make, type Plain, type Reference } from '../support/plain.ts';
import { any, type Wrong, x } from '../support/wrong.ts';

export const lines = `
in ascending order | sort | {"values": [3, 1, 2]} | [1, 2, 3], {"values": [1, 2, 0], "dtype": "int32"}
in descending order | sort | "2x9#", {"descending": true}
along the first axis | sort | "9x4#", {"dim": 0}
along a middle axis | sort | "2x17x3~", {"dim": 1}
equal elements keep their order | sort | "2x31"
equal elements in descending order | sort | "31x2", {"dim": 0, "descending": true}
NaN is the largest | sort | {"values": [2, "NaN", "-Infinity", "Infinity", -0.0, 0, "NaN"]} | {"values": ["-Infinity", 0, 0, 2, "Infinity", "NaN", "NaN"]}, {"values": [2, 4, 5, 0, 3, 1, 6], "dtype": "int32"}
NaN comes first in descending order | sort | {"values": [2, "NaN", 3, "NaN"]}, {"descending": true} | {"values": ["NaN", "NaN", 3, 2]}, {"values": [1, 3, 2, 0], "dtype": "int32"}
bytes in order | sort | "3x13:uint8"
signed bytes in order | sort | "3x13:int8", {"descending": true}
integers in order | sort | {"values": [-2147483648, 2147483647, 0, -1], "dtype": "int32"}
a scalar in order | sort | "scalar"
nothing in order | sort | "2x0"
the largest of each row | topK | "3x17#", 4
the largest with equal ones | topK | "3x29", 7
the smallest | topK | "3x17#", 4, {"largest": false}
the largest along the first axis | topK | "9x4~", 2, {"dim": 0}
the largest along a middle axis | topK | "2x9x3", 5, {"dim": -2}
all of them | topK | "2x7#", 7
none of them | topK | "2x7", 0
the largest of bytes | topK | "3x13:uint8", 3
the largest with NaN | topK | {"values": [1, "NaN", 5, 2]}, 2 | {"values": ["NaN", 5]}, {"values": [1, 2], "dtype": "int32"}
the largest of many | topK | "1x700~", 5
sums along the last axis | cumSum | {"values": [[1, 2, 3], [4, 5, 6]]}, 1 | [[1, 3, 6], [4, 9, 15]]
sums along the first axis | cumSum | "5x3", 0
sums along a middle axis | cumSum | "2x7x40~", 1
sums without the element | cumSum | "2x7", -1, {"exclusive": true}
sums from the end | cumSum | "2x7~", -1, {"reverse": true}
sums of what comes after | cumSum | "7x2", 0, {"exclusive": true, "reverse": true}
sums of integers wrap | cumSum | {"values": [2147483647, 1, 5], "dtype": "int32"}, 0 | {"values": [2147483647, -2147483648, -2147483643], "dtype": "int32"}
the sum of a scalar | cumSum | "scalar", 0
sums of nothing | cumSum | "2x0x3", 1
`;

interface Order {
  dim?: number;
  descending?: boolean;
}

const axisIn = (dim: number, rank: number) => (dim < 0 ? dim + Math.max(rank, 1) : dim);
/** The order of two numbers; NaN is the largest. */
const compare = (a: number, b: number) =>
  Number.isNaN(a) || Number.isNaN(b) ? Number(Number.isNaN(a)) - Number(Number.isNaN(b)) : a - b || 0;

/** The values of x along an axis beside an index. */
const row = (x: Plain, index: readonly number[], axis: number): number[] =>
  Array.from({ length: x.shape[axis] ?? 1 }, (_, k) =>
    at(
      x,
      index.map((i, a) => (a === axis ? k : i)),
    ),
  );

function ordered(x: Plain, axis: number, count: number, descending: boolean): Plain[] {
  const shape = x.shape.map((size, a) => (a === axis ? count : size));
  const places = (index: readonly number[]) => {
    const values = row(x, index, axis);
    const sign = descending ? -1 : 1;
    const order = values.map((_, k) => k).sort((a, b) => sign * compare(values[a]!, values[b]!) || a - b);
    return order[index[axis] ?? 0]!;
  };
  const values = make(shape, x.dtype, (index) => row(x, index, axis)[places(index)]!);
  return [values, make(shape, 'int32', places)];
}

function cumSum(x: Plain, dim: number, { exclusive = false, reverse = false } = {}): Plain {
  const axis = axisIn(dim, x.shape.length);
  const wrap = (sum: number) => (x.dtype === 'int32' ? sum | 0 : sum);
  return make(x.shape, x.dtype, (index) => {
    const values = row(x, index, axis);
    const k = index[axis] ?? 0;
    const until = exclusive ? k : k + 1;
    const taken = reverse ? values.slice(exclusive ? k + 1 : k).reverse() : values.slice(0, until);
    return wrap(taken.reduce((sum, value) => sum + value, 0));
  });
}

export const references: Record<string, Reference> = {
  sort: {
    run: (x: Plain, { dim = -1, descending = false }: Order = {}) => {
      const axis = axisIn(dim, x.shape.length);
      return ordered(x, axis, x.shape[axis] ?? 1, descending);
    },
    tolerance: 0,
    smooth: 'all',
  },
  topK: {
    run: (x: Plain, k: number, { dim = -1, largest = true }: { dim?: number; largest?: boolean } = {}) =>
      ordered(x, axisIn(dim, x.shape.length), k, largest),
    tolerance: 0,
    smooth: 'all',
  },
  cumSum: { run: cumSum, tolerance: 1e-6, linear: 'all' },
};

export const generators: Record<string, Generator> = {
  sort(choose) {
    const shape = anyShape(choose);
    const dim = maybe(choose) ? choose.integer(-shape.length, shape.length - 1) : undefined;
    const descending = maybe(choose) ? maybe(choose) : undefined;
    return [text(shape, choose.of(['#', ...DTYPES])), options({ dim, descending })];
  },
  topK(choose) {
    const shape = anyShape(choose);
    const dim = choose.integer(-shape.length, shape.length - 1);
    const k = choose.integer(0, shape.at(dim)!);
    const largest = maybe(choose) ? maybe(choose) : undefined;
    return [text(shape, choose.of(['#', ...DTYPES])), k, options({ dim, largest })];
  },
  cumSum(choose) {
    const shape = anyShape(choose);
    const dim = choose.integer(-shape.length, shape.length - 1);
    const [exclusive, reverse] = [maybe(choose), maybe(choose)];
    return [text(shape, choose.of(['', '~', ':int32'])), dim, options({ exclusive, reverse })];
  },
};

export const layers = { sort: null, topK: null, cumSum: null };

// biome-ignore format: a call a line.
export const wrong: Wrong[] = [
  ['sorting an axis that there is not', () => striate.sort(x(), { dim: 4 }), RangeError, 'sort: dim is 4, must be an integer, from -4 to 3'],
  ['sorting by position', () => striate.sort(x(), any(1)), TypeError, 'sort: options is 1, must be an object: write { dim: 1 }'],
  ['sorting downwards by a number', () => striate.sort(x(), { descending: any(1) }), TypeError, 'sort: descending is 1, must be true or false'],
  ['more than there are', () => striate.topK(x(), 6), RangeError, 'topK: k is 6, must be an integer, from 0 to 5'],
  ['a negative number of elements', () => striate.topK(x(), -1), RangeError, 'topK: k is -1, must be an integer, from 0 to 5'],
  ['the largest as a number', () => striate.topK(x(), 1, { largest: any(0) }), TypeError, 'topK: largest is 0, must be true or false'],
  ["PyTorch's sorted", () => striate.topK(x(), 1, any({ sorted: true })), TypeError, "topK: there is no option 'sorted'; options are dim, largest"],
  ['sums of bytes', () => striate.cumSum(any(striate.ones([2], { dtype: 'int8' })), 0), TypeError, 'cumSum: x is int8, must be float32 or int32'],
  ['sums along no axis', () => striate.cumSum(x(), any(undefined)), TypeError, 'cumSum: dim is undefined, must be an integer'],
  ['sums along an axis that there is not', () => striate.cumSum(x(), -5), RangeError, 'cumSum: dim is -5, must be an integer, from -4 to 3'],
  ['sums from the end as a number', () => striate.cumSum(x(), 0, { reverse: any(1) }), TypeError, 'cumSum: reverse is 1, must be true or false'],
  ['sums without themselves as a number', () => striate.cumSum(x(), 0, { exclusive: any(1) }), TypeError, 'cumSum: exclusive is 1, must be true or false'],
];
