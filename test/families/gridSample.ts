/** Samples of images and volumes where a grid says. Positions are float32 numbers, as in PyTorch: where a sample lies on an
 * edge, and where sums nearly cancel, it matters. */
import * as striate from 'striate';
import { type Arguments, type Generator, maybe, options, spatial, text, times } from '../support/generate.ts';
import { countOf, type Plain, type Reference } from '../support/plain.ts';
import type { Choices } from '../support/random.ts';
import { any, type Wrong, x } from '../support/wrong.ts';
import { clamp, keys, sumOf, type Term } from './interpolate.ts';

export const lines = `
an image | gridSample | "2x3x5x4~", "2x3x7x2~"
an image, corners | gridSample | "2x3x5x4~", "2x3x7x2~", { "alignCorners": true }
border | gridSample | "1x2x5x4~", "1x4x3x2~", { "paddingMode": "border" }
reflection | gridSample | "1x2x5x4~", "1x4x3x2~", { "paddingMode": "reflection" }
reflection, corners | gridSample | "1x2x5x4~", "1x4x3x2~", { "paddingMode": "reflection", "alignCorners": true }
far outside | gridSample | "1x1x3x4~", { "values": [[[[-1.7, 0.33], [2.63, -0.41]], [[-5.13, 7.29], [0.21, 1.37]]]] }
far outside, border | gridSample | "1x1x3x4~", { "values": [[[[-1.7, 0.33], [2.63, -0.41]], [[-5.13, 7.29], [0.21, 1.37]]]] }, { "paddingMode": "border" }
far outside, reflection | gridSample | "1x1x3x4~", { "values": [[[[-1.7, 0.33], [2.63, -0.41]], [[-5.13, 7.29], [0.21, 1.37]]]] }, { "paddingMode": "reflection" }
far outside, reflection, corners | gridSample | "1x1x3x4~", { "values": [[[[-1.7, 0.33], [2.63, -0.41]], [[-5.13, 7.29], [0.21, 1.37]]]] }, { "paddingMode": "reflection", "alignCorners": true }
on the elements | gridSample | "1x2x3x5", { "values": [[[[-1, -1], [-0.5, 0], [0, 1], [1, 1], [0.25, -0.5]]]] }, { "alignCorners": true }
nearest | gridSample | "1x2x5x4~", "1x3x5x2~", { "mode": "nearest" }
nearest, border | gridSample | "1x2x5x4~", "1x3x5x2~", { "mode": "nearest", "paddingMode": "border", "alignCorners": true }
nearest, the even one of two | gridSample | "1x1x1x4", { "values": [[[[-0.5, 0], [0, 0], [0.5, 0]]]] }, { "mode": "nearest" }
bicubic | gridSample | "2x2x5x4~", "2x3x3x2~", { "mode": "bicubic" }
bicubic, border, corners | gridSample | "1x2x5x4~", "1x3x3x2~", { "mode": "bicubic", "paddingMode": "border", "alignCorners": true }
bicubic, reflection | gridSample | "1x2x5x4~", "1x3x3x2~", { "mode": "bicubic", "paddingMode": "reflection" }
more positions than a block | gridSample | "1x3x6x5~", "1x20x31x2~", { "paddingMode": "border" }
a volume | gridSample | "2x2x3x4x5~", "2x2x3x2x3~"
a volume, reflection, corners | gridSample | "1x2x3x4x5~", "1x2x3x2x3~", { "paddingMode": "reflection", "alignCorners": true }
a volume, nearest, border | gridSample | "1x2x3x4x5~", "1x2x3x2x3~", { "mode": "nearest", "paddingMode": "border" }
a volume, many positions | gridSample | "1x2x3x4x5~", "1x3x10x11x3~"
one element | gridSample | "1x1x1x1", "1x1x3x2~", { "alignCorners": true, "paddingMode": "reflection" }
no positions | gridSample | "1x2x3x3", "1x0x4x2"
no images | gridSample | "0x2x3x3", "0x4x4x2"
positions that are nowhere | gridSample | "1x1x3x3", { "values": [[[["NaN", 0], [0, "Infinity"], [1e10, 0], [0, -1e30]]]] }
positions that are nowhere, border | gridSample | "1x1x3x3", { "values": [[[["NaN", 0], [0, "Infinity"], [1e10, 0], [0, -1e30]]]] }, { "paddingMode": "border" }
bicubic, nearly cancelling | gridSample | "2x1x6x5", "2x4x1x2+", { "mode": "bicubic" }

# Samples on an edge, and sums that nearly cancel: positions are float32 numbers.
float32 positions: nearly cancelling, wide | gridSample | "1x1x4x41","1x5x2x2+",{"mode":"bicubic"}
float32 positions: nearly cancelling, zeros | gridSample | "1x2x10x11","1x2x2x2+",{"mode":"bicubic","paddingMode":"zeros"}
float32 positions: nearly cancelling, two samples | gridSample | "1x1x8x7","1x2x1x2+",{"mode":"bicubic","paddingMode":"zeros"}
float32 positions: nearly cancelling, tall | gridSample | "1x1x10x7","1x4x1x2+",{"mode":"bicubic"}
`;

/** Positions are float32 numbers, as in PyTorch: where a sample lies on an edge, and where sums nearly cancel, it matters. */
const f32 = Math.fround;

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

export const references: Record<string, Reference> = {
  // Sixteen values of up to 5 may nearly cancel.
  gridSample: { run: gridSample, tolerance: 5e-5, linear: [0], smooth: [1] },
};

function randomGridSample(choose: Choices): Arguments {
  const [n, size, out] = [choose.of([1, 2]), spatial(choose, 2, 1), times(2, () => choose.integer(1, 6))];
  const x = text([n, choose.integer(1, 3), ...size.map((s) => Math.max(1, s))]);
  const grid = text([n, ...out, 2], choose.of(['~', '+']));
  const mode = choose.of([undefined, 'bilinear', 'nearest', 'bicubic']);
  const paddingMode = choose.of([undefined, 'zeros', 'border', 'reflection']);
  return [x, grid, options({ mode, paddingMode, alignCorners: maybe(choose) ? maybe(choose) : undefined })];
}

export const generators: Record<string, Generator> = {
  gridSample: randomGridSample,
};

export const layers = { gridSample: null };

// biome-ignore format: a call a line.
export const wrong: Wrong[] = [
  ['gridSample without a grid', () => any(striate.gridSample)(x()), TypeError, 'gridSample: grid is undefined, must be a Tensor'],
  ['a grid of int32', () => striate.gridSample(x(), any(striate.zeros([1, 2, 2, 2], { dtype: 'int32' }))), TypeError, 'gridSample: grid is int32, must be float32'],
  ['gridSample of a length', () => striate.gridSample(striate.ones([1, 2, 5]), striate.ones([1, 2, 1])), RangeError, 'gridSample: x has 3 axes (shape [1, 2, 5]), must have 4'],
  ['a grid of fewer axes', () => striate.gridSample(x(), striate.ones([1, 2, 2])), RangeError, 'gridSample: grid has 3 axes (shape [1, 2, 2]), must have 4'],
  ['a grid for other images', () => striate.gridSample(x(), striate.ones([2, 2, 2, 2])), RangeError, 'gridSample: grid is for 2 images, x has 1'],
  ['a grid of three numbers', () => striate.gridSample(x(), striate.ones([1, 2, 2, 3])), RangeError, 'gridSample: grid has 3 numbers per position, must have 2'],
  ['positions in nothing', () => striate.gridSample(striate.ones([1, 2, 0, 3]), striate.ones([1, 2, 2, 2])), RangeError, 'gridSample: height of x is 0, must be at least 1'],
  ['bicubic of a volume', () => striate.gridSample(striate.ones([1, 1, 2, 2, 2]), striate.ones([1, 2, 2, 2, 3]), { mode: 'bicubic' }), RangeError, "gridSample: mode is 'bicubic', must be 'bilinear' or 'nearest' where x has 5 axes"],
  ['a mode of interpolate', () => striate.gridSample(x(), striate.ones([1, 2, 2, 2]), { mode: any('linear') }), RangeError, "gridSample: mode is 'linear', must be 'bilinear' or 'nearest' or 'bicubic'"],
  ['a padding mode of pad', () => striate.gridSample(x(), striate.ones([1, 2, 2, 2]), { paddingMode: any('reflect') }), RangeError, "gridSample: paddingMode is 'reflect', must be 'zeros' or 'border' or 'reflection'"],
  ['an option that gridSample lacks', () => striate.gridSample(x(), striate.ones([1, 2, 2, 2]), any({ padding: 1 })), TypeError, "gridSample: there is no option 'padding'; options are mode, paddingMode, alignCorners"],
  ['corners of a grid that are a number', () => striate.gridSample(x(), striate.ones([1, 2, 2, 2]), { alignCorners: any(1) }), TypeError, 'gridSample: alignCorners is 1, must be true or false'],
];
