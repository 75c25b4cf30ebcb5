/** Images of other sizes, position by position. */
import * as striate from 'striate';
import {
  type Arguments,
  type Generator,
  maybe,
  options,
  perAxis,
  spatial,
  text,
  times,
} from '../support/generate.ts';
import { countOf, indicesOf, type Plain, type Reference } from '../support/plain.ts';
import type { Choices } from '../support/random.ts';
import { any, type Wrong, x } from '../support/wrong.ts';

export const lines = `
twice as large | interpolate | "2x3x4x5", { "scaleFactor": 2 }
to a size | interpolate | "1x2x3x5", { "size": [7, 4] }
a length | interpolate | "2x3x9", { "size": 13 }
a volume | interpolate | "1x2x3x4x2", { "scaleFactor": [2, 1.5, 3] }
the same size | interpolate | "1x2x3x4", { "size": [3, 4] }
a factor that leaves the size | interpolate | "1x1x4x10", { "scaleFactor": [1, 1.05] }
half as large | interpolate | "1x2x9x8", { "scaleFactor": 0.5 }
one element | interpolate | "1x1x1x1", { "size": [4, 5] }
to one element | interpolate | "1x3x5x6", { "size": 1 }
nothing in the batch | interpolate | "0x3x5x6", { "scaleFactor": 2 }
no channels | interpolate | "2x0x5x6", { "size": 3, "mode": "bilinear" }
int32 | interpolate | "1x2x3x3:int32", { "scaleFactor": 2 }
uint8 | interpolate | "1x2x3x5:uint8", { "size": [5, 11] }
int8 along one axis | interpolate | "2x2x7:int8", { "size": 3 }
more outputs than a block | interpolate | "1x1x2x700", { "size": [3, 1500] }
NaN and infinity stay where they are | interpolate | { "values": [[[1, "NaN", "Infinity", -1]]] }, { "scaleFactor": 2 }
halves up | interpolate | "1x1x6", { "size": 12, "coordinates": "asymmetric", "rounding": "round-prefer-ceil" }
halves down | interpolate | "1x1x6", { "size": 12, "coordinates": "asymmetric", "rounding": "round-prefer-floor" }
up | interpolate | "1x1x6", { "size": 9, "coordinates": "asymmetric", "rounding": "ceil" }
nearest of pixels' middles | interpolate | "1x2x4x6", { "size": [8, 3], "coordinates": "half-pixel", "rounding": "round-prefer-floor" }
nearest, corners | interpolate | "1x2x4x6", { "size": [7, 5], "coordinates": "align-corners", "rounding": "round-prefer-floor" }
a length, linear | interpolate | "2x3x9", { "size": 13, "mode": "linear" }
a length, linear, corners | interpolate | "2x3x9", { "size": 13, "mode": "linear", "alignCorners": true }
twice as large, bilinear | interpolate | "2x3x4x5", { "scaleFactor": 2, "mode": "bilinear" }
twice as large, bilinear, corners | interpolate | "2x3x4x5", { "scaleFactor": 2, "mode": "bilinear", "alignCorners": true }
factors that do not divide | interpolate | "1x2x7x6~", { "scaleFactor": [1.7, 0.6], "mode": "bilinear" }
one axis only | interpolate | "1x2x7x6~", { "size": [7, 13], "mode": "bilinear" }
smaller, bilinear | interpolate | "1x2x17x11~", { "size": [5, 4], "mode": "bilinear" }
wide, bilinear | interpolate | "1x1x3x600~", { "size": [5, 1200], "mode": "bilinear" }
one element, bilinear | interpolate | "1x1x1x1", { "size": [4, 5], "mode": "bilinear", "alignCorners": true }
to one element, bilinear | interpolate | "1x3x5x6", { "size": 1, "mode": "bilinear" }
to one element, bilinear, corners | interpolate | "1x3x5x6", { "size": 1, "mode": "bilinear", "alignCorners": true }
positions from the first element | interpolate | "1x2x4x4", { "scaleFactor": 2, "mode": "bilinear", "coordinates": "asymmetric" }
to one element and three | interpolate | "1x2x4x5~", { "size": [1, 3], "mode": "bilinear", "coordinates": "pytorch-half-pixel" }
a volume, trilinear | interpolate | "1x2x3x4x2", { "scaleFactor": 2, "mode": "trilinear" }
a volume to a size, corners | interpolate | "2x1x3x4x5~", { "size": [5, 3, 7], "mode": "trilinear", "alignCorners": true }
bicubic | interpolate | "1x2x5x6~", { "scaleFactor": 2, "mode": "bicubic" }
bicubic, corners | interpolate | "1x2x5x6~", { "size": [7, 11], "mode": "bicubic", "alignCorners": true }
smaller, bicubic | interpolate | "2x1x9x13~", { "size": [4, 5], "mode": "bicubic" }
bicubic of fewer elements than it weighs | interpolate | "1x1x2x3~", { "size": [5, 4], "mode": "bicubic" }
nearest of middles, to a size | interpolate | "1x2x5x8", { "size": [3, 5], "mode": "nearest-exact" }
nearest of middles, by factors | interpolate | "1x2x4x6:int32", { "scaleFactor": [1.5, 0.5], "mode": "nearest-exact" }
means of a length | interpolate | "2x3x9", { "size": 4, "mode": "area" }
means of an image | interpolate | "1x2x5x8", { "scaleFactor": [1.4, 0.6], "mode": "area" }
means of a volume | interpolate | "1x1x4x3x5", { "size": 2, "mode": "area" }
smaller, bilinear, antialias | interpolate | "1x2x5x8~", { "size": [2, 3], "mode": "bilinear", "antialias": true }
smaller and larger, bilinear, antialias | interpolate | "1x2x5x8~", { "size": [2, 10], "mode": "bilinear", "antialias": true }
smaller, bilinear, corners, antialias | interpolate | "1x1x5x8~", { "size": [2, 3], "mode": "bilinear", "antialias": true, "alignCorners": true }
smaller, bicubic, antialias | interpolate | "2x1x9x13~", { "size": [4, 5], "mode": "bicubic", "antialias": true }
by factors, bicubic, antialias | interpolate | "1x1x5x8~", { "scaleFactor": [0.5, 0.45], "mode": "bicubic", "antialias": true }
to one element, antialias | interpolate | "1x1x7x3~", { "size": 1, "mode": "bilinear", "antialias": true }
a length and a volume, antialias | interpolate | "1x2x6x3x4~", { "size": [2, 3, 3], "mode": "trilinear", "antialias": true }
bicubic with another coefficient | interpolate | "1x1x5x6~", { "scaleFactor": [1.5, 1], "mode": "bicubic", "cubicCoefficient": -0.5 }
`;

/** An element of an axis, and what it weighs. */
export type Term = readonly [index: number, weight: number];

export const clamp = (value: number, low: number, high: number) => Math.min(Math.max(value, low), high);

/** Keys' cubic convolution. */
export function keys(a: number, distance: number): number {
  const d = Math.abs(distance);
  if (d <= 1) return (a + 2) * d ** 3 - (a + 3) * d ** 2 + 1;
  return d < 2 ? a * d ** 3 - 5 * a * d ** 2 + 8 * a * d - 4 * a : 0;
}

/** The products of one term per axis, summed over a plane that begins at `start`. */
export function sumOf(x: Plain, start: number, axes: readonly (readonly Term[])[]): number {
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
  antialias?: boolean;
  coordinates?: string;
  rounding?: string;
  cubicCoefficient?: number;
}

function interpolate(x: Plain, options: Interpolate): Plain {
  const { mode = 'nearest', antialias = false } = options;
  const exact = mode === 'nearest-exact';
  const { rounding = exact ? 'round-prefer-ceil' : 'floor' } = options;
  const { cubicCoefficient = antialias ? -0.5 : -0.75 } = options;
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
    if (mode !== 'nearest' && !exact && mode !== 'bicubic' && input === output) return o;
    if (coordinates === 'asymmetric') return o / scale;
    return coordinates === 'pytorch-half-pixel' && output === 1 ? 0 : (o + 0.5) / scale - 0.5;
  };
  /** PyTorch's: all elements within reach, which is as much wider as the axis shrinks. */
  const means = (o: number, axis: number): Term[] => {
    const [input, output] = [spatial[axis] as number, sizes[axis] as number];
    const own = options.scaleFactor === undefined ? input / output : 1 / of(options.scaleFactor, axis);
    const corners = output === 1 ? 0 : (input - 1) / (output - 1);
    const scale = alignCorners ? corners : mode !== 'bicubic' && input === output ? 1 : own;
    const wide = Math.max(1, scale);
    const weigh = (d: number) =>
      mode === 'bicubic' ? keys(cubicCoefficient, d) : Math.max(0, 1 - Math.abs(d));
    const weights = Array.from({ length: input }, (_, i) => weigh((i + 0.5 - scale * (o + 0.5)) / wide));
    const total = weights.reduce((a, b) => a + b, 0);
    return weights.map((weight, i): Term => [i, weight / total]);
  };
  const area = (o: number, axis: number): Term[] => {
    const [input, output] = [spatial[axis] as number, sizes[axis] as number];
    const [first, end] = [Math.floor((o * input) / output), Math.ceil(((o + 1) * input) / output)];
    return Array.from({ length: end - first }, (_, k): Term => [first + k, 1 / (end - first)]);
  };
  const termsOf = (at: number, last: number): Term[] => {
    const low = Math.floor(at);
    const inside = (index: number) => clamp(index, 0, last);
    if (mode === 'bicubic') {
      return [-1, 0, 1, 2].map((k): Term => [inside(low + k), keys(cubicCoefficient, at - low - k)]);
    }
    if (mode !== 'nearest' && !exact) {
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
    Array.from({ length: size }, (_, o) => {
      if (mode === 'area') return area(o, axis);
      return antialias ? means(o, axis) : termsOf(position(o, axis), (spatial[axis] as number) - 1);
    }),
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

export const references: Record<string, Reference> = {
  interpolate: { run: interpolate, tolerance: 1e-5, linear: [0] },
};

function randomInterpolate(choose: Choices): Arguments | null {
  const mode = choose.of(['nearest', 'linear', 'bilinear', 'bicubic', 'trilinear', 'area']);
  const free = choose.integer(1, 3);
  const rank = { nearest: free, linear: 1, bilinear: 2, bicubic: 2, trilinear: 3, area: free }[
    mode
  ] as number;
  const size = spatial(choose, rank, 1).map((s) => Math.max(1, Math.min(s, 7)));
  const weighs = mode !== 'nearest' && mode !== 'area';
  const alignCorners = weighs && maybe(choose) ? maybe(choose) : undefined;
  const antialias = weighs && maybe(choose) ? maybe(choose) : undefined;
  const x = text([choose.of([1, 2]), choose.integer(1, 3), ...size]);
  if (maybe(choose))
    return [x, options({ size: perAxis(choose, rank, 1, 9)[0], mode, alignCorners, antialias })];
  // Powers of two: positions are exact.
  const factors = times(rank, () => choose.of([0.5, 1, 2, 1.5, 4]));
  if (factors.some((f, i) => Math.floor(f * size[i]!) < 1)) return null;
  return [x, options({ scaleFactor: factors, mode, alignCorners, antialias })];
}

export const generators: Record<string, Generator> = {
  interpolate: randomInterpolate,
};

export const layers = { interpolate: 'Upsample' };

// biome-ignore format: a call a line.
export const wrong: Wrong[] = [
  ['interpolate without options', () => any(striate.interpolate)(x()), TypeError, 'interpolate: size and scaleFactor are left out, must be one of them'],
  ['interpolate with both', () => striate.interpolate(x(), { size: 2, scaleFactor: 2 }), TypeError, 'interpolate: size and scaleFactor are both given, must be one of them'],
  ['options that are a number', () => striate.interpolate(x(), any(2)), TypeError, 'interpolate: options is 2, must be an object: write { size: 2 }'],
  ['an option that interpolate lacks', () => striate.interpolate(x(), any({ size: 2, clip: true })), TypeError, "interpolate: there is no option 'clip'; options are size, scaleFactor, mode, alignCorners, antialias, coordinates, rounding, cubicCoefficient"],
  ['a mode that there is not', () => striate.interpolate(x(), { size: 2, mode: any('cubic') }), RangeError, "interpolate: mode is 'cubic', must be 'nearest' or 'nearest-exact' or 'linear' or 'bilinear' or 'bicubic' or 'trilinear' or 'area'"],
  ['a mode that is a number', () => striate.interpolate(x(), { size: 2, mode: any(1) }), TypeError, "interpolate: mode is 1, must be 'nearest' or 'nearest-exact' or 'linear' or 'bilinear' or 'bicubic' or 'trilinear' or 'area'"],
  ['coordinates that there are not', () => striate.interpolate(x(), { size: 2, coordinates: any('centers') }), RangeError, "interpolate: coordinates is 'centers', must be 'half-pixel' or 'asymmetric' or 'pytorch-half-pixel' or 'align-corners'"],
  ['a rounding that there is not', () => striate.interpolate(x(), { size: 2, rounding: any('even') }), RangeError, "interpolate: rounding is 'even', must be 'floor' or 'ceil' or 'round-prefer-floor' or 'round-prefer-ceil'"],
  ['a coefficient that is NaN', () => striate.interpolate(x(), { size: 2, cubicCoefficient: Number.NaN }), RangeError, 'interpolate: cubicCoefficient is NaN, must be a number'],
  ['corners of the nearest', () => striate.interpolate(x(), { size: 2, alignCorners: true }), RangeError, "interpolate: alignCorners is true, must be false in mode 'nearest'"],
  ['means of what is nearest', () => striate.interpolate(x(), { size: 2, mode: 'nearest-exact', antialias: true }), RangeError, "interpolate: antialias is true, must be false in mode 'nearest-exact'"],
  ['means of means', () => striate.interpolate(x(), { size: 2, mode: 'area', antialias: true }), RangeError, "interpolate: antialias is true, must be false in mode 'area'"],
  ['means beyond memory', () => striate.interpolate(striate.ones([1, 1, 7]), { scaleFactor: 2 ** 31 - 1, mode: 'area' }), RangeError, 'interpolate: shape 1x1x15032385529 has more than 2^31 - 1 bytes'],
  ['antialias that is a number', () => striate.interpolate(x(), { size: 2, mode: 'bilinear', antialias: any(1) }), TypeError, 'interpolate: antialias is 1, must be true or false'],
  ['corners that are a number', () => striate.interpolate(x(), { size: 2, mode: 'bilinear', alignCorners: any(1) }), TypeError, 'interpolate: alignCorners is 1, must be true or false'],
  ['a size of 0', () => striate.interpolate(x(), { size: 0 }), RangeError, 'interpolate: size is 0, must be an integer, at least 1'],
  ['sizes of three axes', () => striate.interpolate(x(), { size: [2, 2, 2] }), RangeError, 'interpolate: size has 3 entries, must have 2'],
  ['a size that is a text', () => striate.interpolate(x(), { size: any('2') }), TypeError, "interpolate: size is '2', must be an integer or an array of 2"],
  ['a factor of 0', () => striate.interpolate(x(), { scaleFactor: 0 }), RangeError, 'interpolate: scaleFactor is 0, must be above 0 and finite'],
  ['a factor without end', () => striate.interpolate(x(), { scaleFactor: [1, Number.POSITIVE_INFINITY] }), RangeError, 'interpolate: scaleFactor[1] is Infinity, must be above 0 and finite'],
  ['a factor that is NaN', () => striate.interpolate(x(), { scaleFactor: Number.NaN }), RangeError, 'interpolate: scaleFactor is NaN, must be a number'],
  ['a factor that is a text', () => striate.interpolate(x(), { scaleFactor: any('2') }), TypeError, "interpolate: scaleFactor is '2', must be a number or an array of 2"],
  ['a factor of three axes', () => striate.interpolate(x(), { scaleFactor: [1, 2, 3] }), RangeError, 'interpolate: scaleFactor has 3 entries, must have 2'],
  ['a factor that leaves nothing', () => striate.interpolate(x(), { scaleFactor: 0.1 }), RangeError, 'interpolate: height of the output is 0, must be at least 1'],
  ['an axis of nothing', () => striate.interpolate(striate.ones([1, 1, 2, 0]), { size: 2 }), RangeError, 'interpolate: width of x is 0, must be at least 1'],
  ['more than memory holds', () => striate.interpolate(x(), { size: [65536, 65536] }), RangeError, 'interpolate: shape 1x2x65536x65536 has more than 2^31 - 1 bytes'],
  ['linear of an image', () => striate.interpolate(x(), { size: 2, mode: 'linear' }), RangeError, "interpolate: x has 4 axes (shape [1, 2, 5, 5]), must have 3 in mode 'linear'"],
  ['bicubic of a length', () => striate.interpolate(striate.ones([1, 2, 5]), { size: 2, mode: 'bicubic' }), RangeError, "interpolate: x has 3 axes (shape [1, 2, 5]), must have 4 in mode 'bicubic'"],
  ['nearest without an axis', () => striate.interpolate(striate.ones([2, 5]), { size: 2 }), RangeError, "interpolate: x has 2 axes (shape [2, 5]), must have 3 to 5 in mode 'nearest'"],
  ['bilinear of int32', () => striate.interpolate(any(striate.zeros([1, 1, 2, 2], { dtype: 'int32' })), { size: 2, mode: 'bilinear' }), TypeError, 'interpolate: x is int32, must be float32'],
  ['Upsample without options', () => new striate.Upsample(any(undefined)), TypeError, 'Upsample: size and scaleFactor are left out, must be one of them'],
  ['Upsample with an option that it lacks', () => new striate.Upsample(any({ size: 2, rounding: 'floor' })), TypeError, "Upsample: there is no option 'rounding'; options are size, scaleFactor, mode, alignCorners, antialias"],
  ['Upsample to nothing', () => new striate.Upsample({ size: [2, 0] }), RangeError, 'Upsample: size[1] is 0, must be an integer, at least 1'],
];
