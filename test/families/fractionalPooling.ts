/** Fractional maxima: windows at places that a random number chooses. */
import * as striate from 'striate';
import { type Generator, maybe, perAxis, spatial, text, times } from '../support/generate.ts';
import type { Plain, Reference } from '../support/plain.ts';
import { any, gone, type Wrong, x } from '../support/wrong.ts';
import { axisOf, extremum, type PerAxis, type Taps } from './pooling.ts';

export const lines = `
fractional maxima | fractionalMaxPool2d | "1x1x8x8#", 2, {"outputSize": 3, "randomSamples": {"values": [[[0.3, 0.8]]]}, "returnIndices": true}
fractional maxima, planes of their own | fractionalMaxPool2d | "2x3x9x11#", [2, 3], {"outputSize": [4, 5], "randomSamples": "2x3x2+"}
fractional maxima by a ratio | fractionalMaxPool2d | "1x2x9x11#", 3, {"outputRatio": [0.5, 0.6], "randomSamples": "1x2x2+", "returnIndices": true}
fractional maxima to one | fractionalMaxPool2d | "1x2x5x6#", 3, {"outputSize": 1, "randomSamples": "1x2x2+"}
fractional maxima that move by one | fractionalMaxPool2d | "1x2x5x6#", 2, {"outputSize": [4, 5], "randomSamples": "1x2x2+", "returnIndices": true}
fractional maxima of hostile samples | fractionalMaxPool2d | "1x3x9x9#", 2, {"outputSize": 4, "randomSamples": {"values": [[["NaN", -1], [7, "Infinity"], [1, "-Infinity"]]]}, "returnIndices": true}
fractional maxima with ties and NaN | fractionalMaxPool2d | {"values": [[[[1, 1, 1, 1], [1, 1, 1, 1], ["NaN", 1, 1, 1], [1, 1, 1, 1]]]]}, 2, {"outputSize": 2, "randomSamples": {"values": [[[0.5, 0.5]]]}, "returnIndices": true}
fractional maxima of a volume | fractionalMaxPool3d | "1x2x6x7x8#", [2, 2, 3], {"outputSize": [3, 4, 3], "randomSamples": "1x2x3+", "returnIndices": true}
fractional maxima of a volume by a ratio | fractionalMaxPool3d | "2x1x6x6x6#", 2, {"outputRatio": 0.5, "randomSamples": "2x1x3+"}
`;

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

const fractionalReference: Reference = {
  run: (x: Plain, kernelSize: PerAxis, options: FractionalOptions) => fractionalMax(x, kernelSize, options),
  tolerance: 0,
  smooth: [0],
};

export const references: Record<string, Reference> = {
  fractionalMaxPool2d: fractionalReference,
  fractionalMaxPool3d: fractionalReference,
};

function randomFractional(rank: number): Generator {
  return (choose) => {
    const size = spatial(choose, rank, 3).map((s) => Math.max(s, 3));
    const [kernelOption, kernel] = perAxis(choose, rank, 1, 3);
    const outputSize = size.map((s, i) => choose.integer(1, Math.max(1, s - kernel[i]! - 1)));
    if (outputSize.some((o, i) => o + kernel[i]! > size[i]!)) return null;
    const [n, c] = [choose.of([1, 2]), choose.integer(1, 3)];
    const values = times(n * c * rank, () => Math.floor(choose.next() * 1000) / 1024);
    const given: Record<string, unknown> = { outputSize, randomSamples: { values, shape: [n, c, rank] } };
    if (maybe(choose)) given.returnIndices = maybe(choose, 0.8);
    return [text([n, c, ...size], '#'), kernelOption, given];
  };
}

export const generators: Record<string, Generator> = {
  fractionalMaxPool2d: randomFractional(2),
  fractionalMaxPool3d: randomFractional(3),
};

// biome-ignore format: a call a line.
export const wrong: Wrong[] = [
  ['fractional pooling to no size', () => striate.fractionalMaxPool2d(x(), 2, {}), TypeError, 'fractionalMaxPool2d: outputSize is undefined, must be an integer or an array of 2'],
  ['fractional pooling by size and ratio', () => striate.fractionalMaxPool2d(x(), 2, { outputSize: 2, outputRatio: 0.5 }), RangeError, 'fractionalMaxPool2d: outputSize and outputRatio are both given, must be one of them'],
  ['fractional pooling by a ratio of 1', () => striate.fractionalMaxPool2d(x(), 2, { outputRatio: [0.5, 1] }), RangeError, 'fractionalMaxPool2d: outputRatio is 1, must be above 0 and below 1'],
  ['fractional pooling by one ratio of two', () => striate.fractionalMaxPool2d(x(), 2, { outputRatio: [0.5] }), RangeError, 'fractionalMaxPool2d: outputRatio has 1 entry, must have 2'],
  ['fractional pooling by a text', () => striate.fractionalMaxPool2d(x(), 2, { outputRatio: any('0.5') }), TypeError, "fractionalMaxPool2d: outputRatio is '0.5', must be a number"],
  ['fractional pooling by a ratio that leaves nothing', () => striate.fractionalMaxPool2d(x(), 2, { outputRatio: 0.1 }), RangeError, 'fractionalMaxPool2d: height of the output is 0, must be from 1 to 4'],
  ['fractional pooling to what there is no room for', () => striate.fractionalMaxPool2d(x(), 2, { outputSize: [4, 5] }), RangeError, 'fractionalMaxPool2d: width of the output is 5, must be from 1 to 4'],
  ['fractional pooling with a kernel above the input', () => striate.fractionalMaxPool2d(x(), 6, { outputSize: 1 }), RangeError, 'fractionalMaxPool2d: height: kernel spans 6 elements, the padded input has only 5'],
  ['samples of another shape', () => striate.fractionalMaxPool2d(x(), 2, { outputSize: 2, randomSamples: striate.ones([1, 2, 3]) }), RangeError, 'fractionalMaxPool2d: randomSamples has shape 1x2x3, must be 1x2x2'],
  ['samples that are integers', () => striate.fractionalMaxPool2d(x(), 2, { outputSize: 2, randomSamples: any(striate.ones([1, 2, 2], { dtype: 'int32' })) }), TypeError, 'fractionalMaxPool2d: randomSamples is int32, must be float32'],
  ['samples that are numbers', () => striate.fractionalMaxPool2d(x(), 2, { outputSize: 2, randomSamples: any([0.5]) }), TypeError, 'fractionalMaxPool2d: randomSamples is [0.5], must be a Tensor'],
  ['samples that are disposed', () => striate.fractionalMaxPool2d(x(), 2, { outputSize: 2, randomSamples: gone() }), TypeError, 'fractionalMaxPool2d: randomSamples is disposed'],
  ['a negative seed of fractional pooling', () => striate.fractionalMaxPool2d(x(), 2, { outputSize: 2, seed: -1 }), RangeError, 'fractionalMaxPool2d: seed is -1, must be an integer, from 0 to 9007199254740991'],
  ['an unknown option of fractional pooling', () => new striate.FractionalMaxPool2d(2, any({ size: 2 })), TypeError, "FractionalMaxPool2d: there is no option 'size'; options are outputSize, outputRatio, randomSamples, seed, returnIndices"],
];
