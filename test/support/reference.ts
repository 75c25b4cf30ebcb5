/** The plain loops: what the kernels must give, one multiplication after the other, in double precision. */

export interface Values {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

export interface Axis {
  readonly stride: number;
  readonly dilation: number;
  readonly lo: number;
  readonly hi: number;
}

/** The output size of a window along one axis, as PyTorch's documentation has it. */
export function outputSize(
  input: number,
  kernel: number,
  { stride, dilation, lo, hi }: Axis,
  ceil = false,
): number {
  const span = input + lo + hi - dilation * (kernel - 1) - 1;
  if (!ceil) return Math.floor(span / stride) + 1;
  const size = Math.ceil(span / stride) + 1;
  return (size - 1) * stride >= input + lo ? size - 1 : size;
}

/** Padding before and after for 'same' (out = ceil(in / stride)). */
export function samePadding(
  input: number,
  kernel: number,
  stride: number,
  dilation: number,
  lower: boolean,
): [number, number] {
  const out = Math.ceil(input / stride);
  const total = Math.max(0, (out - 1) * stride + dilation * (kernel - 1) + 1 - input);
  const small = Math.floor(total / 2);
  return lower ? [total - small, small] : [small, total - small];
}

function product(shape: readonly number[]): number {
  return shape.reduce((size, axis) => size * axis, 1);
}

/** Every index of a shape, in order. */
export function* indices(shape: readonly number[]): Generator<number[]> {
  const size = product(shape);
  for (let flat = 0; flat < size; flat++) {
    const index: number[] = [];
    for (let axis = shape.length - 1, rest = flat; axis >= 0; axis--) {
      index[axis] = rest % (shape[axis] as number);
      rest = Math.floor(rest / (shape[axis] as number));
    }
    yield index;
  }
}

/** The flat position of an index, or -1 outside the shape. */
export function flatIndex(shape: readonly number[], index: readonly number[]): number {
  let flat = 0;
  for (let axis = 0; axis < shape.length; axis++) {
    const [i, size] = [index[axis] as number, shape[axis] as number];
    if (i < 0 || i >= size) return -1;
    flat = flat * size + i;
  }
  return flat;
}

/** Convolution of x [N, C, ...] with w [O, C / groups, ...] and bias [O]. */
export function convolve(
  x: Values,
  w: Values,
  bias: ArrayLike<number> | null,
  axes: readonly Axis[],
  groups: number,
  flip = false,
): Values {
  const [n, channels] = x.shape as [number, number];
  const [outputs, perGroup] = w.shape as [number, number];
  const spatial = axes.map((axis, i) => outputSize(x.shape[i + 2] as number, w.shape[i + 2] as number, axis));
  const shape = [n, outputs, ...spatial];
  const kernel = w.shape.slice(2);
  const data = new Float64Array(product(shape));
  let at = 0;
  for (const [b, o, ...position] of indices(shape) as Generator<[number, number, ...number[]]>) {
    let sum = bias === null ? 0 : (bias[o] as number);
    const group = Math.floor(o / (outputs / groups));
    for (let c = 0; c < perGroup; c++) {
      for (const tap of indices(kernel)) {
        const source = axes.map((axis, i) => position[i]! * axis.stride + tap[i]! * axis.dilation - axis.lo);
        const from = flatIndex(x.shape.slice(2), source);
        if (from < 0) continue;
        const weightTap = flip ? tap.map((k, i) => kernel[i]! - 1 - k) : tap;
        const weight = flatIndex(w.shape, [o, c, ...weightTap]);
        const plane = b * channels + group * perGroup + c;
        sum += (x.data[plane * product(x.shape.slice(2)) + from] as number) * (w.data[weight] as number);
      }
    }
    data[at++] = sum;
  }
  return { shape, data };
}

/** Max pooling with positions; the first of equal values, NaN above all. */
export function maxPool(
  x: Values,
  kernel: readonly number[],
  axes: readonly Axis[],
  ceil: boolean,
): { values: Values; positions: number[] } {
  const plane = x.shape.slice(2);
  const shape = [
    ...x.shape.slice(0, 2),
    ...axes.map((axis, i) => outputSize(plane[i]!, kernel[i]!, axis, ceil)),
  ];
  const data = new Float64Array(product(shape));
  const positions: number[] = [];
  let at = 0;
  for (const [b, c, ...position] of indices(shape) as Generator<[number, number, ...number[]]>) {
    let best = -Infinity;
    let where = -1;
    for (const tap of indices(kernel)) {
      const from = flatIndex(
        plane,
        axes.map((axis, i) => position[i]! * axis.stride + tap[i]! * axis.dilation - axis.lo),
      );
      if (from < 0) continue;
      const value = x.data[(b * (x.shape[1] as number) + c) * product(plane) + from] as number;
      if (where < 0 || value > best || (Number.isNaN(value) && !Number.isNaN(best)))
        [best, where] = [value, from];
    }
    positions.push(where);
    data[at++] = best;
  }
  return { values: { shape, data }, positions };
}

const float = new Float32Array(1);

/** A value as the dtype holds it: rounded, or wrapped. */
export function stored(value: number, dtype: string): number {
  if (dtype === 'int32') return value | 0;
  if (dtype === 'uint8') return value & 0xff;
  if (dtype === 'int8') return (value << 24) >> 24;
  float[0] = value;
  return float[0];
}

/** f of every element. */
export function mapValues({ shape, data }: Values, f: (value: number) => number): Values {
  return { shape, data: Array.from(data, f) };
}

/** f of every pair of elements, axes aligned on the right, axes of 1 stretched. */
export function combine(a: Values, b: Values, f: (a: number, b: number) => number): Values {
  const rank = Math.max(a.shape.length, b.shape.length);
  const lifted = [a, b].map(({ shape }) => [...new Array<number>(rank - shape.length).fill(1), ...shape]) as [
    number[],
    number[],
  ];
  const shape = lifted[0].map((size, axis) => (size === 1 ? (lifted[1][axis] as number) : size));
  const at = (own: readonly number[], index: readonly number[]) =>
    flatIndex(
      own,
      index.map((i, axis) => (own[axis] === 1 ? 0 : i)),
    );
  const data = Array.from(indices(shape), (index) =>
    f(a.data[at(lifted[0], index)] as number, b.data[at(lifted[1], index)] as number),
  );
  return { shape, data };
}

/** y[index] = x[where(index)], or `outside` where that lies outside x. */
export function gather(
  x: Values,
  shape: readonly number[],
  where: (index: number[]) => readonly number[],
  outside = 0,
): Values {
  const data = Array.from(indices(shape), (index) => {
    const from = flatIndex(x.shape, where(index));
    return from < 0 ? outside : (x.data[from] as number);
  });
  return { shape, data };
}

/** The tensors one after the other along `dim`. */
export function join(xs: readonly Values[], dim: number): Values {
  const sizes = xs.map(({ shape }) => shape[dim] as number);
  const shape = xs[0]!.shape.map((size, axis) => (axis === dim ? sizes.reduce((a, b) => a + b, 0) : size));
  const data = Array.from(indices(shape), (index) => {
    let piece = 0;
    let along = index[dim] as number;
    while (along >= (sizes[piece] as number)) along -= sizes[piece++] as number;
    const { shape: own, data: values } = xs[piece] as Values;
    return values[
      flatIndex(
        own,
        index.map((i, axis) => (axis === dim ? along : i)),
      )
    ] as number;
  });
  return { shape, data };
}

/** Mean and biased variance of channel `c` (axis 1). */
export function channelMoments(
  { shape, data }: Values,
  c: number,
): { count: number; mean: number; variance: number } {
  const values = Array.from(indices(shape), (index, i) =>
    index[1] === c ? (data[i] as number) : null,
  ).filter((v) => v !== null);
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
  return { count: values.length, mean, variance };
}

/** The elements of each window, and how many places it has inside the padded input. */
export function poolWindows(
  x: Values,
  kernel: readonly number[],
  axes: readonly Axis[],
  ceil: boolean,
): { shape: number[]; windows: { values: number[]; places: number }[] } {
  const plane = x.shape.slice(2);
  const shape = [
    ...x.shape.slice(0, 2),
    ...axes.map((axis, i) => outputSize(plane[i]!, kernel[i]!, axis, ceil)),
  ];
  const windows: { values: number[]; places: number }[] = [];
  for (const [b, c, ...position] of indices(shape) as Generator<[number, number, ...number[]]>) {
    const values: number[] = [];
    let places = 0;
    for (const tap of indices(kernel)) {
      const at = axes.map((axis, i) => position[i]! * axis.stride + tap[i]! * axis.dilation - axis.lo);
      if (at.every((index, i) => index < plane[i]! + axes[i]!.hi)) places += 1;
      const from = flatIndex(plane, at);
      if (from >= 0) values.push(x.data[(b * (x.shape[1] as number) + c) * product(plane) + from] as number);
    }
    windows.push({ values, places });
  }
  return { shape, windows };
}
