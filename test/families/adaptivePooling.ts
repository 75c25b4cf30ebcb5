/** Pooling to a given size, and of whole planes. */
import * as striate from 'striate';
import { type Generator, maybe, pooled, spatial } from '../support/generate.ts';
import { overRanks, type Plain, type Reference, total } from '../support/plain.ts';
import { any, type Wrong, x } from '../support/wrong.ts';
import { extremum, MEAN, reduce, type Taps, type WindowOptions } from './pooling.ts';

export const lines = `
five columns from six: windows overlap | adaptiveAvgPool1d | {"values": [[[0, 2, 4, 6, 8, 10]]]}, 5 | [[[1, 3, 5, 7, 9]]]
the largest of uneven parts | adaptiveMaxPool2d | {"values": [[[[1, 7, 3, 2, 9], [4, 6, 5, 8, 0], [2, 5, 1, 3, 6], [7, 4, 8, 9, 0], [3, 1, 2, 6, 5]]]]}, [2, 3], {"returnIndices": true} | [[[[7, 8, 9], [7, 9, 9]]]], {"values": [[[[1, 8, 4], [15, 18, 18]]]], "dtype": "int32"}
an axis that keeps its size | adaptiveAvgPool2d | {"values": [[[[3, -1, 2, 0], [1, 4, -2, 5], [0, 2, 1, -3], [2, 2, -1, 4]]]]}, [null, 2] | [[[[1, 1], [2.5, 1.5], [1, -1], [2, 1.5]]]]
one mean per channel | globalAvgPool | {"values": [[[[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[-1, -2, -3], [-4, -5, -6], [-7, -8, -9]]]]} | [[[[5]], [[-5]]]]
one maximum per channel | globalMaxPool | {"values": [[[[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[-1, -2, -3], [-4, -5, -6], [-7, -8, -9]]]]} | [[[[9]], [[-1]]]]
adaptive means that divide evenly | adaptiveAvgPool2d | "2x3x8x12", [4, 3]
adaptive means that do not | adaptiveAvgPool2d | "2x3x7x10~", [3, 4]
adaptive means, one axis even | adaptiveAvgPool2d | "1x2x7x12~", [3, 4]
adaptive means to one | adaptiveAvgPool2d | "2x3x7x7", 1
adaptive means that keep an axis | adaptiveAvgPool2d | "1x2x5x9", [null, 4]
adaptive means that keep all | adaptiveAvgPool2d | "1x2x5x9", null
adaptive means to more than there is | adaptiveAvgPool2d | "1x2x3x4~", [5, 9]
adaptive means of rows longer than a chunk | adaptiveAvgPool1d | "1x2x1301", 7
adaptive means of windows longer than a chunk | adaptiveAvgPool1d | "1x1x1301", 2
adaptive means of a line | adaptiveAvgPool1d | "2x3x17~", 5
adaptive means of a volume | adaptiveAvgPool3d | "1x2x5x4x7~", [2, 2, 3]
adaptive means of zero images | adaptiveAvgPool2d | "0x3x5x5", 2
adaptive maxima | adaptiveMaxPool2d | "2x3x7x10#", [3, 4]
adaptive maxima with positions | adaptiveMaxPool2d | "2x3x7x10#", [3, 4], {"returnIndices": true}
adaptive maxima that divide evenly | adaptiveMaxPool2d | "1x2x6x8#", [3, 2]
adaptive maxima that keep an axis | adaptiveMaxPool2d | "1x2x5x9#", [2, null], {"returnIndices": true}
adaptive maxima to more than there is | adaptiveMaxPool2d | "1x2x3x4#", [5, 9], {"returnIndices": true}
adaptive maxima of ties | adaptiveMaxPool1d | {"values": [[[1, 1, 1, 1, "-Infinity"]]]}, 2, {"returnIndices": true} | {"values": [[[1, 1]]]}, {"values": [[[0, 2]]], "dtype": "int32"}
adaptive maxima with NaN | adaptiveMaxPool1d | {"values": [[[1, "NaN", 3, 4, 9]]]}, 3, {"returnIndices": true}
adaptive maxima of bytes | adaptiveMaxPool2d | "1x2x5x7:int8", 3
adaptive maxima of a line | adaptiveMaxPool1d | "2x3x17#", 5
adaptive maxima of a volume | adaptiveMaxPool3d | "1x2x5x4x7#", [2, 3, 3], {"returnIndices": true}
adaptive maxima of windows longer than a chunk | adaptiveMaxPool1d | "1x1x1301#", 2, {"returnIndices": true}
global mean of a line | globalAvgPool | "2x3x17"
global mean of an image | globalAvgPool | "2x3x7x7~"
global mean of a large image | globalAvgPool | "1x2x33x70"
global mean of a volume | globalAvgPool | "2x3x3x4x5"
global mean of four axes | globalAvgPool | "1x2x2x3x2x5~"
global mean of one pixel | globalAvgPool | "2x3x1x1"
global mean of no image | globalAvgPool | "0x3x4x4"
global mean of rows longer than a chunk | globalAvgPool | "1x1x3x1025"
global maximum of a line | globalMaxPool | "2x3x17#"
global maximum of an image | globalMaxPool | "2x3x7x7#"
global maximum of four axes | globalMaxPool | "1x2x2x3x2x5#"
global maximum with NaN | globalMaxPool | {"values": [[[[1, 2], ["NaN", 5]], [[1, 2], [3, 4]]]]}
global maximum of bytes | globalMaxPool | "1x3x5x5:uint8"
`;

function adaptive(size: number, outputs: number): Taps[] {
  return Array.from({ length: outputs }, (_, o) => {
    const first = Math.floor((o * size) / outputs);
    const end = Math.ceil(((o + 1) * size) / outputs);
    const positions = Array.from({ length: end - first }, (_, k) => first + k);
    return { positions, padded: positions.length };
  });
}

const adaptiveWindows = (x: Plain, outputSize: number | (number | null)[] | null) => {
  const axes = x.shape.slice(2).map((size, axis) => {
    const wanted = Array.isArray(outputSize) ? outputSize[axis] : outputSize;
    return adaptive(size, wanted ?? size);
  });
  return () => axes;
};

export const references: Record<string, Reference> = {
  ...overRanks(
    'adaptiveAvgPool',
    (): Reference => ({
      run: (x: Plain, outputSize: number) =>
        reduce(x, adaptiveWindows(x, outputSize), (elements) => total(elements) / elements.length),
      tolerance: MEAN,
      linear: [0],
      smooth: [0],
    }),
  ),
  ...overRanks(
    'adaptiveMaxPool',
    (): Reference => ({
      run: (x: Plain, outputSize: number, { returnIndices }: WindowOptions = {}) =>
        extremum(x, adaptiveWindows(x, outputSize), 1, returnIndices),
      tolerance: 0,
      smooth: [0],
    }),
  ),
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
};

function randomAdaptive(rank: number, kinds: readonly string[], indices: boolean): Generator {
  return (choose) => {
    const size = spatial(choose, rank, 1).map((s) => Math.max(1, s));
    const output = maybe(choose, 0.3)
      ? choose.integer(1, 6)
      : size.map((s) => (maybe(choose, 0.2) ? null : choose.integer(1, s + 2)));
    const given = indices && maybe(choose) ? [{ returnIndices: maybe(choose, 0.8) }] : [];
    return [pooled(choose, size, kinds), output, ...given];
  };
}

const randomGlobal =
  (kind: string): Generator =>
  (choose) => [
    pooled(
      choose,
      spatial(choose, choose.integer(1, 3), 1).map((s) => Math.max(1, s)),
      [kind],
    ),
  ];

export const generators: Record<string, Generator> = {
  ...overRanks('adaptiveAvgPool', (rank) => randomAdaptive(rank, [''], false)),
  ...overRanks('adaptiveMaxPool', (rank) => randomAdaptive(rank, ['', '#'], true)),
  globalAvgPool: randomGlobal(''),
  globalMaxPool: randomGlobal('#'),
};

// biome-ignore format: a call a line.
export const wrong: Wrong[] = [
  ['adaptive pooling to 0', () => striate.adaptiveAvgPool2d(x(), 0), RangeError, 'adaptiveAvgPool2d: outputSize is 0, must be an integer, at least 1'],
  ['adaptive pooling to three axes of two', () => striate.adaptiveMaxPool2d(x(), [1, 2, 3]), RangeError, 'adaptiveMaxPool2d: outputSize has 3 entries, must have 2'],
  ['adaptive pooling to a fraction', () => striate.adaptiveAvgPool2d(x(), [null, 1.5]), RangeError, 'adaptiveAvgPool2d: outputSize[1] is 1.5, must be an integer, from 1 to 2147483647'],
  ['adaptive pooling without a size', () => any(striate.adaptiveAvgPool2d)(x()), TypeError, 'adaptiveAvgPool2d: outputSize is undefined, must be an integer or an array of 2'],
  ['adaptive pooling to above 2^32', () => striate.adaptiveAvgPool2d(x(), 2 ** 16), RangeError, 'adaptiveAvgPool2d: shape 1x2x65536x65536 has more than 2^31 - 1 bytes'],
  ['adaptive pooling of an image as a line', () => striate.adaptiveAvgPool1d(x(), 1), RangeError, 'adaptiveAvgPool1d: x has 4 axes (shape [1, 2, 5, 5]), must have 3'],
  ['adaptive pooling of no rows', () => striate.adaptiveAvgPool2d(striate.ones([1, 2, 0, 3]), 1), RangeError, 'adaptiveAvgPool2d: height of x is 0, must be at least 1'],
  ['an adaptive mean of bytes', () => striate.adaptiveAvgPool2d(any(striate.zeros([1, 1, 2, 2], { dtype: 'uint8' })), 1), TypeError, 'adaptiveAvgPool2d: x is uint8, must be float32'],
  ['an adaptive maximum of int32', () => striate.adaptiveMaxPool2d(striate.zeros([1, 1, 2, 2], { dtype: 'int32' }), 1), TypeError, 'adaptiveMaxPool2d: x is int32, must be float32, uint8 or int8'],
  ['an unknown option of adaptive pooling', () => striate.adaptiveMaxPool2d(x(), 1, any({ stride: 1 })), TypeError, "adaptiveMaxPool2d: there is no option 'stride'; options are returnIndices"],
  ['an unknown option of a layer of it', () => new striate.AdaptiveMaxPool2d(1, any({ stride: 1 })), TypeError, "AdaptiveMaxPool2d: there is no option 'stride'; options are returnIndices"],
  ['global pooling of a matrix', () => striate.globalAvgPool(striate.ones([2, 3])), RangeError, 'globalAvgPool: x has 2 axes, must have at least 3'],
  ['global pooling of nothing', () => striate.globalMaxPool(striate.ones([2, 3, 4, 0])), RangeError, 'globalMaxPool: width of x is 0, must be at least 1'],
  ['a global mean of int8', () => striate.globalAvgPool(any(striate.zeros([1, 1, 2], { dtype: 'int8' }))), TypeError, 'globalAvgPool: x is int8, must be float32'],
];
