/** Values back at the places of their maxima. */
import * as striate from 'striate';
import { type Generator, spatial, text, times } from '../support/generate.ts';
import { countOf, overRanks, type Plain, type Reference } from '../support/plain.ts';
import { any, type Wrong } from '../support/wrong.ts';
import { axisOf, type PerAxis } from './pooling.ts';

export const lines = `
maxima back in their places | maxUnpool2d | {"values": [[[[9, 6], [8, 7]]]]}, {"values": [[[[4, 6], [8, 15]]]], "dtype": "int32"}, 2 | [[[[0, 0, 0, 0], [9, 0, 6, 0], [8, 0, 0, 0], [0, 0, 0, 7]]]]
maxima back in a larger plane | maxUnpool2d | {"values": [[[[7, 8]]]]}, {"values": [[[[1, 8]]]], "dtype": "int32"}, 2, {"outputSize": [3, 5]} | [[[[0, 7, 0, 0, 0], [0, 0, 0, 8, 0], [0, 0, 0, 0, 0]]]]
unpooling | maxUnpool2d | {"values": [[[[6, 8], [14, 16]]]]}, {"values": [[[[5, 7], [13, 15]]]], "dtype": "int32"}, 2 | {"values": [[[[0, 0, 0, 0], [0, 6, 0, 8], [0, 0, 0, 0], [0, 14, 0, 16]]]]}
unpooling to a larger output | maxUnpool2d | {"values": [[[[6, 8], [14, 16]]]]}, {"values": [[[[6, 8], [24, 18]]]], "dtype": "int32"}, 2, {"outputSize": [5, 5]}
unpooling to a whole shape | maxUnpool2d | "2x3x2x3~", "2x3x2x3:int32<20", 2, {"outputSize": [2, 3, 4, 5]}
unpooling to a smaller output | maxUnpool2d | "1x2x2x3", "1x2x2x3:int32<15", 2, {"outputSize": [3, 5]}
repeated indices: the last wins | maxUnpool1d | {"values": [[[1, "NaN", 3]]]}, {"values": [[[1, 1, 1]]], "dtype": "int32"}, 2 | {"values": [[[0, 3, 0, 0, 0, 0]]]}
unpooling with stride and padding | maxUnpool2d | "1x2x3x4~", "1x2x3x4:int32<20", 3, {"stride": [1, 2], "padding": 1}
unpooling with pairs of padding | maxUnpool2d | "1x2x3x4~", "1x2x3x4:int32<30", 3, {"stride": 2, "padding": [[1, 1], [1, 2]]}
unpooling one element | maxUnpool2d | "1x1x1x1", "1x1x1x1:int32<1", 1
unpooling NaN and infinities | maxUnpool1d | {"values": [[["NaN", "Infinity"]]]}, {"values": [[[3, 0]]], "dtype": "int32"}, 2
unpooling no image | maxUnpool2d | "0x3x2x2", "0x3x2x2:int32", 2
unpooling a line | maxUnpool1d | "2x3x5~", "2x3x5:int32<10", 2
unpooling a volume | maxUnpool3d | "1x2x2x3x2~", "1x2x2x3x2:int32<96", 2
unpooling a volume with a stride | maxUnpool3d | "1x2x2x3x2", "1x2x2x3x2:int32<60", [2, 3, 2], {"stride": [1, 2, 2], "outputSize": [3, 6, 4]}
`;

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
  const data = new Array<number>(countOf(shape)).fill(0);
  const own = countOf(x.shape.slice(2));
  x.data.forEach((value, i) => {
    data[Math.floor(i / own) * countOf(spatial) + indices.data[i]!] = value;
  });
  return { shape, data, dtype: 'float32' };
}

export const references: Record<string, Reference> = {
  ...overRanks(
    'maxUnpool',
    (): Reference => ({
      run: (x: Plain, indices: Plain, kernelSize: PerAxis, options?: UnpoolOptions) =>
        unpool(x, indices, kernelSize, options),
      tolerance: 0,
      linear: [0],
    }),
  ),
};

function randomUnpool(rank: number): Generator {
  return (choose) => {
    const kernel = times(rank, () => choose.integer(1, 3));
    const size = spatial(choose, rank, 1).map((s) => Math.max(1, s >> 1));
    const whole = size.reduce((product, s, i) => product * s * kernel[i]!, 1);
    const shape = [choose.of([1, 2]), choose.integer(1, 3), ...size];
    // Each position once in its plane: a multiple of what shares no factor with the plane.
    const plane = size.reduce((product, s) => product * s, 1);
    const start = choose.integer(0, whole - 1);
    const values = times(shape[0]! * shape[1]! * plane, (i) => (start + (i % plane)) % whole);
    return [text(shape), { values, shape, dtype: 'int32' }, kernel];
  };
}

export const generators: Record<string, Generator> = {
  ...overRanks('maxUnpool', randomUnpool),
};

const at = (...values: number[]) => striate.tensor([[values]], null, { dtype: 'int32' });
const line = () => striate.ones([1, 1, 2]);

// biome-ignore format: a call a line.
export const wrong: Wrong[] = [
  ['an index above its plane', () => striate.maxUnpool1d(line(), at(0, 4), 2), RangeError, 'maxUnpool1d: indices holds 4, must be from 0 to 3, the positions in a plane of 4'],
  ['an index below 0', () => striate.maxUnpool1d(line(), at(-1, 0), 2), RangeError, 'maxUnpool1d: indices holds -1, must be from 0 to 3, the positions in a plane of 4'],
  ['an index outside, in a program', () => striate.compile((a) => striate.maxUnpool1d(a!, at(9, 0), 2), { inputs: [[1, 1, 2]] }).run(line()), RangeError, 'Program.run: maxUnpool1d: indices holds 9, must be from 0 to 3, the positions in a plane of 4'],
  ['an index outside, in a gradient', () => striate.vjp((a) => striate.maxUnpool1d(a, at(0, 7), 2), line()), RangeError, 'vjp: maxUnpool1d: indices holds 7, must be from 0 to 3, the positions in a plane of 4'],
  ['indices that are no integers', () => striate.maxUnpool1d(line(), any(line()), 2), TypeError, 'maxUnpool1d: indices is float32, must be int32'],
  ['indices of another shape', () => striate.maxUnpool1d(line(), at(0, 1, 2), 2), RangeError, 'maxUnpool1d: indices has shape 1x1x3, must be 1x1x2 as x'],
  ['indices that are left out', () => any(striate.maxUnpool1d)(line(), null, 2), TypeError, 'maxUnpool1d: indices is null, must be a Tensor'],
  ['unpooling of bytes', () => striate.maxUnpool1d(any(striate.zeros([1, 1, 2], { dtype: 'uint8' })), at(0, 1), 2), TypeError, 'maxUnpool1d: x is uint8, must be float32'],
  ['unpooling of no element', () => striate.maxUnpool1d(striate.ones([1, 1, 0]), striate.zeros([1, 1, 0], { dtype: 'int32' }), 2), RangeError, 'maxUnpool1d: length of x is 0, must be at least 1'],
  ['unpooling with a kernel of 0', () => striate.maxUnpool1d(line(), at(0, 1), 0), RangeError, 'maxUnpool1d: kernelSize is 0, must be an integer, at least 1'],
  ['unpooling with a stride of 0', () => striate.maxUnpool1d(line(), at(0, 1), 2, { stride: 0 }), RangeError, 'maxUnpool1d: stride is 0, must be an integer, at least 1'],
  ['unpooling with negative padding', () => striate.maxUnpool1d(line(), at(0, 1), 2, { padding: -1 }), RangeError, 'maxUnpool1d: padding is -1, must be an integer, at least 0'],
  ['unpooling with padding by a rule', () => striate.maxUnpool1d(line(), at(0, 1), 2, { padding: 'same' }), RangeError, "maxUnpool1d: padding is 'same', must be numbers"],
  ['unpooling to a size too small', () => striate.maxUnpool1d(line(), at(0, 1), 2, { outputSize: 2 }), RangeError, 'maxUnpool1d: length of the output is 2, must be from 3 to 5'],
  ['unpooling to a size too large', () => striate.maxUnpool1d(line(), at(0, 1), 2, { outputSize: [6] }), RangeError, 'maxUnpool1d: length of the output is 6, must be from 3 to 5'],
  ['unpooling to two sizes of one', () => striate.maxUnpool1d(line(), at(0, 1), 2, { outputSize: [4, 4] }), RangeError, 'maxUnpool1d: outputSize has 2 entries, must have 1'],
  ['unpooling that leaves nothing', () => striate.maxUnpool1d(striate.ones([1, 1, 1]), at(0), 2, { padding: 1 }), RangeError, 'maxUnpool1d: length of the output is 0, must be from 1 to 1'],
  ['unpooling with an unknown option', () => striate.maxUnpool1d(line(), at(0, 1), 2, any({ size: 4 })), TypeError, "maxUnpool1d: there is no option 'size'; options are stride, padding, outputSize"],
  ['an unknown option of a layer of unpooling', () => new striate.MaxUnpool2d(2, any({ outputSize: 4 })), TypeError, "MaxUnpool2d: there is no option 'outputSize'; options are stride, padding"],
];
