/** Deformable convolution: every tap of every output reads x where its offset says. */
import * as striate from 'striate';
import {
  type Arguments,
  bias,
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
import { any, gone, type Wrong, w, x } from '../support/wrong.ts';

export const lines = `
no offset | deformConv2d | "1x2x4x4", {"values": [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], "shape": [1, 18, 2, 2]}, "3x2x3x3"
whole offsets | deformConv2d | "1x2x5x6", "1x18x3x4", "3x2x3x3", "3"
whole offsets, mask, padding | deformConv2d | "2x3x4x5", "2x18x4x5", "5x3x3x3", null, {"mask": "2x9x4x5", "padding": 1}
offsets at the border: -1 and the size do not count | deformConv2d | "1x1x2x2", {"values": [[[[-1, -1], [1, 1]], [[0, 0], [0, 0]]]]}, {"values": [[[[1]]]]} | [[[[0, 0], [0, 0]]]]
corners that count in part | deformConv2d | {"values": [[[[4, 8], [12, 16]]]]}, {"values": [[[[-0.5, -0.5], [0.5, 0.5]], [[-0.5, 0.5], [-0.5, 0.5]]]]}, {"values": [[[[1]]]]} | [[[[1, 2], [3, 4]]]]
offsets beyond everything | deformConv2d | {"values": [[[[1, 2], [3, 4]]]]}, {"values": [[[["Infinity", 1e30], ["-Infinity", -1e30]], [[0, "Infinity"], [3e9, -3e9]]]]}, {"values": [[[[1]]]]}, {"values": [7]} | [[[[7, 7], [7, 7]]]]
NaN offsets | deformConv2d | {"values": [[[[1, 2], [3, 4]]]]}, {"values": [[[["NaN", 0], [0, 0]], [[0, "NaN"], [0, 0]]]]}, {"values": [[[[1]]]]} | [[[["NaN", "NaN"], [3, 4]]]]
infinite input beside the samples | deformConv2d | {"values": [[[["Infinity", 2], [3, 4]]]]}, {"values": [[[[1, 0], [0, 0.5]], [[0, 0], [0, 0]]]]}, {"values": [[[[1]]]]}, null, {"mask": {"values": [[[[1, 2], [3, 4]]]]}} | [[[[3, 4], [9, 8]]]]
reals | deformConv2d | "1x2x5x5~", "1x18x5x5#", "2x2x3x3~", "2~", {"padding": 1}
reals with a mask | deformConv2d | "2x2x4x6~", "2x8x3x5#", "3x2x2x2~", "3~", {"mask": "2x4x3x5+"}
small offsets | deformConv2d | "1x4x6x6~", "1x18x6x6~", "4x4x3x3~", null, {"padding": 1, "mask": "1x9x6x6~"}
stride | deformConv2d | "1x3x9x7~", "1x18x4x2#", "2x3x3x3~", null, {"stride": [2, 3]}
dilation | deformConv2d | "1x2x9x8~", "1x12x7x4#", "3x2x2x3~", "3~", {"dilation": [2, 2]}
stride, dilation, padding, all different | deformConv2d | "1x2x8x9~", "1x12x4x10#", "2x2x3x2~", null, {"stride": [3, 1], "dilation": [1, 3], "padding": [2, 2], "mask": "1x6x4x10~"}
padding before and after | deformConv2d | "1x2x5x6~", "1x8x7x7#", "2x2x2x2~", null, {"padding": [[1, 2], [0, 2]]}
padding same | deformConv2d | "1x2x5x6~", "1x18x3x3#", "2x2x3x3~", null, {"padding": "same", "stride": 2}
groups | deformConv2d | "1x6x5x5~", "1x18x3x3#", "4x3x3x3~", "4~"
groups, one channel each | deformConv2d | "2x5x4x5~", "2x8x3x4#", "5x1x2x2~", null, {"mask": "2x4x3x4~"}
offset groups | deformConv2d | "1x6x5x5~", "1x54x3x3#", "4x6x3x3~", null, {"mask": "1x27x3x3~"}
an offset group per channel | deformConv2d | "1x5x4x4~", "1x40x3x3#", "3x5x2x2~"
more offset groups than groups | deformConv2d | "1x8x4x4~", "1x32x3x3#", "6x4x2x2~", null, {"mask": "1x16x3x3~"}
offset groups across groups | deformConv2d | "2x6x4x4~", "2x24x3x3#", "4x3x2x2~", "4~", {"mask": "2x12x3x3~"}
fewer offset groups than groups | deformConv2d | "1x8x4x4~", "1x16x3x3#", "4x2x2x2~"
one column | deformConv2d | "1x2x7x1~", "1x12x7x1#", "2x2x3x2~", null, {"padding": [[1, 1], [0, 1]]}
one row | deformConv2d | "1x2x1x9~", "1x6x1x9#", "2x2x1x3~", null, {"padding": [0, 1], "mask": "1x3x1x9~"}
one element | deformConv2d | "1x1x1x1~", "1x2x1x1~", "1x1x1x1~", "1~", {"mask": "1x1x1x1+"}
1x1 kernel | deformConv2d | "2x9x5x5~", "2x2x5x5#", "7x9x1x1~"
large kernel | deformConv2d | "1x1x4x5~", "1x162x4x5#", "2x1x9x9~", null, {"padding": 4}
many channels | deformConv2d | "1x19x4x5", "1x18x4x5", "10x19x3x3", "10", {"padding": 1, "mask": "1x9x4x5"}
many pixels | deformConv2d | "2x2x13x12~", "2x2x13x12#", "3x2x1x1~", "3~", {"mask": "2x1x13x12~"}
many images | deformConv2d | "9x3x3x3~", "9x8x2x2~", "2x3x2x2~", null, {"mask": "9x4x2x2~"}
no images | deformConv2d | "0x3x4x4", "0x18x4x4", "2x3x3x3", null, {"padding": 1, "mask": "0x9x4x4"}
no output channels | deformConv2d | "1x3x4x4", "1x18x2x2", "0x3x3x3"
no channels | deformConv2d | "1x0x4x4", "1x18x2x2", "2x0x3x3", "2"
no input, all padding | deformConv2d | "1x2x0x3", "1x4x2x3", "3x2x1x1", "3", {"padding": [1, 0]}
`;

interface Options {
  mask?: Plain | null;
  stride?: number | [number, number];
  padding?: number | [number, number] | [[number, number], [number, number]] | 'same';
  dilation?: number | [number, number];
}

const pair = (value: number | [number, number]): [number, number] =>
  typeof value === 'number' ? [value, value] : value;

/** x at (y, x), weighed by how near its four neighbours are; those outside are zero. */
function bilinear(read: (row: number, column: number) => number, [h, w]: number[], y: number, x: number) {
  if (y <= -1 || y >= h! || x <= -1 || x >= w!) return 0;
  if (Number.isNaN(y) || Number.isNaN(x)) return Number.NaN;
  const [row, column] = [Math.floor(y), Math.floor(x)];
  const [fy, fx] = [y - row, x - column];
  const at = (r: number, c: number) => (r >= 0 && r < h! && c >= 0 && c < w! ? read(r, c) : 0);
  return (
    (1 - fy) * ((1 - fx) * at(row, column) + fx * at(row, column + 1)) +
    fy * ((1 - fx) * at(row + 1, column) + fx * at(row + 1, column + 1))
  );
}

function deformConv2d(
  x: Plain,
  offset: Plain,
  weight: Plain,
  bias: Plain | null = null,
  { mask = null, stride = 1, padding = 0, dilation = 1 }: Options = {},
): Plain {
  const [n, channels, ...spatial] = x.shape as [number, number, number, number];
  const [outputs, perGroup, ...kernel] = weight.shape as [number, number, number, number];
  const [strides, dilations] = [pair(stride), pair(dilation)];
  const extents = kernel.map((size, axis) => (size - 1) * dilations[axis]! + 1);
  const pads = spatial.map((size, axis): [number, number] => {
    if (padding === 'same') {
      const positions = Math.ceil(size / strides[axis]!);
      const all = Math.max(0, (positions - 1) * strides[axis]! + extents[axis]! - size);
      return [Math.floor(all / 2), Math.ceil(all / 2)];
    }
    const own = typeof padding === 'number' ? padding : padding[axis]!;
    return typeof own === 'number' ? [own, own] : own;
  });
  const [oh, ow] = spatial.map((size, axis) =>
    Math.floor((size + pads[axis]![0] + pads[axis]![1] - extents[axis]!) / strides[axis]! + 1),
  ) as [number, number];
  const taps = kernel[0]! * kernel[1]!;
  const offsetGroups = offset.shape[1]! / (2 * taps);
  const groups = perGroup === 0 ? 1 : channels / perGroup;
  const data: number[] = [];
  for (let image = 0; image < n; image++) {
    for (let o = 0; o < outputs; o++) {
      const group = Math.floor(o / (outputs / groups));
      for (let p = 0; p < oh * ow; p++) {
        let sum = bias?.data[o] ?? 0;
        for (let inner = 0; inner < perGroup; inner++) {
          const c = group * perGroup + inner;
          const offsetGroup = Math.floor(c / (channels / offsetGroups));
          for (let tap = 0; tap < taps; tap++) {
            const sample = (image * offsetGroups + offsetGroup) * taps + tap;
            const place = (axis: number, position: number, k: number) =>
              position * strides[axis]! -
              pads[axis]![0] +
              k * dilations[axis]! +
              offset.data[(2 * sample + axis) * oh * ow + p]!;
            const value = bilinear(
              (row, column) => x.data[((image * channels + c) * spatial[0]! + row) * spatial[1]! + column]!,
              spatial,
              place(0, Math.floor(p / ow), Math.floor(tap / kernel[1]!)),
              place(1, p % ow, tap % kernel[1]!),
            );
            const modulation = mask?.data[sample * oh * ow + p] ?? 1;
            sum += weight.data[(o * perGroup + inner) * taps + tap]! * modulation * value;
          }
        }
        data.push(sum);
      }
    }
  }
  return { shape: [n, outputs, oh, ow], data, dtype: 'float32' };
}

export const references: Record<string, Reference> = {
  // On whole offsets everything is exact; elsewhere float32 positions and weights are rounded.
  deformConv2d: { run: deformConv2d, tolerance: 4e-6, linear: [0, 2, 3, 4], smooth: 'all' },
};

function randomDeformConv(choose: Choices): Arguments | null {
  const size = spatial(choose, 2, 1);
  const kernel = times(2, () => choose.integer(1, 3));
  const [stride, strides] = perAxis(choose, 2, 1, 3);
  const [dilation, dilations] = perAxis(choose, 2, 1, 2);
  const [pad, pads] = perAxis(choose, 2, 0, 3);
  const out = size.map((s, i) => {
    return Math.floor((s + 2 * pads[i]! - dilations[i]! * (kernel[i]! - 1) - 1) / strides[i]!) + 1;
  });
  if (Math.min(...out, ...size) < 1) return null;
  const [groups, parts, each, per] = times(4, () => choose.integer(1, 2)) as [number, number, number, number];
  const [n, taps] = [choose.of([1, 2]), kernel[0]! * kernel[1]!];
  const into = groups * parts * each;
  const mask = maybe(choose) ? text([n, parts * taps, ...out], '~') : undefined;
  return [
    text([n, into, ...size]),
    text([n, 2 * parts * taps, ...out], choose.of(['~', '+', ''])),
    text([groups * per, into / groups, ...kernel]),
    bias(choose, groups * per),
    options({ mask, stride, padding: pad, dilation }),
  ];
}

export const generators: Record<string, Generator> = {
  deformConv2d: randomDeformConv,
};

/** Offsets of a 3x3 kernel over x. */
const shifts = () => striate.zeros([1, 18, 3, 3]);

// biome-ignore format: a call a line.
export const wrong: Wrong[] = [
  ['no offset', () => any(striate.deformConv2d)(x()), TypeError, 'deformConv2d: offset is undefined, must be a Tensor'],
  ['an offset that is an option', () => striate.deformConv2d(x(), any({}), w()), TypeError, 'deformConv2d: offset is an Object, must be a Tensor'],
  ['a deformed weight that is a number', () => striate.deformConv2d(x(), shifts(), any(1)), TypeError, 'deformConv2d: weight is 1, must be a Tensor'],
  ['a mask in the place of the bias', () => striate.deformConv2d(x(), shifts(), w(), striate.ones([1, 9, 3, 3])), RangeError, 'deformConv2d: bias has shape 1x9x3x3, must be [3]'],
  ['a mask that is a number', () => striate.deformConv2d(x(), shifts(), w(), null, { mask: any(0.5) }), TypeError, 'deformConv2d: mask is 0.5, must be a Tensor'],
  ['a mask that is disposed', () => striate.deformConv2d(x(), shifts(), w(), null, { mask: gone() }), TypeError, 'deformConv2d: mask is disposed'],
  ['offsets that are integers', () => striate.deformConv2d(x(), any(striate.zeros([1, 18, 3, 3], { dtype: 'int32' })), w()), TypeError, 'deformConv2d: offset is int32, must be float32'],
  ['an unknown option of a deformed convolution', () => striate.deformConv2d(x(), shifts(), w(), null, any({ groups: 1 })), TypeError, "deformConv2d: there is no option 'groups'; options are stride, padding, dilation, mask"],
  ['a deformed stride of 0', () => striate.deformConv2d(x(), shifts(), w(), null, { stride: 0 }), RangeError, 'deformConv2d: stride is 0, must be an integer, at least 1'],
  ['a deformed dilation of 0', () => striate.deformConv2d(x(), shifts(), w(), null, { dilation: [1, 0] }), RangeError, 'deformConv2d: dilation[1] is 0, must be an integer, at least 1'],
  ['negative padding of a deformed convolution', () => striate.deformConv2d(x(), shifts(), w(), null, { padding: -1 }), RangeError, 'deformConv2d: padding is -1, must be an integer, at least 0'],
  ['a deformed kernel larger than the input', () => striate.deformConv2d(x(), shifts(), striate.ones([3, 2, 6, 3])), RangeError, 'deformConv2d: height: kernel spans 6 elements, the padded input has only 5'],
  ['offsets of three axes', () => striate.deformConv2d(x(), striate.ones([18, 3, 3]), w()), RangeError, 'deformConv2d: offset has 3 axes (shape [18, 3, 3]), must have 4'],
  ['offsets that are no pairs for each tap', () => striate.deformConv2d(x(), striate.ones([1, 17, 3, 3]), w()), RangeError, 'deformConv2d: offset has 17 channels, must be a multiple of 2 x 3 x 3 = 18'],
  ['no offset groups', () => striate.deformConv2d(x(), striate.ones([1, 0, 3, 3]), w()), RangeError, 'deformConv2d: offset has 0 channels, must be a multiple of 2 x 3 x 3 = 18'],
  ['offset groups that do not divide the channels', () => striate.deformConv2d(x(), striate.ones([1, 54, 3, 3]), w()), RangeError, 'deformConv2d: input has 2 channels, must be a multiple of the 3 offset groups'],
  ['offsets of another size', () => striate.deformConv2d(x(), shifts(), w(), null, { padding: 1 }), RangeError, 'deformConv2d: offset has shape 1x18x3x3, must be 1x18x5x5'],
  ['offsets of another batch', () => striate.deformConv2d(x(), striate.ones([2, 18, 3, 3]), w()), RangeError, 'deformConv2d: offset has shape 2x18x3x3, must be 1x18x3x3'],
  ['a mask of another size', () => striate.deformConv2d(x(), shifts(), w(), null, { mask: striate.ones([1, 18, 3, 3]) }), RangeError, 'deformConv2d: mask has shape 1x18x3x3, must be 1x9x3x3'],
  ['a weight of more channels than a deformed input', () => striate.deformConv2d(x(), shifts(), striate.ones([3, 4, 3, 3])), RangeError, "deformConv2d: input has 2 channels, must be a multiple of weight's 4"],
  ['a deformed weight without channels', () => striate.deformConv2d(x(), shifts(), striate.ones([3, 0, 3, 3])), RangeError, "deformConv2d: input has 2 channels, must be a multiple of weight's 0"],
  ['deformed outputs that are no multiple of the groups', () => striate.deformConv2d(x(), shifts(), striate.ones([3, 1, 3, 3])), RangeError, 'deformConv2d: weight has 3 output channels, must be a multiple of groups 2'],
  ['channels that are no multiple of the offset groups', () => new striate.DeformConv2dPack(4, 4, 3, { offsetGroups: 3 }), RangeError, 'DeformConv2dPack: inChannels is 4, must be a multiple of offsetGroups 3'],
  ['offset groups of 0', () => new striate.DeformConv2dPack(4, 4, 3, { offsetGroups: 0 }), RangeError, 'DeformConv2dPack: offsetGroups is 0, must be an integer, at least 1'],
  ['a mask that is no flag', () => new striate.DeformConv2dPack(4, 4, 3, { mask: any(1) }), TypeError, 'DeformConv2dPack: mask is 1, must be true or false'],
  ['a deformed layer with a mask of its own', () => new striate.DeformConv2d(4, 4, 3, any({ mask: true })), TypeError, "DeformConv2d: there is no option 'mask'; options are stride, padding, dilation, groups, bias, seed"],
  ['groups that do not divide the channels of a deformed layer', () => new striate.DeformConv2d(4, 4, 3, { groups: 3 }), RangeError, 'DeformConv2d: inChannels is 4, must be a multiple of groups 3'],
  ['a deformed layer of 0 channels', () => new striate.DeformConv2d(0, 4, 3), RangeError, 'DeformConv2d: inChannels is 0, must be an integer, at least 1'],
];
