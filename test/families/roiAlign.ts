/** Boxes of images in bins: means, and the largest of samples or of elements. */
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
import type { Plain, Reference } from '../support/plain.ts';
import type { Choices } from '../support/random.ts';
import { any, type Wrong, x } from '../support/wrong.ts';
import { clamp, sumOf, type Term } from './interpolate.ts';

export const lines = `
boxes | roiAlign | "2x3x9x11#", { "values": [[0, 1, 2, 8, 7], [1, -3, -2, 4.5, 3.25], [1, 0, 0, 11, 9]] }, { "outputSize": [3, 2] }
boxes, aligned | roiAlign | "2x3x9x11#", { "values": [[0, 1, 2, 8, 7], [1, -3, -2, 4.5, 3.25], [1, 0, 0, 11, 9]] }, { "outputSize": [3, 2], "aligned": true }
two samples | roiAlign | "1x2x9x11~", { "values": [[0, 1.3, 2.7, 8.1, 7.9]] }, { "outputSize": 7, "samplingRatio": 2 }
another scale | roiAlign | "1x2x9x11~", { "values": [[0, 13, 27, 81, 79], [0, 40, 40, 200, 160]] }, { "outputSize": [2, 5], "spatialScale": 0.0625, "samplingRatio": 3, "aligned": true }
a box of nothing | roiAlign | "1x1x5x5", { "values": [[0, 2, 2, 2, 2], [0, 3, 3, 1, 1]] }, { "outputSize": 2 }
a box of nothing, aligned | roiAlign | "1x1x5x5", { "values": [[0, 2, 2, 2, 2], [0, 3, 3, 1, 1]] }, { "outputSize": 2, "aligned": true }
a box of nothing, sampled | roiAlign | "1x1x5x5", { "values": [[0, 2, 2, 2, 2], [0, 3, 3, 1, 1]] }, { "outputSize": 2, "aligned": true, "samplingRatio": 2 }
boxes outside | roiAlign | "1x2x5x5", { "values": [[0, 20, 20, 30, 30], [0, -9, -9, -4, -4], [0, -30, -30, 40, 40]] }, { "outputSize": 3 }
one row | roiAlign | "1x1x1x12", { "values": [[0, 2, -1, 9, 1]] }, { "outputSize": [1, 4] }
no boxes | roiAlign | "1x2x5x5", { "values": [], "shape": [0, 5] }, { "outputSize": 3 }
boxes that are nowhere | roiAlign | "1x1x3x4", { "values": [[0, "NaN", 0, 2, 2], [0, 0, "-Infinity", 2, "Infinity"], [0, -3e38, 0, 3e38, 3]] }, { "outputSize": 2, "samplingRatio": 2 }
an image between | roiAlign | "2x1x3x4", { "values": [[1.75, 0, 0, 3, 2]] }, { "outputSize": 2 }
the largest | roiAlign | "2x3x9x11#", { "values": [[0, 1, 2, 8, 7], [1, -3, -2, 4.5, 3.25], [1, 0.3, 0.4, 11, 9]] }, { "outputSize": [3, 2], "mode": "max" }
the largest, aligned, two samples | roiAlign | "1x2x9x11~", { "values": [[0, 1.3, 2.7, 8.1, 7.9], [0, 20, 20, 30, 30]] }, { "outputSize": 3, "samplingRatio": 2, "aligned": true, "mode": "max" }
the largest where some are NaN | roiAlign | { "values": [1, "NaN", -3, -4, -5, -6, -7, -8, -9], "shape": [1, 1, 3, 3] }, { "values": [[0, 0.2, 0.2, 2.8, 2.8]] }, { "outputSize": 2, "mode": "max" }
the largest in boxes of nothing and nowhere | roiAlign | "1x1x5x5", { "values": [[0, 3, 3, 1, 1], [0, "NaN", 0, 2, 2], [0, -3e38, 0, 3e38, 3]] }, { "outputSize": 2, "aligned": true, "mode": "max" }
whole elements | roiPool | "2x3x9x11#", { "values": [[0, 1, 2, 8, 7], [1, -3, -2, 4.5, 3.25], [1, 0.3, 0.5, 11, 9]] }, { "outputSize": [3, 2] }
whole elements at another scale | roiPool | "1x2x9x11#", { "values": [[0, 13, 27, 81, 79], [0, 40, 40, 200, 160]] }, { "outputSize": [2, 5], "spatialScale": 0.0625 }
boxes of one element, of nothing, outside and nowhere | roiPool | "1x1x5x5", { "values": [[0, 2, 2, 2, 2], [0, 3, 3, 1, 1], [0, 9, 9, 12, 12], [0, "NaN", 0, 2, 2], [0, -3e38, -3e38, 3e38, 3e38]] }, { "outputSize": 2 }
NaN among whole elements | roiPool | { "values": [1, "NaN", 3, 4, 5, 6, 7, 8, 9], "shape": [1, 1, 3, 3] }, { "values": [[0, 0, 0, 2, 2]] }, { "outputSize": [1, 2] }
no boxes of whole elements | roiPool | "1x2x5x5", { "values": [], "shape": [0, 5] }, { "outputSize": 3 }
float32 positions: a sample on the edge | roiAlign | "2x3x8x8",{"values":[[0,11.5,-7,14.25,-4.5],[1,32,6,32.625,12.75],[0,43.5,21,45,27.375],[1,3.5,-4.5,6.75,0.375]]},{"outputSize":3,"spatialScale":0.25,"samplingRatio":2}
`;

/** Positions are float32 numbers, as in PyTorch: where a sample lies on an edge, and where sums nearly cancel, it matters. */
const f32 = Math.fround;

interface RoiAlign {
  outputSize: number | [number, number];
  spatialScale?: number;
  samplingRatio?: number;
  aligned?: boolean;
  mode?: 'avg' | 'max';
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

/** Each plane of each box, bin by bin: `bins` gives, for an axis' ends, what each of its bins reads; `value` what is made of it. */
function inBoxes<Reads>(
  x: Plain,
  boxes: Plain,
  outputSize: RoiAlign['outputSize'],
  bins: (low: number, high: number, count: number, size: number) => Reads[],
  value: (start: number, rows: Reads, columns: Reads) => number,
): Plain {
  const [down, across] = Array.isArray(outputSize) ? outputSize : [outputSize, outputSize];
  const [, channels, height, width] = x.shape as [number, number, number, number];
  const data: number[] = [];
  const count = boxes.shape[0] as number;
  for (let k = 0; k < count; k++) {
    const [image, x1, y1, x2, y2] = boxes.data.slice(5 * k) as [number, number, number, number, number];
    const [rows, columns] = [bins(y1, y2, down, height), bins(x1, x2, across, width)];
    for (let c = 0; c < channels; c++) {
      const start = (Math.trunc(image) * channels + c) * height * width;
      for (const row of rows) for (const column of columns) data.push(value(start, row, column));
    }
  }
  return { shape: [count, channels, down, across], data, dtype: x.dtype };
}

/** NaN if one of them is. */
const largest = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((most, one) => (one > most || Number.isNaN(one) ? one : most));

function roiAlign(x: Plain, boxes: Plain, options: RoiAlign): Plain {
  const { outputSize, spatialScale = 1, samplingRatio = -1, aligned = false, mode = 'avg' } = options;
  const [, , height, width] = x.shape as [number, number, number, number];
  const shift = aligned ? 0.5 : 0;
  /** Where the samples of each bin along an axis are. */
  const samples = (low: number, high: number, count: number): number[][] => {
    const start = f32(f32(low * spatialScale) - shift);
    const length = f32(f32(f32(high * spatialScale) - shift) - start);
    const bin = f32((aligned ? length : Math.max(length, 1)) / count);
    const each = samplingRatio > 0 ? samplingRatio : Math.max(0, Math.ceil(bin));
    return Array.from({ length: count }, (_, i) =>
      Array.from({ length: Number.isFinite(each) ? each : 0 }, (_, s) =>
        f32(f32(start + f32(i * bin)) + f32(f32((s + 0.5) * bin) / each)),
      ),
    );
  };
  return inBoxes(x, boxes, outputSize, samples, (start, rows, columns) => {
    const each = rows.flatMap((y) => columns.map((at) => [around(y, height), around(at, width)] as const));
    if (mode === 'avg') {
      const sum = each.reduce((so, [row, column]) => so + sumOf(x, start, [row, column]), 0);
      return sum / Math.max(1, each.length);
    }
    const products = each.flatMap(([row, column]) =>
      row.flatMap(([i, a]) => column.map(([j, b]) => f32(f32(a) * f32(b)) * x.data[start + i * width + j]!)),
    );
    const outside = each.some(([row, column]) => row.length === 0 || column.length === 0);
    return largest(outside ? [...products, 0] : products);
  });
}

function roiPool(x: Plain, boxes: Plain, { outputSize, spatialScale = 1 }: RoiAlign): Plain {
  const width = x.shape[3] as number;
  const round = (at: number) => Math.sign(at) * Math.floor(Math.abs(f32(at * spatialScale)) + 0.5);
  /** The elements of each bin along an axis. */
  const elements = (low: number, high: number, count: number, size: number): number[][] => {
    const [first, last] = [round(low), round(high)].map((at) => Math.min(1e9, Math.max(-1e9, at)));
    const step = f32(Math.max(1, last! - first! + 1) / count);
    return Array.from({ length: count }, (_, i) =>
      Array.from({ length: size }, (_, at) => at).filter(
        (at) => at >= first! + Math.floor(f32(i * step)) && at < first! + Math.ceil(f32((i + 1) * step)),
      ),
    );
  };
  return inBoxes(x, boxes, outputSize, elements, (start, rows, columns) =>
    largest(rows.flatMap((i) => columns.map((j) => x.data[start + i * width + j]!))),
  );
}

export const references: Record<string, Reference> = {
  roiAlign: { run: roiAlign, tolerance: 1e-5, smooth: [0] },
  roiPool: { run: roiPool, tolerance: 0, smooth: [0] },
};

function randomRoiAlign(choose: Choices): Arguments {
  const [n, size] = [choose.integer(1, 3), spatial(choose, 2, 1).map((s) => Math.max(s, 1))];
  const scale = choose.of([undefined, 0.5, 0.25, 1]);
  const values = times(choose.integer(1, 4), () => {
    const corner = () => choose.integer(-16, 96) / 8 / (scale ?? 1);
    const [x, y] = [corner(), corner()];
    return [choose.integer(0, n - 1), x, y, x + choose.integer(1, 64) / 8, y + choose.integer(1, 64) / 8];
  });
  const given = options({
    outputSize: perAxis(choose, 2, 1, 4)[0],
    spatialScale: scale,
    samplingRatio: choose.of([undefined, -1, 1, 2, 3]),
    aligned: maybe(choose) ? maybe(choose) : undefined,
    mode: choose.of([undefined, undefined, 'max']),
  });
  return [text([n, choose.integer(1, 3), ...size]), { values }, given];
}

function randomRoiPool(choose: Choices): Arguments {
  const [x, boxes, given] = randomRoiAlign(choose) as [string, unknown, RoiAlign];
  return [x, boxes, options({ outputSize: given.outputSize, spatialScale: given.spatialScale })];
}

export const generators: Record<string, Generator> = {
  roiAlign: randomRoiAlign,
  roiPool: randomRoiPool,
};

export const layers = { roiAlign: null, roiPool: null };

// biome-ignore format: a call a line.
export const wrong: Wrong[] = [
  ['roiAlign without options', () => any(striate.roiAlign)(x(), striate.ones([1, 5])), TypeError, 'roiAlign: outputSize is undefined, must be an integer or an array of 2'],
  ['boxes that are a list', () => striate.roiAlign(x(), any([[0, 1, 1, 2, 2]]), { outputSize: 2 }), TypeError, 'roiAlign: boxes is [[0, 1, 1, 2, 2]], must be a Tensor'],
  ['boxes of four numbers', () => striate.roiAlign(x(), striate.ones([1, 4]), { outputSize: 2 }), RangeError, 'roiAlign: boxes have 4 numbers each, must have 5'],
  ['boxes of one axis', () => striate.roiAlign(x(), striate.ones([5]), { outputSize: 2 }), RangeError, 'roiAlign: boxes has 1 axis (shape [5]), must have 2'],
  ['boxes in a length', () => striate.roiAlign(striate.ones([1, 2, 5]), striate.ones([1, 5]), { outputSize: 2 }), RangeError, 'roiAlign: x has 3 axes (shape [1, 2, 5]), must have 4'],
  ['boxes of int32', () => striate.roiAlign(x(), any(striate.zeros([1, 5], { dtype: 'int32' })), { outputSize: 2 }), TypeError, 'roiAlign: boxes is int32, must be float32'],
  ['boxes in nothing', () => striate.roiAlign(striate.ones([1, 2, 3, 0]), striate.ones([1, 5]), { outputSize: 2 }), RangeError, 'roiAlign: width of x is 0, must be at least 1'],
  ['no bins', () => striate.roiAlign(x(), striate.ones([1, 5]), { outputSize: [2, 0] }), RangeError, 'roiAlign: outputSize[1] is 0, must be an integer, at least 1'],
  ['samples of less than nothing', () => striate.roiAlign(x(), striate.ones([1, 5]), { outputSize: 2, samplingRatio: -2 }), RangeError, 'roiAlign: samplingRatio is -2, must be an integer, from -1 to 1024'],
  ['a scale that is NaN', () => striate.roiAlign(x(), striate.ones([1, 5]), { outputSize: 2, spatialScale: Number.NaN }), RangeError, 'roiAlign: spatialScale is NaN, must be a number'],
  ['aligned by a number', () => striate.roiAlign(x(), striate.ones([1, 5]), { outputSize: 2, aligned: any(1) }), TypeError, 'roiAlign: aligned is 1, must be true or false'],
  ['an option that roiAlign lacks', () => striate.roiAlign(x(), striate.ones([1, 5]), any({ outputSize: 2, bins: 2 })), TypeError, "roiAlign: there is no option 'bins'; options are outputSize, spatialScale, samplingRatio, aligned, mode"],
  ['a mode that there is not', () => striate.roiAlign(x(), striate.ones([1, 5]), { outputSize: 2, mode: any('min') }), RangeError, "roiAlign: mode is 'min', must be 'avg' or 'max'"],
  ['boxes of whole elements of four numbers', () => striate.roiPool(x(), striate.ones([1, 4]), { outputSize: 2 }), RangeError, 'roiPool: boxes have 4 numbers each, must have 5'],
  ['an option that roiPool lacks', () => striate.roiPool(x(), striate.ones([1, 5]), any({ outputSize: 2, aligned: true })), TypeError, "roiPool: there is no option 'aligned'; options are outputSize, spatialScale"],
  ['a box in an image that there is not', () => striate.roiAlign(x(), striate.ones([1, 5]), { outputSize: 2 }), RangeError, 'roiAlign: boxes name image 1, must be from 0 to 0'],
];
