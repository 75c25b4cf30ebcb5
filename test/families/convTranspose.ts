/** Transposed convolution: each input element adds the kernel, times its value, to the output. */
import * as striate from 'striate';
import {
  batch,
  bias,
  type Generator,
  maybe,
  options,
  type Pairs,
  perAxis,
  spatial,
  text,
  times,
} from '../support/generate.ts';
import { countOf, indicesOf, overRanks, type Plain, placeOf, type Reference } from '../support/plain.ts';
import { any, type Wrong, w, x } from '../support/wrong.ts';
import { axesOf, type ConvolutionOptions, type Size, spread } from './convolution.ts';

export const lines = `
# Results written out
each input spreads a 3x3 filter | convTranspose2d | {"values": [[[[1, 2], [3, 4]]]]}, {"values": [[[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]]} | [[[[1, 4, 7, 6], [7, 23, 33, 24], [19, 53, 63, 42], [21, 52, 59, 36]]]]
stride 2: the spreads overlap in a cross | convTranspose2d | {"values": [[[[1, 2], [3, 4]]]]}, {"values": [[[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]]}, null, {"stride": 2} | [[[[1, 2, 5, 4, 6], [4, 5, 14, 10, 12], [10, 14, 36, 24, 30], [12, 15, 34, 20, 24], [21, 24, 55, 32, 36]]]]
stride 3: they do not | convTranspose2d | {"values": [[[[1, 2], [3, 4]]]]}, {"values": [[[[1, 1], [1, 1]]]]}, null, {"stride": 3} | [[[[1, 1, 0, 2, 2], [1, 1, 0, 2, 2], [0, 0, 0, 0, 0], [3, 3, 0, 4, 4], [3, 3, 0, 4, 4]]]]
padding 1 takes the rim | convTranspose2d | {"values": [[[[1, 2], [3, 4]]]]}, {"values": [[[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]]}, null, {"padding": 1} | [[[[23, 33], [53, 63]]]]
stride 2, padding 1, output padding 1 | convTranspose2d | {"values": [[[[1, 2], [3, 4]]]]}, {"values": [[[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]]}, null, {"padding": 1, "outputPadding": 1, "stride": 2} | [[[[5, 14, 10, 12], [14, 36, 24, 30], [15, 34, 20, 24], [24, 55, 32, 36]]]]
output padding of the columns only | convTranspose2d | {"values": [[[[1, 2], [3, 4]]]]}, {"values": [[[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]]}, null, {"outputPadding": [0, 1], "stride": 2} | [[[[1, 2, 5, 4, 6, 0], [4, 5, 14, 10, 12, 0], [10, 14, 36, 24, 30, 0], [12, 15, 34, 20, 24, 0], [21, 24, 55, 32, 36, 0]]]]
an output size | convTranspose2d | {"values": [[[[1, 2], [3, 4]]]]}, {"values": [[[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]]}, null, {"padding": 1, "outputSize": [4, 3], "stride": 2} | [[[[5, 14, 10], [14, 36, 24], [15, 34, 20], [24, 55, 32]]]]
padding before and after | convTranspose2d | {"values": [[[[1, 2], [3, 4]]]]}, {"values": [[[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]]}, {"values": [100]}, {"stride": 2, "padding": [[1, 0], [0, 2]]} | [[[[104, 105, 114], [110, 114, 136], [112, 115, 134], [121, 124, 155]]]]
same: twice the size | convTranspose2d | {"values": [[[[1, 2], [3, 4]]]]}, {"values": [[[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]]}, null, {"padding": "same", "stride": 2} | [[[[1, 2, 5, 4], [4, 5, 14, 10], [10, 14, 36, 24], [12, 15, 34, 20]]]]
same-lower: twice the size | convTranspose2d | {"values": [[[[1, 2], [3, 4]]]]}, {"values": [[[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]]}, null, {"padding": "same-lower", "stride": 2} | [[[[5, 14, 10, 12], [14, 36, 24, 30], [15, 34, 20, 24], [24, 55, 32, 36]]]]
dilation 2 | convTranspose2d | {"values": [[[[1, 2], [3, 4]]]]}, {"values": [[[[1, 2], [3, 4]]]]}, null, {"dilation": 2} | [[[[1, 2, 2, 4], [3, 4, 6, 8], [3, 6, 4, 8], [9, 12, 12, 16]]]]
one channel into two | convTranspose2d | {"values": [[[[1, 2], [3, 4]]]]}, {"values": [[[[1, 0], [0, 1]], [[1, 1], [1, 1]]]]}, {"values": [0, -1]}, {"stride": 2} | [[[[1, 0, 2, 0], [0, 1, 0, 2], [3, 0, 4, 0], [0, 3, 0, 4]], [[0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 3, 3], [2, 2, 3, 3]]]]
two channels into one | convTranspose2d | {"values": [[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]]}, {"values": [[[[1, 1], [1, 1]]], [[[0, 1], [0, -1]]]]} | [[[[1, 8, 8], [4, 12, 8], [3, 0, -4]]]]
two groups | convTranspose2d | {"values": [[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]]}, {"values": [[[[1]], [[2]]], [[[3]], [[4]]]]}, null, {"groups": 2} | [[[[1, 2], [3, 4]], [[2, 4], [6, 8]], [[15, 18], [21, 24]], [[20, 24], [28, 32]]]]
one dimension, stride 2 | convTranspose1d | {"values": [[[1, -2, 3]]]}, {"values": [[[1, 2, 3]]]}, null, {"stride": 2} | [[[1, 2, 1, -4, -3, 6, 9]]]
three dimensions | convTranspose3d | {"values": [[[[[1, 2]]]]]}, {"values": [[[[[0, 1], [2, 3]], [[4, 5], [6, 7]]]]]}, null, {"stride": 2} | [[[[[0, 1, 0, 2], [2, 3, 4, 6]], [[4, 5, 8, 10], [6, 7, 12, 14]]]]]
a 2x2 kernel spread by a 2x2 input | convTranspose2d | {"values": [[[[0, 1], [2, 3]]]]}, {"values": [[[[0, 1], [2, 3]]]]} | [[[[0, 0, 1], [0, 4, 6], [4, 12, 9]]]]
the same with stride 2 | convTranspose2d | {"values": [[[[0, 1], [2, 3]]]]}, {"values": [[[[0, 1], [2, 3]]]]}, null, {"stride": 2} | [[[[0, 0, 0, 1], [0, 0, 2, 3], [0, 2, 0, 3], [4, 6, 6, 9]]]]
the same with padding | convTranspose2d | {"values": [[[[0, 1], [2, 3]]]]}, {"values": [[[[0, 1], [2, 3]]]]}, null, {"padding": 1} | [[[[4]]]]
plain 3x3 | convTranspose2d | "2x3x5x7", "3x4x3x3", "4"
padding | convTranspose2d | "2x3x5x7", "3x4x3x3", "4", {"padding": 1}
stride 2 | convTranspose2d | "2x3x5x7", "3x4x3x3", "4", {"stride": 2}
stride 2, padding, output padding | convTranspose2d | "2x3x5x7", "3x4x3x3", "4", {"stride": 2, "padding": 1, "outputPadding": 1}
4x4 at stride 2 | convTranspose2d | "1x5x4x6", "5x6x4x4", "6", {"stride": 2, "padding": 1}
2x2 at stride 2 | convTranspose2d | "2x5x4x6", "5x6x2x2", "6", {"stride": 2}
2x2 at stride 2 with output padding | convTranspose2d | "2x5x4x6", "5x6x2x2", "6", {"stride": 2, "outputPadding": [0, 1]}
2x2 at stride 2, padded | convTranspose2d | "2x5x4x6", "5x6x2x2", "6", {"stride": 2, "padding": [[1, 0], [2, 3]]}
3x2 at stride 3 and 4 | convTranspose2d | "1x5x4x6", "5x3x3x2", "3", {"stride": [3, 4]}
stride 3 with asymmetric padding | convTranspose2d | "1x3x5x4", "3x2x5x4", "2", {"stride": 3, "padding": [[0, 2], [3, 1]]}
padding above the kernel | convTranspose2d | "1x3x9x11", "3x2x2x3", "2", {"padding": [3, 4]}
padding above the kernel, stride 2 | convTranspose2d | "1x3x9x11", "3x2x2x3", "2", {"padding": [3, 4], "stride": 2}
dilation | convTranspose2d | "1x3x4x5", "3x4x3x2", "4", {"dilation": [2, 3]}
dilation and stride | convTranspose2d | "1x3x4x5", "3x4x3x3", "4", {"dilation": [2, 3], "stride": [4, 2], "padding": 1}
output padding above the stride | convTranspose2d | "1x3x4x5", "3x4x3x3", "4", {"dilation": [4, 3], "stride": [2, 1], "outputPadding": [3, 2]}
all of it padding, but for what is added | convTranspose1d | "1x2x2", "2x2x2", null, {"padding": [[6, 0]], "dilation": 4, "outputPadding": 3}
output size | convTranspose2d | "1x3x4x5", "3x4x3x3", "4", {"stride": 3, "padding": 1, "outputSize": [11, 13]}
output size, one number | convTranspose2d | "1x3x4x4", "3x2x3x3", null, {"stride": 2, "outputSize": 10}
padding same | convTranspose2d | "1x3x4x5", "3x4x3x3", "4", {"stride": 2, "padding": "same"}
padding same, kernel below the stride | convTranspose2d | "1x3x4x5", "3x4x2x1", "4", {"stride": 3, "padding": "same"}
padding same-lower | convTranspose2d | "1x3x4x5", "3x4x4x3", "4", {"stride": [1, 2], "padding": "same-lower"}
padding same with an output size | convTranspose2d | "1x3x4x5", "3x4x5x3", null, {"stride": [3, 2], "padding": "same", "outputSize": [10, 9]}
padding full | convTranspose2d | "1x3x7x6", "3x4x3x2", null, {"padding": "full"}
groups | convTranspose2d | "2x6x5x4", "6x2x3x3", "4", {"groups": 2, "stride": 2, "padding": 1}
depthwise | convTranspose2d | "2x5x5x4", "5x1x3x3", "5", {"groups": 5, "stride": 2, "padding": 1}
depthwise with multiplier | convTranspose2d | "2x3x5x4", "3x2x4x4", "6", {"groups": 3, "stride": 2, "padding": 1}
pointwise | convTranspose2d | "2x5x3x4", "5x7x1x1", "7"
pointwise at stride 2 | convTranspose2d | "2x5x3x4", "5x7x1x1", "7", {"stride": 2, "outputPadding": 1}
many channels | convTranspose2d | "1x21x6x7", "21x13x3x3", "13", {"stride": 2, "padding": 1}
one dimension | convTranspose1d | "2x3x10", "3x4x5", "4", {"stride": 3, "padding": 2, "outputPadding": 2}
one dimension without bias | convTranspose1d | "2x3x10", "3x4x5"
three dimensions, backward | convTranspose3d | "1x3x3x4x2", "3x4x3x2x3", "4", {"stride": [2, 1, 2], "padding": [1, 0, 1], "outputPadding": [1, 0, 1]}
three dimensions, 2x2x2 at stride 2 | convTranspose3d | "2x3x3x4x2", "3x4x2x2x2", "4", {"stride": 2}
no batch | convTranspose2d | "0x3x4x5", "3x4x3x3", "4", {"stride": 2}
no input channels | convTranspose2d | "2x0x4x5", "0x4x3x3", "4", {"stride": 2}
no output channels | convTranspose2d | "2x3x4x5", "3x0x3x3", null, {"stride": 2}
no rows, but a kernel | convTranspose2d | "2x3x0x5", "3x4x3x3", "4"
reals | convTranspose2d | "2x5x6x7~", "5x9x3x3~", "9~", {"padding": 1, "stride": 2}
phases: stride larger than what remains | convTranspose3d | "1x5x2x2x3","5x2x4x2x4",null,{"stride":[4,1,1],"padding":[3,0,0]}
phases: outputSize below the stride | convTranspose1d | "1x4x1","4x1x3","1",{"stride":4,"padding":[1],"dilation":[2],"outputSize":[3]}
phases: padding between the strides | convTranspose3d | "3x5x2x3x2","5x2x4x4x3",null,{"stride":[4,1,1],"padding":[[3,3],[3,1],[0,0]],"dilation":[1,2,2]}
transformed phases: every other tap | convTranspose2d | "1x16x9x8", "16x18x6x6", null, {"stride": 2, "padding": 2}
`;

interface TransposeOptions extends ConvolutionOptions {
  outputPadding?: Size;
  outputSize?: Size;
}

/** Each input element adds the kernel, times its value, to the output. */
function convTranspose(
  x: Plain,
  weight: Plain,
  bias: Plain | null = null,
  options: TransposeOptions = {},
): Plain {
  const { groups = 1, outputPadding = 0, outputSize, padding } = options;
  const [n, channels, ...input] = x.shape as [number, number, ...number[]];
  const [, perGroup, ...kernel] = weight.shape as [number, number, ...number[]];
  const rank = kernel.length;
  const same = padding === 'same' || padding === 'same-lower';
  const wanted = outputSize === undefined ? null : spread(outputSize, rank);
  const axes = axesOf(
    kernel,
    options,
    ({ stride, extent }, i) => (input[i]! - 1) * stride + extent - (wanted?.[i] ?? input[i]! * stride),
  );
  const output = axes.map(({ stride, lo, hi, extent }, i) => {
    if (wanted !== null) return wanted[i]!;
    if (same) return input[i]! * stride;
    return (input[i]! - 1) * stride + extent - lo - hi + spread(outputPadding, rank)[i]!;
  });
  const shape = [n, perGroup * groups, ...output];
  const data = Array.from({ length: countOf(shape) }, (_, i) => {
    if (bias === null) return 0;
    return bias.data[Math.floor(i / countOf(output)) % shape[1]!]!;
  });
  const taps = indicesOf(kernel);
  for (const [p, place] of indicesOf(input).entries()) {
    // Where each tap adds in a plane of the output; -1 lies outside.
    const to = taps.map((tap) => {
      const at = axes.map(({ stride, dilation, lo }, i) => place[i]! * stride - lo + tap[i]! * dilation);
      return at.some((i, axis) => i < 0 || i >= output[axis]!) ? -1 : placeOf(output, at);
    });
    for (let plane = 0; plane < n * channels; plane++) {
      const [image, c] = [Math.floor(plane / channels), plane % channels];
      const first = image * perGroup * groups + Math.floor(c / (channels / groups)) * perGroup;
      const value = x.data[plane * countOf(input) + p]!;
      for (let o = 0; o < perGroup; o++) {
        const [ys, ws] = [(first + o) * countOf(output), (c * perGroup + o) * taps.length];
        for (let k = 0; k < taps.length; k++)
          if (to[k]! >= 0) data[ys + to[k]!] = data[ys + to[k]!]! + value * weight.data[ws + k]!;
      }
    }
  }
  return { shape, data, dtype: 'float32' };
}

export const references: Record<string, Reference> = {
  ...overRanks('convTranspose', (): Reference => ({ run: convTranspose, tolerance: 0, linear: 'all' })),
};

function randomConvTranspose(rank: number): Generator {
  return (choose) => {
    const size = spatial(choose, rank, 1).map((s) => Math.ceil(s / 2));
    const kernel = times(rank, () => choose.integer(1, 5));
    const [stride, strides] = perAxis(choose, rank, 1, 4);
    const [dilation, dilations] = maybe(choose, 0.3)
      ? perAxis(choose, rank, 1, 3)
      : [undefined, kernel.map(() => 1)];
    const natural = size.map((s, i) => (s - 1) * strides[i]! + dilations[i]! * (kernel[i]! - 1) + 1);
    const how = choose.of(['none', 'none', 'list', 'pairs', 'same', 'same-lower', 'valid']);
    let pairs: Pairs = size.map(() => [0, 0]);
    let pad: unknown;
    let extra: number[] | undefined;
    if (how === 'valid') pad = how;
    if (how === 'list') {
      const list = times(rank, () => choose.integer(0, 3));
      [pad, pairs] = [list, list.map((p): [number, number] => [p, p])];
    } else if (how === 'pairs') {
      pairs = times(rank, () => [choose.integer(0, 3), choose.integer(0, 3)]);
      pad = pairs;
    } else if (how.startsWith('same')) {
      if (natural.some((n, i) => n < size[i]! * strides[i]!)) return null;
      pad = how;
      pairs = natural.map((n, i) => [n - size[i]! * strides[i]!, 0]);
    }
    if (!how.startsWith('same') && maybe(choose, 0.3))
      extra = times(rank, (i) => choose.integer(0, Math.max(strides[i]!, dilations[i]!) - 1));
    const out = natural.map((n, i) => n - pairs[i]![0] - pairs[i]![1] + (extra?.[i] ?? 0));
    if (out.some((o) => o < 1)) return null;
    const sized = extra === undefined && (how === 'none' || how === 'list') && maybe(choose, 0.3);
    const groups = choose.of([1, 1, 1, 2, 3]);
    const [into, per] = [choose.integer(1, 5), choose.integer(1, 4)];
    const given = options({
      stride,
      padding: pad,
      outputPadding: extra,
      groups: groups > 1 ? groups : undefined,
      dilation,
      outputSize: sized ? out.map((o, i) => o + choose.integer(0, strides[i]! - 1)) : undefined,
    });
    const weight = text([into * groups, per, ...kernel]);
    return [text([batch(choose), into * groups, ...size]), weight, bias(choose, per * groups), given];
  };
}

export const generators: Record<string, Generator> = {
  ...overRanks('convTranspose', randomConvTranspose),
};

// biome-ignore format: a call a line.
export const wrong: Wrong[] = [
  ['transposed: channels that differ', () => striate.convTranspose2d(x(), w()), RangeError, 'convTranspose2d: input has 2 channels, weight expects 3'],
  ['transposed: channels that are no multiple of groups', () => striate.convTranspose2d(x(), striate.ones([2, 1, 1, 1]), null, { groups: 3 }), RangeError, 'convTranspose2d: input has 2 channels, must be a multiple of groups 3'],
  ['transposed: a bias of another size', () => striate.convTranspose2d(x(), striate.ones([2, 3, 3, 3]), striate.ones([2])), RangeError, 'convTranspose2d: bias has shape 2, must be [3]'],
  ['transposed: output padding as large as the stride', () => striate.convTranspose2d(x(), striate.ones([2, 3, 3, 3]), null, { stride: 2, outputPadding: [1, 2] }), RangeError, 'convTranspose2d: width: outputPadding is 2, must be from 0 to 1'],
  ['transposed: output padding under padding same', () => striate.convTranspose2d(x(), striate.ones([2, 3, 3, 3]), null, { stride: 2, padding: 'same', outputPadding: 1 }), RangeError, 'convTranspose2d: height: outputPadding is 1, must be from 0 to 0'],
  ['transposed: negative output padding', () => striate.convTranspose2d(x(), striate.ones([2, 3, 3, 3]), null, { outputPadding: -1 }), RangeError, 'convTranspose2d: outputPadding is -1, must be an integer, at least 0'],
  ['transposed: an output size that no convolution has', () => striate.convTranspose2d(x(), striate.ones([2, 3, 3, 3]), null, { stride: 2, outputSize: 13 }), RangeError, 'convTranspose2d: height: outputSize is 13, must be from 11 to 12'],
  ['transposed: padding that leaves nothing', () => striate.convTranspose2d(x(), striate.ones([2, 3, 3, 3]), null, { padding: 4 }), RangeError, 'convTranspose2d: height: the output would have -1 elements, must have at least 1'],
  ['transposed: a size beyond memory', () => striate.convTranspose2d(x(), striate.ones([2, 3, 3, 3]), null, { stride: 2 ** 30 }), RangeError, 'convTranspose2d: height: sizes multiply to more than 2^31 - 1 bytes'],
  ['transposed: padding of a mode', () => striate.convTranspose2d(x(), w(), null, any({ paddingMode: 'zeros' })), TypeError, "convTranspose2d: there is no option 'paddingMode'; options are stride, padding, outputPadding, groups, dilation, outputSize"],
  ['ConvTranspose2d of channels that are no multiple of groups', () => new striate.ConvTranspose2d(3, 4, 3, { groups: 2 }), RangeError, 'ConvTranspose2d: inChannels is 3, must be a multiple of groups 2'],
  ['ConvTranspose2d with an output size', () => new striate.ConvTranspose2d(3, 4, 3, any({ outputSize: 2 })), TypeError, "ConvTranspose2d: there is no option 'outputSize'; options are stride, padding, outputPadding, groups, dilation, bias, seed"],
];
