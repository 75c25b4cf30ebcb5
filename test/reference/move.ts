/** What moves values, pads, and reduces, as plain loops over indices. */
import type { DType } from 'striate';
import type { Plain, Reference } from './types.ts';

const countOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** Every index of a shape, in order. */
function* indicesOf(shape: readonly number[]): Generator<number[]> {
  for (let i = 0; i < countOf(shape); i++) {
    const index: number[] = [];
    let rest = i;
    for (const size of [...shape].reverse()) {
      index.unshift(rest % size);
      rest = Math.floor(rest / size);
    }
    yield index;
  }
}

/** The place of an index in the data. */
const placeOf = (shape: readonly number[], index: readonly number[]): number =>
  index.reduce((place, i, axis) => place * (shape[axis] as number) + i, 0);

/** A tensor of this shape whose elements `value` says, by index. */
function make(shape: number[], dtype: DType, value: (index: number[]) => number): Plain {
  return { shape, dtype, data: [...indicesOf(shape)].map(value) };
}

const at = ({ shape, data }: Plain, index: readonly number[]): number =>
  data[placeOf(shape, index)] as number;

interface Dims {
  dim?: number | number[];
  keepDim?: boolean;
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

const total = (values: number[]): number => values.reduce((sum, value) => sum + value, 0);
const extremum = (pick: (...values: number[]) => number) => (values: number[]) => pick(...values);

function firstLargest(values: number[]): number {
  const nan = values.findIndex(Number.isNaN);
  return nan >= 0 ? nan : values.findIndex((value) => values.every((other) => other <= value));
}

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

type Mode = 'constant' | 'reflect' | 'replicate' | 'circular';

/** Which of `size` elements stands `i` elements behind the first; -1: none. What a circular crop takes is gone. */
function source(i: number, size: number, [before, after]: [number, number], mode: Mode): number {
  if (mode === 'circular') {
    const from = Math.max(0, -before);
    const left = Math.min(size, size + after) - from;
    return from + ((((i - from) % left) + left) % left);
  }
  if (i >= 0 && i < size) return i;
  if (mode === 'constant') return -1;
  if (mode === 'replicate') return i < 0 ? 0 : size - 1;
  return i < 0 ? -i : 2 * (size - 1) - i;
}

function pad(
  x: Plain,
  padding: number | [number, number][],
  { mode = 'constant', value = 0 }: { mode?: Mode; value?: number } = {},
): Plain {
  const pairs = x.shape.map((_, axis): [number, number] => {
    if (axis < 2) return [0, 0];
    return typeof padding === 'number' ? [padding, padding] : (padding[axis - 2] as [number, number]);
  });
  const shape = x.shape.map((size, axis) => size + total(pairs[axis] as number[]));
  return make(shape, x.dtype, (index) => {
    const from = index.map((i, axis) => {
      const pair = pairs[axis] as [number, number];
      return source(i - pair[0], x.shape[axis] as number, pair, mode);
    });
    return from.includes(-1) ? value : at(x, from);
  });
}

/** Pixel (h r + i, w r + j) of channel c, and channel c r r + i r + j of pixel (h, w): the same value. */
function pixelShuffle(x: Plain, r: number): Plain {
  const [channels, height, width] = x.shape.slice(-3) as [number, number, number];
  return make([...x.shape.slice(0, -3), channels / (r * r), height * r, width * r], x.dtype, (index) => {
    const [c, h, w] = index.slice(-3) as [number, number, number];
    const channel = c * r * r + (h % r) * r + (w % r);
    return at(x, [...index.slice(0, -3), channel, Math.floor(h / r), Math.floor(w / r)]);
  });
}

function pixelUnshuffle(x: Plain, r: number): Plain {
  const [channels, height, width] = x.shape.slice(-3) as [number, number, number];
  return make([...x.shape.slice(0, -3), channels * r * r, height / r, width / r], x.dtype, (index) => {
    const [c, h, w] = index.slice(-3) as [number, number, number];
    const within = c % (r * r);
    const pixel = [h * r + Math.floor(within / r), w * r + (within % r)];
    return at(x, [...index.slice(0, -3), Math.floor(c / (r * r)), ...pixel]);
  });
}

function channelShuffle(x: Plain, groups: number): Plain {
  const each = (x.shape[1] as number) / groups;
  return make([...x.shape], x.dtype, ([n, c, ...rest]) => {
    const from = ((c as number) % groups) * each + Math.floor((c as number) / groups);
    return at(x, [n as number, from, ...rest]);
  });
}

type Two = number | [number, number];
const two = (value: Two): [number, number] => (typeof value === 'number' ? [value, value] : value);

interface Windows {
  dilation?: Two;
  stride?: Two;
  padding?: Two | [number, number][] | string;
}

/** Every element of a window and what it sees: calls `see` with its place in the columns and that in the image. */
function eachTap(
  image: number[],
  kernelSize: Two,
  { dilation = 1, stride = 1, padding = 0 }: Windows,
  see: (column: [number, number, number], pixel: number[]) => void,
): { rows: number; columns: number } {
  const [kernel, step, gap] = [two(kernelSize), two(stride), two(dilation)];
  const spans = kernel.map((k, axis) => (gap[axis] as number) * (k - 1) + 1);
  const size = (axis: number) => image[2 + axis] as number;
  const pairs = [0, 1].map((axis): [number, number] => {
    const span = spans[axis] as number;
    if (padding === 'full') return [span - 1, span - 1];
    if (typeof padding === 'string') {
      const s = step[axis] as number;
      const all = Math.max(0, (Math.ceil(size(axis) / s) - 1) * s + span - size(axis));
      const less = Math.floor(all / 2);
      return padding === 'same' ? [less, all - less] : [all - less, less];
    }
    const own = typeof padding === 'number' ? padding : (padding[axis] as number | [number, number]);
    return two(own);
  });
  const count = [0, 1].map(
    (axis) =>
      Math.floor(
        (size(axis) + (pairs[axis]?.[0] as number) + (pairs[axis]?.[1] as number) - (spans[axis] as number)) /
          (step[axis] as number),
      ) + 1,
  );
  for (const [n, c, i, j, down, across] of indicesOf([image[0], image[1], ...kernel, ...count] as number[])) {
    const place = (axis: number, window: number, tap: number) =>
      window * (step[axis] as number) + tap * (gap[axis] as number) - (pairs[axis]?.[0] as number);
    const [h, w] = [place(0, down as number, i as number), place(1, across as number, j as number)];
    if (h < 0 || w < 0 || h >= size(0) || w >= size(1)) continue;
    const row = ((c as number) * kernel[0] + (i as number)) * kernel[1] + (j as number);
    const column = (down as number) * (count[1] as number) + (across as number);
    see([n as number, row, column], [n as number, c as number, h, w]);
  }
  return {
    rows: (image[1] as number) * kernel[0] * kernel[1],
    columns: (count[0] as number) * (count[1] as number),
  };
}

function unfold(x: Plain, kernelSize: Two, options: Windows = {}): Plain {
  const { rows, columns } = eachTap(x.shape, kernelSize, options, () => {});
  const y = make([x.shape[0] as number, rows, columns], x.dtype, () => 0);
  eachTap(x.shape, kernelSize, options, (column, pixel) => {
    y.data[placeOf(y.shape, column)] = at(x, pixel);
  });
  return y;
}

function fold(x: Plain, outputSize: Two, kernelSize: Two, options: Windows = {}): Plain {
  const [n, rows] = x.shape as [number, number];
  const [kh, kw] = two(kernelSize);
  const y = make([n, rows / (kh * kw), ...two(outputSize)], x.dtype, () => 0);
  eachTap(y.shape, kernelSize, options, (column, pixel) => {
    (y.data[placeOf(y.shape, pixel)] as number) += at(x, column);
  });
  return y;
}

const copy = (x: Plain): Plain => ({ ...x, data: [...x.data] });

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

const moving = (run: Reference['run']): Reference => ({ run, tolerance: 0, linear: 'all' });

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
  argMax: {
    run: (x: Plain, options?: Dims) => reduce(x, options, firstLargest, 'int32'),
    tolerance: 0,
  },
  concat: moving(concat),
  slice: moving(slice),
  split: moving(split),
  permute: moving(permute),
  reshape: moving(reshape),
  flatten: moving(flatten),
  clone: moving(copy),
  cast: moving((x: Plain, dtype: DType) => ({ ...copy(x), dtype })),
  pixelShuffle: moving(pixelShuffle),
  pixelUnshuffle: moving(pixelUnshuffle),
  channelShuffle: moving(channelShuffle),
  unfold: moving(unfold),
  fold: moving(fold),
  pad1d: moving(pad),
  pad2d: moving(pad),
  pad3d: moving(pad),
};
