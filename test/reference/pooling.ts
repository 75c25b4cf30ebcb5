/** Pooling and unpooling as loops over positions. Padding never wins a maximum and adds nothing to a sum. */
import type { Plain, Reference } from './types.ts';

type PerAxis = number | number[];
type Pad = PerAxis | [number, number][] | string;

interface WindowOptions {
  stride?: PerAxis;
  padding?: Pad;
  dilation?: PerAxis;
  ceilMode?: boolean;
  returnIndices?: boolean;
  countIncludePad?: boolean;
  divisorOverride?: number | null;
  absolute?: boolean;
}

/** The positions of an axis that an output reads, and how many of its taps lie inside the padded input. */
interface Taps {
  positions: number[];
  padded: number;
}

/** A window: places in the plane, in order, and its taps inside the padded input. */
interface Window {
  places: number[];
  padded: number;
}

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);
const axisOf = (value: PerAxis, axis: number): number => (Array.isArray(value) ? value[axis]! : value);

/** The taps of each output along one axis. */
function regular(size: number, kernel: number, options: WindowOptions, axis: number): Taps[] {
  const { padding = 0, ceilMode = false } = options;
  const stride = axisOf(options.stride ?? kernel, axis);
  const dilation = axisOf(options.dilation ?? 1, axis);
  const extent = dilation * (kernel - 1) + 1;
  let [before, after] = [0, 0];
  if (padding === 'same' || padding === 'same-lower') {
    const total = Math.max((Math.ceil(size / stride) - 1) * stride + extent - size, 0);
    before = padding === 'same' ? Math.floor(total / 2) : Math.ceil(total / 2);
    after = total - before;
  } else if (typeof padding !== 'string') {
    const own = Array.isArray(padding) ? padding[axis]! : padding;
    [before, after] = Array.isArray(own) ? own : [own, own];
  }
  const padded = before + size + after;
  let outputs = (ceilMode ? Math.ceil : Math.floor)((padded - extent) / stride) + 1;
  // The last window of ceil mode begins inside the input or the padding before it.
  if (ceilMode && (outputs - 1) * stride >= before + size) outputs--;
  return Array.from({ length: outputs }, (_, o) => {
    const taps = Array.from({ length: kernel }, (_, k) => o * stride + k * dilation);
    const inside = taps.map((tap) => tap - before).filter((p) => p >= 0 && p < size);
    return { positions: inside, padded: taps.filter((tap) => tap < padded).length };
  });
}

function adaptive(size: number, outputs: number): Taps[] {
  return Array.from({ length: outputs }, (_, o) => {
    const first = Math.floor((o * size) / outputs);
    const end = Math.ceil(((o + 1) * size) / outputs);
    const positions = Array.from({ length: end - first }, (_, k) => first + k);
    return { positions, padded: positions.length };
  });
}

/** PyTorch's sequence in single precision. */
function fractional(size: number, kernel: number, outputs: number, sample: number): Taps[] {
  const f = Math.fround;
  const u = Number.isNaN(sample) ? 0 : Math.min(Math.max(f(sample), 0), 1);
  const alpha = f((size - kernel) / (outputs - 1));
  const last = size - kernel;
  return Array.from({ length: outputs }, (_, o) => {
    const moved = Math.trunc(f(f(o + u) * alpha)) - Math.trunc(f(u * alpha));
    const first = o === outputs - 1 ? last : Math.min(moved, last);
    return { positions: Array.from({ length: kernel }, (_, k) => first + k), padded: kernel };
  });
}

/** The windows of a plane from the taps of its axes. */
function combine(spatial: readonly number[], axes: readonly Taps[][]): Window[] {
  let windows: Window[] = [{ places: [0], padded: 1 }];
  axes.forEach((taps, axis) => {
    windows = windows.flatMap(({ places, padded }) =>
      taps.map((own) => ({
        places: places.flatMap((place) => own.positions.map((p) => place * spatial[axis]! + p)),
        padded: padded * own.padded,
      })),
    );
  });
  return windows;
}

/** Each plane's windows reduced to values. */
function reduce(
  x: Plain,
  windowsOf: (plane: number) => readonly Taps[][],
  value: (elements: number[], window: Window) => number,
): Plain {
  const spatial = x.shape.slice(2);
  const [planes, size] = [x.shape[0]! * x.shape[1]!, product(spatial)];
  const data: number[] = [];
  let sizes = windowsOf(0).map((axis) => axis.length);
  for (let plane = 0; plane < planes; plane++) {
    const axes = windowsOf(plane);
    sizes = axes.map((axis) => axis.length);
    for (const window of combine(spatial, axes)) {
      data.push(
        value(
          window.places.map((place) => x.data[plane * size + place]!),
          window,
        ),
      );
    }
  }
  return { shape: [...x.shape.slice(0, 2), ...sizes], data, dtype: x.dtype };
}

/** Which of the elements wins: the first largest one, or the last NaN; -1 of none. */
function winner(elements: number[], sign: number): number {
  let best = elements.length > 0 ? 0 : -1;
  elements.forEach((value, i) => {
    if (value * sign > elements[best]! * sign || Number.isNaN(value)) best = i;
  });
  return best;
}

/** The least value of a type, which a window without an element has. */
const LEAST: Record<string, [number, number]> = {
  float32: [-Infinity, Infinity],
  uint8: [0, 255],
  int8: [-128, 127],
};

function extremum(
  x: Plain,
  windowsOf: (plane: number) => readonly Taps[][],
  sign: number,
  indexed: boolean | undefined,
): Plain | Plain[] {
  const none = LEAST[x.dtype]![sign > 0 ? 0 : 1]!;
  const values = reduce(x, windowsOf, (elements) => elements[winner(elements, sign)] ?? none);
  if (!indexed) return values;
  const places = reduce(x, windowsOf, (elements, w) => w.places[winner(elements, sign)] ?? -1);
  return [values, { ...places, dtype: 'int32' }];
}

const total = (values: number[]): number => values.reduce((a, b) => a + b, 0);

const windows = (x: Plain, kernelSize: PerAxis, options: WindowOptions) => {
  const axes = x.shape.slice(2).map((size, axis) => regular(size, axisOf(kernelSize, axis), options, axis));
  return () => axes;
};

const adaptiveWindows = (x: Plain, outputSize: number | (number | null)[] | null) => {
  const axes = x.shape.slice(2).map((size, axis) => {
    const wanted = Array.isArray(outputSize) ? outputSize[axis] : outputSize;
    return adaptive(size, wanted ?? size);
  });
  return () => axes;
};

interface FractionalOptions {
  outputSize?: PerAxis;
  outputRatio?: PerAxis;
  randomSamples: Plain;
  returnIndices?: boolean;
}

function fractionalMax(x: Plain, kernelSize: PerAxis, options: FractionalOptions) {
  const spatial = x.shape.slice(2);
  const { outputSize, outputRatio = 0, randomSamples, returnIndices } = options;
  const windowsOf = (plane: number) =>
    spatial.map((size, axis) => {
      const sample = spatial.length === 2 ? 1 - axis : axis;
      const wanted =
        outputSize === undefined ? Math.floor(size * axisOf(outputRatio, axis)) : axisOf(outputSize, axis);
      const u = randomSamples.data[plane * spatial.length + sample]!;
      return fractional(size, axisOf(kernelSize, axis), wanted, u);
    });
  return extremum(x, windowsOf, 1, returnIndices);
}

interface UnpoolOptions {
  stride?: PerAxis;
  padding?: PerAxis | [number, number][];
  outputSize?: PerAxis | null;
}

function unpool(x: Plain, indices: Plain, kernelSize: PerAxis, options: UnpoolOptions = {}): Plain {
  const { stride = kernelSize, padding = 0, outputSize = null } = options;
  const whole = Array.isArray(outputSize) && outputSize.length === x.shape.length;
  const spatial = x.shape.slice(2).map((size, axis) => {
    if (outputSize !== null) return axisOf(outputSize, whole ? axis + 2 : axis);
    const own = Array.isArray(padding) ? padding[axis]! : padding;
    const both = Array.isArray(own) ? own[0] + own[1] : 2 * own;
    return (size - 1) * axisOf(stride, axis) + axisOf(kernelSize, axis) - both;
  });
  const shape = [...x.shape.slice(0, 2), ...spatial];
  const data = new Array<number>(product(shape)).fill(0);
  const own = product(x.shape.slice(2));
  x.data.forEach((value, i) => {
    data[Math.floor(i / own) * product(spatial) + indices.data[i]!] = value;
  });
  return { shape, data, dtype: 'float32' };
}

/** Sums of up to some hundred elements, divided once: a few units in the last place. */
const MEAN = 2e-6;
/** Powers and roots round as well. */
const NORM = 1e-5;

const each = (name: string, reference: Reference): Record<string, Reference> =>
  Object.fromEntries(['1d', '2d', '3d'].map((rank) => [name + rank, reference]));

const extremumReference = (sign: number): Reference => ({
  run: (x: Plain, kernelSize: PerAxis, options: WindowOptions = {}) =>
    extremum(x, windows(x, kernelSize, options), sign, options.returnIndices),
  tolerance: 0,
  smooth: [0],
});

const fractionalReference: Reference = {
  run: (x: Plain, kernelSize: PerAxis, options: FractionalOptions) => fractionalMax(x, kernelSize, options),
  tolerance: 0,
  smooth: [0],
};

export const references: Record<string, Reference> = {
  ...each('maxPool', extremumReference(1)),
  ...each('minPool', extremumReference(-1)),
  ...each('avgPool', {
    run: (x: Plain, kernelSize: PerAxis, options: WindowOptions = {}) =>
      reduce(x, windows(x, kernelSize, options), (elements, { padded }) => {
        const { countIncludePad = true, divisorOverride } = options;
        const divisor = divisorOverride ?? (countIncludePad ? padded : elements.length);
        return total(elements) / Math.max(divisor, 1);
      }),
    tolerance: MEAN,
    linear: [0],
    smooth: [0],
  }),
  ...each('sumPool', {
    run: (x: Plain, kernelSize: PerAxis, options: WindowOptions = {}) =>
      reduce(x, windows(x, kernelSize, options), total),
    tolerance: 0,
    linear: [0],
    smooth: [0],
  }),
  ...each('lpPool', {
    run: (x: Plain, p: number, kernelSize: PerAxis, options: WindowOptions = {}) => {
      const taps = product(x.shape.slice(2).map((_, axis) => axisOf(kernelSize, axis)));
      return reduce(x, windows(x, kernelSize, options), (elements, { padded }) => {
        if (options.absolute) return total(elements.map((v) => Math.abs(v) ** p)) ** (1 / p);
        return ((total(elements.map((v) => v ** p)) / Math.max(padded, 1)) * taps) ** (1 / p);
      });
    },
    tolerance: NORM,
    smooth: [0],
  }),
  ...each('adaptiveAvgPool', {
    run: (x: Plain, outputSize: number) =>
      reduce(x, adaptiveWindows(x, outputSize), (elements) => total(elements) / elements.length),
    tolerance: MEAN,
    linear: [0],
    smooth: [0],
  }),
  ...each('adaptiveMaxPool', {
    run: (x: Plain, outputSize: number, { returnIndices }: WindowOptions = {}) =>
      extremum(x, adaptiveWindows(x, outputSize), 1, returnIndices),
    tolerance: 0,
    smooth: [0],
  }),
  globalAvgPool: {
    run: (x: Plain) => reduce(x, adaptiveWindows(x, 1), (elements) => total(elements) / elements.length),
    tolerance: MEAN,
    linear: [0],
    smooth: [0],
  },
  globalMaxPool: {
    run: (x: Plain) => extremum(x, adaptiveWindows(x, 1), 1, false),
    tolerance: 0,
    smooth: [0],
  },
  fractionalMaxPool2d: fractionalReference,
  fractionalMaxPool3d: fractionalReference,
  ...each('maxUnpool', {
    run: (x: Plain, indices: Plain, kernelSize: PerAxis, options?: UnpoolOptions) =>
      unpool(x, indices, kernelSize, options),
    tolerance: 0,
    linear: [0],
  }),
};
