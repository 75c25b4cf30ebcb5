/** Resampling, position by position. */
import type { Plain, Reference } from './types.ts';

/** An element of an axis, and what it weighs. */
type Term = readonly [index: number, weight: number];

const countOf = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);
/** Positions are float32 numbers, as in PyTorch: where a sample lies on an edge, and where sums nearly cancel, it matters. */
const f32 = Math.fround;
const clamp = (value: number, low: number, high: number) => Math.min(Math.max(value, low), high);

/** Keys' cubic convolution. */
function keys(a: number, distance: number): number {
  const d = Math.abs(distance);
  if (d <= 1) return (a + 2) * d ** 3 - (a + 3) * d ** 2 + 1;
  return d < 2 ? a * d ** 3 - 5 * a * d ** 2 + 8 * a * d - 4 * a : 0;
}

/** Every index of a shape, the last axis fastest. */
function indicesOf(shape: readonly number[]): number[][] {
  return Array.from({ length: countOf(shape) }, (_, i) =>
    shape.map((size, axis) => Math.floor(i / countOf(shape.slice(axis + 1))) % size),
  );
}

/** The products of one term per axis, summed over a plane that begins at `start`. */
function sumOf(x: Plain, start: number, axes: readonly (readonly Term[])[]): number {
  const spatial = x.shape.slice(2);
  let terms: Term[] = [[0, 1]];
  axes.forEach((own, axis) => {
    terms = terms.flatMap(([at, weight]) =>
      own.map(([index, more]): Term => [at * (spatial[axis] as number) + index, weight * more]),
    );
  });
  return terms.reduce((sum, [at, weight]) => sum + weight * (x.data[start + at] as number), 0);
}

interface Interpolate {
  size?: number | number[];
  scaleFactor?: number | number[];
  mode?: string;
  alignCorners?: boolean;
  coordinates?: string;
  rounding?: string;
  cubicCoefficient?: number;
}

function interpolate(x: Plain, options: Interpolate): Plain {
  const { mode = 'nearest', rounding = 'floor', cubicCoefficient = -0.75 } = options;
  const { coordinates = mode === 'nearest' ? 'asymmetric' : 'half-pixel' } = options;
  const alignCorners = options.alignCorners === true || coordinates === 'align-corners';
  const of = (value: number | number[], axis: number) =>
    (Array.isArray(value) ? value[axis] : value) as number;
  const spatial = x.shape.slice(2);
  const sizes = spatial.map((size, axis) =>
    options.size === undefined ? Math.floor(size * of(options.scaleFactor!, axis)) : of(options.size, axis),
  );
  const position = (o: number, axis: number): number => {
    const [input, output] = [spatial[axis] as number, sizes[axis] as number];
    const scale = options.scaleFactor === undefined ? output / input : of(options.scaleFactor, axis);
    if (alignCorners) return output === 1 ? 0 : (o * (input - 1)) / (output - 1);
    if (mode !== 'nearest' && mode !== 'bicubic' && input === output) return o;
    if (coordinates === 'asymmetric') return o / scale;
    return coordinates === 'pytorch-half-pixel' && output === 1 ? 0 : (o + 0.5) / scale - 0.5;
  };
  const termsOf = (at: number, last: number): Term[] => {
    const low = Math.floor(at);
    const inside = (index: number) => clamp(index, 0, last);
    if (mode === 'bicubic') {
      return [-1, 0, 1, 2].map((k): Term => [inside(low + k), keys(cubicCoefficient, at - low - k)]);
    }
    if (mode !== 'nearest') {
      return [
        [inside(low), 1 - (at - low)],
        [inside(low + 1), at - low],
      ];
    }
    const rounded = {
      floor: low,
      ceil: Math.ceil(at),
      'round-prefer-floor': Math.ceil(at - 0.5),
      'round-prefer-ceil': Math.floor(at + 0.5),
    };
    return [[inside(rounded[rounding as keyof typeof rounded]), 1]];
  };
  const [n, channels] = x.shape as [number, number];
  const terms = sizes.map((size, axis) =>
    Array.from({ length: size }, (_, o) => termsOf(position(o, axis), (spatial[axis] as number) - 1)),
  );
  const data: number[] = [];
  for (let plane = 0; plane < n * channels; plane++) {
    for (const index of indicesOf(sizes)) {
      const axes = index.map((o, axis) => terms[axis]?.[o] as Term[]);
      data.push(sumOf(x, plane * countOf(spatial), axes));
    }
  }
  return { shape: [n, channels, ...sizes], data, dtype: x.dtype };
}

interface GridSample {
  mode?: string;
  paddingMode?: string;
  alignCorners?: boolean;
}

/** The even one of two that are equally near. */
const nearest = (value: number) =>
  Math.abs(value % 1) === 0.5 ? 2 * Math.round(value / 2) : Math.round(value);

function gridSample(x: Plain, grid: Plain, options: GridSample = {}): Plain {
  const { mode = 'bilinear', paddingMode = 'zeros', alignCorners = false } = options;
  const [n, channels, ...spatial] = x.shape as [number, number, ...number[]];
  const rank = spatial.length;
  const output = grid.shape.slice(1, -1);
  const positions = countOf(output);
  const padded = (at: number, size: number): number => {
    if (paddingMode === 'zeros') return at;
    if (Number.isNaN(at)) return 0;
    if (paddingMode === 'border') return clamp(at, 0, size - 1);
    const [low, span] = alignCorners ? [0, size - 1] : [-0.5, size];
    if (span === 0) return 0;
    const folded = Math.abs(at - low) % (2 * span);
    return clamp(low + Math.min(folded, 2 * span - folded), 0, size - 1);
  };
  const termsOf = (u: number, size: number): Term[] => {
    const [factor, shift] = alignCorners ? [(size - 1) / 2, 0] : [size / 2, 0.5];
    const raw = f32(f32(f32(u + 1) * factor) - shift);
    const at = padded(raw, size);
    if (mode === 'nearest') return [[nearest(at), 1]];
    if (!Number.isFinite(mode === 'bicubic' ? raw : at)) return rank === 2 ? [[0, Number.NaN]] : [];
    const low = Math.floor(mode === 'bicubic' ? raw : at);
    if (mode === 'bicubic')
      return [-1, 0, 1, 2].map((k): Term => [padded(low + k, size), keys(-0.75, raw - low - k)]);
    return [
      [low, 1 - (at - low)],
      [low + 1, at - low],
    ];
  };
  const data: number[] = [];
  for (let plane = 0; plane < n * channels; plane++) {
    for (let p = 0; p < positions; p++) {
      const start = (Math.floor(plane / channels) * positions + p) * rank;
      const axes = spatial.map((size, axis) =>
        termsOf(grid.data[start + rank - 1 - axis] as number, size).filter(
          ([index]) => index >= 0 && index < size,
        ),
      );
      data.push(sumOf(x, plane * countOf(spatial), axes));
    }
  }
  return { shape: [n, channels, ...output], data, dtype: x.dtype };
}

interface RoiAlign {
  outputSize: number | [number, number];
  spatialScale?: number;
  samplingRatio?: number;
  aligned?: boolean;
}

/** The elements around a sample; none where it is more than one element outside. */
function around(at: number, size: number): Term[] {
  if (!(at >= -1 && at <= size)) return [];
  const inside = clamp(at, 0, size - 1);
  const low = Math.floor(inside);
  return [
    [low, 1 - (inside - low)],
    [Math.min(low + 1, size - 1), inside - low],
  ];
}

function roiAlign(x: Plain, boxes: Plain, options: RoiAlign): Plain {
  const { outputSize, spatialScale = 1, samplingRatio = -1, aligned = false } = options;
  const bins = (Array.isArray(outputSize) ? outputSize : [outputSize, outputSize]) as [number, number];
  const [, channels, height, width] = x.shape as [number, number, number, number];
  const shift = aligned ? 0.5 : 0;
  /** Where the samples of each bin along an axis are. */
  const samples = (low: number, high: number, count: number): number[][] => {
    const start = f32(f32(low * spatialScale) - shift);
    const length = f32(f32(f32(high * spatialScale) - shift) - start);
    const bin = f32((aligned ? length : Math.max(length, 1)) / count);
    const each = samplingRatio > 0 ? samplingRatio : Math.max(0, Math.ceil(bin));
    return Array.from({ length: count }, (_, i) =>
      Array.from({ length: each }, (_, s) =>
        f32(f32(start + f32(i * bin)) + f32(f32((s + 0.5) * bin) / each)),
      ),
    );
  };
  const data: number[] = [];
  const count = boxes.shape[0] as number;
  for (let k = 0; k < count; k++) {
    const [image, x1, y1, x2, y2] = boxes.data.slice(5 * k) as [number, number, number, number, number];
    const [rows, columns] = [samples(y1, y2, bins[0]), samples(x1, x2, bins[1])];
    for (let c = 0; c < channels; c++) {
      const start = (Math.trunc(image) * channels + c) * height * width;
      for (const row of rows) {
        for (const column of columns) {
          let sum = 0;
          for (const y of row)
            for (const at of column) sum += sumOf(x, start, [around(y, height), around(at, width)]);
          data.push(sum / Math.max(1, row.length * column.length));
        }
      }
    }
  }
  return { shape: [count, channels, ...bins], data, dtype: x.dtype };
}

export const references: Record<string, Reference> = {
  interpolate: { run: interpolate, tolerance: 1e-5, linear: [0] },
  // Sixteen values of up to 5 may nearly cancel.
  gridSample: { run: gridSample, tolerance: 5e-5, linear: [0], smooth: [1] },
  roiAlign: { run: roiAlign, tolerance: 1e-5, linear: [0] },
};
