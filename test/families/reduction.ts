/** Sums, means and extremes along axes. */
import * as striate from 'striate';
import { type Generator, maybe, options, text, times } from '../support/generate.ts';
import { at, indicesOf, make, moving, type Plain, type Reference, total } from '../support/plain.ts';
import { any, type Wrong, x } from '../support/wrong.ts';

export const lines = `
all of it | sum | "2x3x4"
all of one | sum | "1"
a scalar | sum | "scalar"
the last axis | sum | "3x37", {"dim": 1}
the first axis | sum | "37x5", {"dim": 0}
the first axis of wide rows | sum | "3x1031", {"dim": 0}
the middle axis, kept | sum | "3x7x10", {"dim": 1, "keepDim": true}
axes apart | sum | "3x4x5x6", {"dim": [0, 2]}
the channels' sums | sum | "2x3x5x7", {"dim": [0, 2, 3], "keepDim": true}
from the end | sum | "2x3x4", {"dim": [-1, -3]}
an empty list is all | sum | "2x3x4", {"dim": []}
all, kept | sum | "2x3x4", {"keepDim": true}
of nothing | sum | "2x0x3", {"dim": 1}
nothing left | sum | "0x3", {"dim": 1}
reals | sum | "17x65~", {"dim": 0}
reals in rows | sum | "5x301~", {"dim": 1}
many rows | sum | "600x3~", {"dim": 0}
integers | sum | "3x4x5:int32", {"dim": [0, 2]}
integers, all | sum | "3x70:int32"
integers in columns | sum | "9x70:int32", {"dim": 0}
integers of nothing | sum | "2x0:int32", {"dim": 1}
infinity and NaN | sum | {"values": [["Infinity", 1, "NaN"], [1, 2, 3]]}, {"dim": 0}
infinity in rows | sum | {"values": [["Infinity", 1, 2, 3, 4], ["Infinity", "-Infinity", 1, 1, 1]]}, {"dim": 1}
all of it | mean | "2x3x4~"
a scalar | mean | "scalar"
rows | mean | "3x37~", {"dim": -1}
columns | mean | "37x5~", {"dim": 0, "keepDim": true}
planes | mean | "2x3x5x7~", {"dim": [2, 3]}
axes apart | mean | "3x4x5x6", {"dim": [1, 3]}
all of it | max | "2x3x4#"
a scalar | max | "scalar"
rows | max | "3x37#", {"dim": -1}
many short rows | max | "5x7x3#", {"dim": 2}
many short rows | argMax | "5x7x3#", {"dim": 2}
rows of more than a run | max | "3x131#", {"dim": 1}
columns | max | "37x5#", {"dim": 0, "keepDim": true}
columns of more than a run | max | "4x131#", {"dim": 0}
axes apart | max | "3x4x5x6#", {"dim": [1, 3]}
axes apart, kept | max | "3x4x5x6#", {"dim": [0, 2], "keepDim": true}
with ties | max | "3x40", {"dim": 1}
NaN wins | max | {"values": [[1, "NaN", 3], ["-Infinity", "Infinity", 2], ["-Infinity", "-Infinity", "-Infinity"]]}, {"dim": 1}
nothing left | max | "0x3", {"dim": 1}
int32 | max | "3x7x2:int32", {"dim": 1}
uint8 | max | "3x70:uint8", {"dim": 1}
int8 | max | "5x70:int8", {"dim": 0}
all of it | min | "2x3x4#"
rows | min | "3x37#", {"dim": -1}
columns | min | "37x5#", {"dim": 0, "keepDim": true}
columns of more than a run | min | "4x131#", {"dim": 0}
axes apart | min | "3x4x5x6#", {"dim": [1, 3]}
with ties | min | "3x40", {"dim": 1}
NaN wins | min | {"values": [[1, "NaN", 3], ["-Infinity", "Infinity", 2]]}, {"dim": 1}
int32 | min | "3x7x2:int32", {"dim": 1}
uint8 | min | "3x70:uint8", {"dim": 1}
int8 | min | "5x70:int8", {"dim": 0}
the first of equals | argMax | "3x40", {"dim": 1}
all of it | argMax | "3x4x5"
a scalar | argMax | "scalar"
columns | argMax | "17x67#", {"dim": 0}
rows | argMax | "3x4x131#", {"dim": 2, "keepDim": true}
axes apart | argMax | "3x4x5x2#", {"dim": [0, 2]}
neighbouring axes | argMax | "3x4x5x2#", {"dim": [1, 2]}
the first NaN | argMax | {"values": [[1, "NaN", "NaN"], ["-Infinity", "Infinity", "Infinity"], ["-Infinity", "-Infinity", "-Infinity"]]}, {"dim": 1}
zeros of both signs | argMax | {"values": [-0.0, 0.0, -1.0]}
int32 | argMax | "3x7x2:int32", {"dim": 1}
uint8 | argMax | "3x70:uint8", {"dim": 1}
int8 | argMax | "5x70:int8", {"dim": 0}
the first of equals | argMin | "3x40", {"dim": 1}
all of it | argMin | "3x4x5"
a scalar | argMin | "scalar"
columns | argMin | "17x67#", {"dim": 0}
rows | argMin | "3x4x131#", {"dim": 2, "keepDim": true}
many short rows | argMin | "5x7x3#", {"dim": 2}
axes apart | argMin | "3x4x5x2#", {"dim": [0, 2]}
the first NaN | argMin | {"values": [[1, "NaN", "NaN"], ["Infinity", "-Infinity", "-Infinity"], ["Infinity", "Infinity", "Infinity"]]}, {"dim": 1}
zeros of both signs | argMin | {"values": [0.0, -0.0, 1.0]}
int32 | argMin | "3x7x2:int32", {"dim": 1}
uint8 | argMin | "3x70:uint8", {"dim": 1}
int8 | argMin | "5x70:int8", {"dim": 0}
all of it | variance | "2x3x4~"
rows | variance | "3x37~", {"dim": -1}
columns, kept | variance | "37x5~", {"dim": 0, "keepDim": true}
axes apart | variance | "3x4x5x6~", {"dim": [1, 3]}
the channels' variances | variance | "2x3x5x7~", {"dim": [0, 2, 3], "correction": 0}
half a correction | variance | "3x4~", {"dim": 1, "correction": 0.5}
a mean far from 0 | variance | {"values": [[10001, 10002, 10003], [-10001, -10001, -10004]]}, {"dim": 1} | [1, 3]
one element | variance | "3x1~", {"dim": 1}
one element, all that there is | variance | "3x1~", {"dim": 1, "correction": 0}
more correction than elements | variance | {"values": [[1, 2], [3, 3]]}, {"dim": 1, "correction": 3}
of nothing | variance | "2x0", {"dim": 1}
nothing left | variance | "0x3", {"dim": 1}
all of it | std | "2x3x4~"
rows | std | "3x37~", {"dim": -1}
columns, kept | std | "37x5~", {"dim": 0, "keepDim": true}
axes apart | std | "3x4x5x6~", {"dim": [1, 3]}
without correction | std | "4x9~", {"dim": 1, "correction": 0}
of equals | std | {"values": [[3, 3, 3], [1, 2, 3]]}, {"dim": 1} | [0, 1]
one element | std | "3x1~", {"dim": 1}
of nothing | std | "2x0", {"dim": 1}
`;

interface Dims {
  dim?: number | number[];
  keepDim?: boolean;
  correction?: number;
}

/** Each list of values that `dim` brings together, in the order of their axes, made to one. */
function reduce(x: Plain, options: Dims = {}, one: (values: number[]) => number, dtype = x.dtype): Plain {
  const { dim, keepDim = false } = options;
  const rank = x.shape.length;
  const given = dim === undefined ? [] : [dim].flat();
  const axes = (given.length === 0 ? x.shape.map((_, axis) => axis) : given).map((axis) =>
    axis < 0 ? axis + rank : axis,
  );
  const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const reduced = x.shape.map((size, axis) => (axes.includes(axis) ? size : 1));
  const result = make(kept, dtype, (index) =>
    one(
      [...indicesOf(reduced)].map((inner) =>
        at(
          x,
          index.map((i, axis) => i + (inner[axis] as number)),
        ),
      ),
    ),
  );
  return keepDim ? result : { ...result, shape: x.shape.filter((_, axis) => !axes.includes(axis)) };
}

const extremum = (pick: (...values: number[]) => number) => (values: number[]) => pick(...values);

/** The place of the first NaN, or else of the first value that is the extremum. */
const first = (pick: (...values: number[]) => number) => (values: number[]) => {
  const nan = values.findIndex(Number.isNaN);
  return nan >= 0 ? nan : values.indexOf(pick(...values));
};

const varianceOf =
  (correction = 1) =>
  (values: number[]): number => {
    const mean = total(values) / values.length;
    const squares = total(values.map((value) => (value - mean) ** 2));
    return squares / Math.max(0, values.length - correction);
  };

export const references: Record<string, Reference> = {
  sum: { ...moving((x: Plain, options?: Dims) => reduce(x, options, total)), tolerance: 1e-6 },
  mean: {
    ...moving((x: Plain, options?: Dims) => reduce(x, options, (values) => total(values) / values.length)),
    tolerance: 1e-6,
  },
  max: {
    run: (x: Plain, options?: Dims) => reduce(x, options, extremum(Math.max)),
    tolerance: 0,
    smooth: 'all',
  },
  min: {
    run: (x: Plain, options?: Dims) => reduce(x, options, extremum(Math.min)),
    tolerance: 0,
    smooth: 'all',
  },
  variance: {
    run: (x: Plain, options?: Dims) => reduce(x, options, varianceOf(options?.correction)),
    tolerance: 1e-6,
    smooth: 'all',
  },
  std: {
    run: (x: Plain, options?: Dims) =>
      reduce(x, options, (values) => Math.sqrt(varianceOf(options?.correction)(values))),
    tolerance: 1e-6,
    smooth: 'all',
  },
  argMax: {
    run: (x: Plain, options?: Dims) => reduce(x, options, first(Math.max), 'int32'),
    tolerance: 0,
  },
  argMin: {
    run: (x: Plain, options?: Dims) => reduce(x, options, first(Math.min), 'int32'),
    tolerance: 0,
  },
};

function reduction(kinds: readonly string[], lists = true, corrections: readonly number[] = []): Generator {
  return (choose) => {
    const shape = times(choose.integer(1, 4), () => choose.integer(1, 7));
    const rank = shape.length;
    const dims = shape.map((_, i) => i).filter(() => maybe(choose));
    const dim = choose.of<unknown>([
      undefined,
      choose.integer(-rank, rank - 1),
      lists && dims.length > 0 ? dims : 0,
    ]);
    const keepDim = maybe(choose) ? maybe(choose) : undefined;
    const correction = corrections.length > 0 && maybe(choose) ? choose.of(corrections) : undefined;
    return [text(shape, choose.of(kinds)), options({ dim, keepDim, correction })];
  };
}

export const generators: Record<string, Generator> = {
  sum: reduction(['']),
  mean: reduction(['+']),
  max: reduction(['#', '']),
  min: reduction(['#', '']),
  variance: reduction(['~'], true, [0, 0.5, 1]),
  std: reduction(['~'], true, [0, 0.5]),
  argMax: reduction(['#', ''], false),
  argMin: reduction(['#', ''], false),
};

/** A position changes by steps. */
export const withoutGradient = ['argMax', 'argMin'];

export const layers = {
  sum: null,
  mean: null,
  variance: null,
  std: null,
  max: null,
  min: null,
  argMax: null,
  argMin: null,
};

// biome-ignore format: a call a line.
export const wrong: Wrong[] = [
  ['a sum of bytes', () => striate.sum(any(striate.ones([2], { dtype: 'int8' }))), TypeError, 'sum: x is int8, must be float32 or int32'],
  ['a mean of integers', () => striate.mean(any(striate.ones([2], { dtype: 'int32' }))), TypeError, 'mean: x is int32, must be float32'],
  ['a sum over an axis that there is not', () => striate.sum(x(), { dim: 4 }), RangeError, 'sum: dim is 4, must be an integer, from -4 to 3'],
  ['a mean over such an axis of several', () => striate.mean(x(), { dim: [0, -5] }), RangeError, 'mean: dim[1] is -5, must be an integer, from -4 to 3'],
  ['a sum over an axis twice', () => striate.sum(x(), { dim: [0, -4] }), RangeError, 'sum: dim is [0, -4], must name an axis once at most'],
  ['a maximum over a text', () => striate.max(x(), { dim: any('0') }), TypeError, "max: dim is '0', must be an integer or an array of integers"],
  ['a maximum over half an axis', () => striate.max(x(), { dim: 0.5 }), RangeError, 'max: dim is 0.5, must be an integer, from -4 to 3'],
  ['a minimum over a list of texts', () => striate.min(x(), { dim: any(['0']) }), TypeError, "min: dim[0] is '0', must be an integer"],
  ['keepDim as a number', () => striate.min(x(), { keepDim: any(1) }), TypeError, 'min: keepDim is 1, must be true or false'],
  ["NumPy's axis", () => striate.sum(x(), any({ axis: 1 })), TypeError, "sum: there is no option 'axis'; options are dim, keepDim"],
  ['a number in the place of options', () => striate.sum(x(), any(1)), TypeError, 'sum: options is 1, must be an object: write { dim: 1 }'],
  ['a sum over an axis of a scalar', () => striate.sum(striate.tensor(1), { dim: 0 }), RangeError, 'sum: dim is 0, but a scalar has no axes'],
  ['a maximum of nothing', () => striate.max(striate.ones([2, 0]), { dim: 1 }), RangeError, 'max: x has shape 2x0, must have elements along what is reduced'],
  ['a minimum of nothing', () => striate.min(striate.ones([0])), RangeError, 'min: x has shape 0, must have elements along what is reduced'],
  ['the place of the maximum of nothing', () => striate.argMax(striate.ones([0, 3])), RangeError, 'argMax: x has shape 0x3, must have elements along what is reduced'],
  ['the place of the minimum of nothing', () => striate.argMin(striate.ones([0, 3])), RangeError, 'argMin: x has shape 0x3, must have elements along what is reduced'],
  ['a variance of integers', () => striate.variance(any(striate.ones([2], { dtype: 'int32' }))), TypeError, 'variance: x is int32, must be float32'],
  ["NumPy's degrees of freedom", () => striate.std(x(), any({ ddof: 1 })), TypeError, "std: there is no option 'ddof'; options are dim, keepDim, correction"],
  ["PyTorch's unbiased", () => striate.variance(x(), { correction: any(true) }), TypeError, 'variance: correction is true, must be a number'],
  ['a correction that is NaN', () => striate.std(x(), { correction: Number.NaN }), RangeError, 'std: correction is NaN, must be a number'],
];
