/** Separable convolutions: of channels and of pixels, of columns and of rows. */
import * as striate from 'striate';
import { type Arguments, batch, bias, channels, type Generator, text } from '../support/generate.ts';
import { indicesOf, overRanks, type Plain, type Reference } from '../support/plain.ts';
import type { Choices } from '../support/random.ts';
import { any, type Wrong, w, x } from '../support/wrong.ts';
import { type ConvolutionOptions, conv, convWindow } from './convolution.ts';

export const lines = `
plain | separableConv2d | "2x3x6x7", "3x1x3x3", "5x3x1x1", "5", {"padding": 1}
with a multiplier and all options | separableConv2d | "2x3x9x10", "6x1x3x2", "4x6x1x1", "4", {"padding": [[1, 2], [0, 1]], "stride": [2, 1], "dilation": [1, 2], "flipKernel": true}
without bias, padding that goes round | separableConv2d | "1x4x5x6", "4x1x3x3", "3x4x1x1", null, {"padding": "same", "paddingMode": "circular"}
one output | separableConv2d | "1x4x5x6", "4x1x3x3", "1x4x1x1"
no batch | separableConv2d | "0x4x5x6", "4x1x3x3", "2x4x1x1"
one dimension | separableConv1d | "2x3x11", "6x1x4", "5x6x1", "5", {"padding": 2, "stride": 2}
three dimensions | separableConv3d | "1x2x4x5x6", "2x1x2x3x3", "3x2x1x1x1", "3", {"padding": [0, 1, 1], "stride": [1, 2, 1]}
reals | separableConv2d | "1x5x8x9~", "10x1x3x3~", "7x10x1x1~", "7~", {"padding": 1, "stride": 2}
column and row | spatialSeparableConv2d | "2x3x6x7", "3x1x3x1", "3x1x1x5", "3", {"padding": [1, 2]}
column and row with all options | spatialSeparableConv2d | "1x3x9x10", "3x1x3x1", "3x1x1x2", null, {"padding": [[1, 2], [0, 1]], "stride": [2, 3], "dilation": [2, 4], "flipKernel": true}
column and row, padding same | spatialSeparableConv2d | "1x2x9x10", "2x1x4x1", "2x1x1x3", "2", {"padding": "same", "stride": [3, 2]}
column and row, padding that mirrors | spatialSeparableConv2d | "1x2x5x6", "2x1x3x1", "2x1x1x3", "2", {"padding": 1, "paddingMode": "reflect"}
column and row, padding full | spatialSeparableConv2d | "1x2x5x6", "2x1x3x1", "2x1x1x2", null, {"padding": "full", "paddingMode": "replicate"}
column and row of one element | spatialSeparableConv2d | "1x1x1x1", "1x1x1x1", "1x1x1x1", "1"
phases: one position, stride 3, same-lower | spatialSeparableConv2d | "1x3x2x3","3x1x3x1","3x1x1x1","3",{"stride":[3,3],"padding":"same-lower"}
phases: one position on an axis, stride 3 | separableConv2d | "1x3x6x2","6x1x1x3","5x6x1x1",null,{"stride":3,"padding":"same"}
phases: dilated, padded beyond the kernel | spatialSeparableConv2d | "3x3x3x6","3x1x1x1","3x1x1x1","3",{"stride":[3,3],"padding":[[0,4],[2,2]],"dilation":[2,2]}
phases: padding far beyond the input | spatialSeparableConv2d | "3x1x1x5","1x1x2x1","1x1x1x3",null,{"stride":3,"padding":[[2,0],[4,3]]}
phases: a single element padded | separableConv1d | "1x4x1","8x1x3","5x8x1","5",{"stride":[3],"padding":[2],"dilation":1}
`;

const groupsOf = (x: Plain) => ({ groups: x.shape[1]! });

function separable(
  x: Plain,
  depthwise: Plain,
  pointwise: Plain,
  bias: Plain | null = null,
  options: ConvolutionOptions = {},
) {
  return conv(conv(x, depthwise, null, { ...options, ...groupsOf(x) }), pointwise, bias);
}

/** The convolution by the countOf of column and row. */
function spatialSeparable(
  x: Plain,
  column: Plain,
  row: Plain,
  bias: Plain | null = null,
  options: ConvolutionOptions = {},
) {
  const [channels, , height] = column.shape as [number, number, number];
  const width = row.shape[3]!;
  const shape = [channels, 1, height, width];
  const data = indicesOf(shape).map(
    ([c, , i, j]) => column.data[c! * height + i!]! * row.data[c! * width + j!]!,
  );
  return conv(x, { shape, data, dtype: 'float32' }, bias, { ...options, ...groupsOf(x) });
}

export const references: Record<string, Reference> = {
  ...overRanks('separableConv', (): Reference => ({ run: separable, tolerance: 0, linear: 'all' })),
  spatialSeparableConv2d: { run: spatialSeparable, tolerance: 0, linear: 'all' },
};

function randomSeparable(rank: number): Generator {
  return (choose) => {
    const { size, kernel, options: given } = convWindow(choose, rank);
    const [c, m, out] = [choose.integer(1, 5), choose.of([1, 1, 2]), choose.integer(1, 6)];
    const pointwise = text([out, c * m, ...kernel.map(() => 1)]);
    return [
      text([batch(choose), c, ...size]),
      text([c * m, 1, ...kernel]),
      pointwise,
      bias(choose, out),
      given,
    ];
  };
}

function randomSpatialSeparable(choose: Choices): Arguments {
  const { size, kernel, options: given } = convWindow(choose, 2);
  const c = channels(choose);
  const x = text([batch(choose), c, ...size]);
  return [x, text([c, 1, kernel[0]!, 1]), text([c, 1, 1, kernel[1]!]), bias(choose, c), given];
}

export const generators: Record<string, Generator> = {
  ...overRanks('separableConv', randomSeparable),
  spatialSeparableConv2d: randomSpatialSeparable,
};

// biome-ignore format: a call a line.
export const wrong: Wrong[] = [
  ['separable: groups', () => striate.separableConv2d(x(), striate.ones([2, 1, 3, 3]), striate.ones([1, 2, 1, 1]), null, any({ groups: 2 })), TypeError, "separableConv2d: there is no option 'groups'; options are stride, padding, paddingMode, dilation, flipKernel"],
  ['separable: a depthwise weight that mixes channels', () => striate.separableConv2d(x(), w(), striate.ones([1, 3, 1, 1])), RangeError, 'separableConv2d: depthwiseWeight has shape 3x2x3x3, must have 1 input channel per group'],
  ['separable: a depthwise weight of other channels', () => striate.separableConv2d(x(), striate.ones([3, 1, 3, 3]), striate.ones([1, 3, 1, 1])), RangeError, 'separableConv2d: depthwiseWeight has 3 output channels, must be a multiple of groups 2'],
  ['separable: a pointwise weight of other channels', () => striate.separableConv2d(x(), striate.ones([2, 1, 3, 3]), striate.ones([1, 3, 1, 1])), RangeError, 'separableConv2d: input has 2 channels, pointwiseWeight expects 3'],
  ['separable: a pointwise weight with a kernel', () => striate.separableConv2d(x(), striate.ones([2, 1, 3, 3]), striate.ones([1, 2, 1, 3])), RangeError, 'separableConv2d: pointwiseWeight has shape 1x2x1x3, must have a kernel of 1'],
  ['separable: a bias of another size', () => striate.separableConv2d(x(), striate.ones([2, 1, 3, 3]), striate.ones([4, 2, 1, 1]), striate.ones([2])), RangeError, 'separableConv2d: bias has shape 2, must be [4]'],
  ['a column that is a row', () => striate.spatialSeparableConv2d(x(), striate.ones([2, 1, 1, 3]), striate.ones([2, 1, 1, 3])), RangeError, 'spatialSeparableConv2d: columnKernel has shape 2x1x1x3, must be 2x1xkhx1'],
  ['a row that is a column', () => striate.spatialSeparableConv2d(x(), striate.ones([2, 1, 3, 1]), striate.ones([2, 1, 3, 1])), RangeError, 'spatialSeparableConv2d: rowKernel has shape 2x1x3x1, must be 2x1x1xkw'],
  ['SeparableConv2d without channels', () => new striate.SeparableConv2d(0, 4, 3), RangeError, 'SeparableConv2d: inChannels is 0, must be an integer, at least 1'],
  ['SpatialSeparableConv2d with groups', () => new striate.SpatialSeparableConv2d(2, 3, any({ groups: 2 })), TypeError, "SpatialSeparableConv2d: there is no option 'groups'; options are stride, padding, paddingMode, dilation, flipKernel, bias, seed"],
];
