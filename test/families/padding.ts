/** Padding of one, two and three axes. */
import * as striate from 'striate';
import { batch, type Generator, maybe, options, padsFit, spatial, text, times } from '../support/generate.ts';
import { at, make, moving, overRanks, type Plain, type Reference, total } from '../support/plain.ts';
import { any, type Wrong, x } from '../support/wrong.ts';

export const lines = `
padding on all sides | pad2d | "1x2x3x4", [[1, 1], [1, 1]]
asymmetric padding | pad2d | "2x2x3x4", [[0, 2], [3, 1]], { "value": 2 }
padding after only, as BlazeFace has it | pad2d | "1x3x8x8", [[0, 1], [0, 1]]
padding of one pixel | pad2d | "1x1x1x1", [[2, 3], [1, 0]], { "value": -3 }
negative padding crops | pad2d | "1x2x5x6", [[-1, -2], [-2, 0]]
cropping and padding | pad2d | "1x2x5x6", [[-1, 2], [3, -2]], { "value": 1 }
padding of nothing | pad2d | "0x2x3x3", [[1, 1], [1, 1]]
padding of bytes | pad2d | "1x2x3x5:uint8", [[1, 0], [2, 1]], { "value": 7 }
1-D | pad1d | "2x3x4", [[2, 1]], { "value": 5 }
3-D | pad3d | "1x2x2x3x4", [[1, 0], [0, 1], [2, 2]], { "value": 4 }
a constant | pad2d | "2x3x4x5", [[1, 2], [0, 3]], {"value": -2}
one number | pad1d | "2x3x4", 2
a crop | pad2d | "2x3x6x7", [[-1, -2], [-3, 0]]
crop and constant | pad2d | "2x3x6x7", [[-1, 2], [3, -2]], {"value": 9}
mirrored | pad1d | "2x3x6", [[5, 4]], {"mode": "reflect"}
mirrored planes | pad2d | "2x3x4x5", [[3, 1], [2, 4]], {"mode": "reflect"}
mirrored volumes | pad3d | "1x2x3x4x5", [[2, 1], [0, 3], [4, 2]], {"mode": "reflect"}
mirrored, with a crop | pad2d | "1x2x6x7", [[-2, 4], [3, -3]], {"mode": "reflect"}
mirrored on one side | pad1d | "1x1x9", [[0, 8]], {"mode": "reflect"}
mirrored bytes | pad2d | "1x2x4x5:uint8", 2, {"mode": "reflect"}
mirrored by nothing | pad1d | "1x2x1", 0, {"mode": "reflect"}
repeated | pad1d | "2x3x2", [[5, 4]], {"mode": "replicate"}
repeated planes | pad2d | "2x3x4x5", [[3, 1], [2, 7]], {"mode": "replicate"}
repeated volumes | pad3d | "1x2x3x4x5", [[2, 1], [0, 3], [4, 2]], {"mode": "replicate"}
repeated, with a crop | pad2d | "1x2x6x7", [[-2, 4], [3, -3]], {"mode": "replicate"}
repeated integers | pad2d | "1x2x4x5:int32", 2, {"mode": "replicate"}
one pixel repeated | pad2d | "1x1x1x1", [[3, 2], [9, 4]], {"mode": "replicate"}
round | pad1d | "2x3x6", [[6, 4]], {"mode": "circular"}
round in planes | pad2d | "2x3x4x5", [[3, 1], [2, 5]], {"mode": "circular"}
round in volumes | pad3d | "1x2x3x4x5", [[2, 1], [0, 3], [4, 2]], {"mode": "circular"}
round in what a crop leaves | pad2d | "1x2x6x7", [[-2, 4], [3, -3]], {"mode": "circular"}
round in bytes | pad1d | "2x3x6:int8", 3, {"mode": "circular"}
an empty batch | pad2d | "0x2x3x4", 1, {"mode": "replicate"}
`;

type Mode = 'constant' | 'reflect' | 'replicate' | 'circular';

/** Which of `size` elements stands `i` elements behind the first; -1: none. What a circular crop takes is gone. */
function source(i: number, size: number, [before, after]: [number, number], mode: Mode): number {
  if (mode === 'circular') {
    const from = Math.max(0, -before);
    const left = Math.min(size, size + after) - from;
    return from + ((((i - from) % left) + left) % left);
  }
  if (i >= 0 && i < size) return i;
  if (mode === 'constant') return -1;
  if (mode === 'replicate') return i < 0 ? 0 : size - 1;
  return i < 0 ? -i : 2 * (size - 1) - i;
}

function pad(
  x: Plain,
  padding: number | [number, number][],
  { mode = 'constant', value = 0 }: { mode?: Mode; value?: number } = {},
): Plain {
  const pairs = x.shape.map((_, axis): [number, number] => {
    if (axis < 2) return [0, 0];
    return typeof padding === 'number' ? [padding, padding] : (padding[axis - 2] as [number, number]);
  });
  const shape = x.shape.map((size, axis) => size + total(pairs[axis] as number[]));
  return make(shape, x.dtype, (index) => {
    const from = index.map((i, axis) => {
      const pair = pairs[axis] as [number, number];
      return source(i - pair[0], x.shape[axis] as number, pair, mode);
    });
    return from.includes(-1) ? value : at(x, from);
  });
}

export const references: Record<string, Reference> = {
  pad1d: moving(pad),
  pad2d: moving(pad),
  pad3d: moving(pad),
};

function randomPad(rank: number): Generator {
  return (choose) => {
    const size = spatial(choose, rank, 1);
    const mode = choose.of([undefined, 'constant', 'reflect', 'replicate', 'circular']);
    const crops = mode === undefined || mode === 'constant';
    const widths = maybe(choose, 0.2)
      ? choose.integer(0, 3)
      : size.map(() => times(2, () => choose.integer(crops ? -2 : 0, 4)) as [number, number]);
    const pairs = typeof widths === 'number' ? size.map((): [number, number] => [widths, widths]) : widths;
    if (!padsFit(mode, size, pairs)) return null;
    if (size.some((s, i) => s + pairs[i]![0] + pairs[i]![1] < 1 || s + Math.min(...pairs[i]!) < 1))
      return null;
    const value = maybe(choose) ? choose.integer(-3, 3) : undefined;
    const dtype = choose.of(['', '', '', ':int32', ':int8']);
    return [text([batch(choose), choose.integer(1, 4), ...size], dtype), widths, options({ mode, value })];
  };
}

export const generators: Record<string, Generator> = {
  ...overRanks('pad', randomPad),
};

export const layers = overRanks('pad', (rank) => `ConstantPad${rank}d`);

// biome-ignore format: a call a line.
export const wrong: Wrong[] = [
  ["PyTorch's flat list of padding", () => striate.pad2d(x(), any([1, 2, 3, 4])), TypeError, 'pad2d: padding is the flat list [1, 2, 3, 4], must be pairs in the order of the axes: [[3, 4], [1, 2]]'],
  ['padding by a text', () => striate.pad2d(x(), any('same')), TypeError, "pad2d: padding is 'same', must be a number or [before, after] per axis"],
  ['padding of one axis of two', () => striate.pad2d(x(), [[1, 1]]), RangeError, 'pad2d: padding has 1 pair, must have 2'],
  ['a pair that is none', () => striate.pad2d(x(), any([[1, 1], [2]])), TypeError, 'pad2d: padding[1] is [2], must be [before, after]'],
  ['a fraction of padding', () => striate.pad2d(x(), [[0.5, 1], [1, 1]]), RangeError, 'pad2d: padding[0][0] is 0.5, must be an integer, from -2147483647 to 2147483647'],
  ['cropping more than there is', () => striate.pad2d(x(), [[0, 0], [-3, -3]]), RangeError, 'pad2d: padding[1] crops 6 of the 5 elements of x, must leave at least 0'],
  ['padding to above 2^32', () => striate.pad2d(x(), 2 ** 20), RangeError, 'pad2d: shape 1x2x2097157x2097157 has more than 2^31 - 1 bytes'],
  ['a value that is a text', () => striate.pad1d(striate.ones([1, 1, 1]), 1, { value: any('0') }), TypeError, "pad1d: value is '0', must be a number"],
  ['padding an image as a line', () => striate.pad1d(x(), 1), RangeError, 'pad1d: x has 4 axes (shape [1, 2, 5, 5]), must have 3'],
  ['mirrored by as many as there are', () => striate.pad2d(x(), [[0, 0], [0, 5]], { mode: 'reflect' }), RangeError, "pad2d: padding[1][1] is 5, must be at most 4 in mode 'reflect' on an axis of 5"],
  ['round by more than there are', () => striate.pad2d(x(), [[6, 0], [0, 0]], { mode: 'circular' }), RangeError, "pad2d: padding[0][0] is 6, must be at most 5 in mode 'circular' on an axis of 5"],
  ['round by more than a crop leaves', () => striate.pad1d(striate.ones([1, 1, 6]), [[-3, 4]], { mode: 'circular' }), RangeError, "pad1d: padding[0][1] is 4, must be at most 3 in mode 'circular' on an axis of 6"],
  ['nothing repeated', () => striate.pad1d(striate.ones([1, 1, 0]), 1, { mode: 'replicate' }), RangeError, "pad1d: padding[0][0] is 1, must be at most 0 in mode 'replicate' on an axis of 0"],
  ['a mode that there is not', () => striate.pad2d(x(), 1, { mode: any('mirror') }), RangeError, "pad2d: mode is 'mirror', must be 'constant' or 'reflect' or 'replicate' or 'circular'"],
  ['a mode that is a number', () => striate.pad2d(x(), 1, { mode: any(1) }), TypeError, "pad2d: mode is 1, must be 'constant' or 'reflect' or 'replicate' or 'circular'"],
  ['ReflectionPad2d with the flat list', () => new striate.ReflectionPad2d(any([1, 2, 3, 4])), TypeError, 'ReflectionPad2d: padding is the flat list [1, 2, 3, 4], must be pairs in the order of the axes: [[3, 4], [1, 2]]'],
  ['ReplicationPad3d with two pairs', () => new striate.ReplicationPad3d([[1, 1], [1, 1]]), RangeError, 'ReplicationPad3d: padding has 2 pairs, must have 3'],
  ['CircularPad1d with a text', () => new striate.CircularPad1d(any('1')), TypeError, "CircularPad1d: padding is '1', must be a number or [before, after] per axis"],
  ['ZeroPad1d with half an element', () => new striate.ZeroPad1d(0.5), RangeError, 'ZeroPad1d: padding is 0.5, must be an integer, from -2147483647 to 2147483647'],
  ['ConstantPad2d without its value', () => new striate.ConstantPad2d(1, any(undefined)), TypeError, 'ConstantPad2d: value is undefined, must be a number'],
  ['ConstantPad2d of NaN', () => new striate.ConstantPad2d(1, Number.NaN), RangeError, 'ConstantPad2d: value is NaN, must be a number'],
];
