/** Boxes of images, averaged in bins. */
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
boxes | roiAlign | "2x3x9x11", { "values": [[0, 1, 2, 8, 7], [1, -3, -2, 4.5, 3.25], [1, 0, 0, 11, 9]] }, { "outputSize": [3, 2] }
boxes, aligned | roiAlign | "2x3x9x11", { "values": [[0, 1, 2, 8, 7], [1, -3, -2, 4.5, 3.25], [1, 0, 0, 11, 9]] }, { "outputSize": [3, 2], "aligned": true }
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
float32 positions: a sample on the edge | roiAlign | "2x3x8x8",{"values":[[0,11.5,-7,14.25,-4.5],[1,32,6,32.625,12.75],[0,43.5,21,45,27.375],[1,3.5,-4.5,6.75,0.375]]},{"outputSize":3,"spatialScale":0.25,"samplingRatio":2}
`;

/** Positions are float32 numbers, as in PyTorch: where a sample lies on an edge, and where sums nearly cancel, it matters. */
const f32 = Math.fround;

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
  roiAlign: { run: roiAlign, tolerance: 1e-5, linear: [0] },
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
  });
  return [text([n, choose.integer(1, 3), ...size]), { values }, given];
}

export const generators: Record<string, Generator> = {
  roiAlign: randomRoiAlign,
};

export const layers = { roiAlign: null };

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
  ['an option that roiAlign lacks', () => striate.roiAlign(x(), striate.ones([1, 5]), any({ outputSize: 2, mode: 'max' })), TypeError, "roiAlign: there is no option 'mode'; options are outputSize, spatialScale, samplingRatio, aligned"],
  ['a box in an image that there is not', () => striate.roiAlign(x(), striate.ones([1, 5]), { outputSize: 2 }), RangeError, 'roiAlign: boxes name image 1, must be from 0 to 0'],
];
