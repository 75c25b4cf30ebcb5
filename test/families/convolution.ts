/** Convolution of one, two and three axes. */
import * as striate from 'striate';
import {
  batch,
  bias,
  channels,
  fits,
  type Generator,
  maybe,
  options,
  padsFit,
  perAxis,
  type RandomWindow,
  RULES,
  randomPadding,
  spatial,
  text,
  times,
} from '../support/generate.ts';
import { countOf, indicesOf, overRanks, type Plain, placeOf, type Reference } from '../support/plain.ts';
import type { Choices } from '../support/random.ts';
import { any, gone, type Wrong, w, x } from '../support/wrong.ts';

export const lines = `
# Results written out
3x3 of ones, no padding | conv2d | {"values": [[[[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], [11, 12, 13, 14, 15], [16, 17, 18, 19, 20], [21, 22, 23, 24, 25]]]]}, {"values": [[[[1, 1, 1], [1, 1, 1], [1, 1, 1]]]]} | [[[[63, 72, 81], [108, 117, 126], [153, 162, 171]]]]
3x3 of ones, padding 1 | conv2d | {"values": [[[[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], [11, 12, 13, 14, 15], [16, 17, 18, 19, 20], [21, 22, 23, 24, 25]]]]}, {"values": [[[[1, 1, 1], [1, 1, 1], [1, 1, 1]]]]}, null, {"padding": 1} | [[[[16, 27, 33, 39, 28], [39, 63, 72, 81, 57], [69, 108, 117, 126, 87], [99, 153, 162, 171, 117], [76, 117, 123, 129, 88]]]]
an edge filter with bias | conv2d | {"values": [[[[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], [11, 12, 13, 14, 15], [16, 17, 18, 19, 20], [21, 22, 23, 24, 25]]]]}, {"values": [[[[1, 0, -1], [2, 0, -2], [1, 0, -1]]]]}, {"values": [10]} | [[[[2, 2, 2], [2, 2, 2], [2, 2, 2]]]]
an edge filter, padding before only | conv2d | {"values": [[[[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], [11, 12, 13, 14, 15], [16, 17, 18, 19, 20], [21, 22, 23, 24, 25]]]]}, {"values": [[[[1, 0, -1], [2, 0, -2], [1, 0, -1]]]]}, null, {"padding": [[2, 0], [1, 0]]} | [[[[-2, -2, -2, -2], [-11, -6, -6, -6], [-28, -8, -8, -8], [-48, -8, -8, -8], [-68, -8, -8, -8]]]]
an edge filter, padding after only | conv2d | {"values": [[[[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], [11, 12, 13, 14, 15], [16, 17, 18, 19, 20], [21, 22, 23, 24, 25]]]]}, {"values": [[[[1, 0, -1], [2, 0, -2], [1, 0, -1]]]]}, null, {"padding": [[0, 1], [0, 2]]} | [[[[-8, -8, -8, 36, 40], [-8, -8, -8, 56, 60], [-8, -8, -8, 76, 80], [-6, -6, -6, 67, 70]]]]
stride 2 | conv2d | {"values": [[[[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], [11, 12, 13, 14, 15], [16, 17, 18, 19, 20], [21, 22, 23, 24, 25]]]]}, {"values": [[[[1, 0, -1], [2, 0, -2], [1, 0, -1]]]]}, null, {"stride": 2} | [[[[-8, -8], [-8, -8]]]]
stride 2 by row, 1 by column, padding 1 | conv2d | {"values": [[[[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], [11, 12, 13, 14, 15], [16, 17, 18, 19, 20], [21, 22, 23, 24, 25]]]]}, {"values": [[[[1, 0, -1], [2, 0, -2], [1, 0, -1]]]]}, null, {"padding": [1, 1], "stride": [2, 1]} | [[[[-11, -6, -6, -6, 17], [-48, -8, -8, -8, 56], [-61, -6, -6, -6, 67]]]]
dilation 2 | conv2d | {"values": [[[[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], [11, 12, 13, 14, 15], [16, 17, 18, 19, 20], [21, 22, 23, 24, 25]]]]}, {"values": [[[[1, 1, 1], [1, 1, 1], [1, 1, 1]]]]}, null, {"dilation": 2} | [[[[117]]]]
dilation 2, padding 2 | conv2d | {"values": [[[[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], [11, 12, 13, 14, 15], [16, 17, 18, 19, 20], [21, 22, 23, 24, 25]]]]}, {"values": [[[[1, 0, -1], [2, 0, -2], [1, 0, -1]]]]}, null, {"padding": 2, "dilation": 2} | [[[[-19, -22, -12, 16, 19], [-34, -37, -12, 31, 34], [-52, -56, -16, 48, 52], [-44, -47, -12, 41, 44], [-59, -62, -12, 56, 59]]]]
same padding of an even kernel: the odd one after | conv2d | {"values": [[[[3, -1, 2, 0], [1, 4, -2, 5], [0, 2, 1, -3], [2, 2, -1, 4]]]]}, {"values": [[[[1, 2], [3, 4]]]]}, null, {"padding": "same"} | [[[[20, 7, 16, 15], [17, 10, -1, -4], [18, 6, 8, 9], [6, 0, 7, 4]]]]
same-lower padding of an even kernel: the odd one before | conv2d | {"values": [[[[3, -1, 2, 0], [1, 4, -2, 5], [0, 2, 1, -3], [2, 2, -1, 4]]]]}, {"values": [[[[1, 2], [3, 4]]]]}, null, {"padding": "same-lower"} | [[[[12, 5, 5, 6], [10, 20, 7, 16], [2, 17, 10, -1], [8, 18, 6, 8]]]]
same padding with stride 2 | conv2d | {"values": [[[[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], [11, 12, 13, 14, 15], [16, 17, 18, 19, 20], [21, 22, 23, 24, 25]]]]}, {"values": [[[[1, 1, 1], [1, 1, 1], [1, 1, 1]]]]}, null, {"padding": "same", "stride": 2} | [[[[16, 33, 28], [69, 117, 87], [76, 123, 88]]]]
same padding with stride 3, where none is needed | conv2d | {"values": [[[[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], [11, 12, 13, 14, 15], [16, 17, 18, 19, 20], [21, 22, 23, 24, 25]]]]}, {"values": [[[[1, 2], [3, 4]]]]}, null, {"padding": "same", "stride": 3} | [[[[51, 81], [201, 231]]]]
full padding | conv2d | {"values": [[[[1, 2], [3, 4]]]]}, {"values": [[[[1, 1], [1, -1]]]]}, null, {"padding": "full"} | [[[[-1, -1, 2], [-2, 2, 6], [3, 7, 4]]]]
valid padding | conv2d | {"values": [[[[3, -1, 2, 0], [1, 4, -2, 5], [0, 2, 1, -3], [2, 2, -1, 4]]]]}, {"values": [[[[1, 2], [3, 4]]]]}, null, {"padding": "valid"} | [[[[20, 7, 16], [17, 10, -1], [18, 6, 8]]]]
a mathematical convolution turns its kernel | conv2d | {"values": [[[[3, -1, 2, 0], [1, 4, -2, 5], [0, 2, 1, -3], [2, 2, -1, 4]]]]}, {"values": [[[[1, 2], [3, 4]]]]}, null, {"flipKernel": true} | [[[[15, 8, 9], [18, 15, 6], [12, 14, -3]]]]
two channels into one | conv2d | {"values": [[[[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[-1, -2, -3], [-4, -5, -6], [-7, -8, -9]]]]}, {"values": [[[[1, 0], [0, 1]], [[2, 1], [1, 2]]]]} | [[[[-12, -16], [-24, -28]]]]
one channel into three, with biases | conv2d | {"values": [[[[3, -1, 2, 0], [1, 4, -2, 5], [0, 2, 1, -3], [2, 2, -1, 4]]]]}, {"values": [[[[1, 0], [0, 0]]], [[[0, 1], [0, 0]]], [[[1, 1], [1, 1]]]]}, {"values": [0, 10, -10]} | [[[[3, -1, 2], [1, 4, -2], [0, 2, 1]], [[9, 12, 10], [14, 8, 15], [12, 11, 7]], [[-3, -7, -5], [-3, -5, -9], [-4, -6, -9]]]]
depthwise: a filter per channel | conv2d | {"values": [[[[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[-1, -2, -3], [-4, -5, -6], [-7, -8, -9]]]]}, {"values": [[[[1, 1], [1, 1]]], [[[1, 0], [0, -1]]]]}, null, {"groups": 2} | [[[[12, 16], [24, 28]], [[4, 4], [4, 4]]]]
two groups of two channels | conv2d | {"values": [[[[0, 1], [2, 3]], [[4, 5], [6, 7]], [[8, 9], [10, 11]], [[12, 13], [14, 15]]]]}, {"values": [[[[1]], [[1]]], [[[1]], [[-1]]], [[[2]], [[0]]], [[[0]], [[2]]]]}, {"values": [0, 0, 1, 2]}, {"groups": 2} | [[[[4, 6], [8, 10]], [[-4, -4], [-4, -4]], [[17, 19], [21, 23]], [[26, 28], [30, 32]]]]
1x1: channels are mixed, pixels are not | conv2d | {"values": [[[[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[-1, -2, -3], [-4, -5, -6], [-7, -8, -9]]]]}, {"values": [[[[2]], [[3]]], [[[-1]], [[1]]]]} | [[[[-1, -2, -3], [-4, -5, -6], [-7, -8, -9]], [[-2, -4, -6], [-8, -10, -12], [-14, -16, -18]]]]
two images | conv2d | {"values": [[[[1, 2], [3, 4]]], [[[5, 6], [7, 8]]]]}, {"values": [[[[1, -1], [1, -1]]]]} | [[[[-2]]], [[[-2]]]]
reflected edges | conv2d | {"values": [[[[3, -1, 2, 0], [1, 4, -2, 5], [0, 2, 1, -3], [2, 2, -1, 4]]]]}, {"values": [[[[1, 1, 1], [1, 1, 1], [1, 1, 1]]]]}, null, {"padding": 1, "paddingMode": "reflect"} | [[[[19, 10, 15, 6], [14, 10, 8, 4], [19, 9, 12, 2], [14, 9, 5, 0]]]]
repeated edges | conv2d | {"values": [[[[3, -1, 2, 0], [1, 4, -2, 5], [0, 2, 1, -3], [2, 2, -1, 4]]]]}, {"values": [[[[1, 1, 1], [1, 1, 1], [1, 1, 1]]]]}, null, {"padding": 1, "paddingMode": "replicate"} | [[[[16, 11, 9, 12], [13, 10, 8, 5], [14, 9, 12, 10], [14, 9, 10, 9]]]]
edges that go round | conv2d | {"values": [[[[3, -1, 2, 0], [1, 4, -2, 5], [0, 2, 1, -3], [2, 2, -1, 4]]]]}, {"values": [[[[1, 1, 1], [1, 1, 1], [1, 1, 1]]]]}, null, {"padding": 1, "paddingMode": "circular"} | [[[[20, 10, 13, 14], [11, 10, 8, 7], [17, 9, 12, 7], [9, 10, 6, 8]]]]
one dimension | conv1d | {"values": [[[1, 3, 0, -2, 5, 4]]]}, {"values": [[[1, 2, -1]]]} | [[[7, 5, -9, 4]]]
one dimension, stride 2, padding 1 and 2 | conv1d | {"values": [[[1, 3, 0, -2, 5, 4]]]}, {"values": [[[1, 2, -1]]]}, null, {"stride": 2, "padding": [[1, 2]]} | [[[-1, 5, 4, 4]]]
three dimensions | conv3d | {"values": [[[[[0, 1, 2], [3, 4, 5]], [[6, 7, 8], [9, 10, 11]]]]]}, {"values": [[[[[1, 0], [0, 0]], [[0, 0], [0, 1]]]]]} | [[[[[10, 12]]]]]
three dimensions, padding 1 along the depth | conv3d | {"values": [[[[[0, 1], [2, 3]], [[4, 5], [6, 7]], [[8, 9], [10, 11]]]]]}, {"values": [[[[[1, 1], [1, 1]], [[-1, -1], [-1, -1]]]]]}, null, {"padding": [1, 0, 0]} | [[[[[-6]], [[-16]], [[-16]], [[38]]]]]
# Small integers, which the native tests take as well
plain 3x3 | conv2d | "1x3x8x8", "5x3x3x3", "5"
textbook sizes | conv2d | "1x1x3x3", "1x1x2x2"
textbook padding 1 stride 3,2 | conv2d | "1x1x3x3", "1x1x2x2", null, { "stride": [3, 2], "padding": 1 }
one window of the largest stride | conv2d | "2x3x7x5", "4x3x3x2", "4", { "stride": 2147483647 }
odd sizes | conv2d | "2x3x7x5", "4x3x3x2", "4", { "stride": [2, 1], "dilation": [1, 2], "padding": 1 }
one pixel in, one pixel out | conv2d | "1x4x1x1", "3x4x1x1", "3"
one pixel with padding around | conv2d | "1x2x1x1", "3x2x3x3", null, { "padding": 1 }
one channel in, many out | conv2d | "2x1x9x11", "70x1x3x3", "70", { "padding": 1 }
one channel out | conv2d | "1x17x6x7", "1x17x3x3", null, { "padding": 1 }
kernel as large as the input | conv2d | "2x3x5x6", "4x3x5x6", "4"
kernel as large as the padded input | conv2d | "1x2x3x4", "3x2x7x6", null, { "padding": [2, 1] }
dilated kernel as large as the padded input | conv2d | "1x2x5x5", "3x2x3x3", null, { "dilation": 3, "padding": 1 }
stride above the kernel | conv2d | "1x3x11x13", "4x3x2x3", null, { "stride": [5, 4] }
stride above the input | conv2d | "1x3x4x4", "4x3x2x2", null, { "stride": 9 }
zero batch | conv2d | "0x3x5x5", "4x3x3x3", "4"
zero output channels | conv2d | "2x3x5x5", "0x3x3x3"
zero input channels | conv2d | "2x0x5x5", "3x0x3x3", "3"
rows of zero length inside padding | conv2d | "2x3x4x0", "3x3x2x2", "3", { "padding": [[0, 0], [1, 2]] }
dilation with stride | conv2d | "1x4x13x12", "6x4x3x3", null, { "stride": 2, "dilation": [2, 3], "padding": 2 }
groups | conv2d | "2x6x7x9", "8x3x3x3", "8", { "padding": 1, "groups": 2 }
groups with remainder outputs | conv2d | "1x6x6x7", "15x2x3x3", null, { "padding": 1, "groups": 3 }
groups of many channels in | conv2d | "1x24x5x5", "6x12x1x1", null, { "groups": 2 }
grouped pointwise with remainders | conv2d | "3x9x3x5", "21x3x1x1", "21", { "groups": 3 }
three row tiles, panels across images | conv2d | "3x5x3x7", "12x5x1x1", "12"
three row tiles and a part of one | conv2d | "1x5x6x8", "14x5x1x1", "14"
three row tiles and two, less than a panel | conv2d | "1x3x1x5", "20x3x1x1", "20"
seven row tiles, the last not full | conv2d | "2x4x5x5", "27x4x3x3", "27", { "padding": 1 }
grouped, three row tiles and a part of one | conv2d | "2x6x4x5", "26x3x2x2", "26", { "groups": 2 }
one pixel, nine row tiles | conv2d | "1x6x1x1", "35x6x1x1", "35"
one pixel after a panel, many row tiles | conv2d | "1x3x3x3", "70x3x1x1", "70"
asymmetric padding | conv2d | "1x3x8x9", "4x3x3x3", null, { "stride": 2, "padding": [[0, 2], [3, 1]] }
asymmetric padding after only | conv2d | "1x3x16x16", "7x3x5x5", "7", { "stride": 2, "padding": [[1, 2], [1, 2]] }
padding above the kernel | conv2d | "1x2x3x3", "3x2x2x2", null, { "padding": [5, 4] }
padding before above a panel | conv2d | "1x2x2x3", "3x2x2x2", null, { "padding": [[1, 0], [17, 0]] }
padding same, even kernel | conv2d | "1x3x7x6", "4x3x4x2", null, { "padding": "same" }
padding same with stride | conv2d | "1x3x11x8", "4x3x3x5", null, { "stride": [3, 2], "padding": "same" }
padding same-lower with stride | conv2d | "1x3x11x8", "4x3x4x3", null, { "stride": 2, "padding": "same-lower" }
padding same, input below the kernel | conv2d | "1x2x2x3", "3x2x5x7", null, { "padding": "same" }
padding valid | conv2d | "1x2x6x6", "3x2x3x3", null, { "padding": "valid" }
padding full | conv2d | "1x2x4x5", "3x2x3x2", null, { "padding": "full" }
padding full with dilation | conv2d | "1x2x4x3", "3x2x3x2", null, { "dilation": [2, 3], "padding": "full" }
flipped kernel | conv2d | "1x3x7x8", "4x3x3x4", "4", { "padding": 1, "flipKernel": true }
full padding and flipped kernel | conv2d | "1x1x5x6", "1x1x3x4", null, { "padding": "full", "flipKernel": true }
exactly one tile | conv2d | "1x5x1x8", "4x5x1x1"
one pixel above a tile | conv2d | "1x5x1x9", "5x5x1x1", "5"
one pixel below a tile | conv2d | "1x5x1x7", "3x5x1x1"
every remainder of outputs 2 | conv2d | "1x3x5x5", "6x3x3x3", null, { "padding": 1 }
every remainder of outputs 3 | conv2d | "1x3x5x5", "7x3x3x3", null, { "padding": 1 }
tile across images | conv2d | "5x3x3x3", "6x3x1x1", "6"
tile across images with padding | conv2d | "5x3x3x3", "6x3x3x3", "6", { "padding": 1 }
tile across many images | conv2d | "19x4x1x1", "9x4x1x1", "9"
tile across rows at stride 2 | conv2d | "2x3x11x9", "4x3x3x3", null, { "stride": 2, "padding": 1 }
rows of exactly eight at stride 2 | conv2d | "1x3x17x17", "4x3x3x3", null, { "stride": 2 }
rows of exactly eight at stride 2 that end the tensor | conv2d | "1x3x15x15", "4x3x1x1", null, { "stride": 2 }
rows of eight at stride 3 | conv2d | "1x2x10x25", "4x2x3x3", null, { "stride": 3, "padding": 1 }
more than 64 outputs | conv2d | "1x3x6x6", "67x3x3x3", "67", { "padding": 1 }
more than 128 outputs and several blocks of pixels | conv2d | "2x5x13x12", "131x5x1x1", "131"
one pixel, more than 64 outputs | conv2d | "1x33x1x1", "75x33x1x1", "75"
49 pixels, the last alone | conv2d | "1x12x7x7", "22x12x3x3", "22", { "padding": 1 }
deep sums | conv2d | "1x300x4x5", "5x300x3x3", null, { "padding": 1 }
wide rows whose middle needs no padding | conv2d | "2x3x9x40", "6x3x3x3", "6", { "padding": 1 }
wide rows whose middle needs no padding, stride 2 | conv2d | "2x3x11x53", "6x3x5x5", "6", { "stride": 2, "padding": [[1, 2], [1, 2]] }
wide rows whose middle needs no padding, groups and dilation | conv2d | "2x4x11x37", "6x2x3x3", null, { "dilation": 2, "padding": 2, "groups": 2 }
several panels, the last across two images | conv2d | "2x5x3x15", "6x5x1x1", "6"
large kernel | conv2d | "1x3x20x21", "8x3x7x7", "8", { "stride": 2, "padding": 3 }
flat kernel | conv2d | "1x4x6x19", "5x4x1x9", null, { "padding": [0, 4] }
tall kernel | conv2d | "1x4x19x6", "5x4x9x1", null, { "padding": [4, 0] }
pointwise with stride | conv2d | "1x6x9x11", "10x6x1x1", "10", { "stride": 2 }
pointwise with padding | conv2d | "1x6x5x4", "7x6x1x1", "7", { "padding": 1 }
stem of BlazeFace | conv2d | "1x3x32x32", "24x3x5x5", "24", { "stride": 2, "padding": [[1, 2], [1, 2]] }
depthwise 3x3 | conv2d | "2x5x16x16", "5x1x3x3", "5", { "padding": 1, "groups": 5 }
depthwise 3x3 on wide rows | conv2d | "1x3x6x45", "3x1x3x3", "3", { "padding": 1, "groups": 3 }
depthwise 3x3 on wide rows without padding | conv2d | "1x3x6x47", "3x1x3x3", null, { "groups": 3 }
depthwise 3x3 on wide rows, an odd number of them | conv2d | "2x3x7x46", "3x1x3x3", "3", { "padding": 1, "groups": 3 }
depthwise 3x3 on wide rows at stride 2 | conv2d | "1x3x9x75", "3x1x3x3", null, { "stride": 2, "padding": 1, "groups": 3 }
depthwise 3x3 at stride 2, padding after | conv2d | "1x6x16x16", "6x1x3x3", "6", { "stride": 2, "padding": [[0, 1], [0, 1]], "groups": 6 }
depthwise 3x3 at stride 2, wide, padding after | conv2d | "1x2x10x64", "2x1x3x3", null, { "stride": 2, "padding": [[0, 1], [0, 1]], "groups": 2 }
depthwise 3x3 on two vectors, an odd number of rows | conv2d | "2x3x7x8", "3x1x3x3", "3", { "padding": 1, "groups": 3 }
depthwise 3x3 on three vectors, one row | conv2d | "1x2x1x12", "2x1x3x3", null, { "padding": 1, "groups": 2 }
depthwise 3x3 on whole vectors, padding far above | conv2d | "1x2x3x40", "2x1x3x3", "2", { "padding": [[4, 5], [1, 1]], "groups": 2 }
depthwise 3x3 at stride 2 on two vectors, odd rows | conv2d | "2x3x7x16", "3x1x3x3", "3", { "stride": 2, "padding": [[1, 1], [0, 1]], "groups": 3 }
depthwise 3x3 on one pixel | conv2d | "1x3x1x1", "3x1x3x3", null, { "padding": 1, "groups": 3 }
depthwise 3x3 on two columns | conv2d | "1x3x5x2", "3x1x3x3", "3", { "padding": 1, "groups": 3 }
depthwise 3x3, odd rows at stride 2 | conv2d | "1x3x7x9", "3x1x3x3", null, { "stride": 2, "padding": 1, "groups": 3 }
depthwise 3x3, padding above the kernel | conv2d | "1x2x4x5", "2x1x3x3", null, { "padding": [[6, 4], [5, 7]], "groups": 2 }
depthwise 3x3, padding above the kernel at stride 2 | conv2d | "1x2x4x5", "2x1x3x3", null, { "stride": 2, "padding": [[5, 6], [8, 3]], "groups": 2 }
depthwise 3x3 on low planes, eight strips | conv2d | "2x3x8x32", "3x1x3x3", "3", { "padding": 1, "groups": 3 }
depthwise 3x3 on low planes, one column more | conv2d | "1x2x8x33", "2x1x3x3", null, { "padding": 1, "groups": 2 }
depthwise 3x3 on low planes, padding of two | conv2d | "1x2x4x4", "2x1x3x3", "2", { "padding": 2, "groups": 2 }
depthwise 3x3 on low planes without padding | conv2d | "1x2x6x11", "2x1x3x3", "2", { "groups": 2 }
depthwise 3x3 at stride 2, rows of strips inside | conv2d | "2x2x20x70", "2x1x3x3", "2", { "stride": 2, "padding": [[2, 0], [0, 2]], "groups": 2 }
depthwise 5x5 at stride 2, much padding | conv2d | "1x2x11x29", "2x1x5x5", "2", { "stride": 2, "padding": 4, "groups": 2 }
depthwise 3x3 without rows | conv2d | "1x2x0x5", "2x1x3x3", "2", { "padding": 2, "groups": 2 }
depthwise 5x5 | conv2d | "1x4x12x13", "4x1x5x5", "4", { "padding": 2, "groups": 4 }
depthwise 3x3 on three wide rows | conv2d | "1x3x3x45", "3x1x3x3", "3", { "padding": 1, "groups": 3 }
depthwise 3x3 on two wide rows | conv2d | "1x2x2x61", "2x1x3x3", null, { "padding": 1, "groups": 2 }
depthwise 3x3 on nine wide rows | conv2d | "1x2x9x46", "2x1x3x3", "2", { "padding": 1, "groups": 2 }
depthwise 5x5 on three rows | conv2d | "1x3x3x21", "3x1x5x5", "3", { "padding": 2, "groups": 3 }
depthwise 5x5 on one row | conv2d | "1x2x1x14", "2x1x5x5", null, { "padding": 2, "groups": 2 }
depthwise 5x5 on five rows | conv2d | "1x2x5x13", "2x1x5x5", "2", { "padding": 2, "groups": 2 }
depthwise 5x5 on wide rows | conv2d | "1x2x7x50", "2x1x5x5", null, { "padding": 2, "groups": 2 }
depthwise 5x5 at stride 2 | conv2d | "1x4x15x14", "4x1x5x5", "4", { "stride": 2, "padding": 2, "groups": 4 }
depthwise 5x5 on wide rows at stride 2 | conv2d | "1x2x9x90", "2x1x5x5", null, { "stride": 2, "padding": [[1, 2], [1, 2]], "groups": 2 }
depthwise 5x5 kernel as large as the input | conv2d | "1x3x5x5", "3x1x5x5", null, { "groups": 3 }
depthwise 2x2 | conv2d | "1x3x6x21", "3x1x2x2", "3", { "groups": 3 }
depthwise 3x3 with dilation | conv2d | "1x3x12x40", "3x1x3x3", "3", { "dilation": 2, "padding": 2, "groups": 3 }
depthwise 3x3 at stride 3 | conv2d | "1x3x12x40", "3x1x3x3", null, { "stride": 3, "padding": 1, "groups": 3 }
depthwise 3x3 at strides 1 and 2 | conv2d | "1x3x8x11", "3x1x3x3", null, { "stride": [1, 2], "padding": 1, "groups": 3 }
depthwise 3x3 at strides 2 and 1 | conv2d | "2x3x17x13", "3x1x3x3", "3", { "stride": [2, 1], "padding": 1, "groups": 3 }
depthwise 3x3 at strides 2 and 1, two rows of outputs | conv2d | "1x3x4x45", "3x1x3x3", null, { "stride": [2, 1], "padding": [[1, 0], [2, 1]], "groups": 3 }
depthwise 3x3 at strides 2 and 1, padding above the kernel | conv2d | "1x2x6x9", "2x1x3x3", "2", { "stride": [2, 1], "padding": [[5, 6], [1, 2]], "groups": 2 }
depthwise 3x3 at strides 1 and 2, wide | conv2d | "2x2x5x70", "2x1x3x3", "2", { "stride": [1, 2], "padding": [[2, 0], [0, 2]], "groups": 2 }
depthwise 3x3 at strides 1 and 2, one row | conv2d | "1x2x1x20", "2x1x3x3", null, { "stride": [1, 2], "padding": 1, "groups": 2 }
depthwise 5x5 at strides 2 and 1 | conv2d | "2x3x15x22", "3x1x5x5", "3", { "stride": [2, 1], "padding": 2, "groups": 3 }
depthwise 5x5 at strides 2 and 1, one row of outputs | conv2d | "1x2x5x11", "2x1x5x5", null, { "stride": [2, 1], "padding": [[0, 1], [4, 3]], "groups": 2 }
depthwise 5x5 at strides 1 and 2 | conv2d | "2x3x7x61", "3x1x5x5", "3", { "stride": [1, 2], "padding": 2, "groups": 3 }
depthwise 5x5 at strides 1 and 2, much padding | conv2d | "1x2x3x10", "2x1x5x5", null, { "stride": [1, 2], "padding": 4, "groups": 2 }
depthwise with dilation and stride | conv2d | "2x3x13x17", "3x1x3x2", null, { "stride": 2, "dilation": [3, 4], "padding": 2, "groups": 3 }
depthwise 7x7 | conv2d | "1x2x9x33", "2x1x7x7", null, { "padding": 3, "groups": 2 }
depthwise with channel multiplier | conv2d | "2x3x9x10", "9x1x3x3", "9", { "padding": 1, "groups": 3 }
depthwise with channel multiplier and dilation | conv2d | "2x3x9x10", "6x1x3x3", null, { "dilation": 2, "padding": 1, "groups": 3 }
depthwise pointwise | conv2d | "2x5x4x7", "5x1x1x1", "5", { "groups": 5 }
depthwise flipped | conv2d | "1x4x8x8", "4x1x3x3", null, { "padding": 1, "groups": 4, "flipKernel": true }
signal | conv1d | "2x3x20", "4x3x5", "4", { "padding": 2 }
signal with dilation and stride | conv1d | "2x3x41", "4x3x4", null, { "stride": 3, "dilation": 2, "padding": [[1, 4]] }
signal, depthwise, long kernel | conv1d | "1x4x70", "4x1x31", null, { "padding": 15, "groups": 4 }
signal of one sample | conv1d | "3x2x1", "5x2x3", null, { "padding": "same" }
full signal, flipped | conv1d | "1x1x9", "1x1x4", null, { "padding": "full", "flipKernel": true }
volume | conv3d | "1x2x4x5x6", "3x2x3x3x3", "3", { "padding": 1 }
volume, every axis different | conv3d | "2x2x5x6x7", "3x2x2x3x1", null, { "stride": [2, 1, 3], "dilation": [2, 1, 1], "padding": [[1, 0], [2, 1], [0, 2]] }
volume, grouped | conv3d | "1x4x4x4x5", "6x2x2x2x2", "6", { "groups": 2 }
volume, pointwise, across images | conv3d | "3x4x1x3x3", "5x4x1x1x1"
volume, depthwise | conv3d | "1x3x4x6x20", "3x1x3x3x3", "3", { "padding": 1, "groups": 3 }
volume, depthwise, flat kernel | conv3d | "1x3x4x6x9", "3x1x1x3x3", null, { "padding": [0, 1, 1], "groups": 3 }
volume, kernel as large as the padded input | conv3d | "1x2x2x3x2", "3x2x4x5x4", null, { "padding": 1 }
3x3 of many channels, whole patches | conv2d | "1x16x18x18", "16x16x3x3", "16"
3x3 of many channels, patches cut | conv2d | "2x17x15x13", "19x17x3x3", null, { "padding": 1 }
3x3 of many channels, groups | conv2d | "1x32x13x22", "36x16x3x3", "36", { "padding": 1, "groups": 2 }
3x3 of many channels, more than a block of outputs | conv2d | "1x16x9x14", "70x16x3x3", null, { "padding": 1, "flipKernel": true }
3x3 of many channels, more than a block of patches | conv2d | "3x16x16x23", "16x16x3x3", null, { "padding": [[0, 2], [3, 1]] }
3x3 of many channels, wide padding | conv2d | "1x16x5x6", "16x16x3x3", null, { "padding": [6, 7] }
3x3 of more channels than are transformed together | conv2d | "1x131x7x6", "17x131x3x3", "17", { "padding": 1 }
3x3 of one channel more than are transformed together | conv2d | "1x25x12x9", "16x25x3x3", null, { "padding": 1 }
few channels, rows of four | conv2d | "2x3x6x4", "5x3x3x3", "5", { "padding": 1 }
few channels, several bands | conv2d | "2x8x44x64", "5x8x3x3", "5", { "padding": 1 }
few channels, bands of one row at stride 2 | conv2d | "1x8x21x390", "3x8x7x3", null, { "stride": 2, "padding": [3, 1] }
few channels, rows that overlap, odd padding at stride 2 | conv2d | "2x3x23x19", "26x3x5x5", "26", { "stride": 2, "padding": [[1, 2], [2, 3]] }
few channels, phases of three, dilated | conv2d | "1x2x17x31", "7x2x3x4", null, { "stride": [2, 3], "dilation": [1, 2], "padding": 3 }
few channels, padding beyond the kernel | conv2d | "2x2x3x3", "3x2x2x2", "3", { "padding": 7 }
few channels, stride above the kernel | conv2d | "1x3x9x40", "4x3x2x3", null, { "stride": [4, 7] }
few channels, padding in which whole phases lie | conv2d | "1x2x2x1", "13x2x2x2", "13", { "stride": [1, 5], "padding": [3, 9] }
few channels, rows of zero length | conv2d | "1x2x3x0", "3x2x2x2", "3", { "padding": [1, 3] }
few channels of many groups | conv2d | "2x16x9x10", "16x4x3x3", "16", { "padding": 1, "groups": 4 }
few channels of a signal | conv1d | "2x3x37", "14x3x7", "14", { "stride": 2, "padding": 3 }
few outputs of many channels | conv2d | "1x40x9x14", "3x40x3x3", "3", { "padding": 1 }
dilated, 16 channels, rows and columns at different steps | conv2d | "2x16x13x11", "16x16x3x3", "16", { "dilation": [2, 3], "padding": [1, 4] }
dilated, phases of different lengths, some without a row of a patch | conv2d | "1x16x21x9", "17x16x3x3", null, { "dilation": [4, 2], "padding": [3, 2] }
dilated beyond the output | conv2d | "1x17x19x23", "16x17x3x3", "16", { "dilation": [9, 10], "padding": [1, 0] }
dilated, two groups | conv2d | "1x32x10x14", "34x16x3x3", "34", { "dilation": 2, "padding": [3, 1], "groups": 2 }

# Textbook numbers
a 2x2 kernel over 3x3 | conv2d | {"values": [[[[0, 1, 2], [3, 4, 5], [6, 7, 8]]]]}, {"values": [[[[0, 1], [2, 3]]]]} | [[[[19, 25], [37, 43]]]]
padding of one element | conv2d | {"values": [[[[0, 1, 2], [3, 4, 5], [6, 7, 8]]]]}, {"values": [[[[0, 1], [2, 3]]]]}, null, {"padding": 1} | [[[[0, 3, 8, 4], [9, 19, 25, 10], [21, 37, 43, 16], [6, 7, 8, 0]]]]
stride of three rows and two columns | conv2d | {"values": [[[[0, 1, 2], [3, 4, 5], [6, 7, 8]]]]}, {"values": [[[[0, 1], [2, 3]]]]}, null, {"padding": 1, "stride": [3, 2]} | [[[[0, 8], [6, 8]]]]
two input channels | conv2d | {"values": [[[[0, 1, 2], [3, 4, 5], [6, 7, 8]], [[1, 2, 3], [4, 5, 6], [7, 8, 9]]]]}, {"values": [[[[0, 1], [2, 3]], [[1, 2], [3, 4]]]]} | [[[[56, 72], [104, 120]]]]

# Gradients of convolution
plain 3x3, backward | conv2d | "2x3x8x9", "5x3x3x3", "5", {"padding": 1}
many channels and pixels | conv2d | "1x9x9x10", "13x9x3x3", "13", {"padding": 1}
pointwise | conv2d | "3x9x5x7", "13x9x1x1", "13"
pointwise of few outputs | conv2d | "3x9x5x7", "2x9x1x1", "2"
stride 2, backward | conv2d | "2x4x9x10", "6x4x3x3", "6", {"stride": 2, "padding": 1}
stride 2, even input and kernel | conv2d | "1x4x8x8", "5x4x4x4", null, {"stride": 2, "padding": 1}
stride 3 with a remainder | conv2d | "1x3x12x14", "4x3x5x4", null, {"stride": 3}
pointwise at stride 2 | conv2d | "2x3x7x9", "5x3x1x1", "5", {"stride": 2}
kernel as large as the stride | conv2d | "2x3x8x9", "4x3x2x3", "4", {"stride": [2, 3]}
kernel as large as the stride, rest | conv2d | "2x3x9x11", "4x3x2x3", "4", {"stride": [2, 3]}
kernel as large as the stride, padded | conv2d | "2x3x9x10", "4x3x2x3", "4", {"stride": [2, 3], "padding": [1, 2]}
kernel as large as the stride, padding beyond it | conv2d | "1x2x4x4", "3x2x2x2", null, {"stride": 2, "padding": 4}
kernel below the stride, flipped and padded | conv2d | "1x3x11x13", "4x3x2x3", null, {"stride": [5, 4], "padding": [[1, 0], [0, 3]], "flipKernel": true}
dilation | conv2d | "1x3x9x11", "4x3x3x2", null, {"dilation": [2, 3], "padding": 1}
stride and dilation with a common divisor | conv2d | "1x3x14x13", "4x3x3x3", null, {"stride": 2, "dilation": 4, "padding": 4}
stride 4 and dilation 6 | conv1d | "2x3x50", "4x3x5", null, {"stride": 4, "dilation": 6, "padding": 7}
stride and dilation without one | conv2d | "1x3x14x13", "4x3x3x3", "4", {"stride": [2, 3], "dilation": [3, 2], "padding": 2}
stride equal to dilation | conv1d | "1x2x21", "3x2x4", null, {"stride": 3, "dilation": 3}
padding above the kernel, backward | conv2d | "1x2x3x4", "3x2x2x2", null, {"padding": [5, 4]}
padding above the kernel, stride 2 | conv2d | "1x2x3x4", "3x2x2x3", null, {"padding": [5, 4], "stride": 2}
padding above the kernel, stride 3, dilation 2 | conv2d | "1x2x3x4", "3x2x2x3", null, {"padding": [[7, 0], [1, 9]], "stride": 3, "dilation": 2}
padding same, even kernel, stride 2 | conv2d | "1x3x7x6", "4x3x4x2", null, {"padding": "same", "stride": 2}
padding same-lower | conv2d | "1x3x7x6", "4x3x4x2", null, {"padding": "same-lower"}
padding valid, backward | conv2d | "1x3x7x6", "4x3x4x2", null, {"padding": "valid"}
flipped kernel, backward | conv2d | "2x3x7x8", "4x3x3x4", "4", {"padding": 1, "flipKernel": true}
flipped kernel, stride 2 | conv2d | "2x3x7x8", "4x3x3x4", "4", {"padding": 1, "stride": 2, "flipKernel": true}
groups, backward | conv2d | "2x6x7x9", "8x3x3x3", "8", {"groups": 2, "padding": 1}
groups with stride | conv2d | "2x6x7x9", "10x3x3x3", "10", {"groups": 2, "padding": 1, "stride": 2}
depthwise | conv2d | "2x7x9x11", "7x1x3x3", "7", {"groups": 7, "padding": 1}
depthwise of whole vectors | conv2d | "1x3x8x16", "3x1x3x3", null, {"groups": 3, "padding": 1}
depthwise 5x5, stride 2 | conv2d | "1x5x12x13", "5x1x5x5", "5", {"groups": 5, "padding": 2, "stride": 2}
depthwise 7x7, backward | conv2d | "1x2x12x13", "2x1x7x7", null, {"groups": 2, "padding": 3}
depthwise with multiplier | conv2d | "2x3x7x6", "6x1x3x3", "6", {"groups": 3, "padding": 1}
depthwise with a larger multiplier and stride | conv2d | "2x3x7x6", "15x1x3x3", "15", {"groups": 3, "padding": 1, "stride": 2}
depthwise, dilated and strided | conv2d | "1x3x13x14", "3x1x3x4", null, {"groups": 3, "padding": 2, "stride": [3, 2], "dilation": [2, 3]}
one channel out, backward | conv2d | "1x17x6x7", "1x17x3x3", "1", {"padding": 1}
one pixel | conv2d | "2x4x1x1", "3x4x1x1", "3"
one dimension, backward | conv1d | "2x3x30", "5x3x4", "5", {"stride": 2, "padding": 3}
one dimension, long | conv1d | "1x2x700", "4x2x3", "4", {"padding": 1}
three dimensions, backward | conv3d | "2x2x5x6x7", "5x2x3x2x3", "5", {"padding": [1, 0, 1]}
three dimensions with stride and dilation | conv3d | "1x2x7x8x9", "4x2x2x3x2", "4", {"stride": [2, 2, 3], "dilation": [1, 2, 1], "padding": [[0, 1], [1, 2], [1, 0]]}
three dimensions, depthwise | conv3d | "1x3x5x6x7", "3x1x3x3x3", null, {"groups": 3, "padding": 1}
three dimensions, kernel as large as the stride | conv3d | "1x2x4x4x6", "4x2x2x2x2", "4", {"stride": 2}
rows of no length, stride 2 | conv2d | "2x3x4x0", "5x3x2x2", "5", {"padding": [[0, 0], [1, 2]], "stride": 2}
reals | conv2d | "2x5x12x13~", "9x5x3x3~", "9~", {"padding": 1, "stride": 2}

# Padding that is not zeros
padding that mirrors | conv2d | "2x3x5x7", "4x3x3x3", "4", {"padding": 1, "paddingMode": "reflect"}
padding that mirrors as far as it can | conv2d | "1x2x4x5", "3x2x3x3", null, {"padding": [3, 4], "paddingMode": "reflect", "stride": 2}
padding by the edge | conv2d | "2x3x5x7", "4x3x3x3", "4", {"padding": [[2, 0], [1, 9]], "paddingMode": "replicate", "dilation": 2}
padding that goes round | conv2d | "2x4x5x6", "6x2x3x5", "6", {"padding": [1, 2], "paddingMode": "circular", "groups": 2}
padding that goes round once | conv2d | "1x2x3x4", "3x2x3x3", null, {"padding": [3, 4], "paddingMode": "circular", "flipKernel": true}
padding same that mirrors | conv2d | "1x3x7x8", "4x3x4x3", "4", {"padding": "same", "paddingMode": "reflect", "stride": [2, 1]}
padding same-lower that goes round | conv1d | "2x3x9", "4x3x4", "4", {"padding": "same-lower", "paddingMode": "circular"}
padding of no width with a mode | conv2d | "1x2x5x5", "3x2x3x3", null, {"paddingMode": "reflect"}
padding by the edge in three dimensions | conv3d | "1x2x3x4x5", "3x2x3x3x3", "3", {"padding": 1, "paddingMode": "replicate"}
depthwise, padding that goes round | conv2d | "1x3x6x7", "3x1x3x3", "3", {"padding": 1, "paddingMode": "circular", "groups": 3}

# Outputs of one phase only: where a stride reaches past the end, the gradient is not its convolution as it is.
phases: x smaller than the stride on one axis | conv3d | "1x12x1x5x1","6x4x4x1x3",null,{"stride":[3,1,2],"padding":"same","groups":3}
phases: groups, one row, stride 3 | conv3d | "1x9x5x1x3","3x3x1x3x1",null,{"stride":[1,3,2],"padding":"same","groups":3}
phases: full padding, one stride of 3 | conv3d | "1x4x3x5x2","34x2x3x3x3",null,{"stride":[1,1,3],"padding":"full","groups":2}
phases: stride over full padding | conv3d | "1x1x6x2x20","1x1x2x3x1",null,{"stride":[1,3,1],"padding":"full","flipKernel":true}
phases: depthwise, one column, stride 3 | conv2d | "2x17x3x1","17x1x1x3","17",{"stride":[1,3],"padding":"same-lower","groups":17}
transformed at once | conv2d | "2x17x11x39", "17x17x3x3", null, {"padding": [0, 4]}
`;

export type Size = number | number[];

export interface ConvolutionOptions {
  stride?: Size;
  padding?: Size | [number, number][] | 'same' | 'same-lower' | 'valid' | 'full';
  paddingMode?: 'zeros' | 'reflect' | 'replicate' | 'circular';
  dilation?: Size;
  groups?: number;
  flipKernel?: boolean;
}

export const spread = (size: Size, rank: number) =>
  typeof size === 'number' ? new Array<number>(rank).fill(size) : size;

/** An axis of a window. */
interface Axis {
  stride: number;
  dilation: number;
  lo: number;
  hi: number;
  extent: number;
}

/** The axes of a convolution of `sizes`; `same` gives the padding of an axis under 'same'. */
export function axesOf(
  kernel: readonly number[],
  { stride = 1, padding = 0, dilation = 1 }: ConvolutionOptions,
  same: (axis: Axis, i: number) => number,
): Axis[] {
  const rank = kernel.length;
  return kernel.map((size, i) => {
    const [s, d] = [spread(stride, rank)[i] as number, spread(dilation, rank)[i] as number];
    const axis = { stride: s, dilation: d, lo: 0, hi: 0, extent: d * (size - 1) + 1 };
    if (padding === 'same' || padding === 'same-lower') {
      const both = Math.max(0, same(axis, i));
      const less = Math.floor(both / 2);
      [axis.lo, axis.hi] = padding === 'same' ? [less, both - less] : [both - less, less];
    } else if (padding === 'full') axis.lo = axis.hi = axis.extent - 1;
    else if (padding !== 'valid') {
      const pair = Array.isArray(padding) ? padding[i] : padding;
      [axis.lo, axis.hi] = Array.isArray(pair) ? pair : ([pair, pair] as [number, number]);
    }
    return axis;
  });
}

/** Where padding of a mode reads its value; null for a zero. */
function source(mode: ConvolutionOptions['paddingMode'], i: number, size: number): number | null {
  if (i >= 0 && i < size) return i;
  if (mode === 'replicate') return i < 0 ? 0 : size - 1;
  if (mode === 'circular') return (i + size) % size;
  if (mode === 'reflect') return i < 0 ? -i : 2 * (size - 1) - i;
  return null;
}

export function conv(
  x: Plain,
  weight: Plain,
  bias: Plain | null = null,
  options: ConvolutionOptions = {},
): Plain {
  const { groups = 1, flipKernel = false, paddingMode = 'zeros' } = options;
  const [n, channels, ...input] = x.shape as [number, number, ...number[]];
  const [outputs, perGroup, ...kernel] = weight.shape as [number, number, ...number[]];
  const axes = axesOf(
    kernel,
    options,
    ({ stride, extent }, i) => (Math.ceil(input[i]! / stride) - 1) * stride + extent - input[i]!,
  );
  const output = axes.map(
    ({ stride, lo, hi, extent }, i) => Math.floor((lo + input[i]! + hi - extent) / stride) + 1,
  );
  const shape = [n, outputs, ...output];
  const data = new Array<number>(countOf(shape)).fill(0);
  const taps = indicesOf(kernel);
  for (const [p, place] of indicesOf(output).entries()) {
    // Where each tap reads in a plane of x; -1 is a zero.
    const from = taps.map((tap) => {
      const at = axes.map(({ stride, dilation, lo }, i) =>
        source(paddingMode, place[i]! * stride - lo + tap[i]! * dilation, input[i]!),
      );
      return at.includes(null) ? -1 : placeOf(input, at as number[]);
    });
    for (let plane = 0; plane < n * outputs; plane++) {
      const [image, o] = [Math.floor(plane / outputs), plane % outputs];
      const first = image * channels + Math.floor(o / (outputs / groups)) * perGroup;
      let sum = bias === null ? 0 : bias.data[o]!;
      for (let c = 0; c < perGroup; c++) {
        const [xs, ws] = [(first + c) * countOf(input), (o * perGroup + c) * taps.length];
        for (let k = 0; k < taps.length; k++) {
          const tap = flipKernel ? taps.length - 1 - k : k;
          if (from[k]! >= 0) sum += x.data[xs + from[k]!]! * weight.data[ws + tap]!;
        }
      }
      data[plane * countOf(output) + p] = sum;
    }
  }
  return { shape, data, dtype: 'float32' };
}

export const references: Record<string, Reference> = {
  ...overRanks('conv', (): Reference => ({ run: conv, tolerance: 0, linear: 'all' })),
};

/** A convolution's window that fits. */
export function convWindow(choose: Choices, rank: number): RandomWindow {
  for (;;) {
    const size = spatial(choose, rank);
    const kernel = times(rank, () => choose.of([1, 2, 3, 3, 3, 4, 5]));
    if (maybe(choose, 0.25)) kernel.fill(choose.of([1, 3, 5]));
    const [stride, strides] = perAxis(choose, rank, 1, 3);
    const [dilation, dilations] = maybe(choose, 0.3)
      ? perAxis(choose, rank, 1, 3)
      : [undefined, kernel.map(() => 1)];
    const plain = maybe(choose, 0.4);
    const axes = { size, kernel, stride: plain ? kernel.map(() => 1) : strides, dilation: dilations };
    const [pad, pairs] = randomPadding(choose, [...RULES, 'full'], 4, axes);
    const mode = maybe(choose, 0.3) ? choose.of(['zeros', 'reflect', 'replicate', 'circular']) : undefined;
    const window = {
      ...axes,
      pairs,
      options: options({ stride: plain ? undefined : stride, padding: pad, paddingMode: mode, dilation }),
    };
    if (fits(window) && padsFit(mode, size, pairs)) return window;
  }
}

function randomConv(rank: number): Generator {
  return (choose) => {
    const { size, kernel, options: given } = convWindow(choose, rank);
    let [groups, into, out] = [choose.of([1, 1, 1, 2, 3]), channels(choose), channels(choose)];
    if (maybe(choose, 0.2)) {
      groups = channels(choose);
      [into, out] = [1, choose.of([1, 1, 2])];
    }
    if (groups > 1) given.groups = groups;
    if (maybe(choose, 0.15)) given.flipKernel = maybe(choose);
    const x = text([batch(choose), into * groups, ...size]);
    return [x, text([out * groups, into, ...kernel]), bias(choose, out * groups), given];
  };
}

export const generators: Record<string, Generator> = {
  ...overRanks('conv', randomConv),
};

// biome-ignore format: a call a line.
export const wrong: Wrong[] = [
  ['the weight is null', () => striate.conv2d(x(), any(null)), TypeError, 'conv2d: weight is null, must be a Tensor'],
  ['the weight is a number', () => striate.conv2d(x(), any(3)), TypeError, 'conv2d: weight is 3, must be a Tensor'],
  ['the weight is disposed', () => striate.conv2d(x(), any(gone())), TypeError, 'conv2d: weight is disposed'],
  ['the bias is a number', () => striate.conv2d(x(), w(), any(0)), TypeError, 'conv2d: bias is 0, must be a Tensor'],
  ['options in the place of the bias', () => striate.conv2d(x(), w(), any({ stride: 2 })), TypeError, 'conv2d: bias is an Object, must be a Tensor: write null before the options'],
  ['the bias is disposed', () => striate.conv2d(x(), w(), gone()), TypeError, 'conv2d: bias is disposed'],
  ['values of padding that there are not', () => striate.conv2d(x(), w(), null, { paddingMode: any('mirror') }), RangeError, "conv2d: paddingMode is 'mirror', must be 'zeros' or 'reflect' or 'replicate' or 'circular'"],
  ['values of padding that are a number', () => striate.conv2d(x(), w(), null, { paddingMode: any(0) }), TypeError, "conv2d: paddingMode is 0, must be 'zeros' or 'reflect' or 'replicate' or 'circular'"],
  ['padding that mirrors more than there is', () => striate.conv2d(x(), w(), null, { padding: 5, paddingMode: 'reflect' }), RangeError, "conv2d: padding[0][0] is 5, must be at most 4 in mode 'reflect' on an axis of 5"],
  ['padding that goes round twice', () => striate.conv2d(x(), w(), null, { padding: [0, 6], paddingMode: 'circular' }), RangeError, "conv2d: padding[1][0] is 6, must be at most 5 in mode 'circular' on an axis of 5"],
  ['Conv2d with a stride of 0', () => new striate.Conv2d(3, 4, 3, { stride: 0 }), RangeError, 'Conv2d: stride is 0, must be an integer, at least 1'],
  ['a stride of 0', () => striate.conv2d(x(), w(), null, { stride: 0 }), RangeError, 'conv2d: stride is 0, must be an integer, at least 1'],
  ['a NaN stride', () => striate.conv2d(x(), w(), null, { stride: Number.NaN }), RangeError, 'conv2d: stride is NaN, must be an integer, from 1 to 2147483647'],
  ['a stride that is a text', () => striate.conv2d(x(), w(), null, { stride: any('2') }), TypeError, "conv2d: stride is '2', must be an integer or an array of 2"],
  ['a stride that is null', () => striate.conv2d(x(), w(), null, { stride: any(null) }), TypeError, 'conv2d: stride is null, must be an integer or an array of 2'],
  ['three strides for two axes', () => striate.conv2d(x(), w(), null, { stride: [1, 2, 3] }), RangeError, 'conv2d: stride has 3 entries, must have 2'],
  ['a stride of 0 on one axis', () => striate.conv2d(x(), w(), null, { stride: [1, 0] }), RangeError, 'conv2d: stride[1] is 0, must be an integer, at least 1'],
  ['a dilation of 0', () => striate.conv2d(x(), w(), null, { dilation: 0 }), RangeError, 'conv2d: dilation is 0, must be an integer, at least 1'],
  ['groups of 0', () => striate.conv2d(x(), w(), null, { groups: 0 }), RangeError, 'conv2d: groups is 0, must be an integer, at least 1'],
  ['flipKernel that is a number', () => striate.conv2d(x(), w(), null, { flipKernel: any(1) }), TypeError, 'conv2d: flipKernel is 1, must be true or false'],
  ['an unknown option', () => striate.conv2d(x(), w(), null, any({ strides: 2 })), TypeError, "conv2d: there is no option 'strides'; options are stride, padding, paddingMode, dilation, groups, flipKernel"],
  ['options that are a number', () => striate.conv2d(x(), w(), null, any(2)), TypeError, 'conv2d: options is 2, must be an object: write { stride: 2 }'],
  ['negative padding', () => striate.conv2d(x(), w(), null, { padding: -1 }), RangeError, 'conv2d: padding is -1, must be an integer, at least 0'],
  ['negative padding in a pair', () => striate.conv2d(x(), w(), null, { padding: [[0, 0], [0, -2]] }), RangeError, 'conv2d: padding[1][1] is -2, must be an integer, at least 0'],
  ['one pair of padding for two axes', () => striate.conv2d(x(), w(), null, { padding: [[1, 1]] }), RangeError, 'conv2d: padding has 1 pair, must have 2'],
  ['three numbers in a pair', () => striate.conv2d(x(), w(), null, { padding: any([[1, 2, 3], [0, 0]]) }), RangeError, 'conv2d: padding[0] has 3 entries, must have 2'],
  ['padding by an unknown rule', () => striate.conv2d(x(), w(), null, { padding: any('SAME') }), RangeError, "conv2d: padding is 'SAME', must be numbers or one of 'same', 'same-lower', 'valid', 'full'"],
  ['padding that is an object', () => striate.conv2d(x(), w(), null, { padding: any({}) }), TypeError, 'conv2d: padding is an Object, must be an integer or an array of 2'],
  ['a kernel larger than the input', () => striate.conv2d(x(), striate.ones([1, 2, 6, 3])), RangeError, 'conv2d: height: kernel spans 6 elements, the padded input has only 5'],
  ['a dilated kernel larger than the padded input', () => striate.conv2d(x(), w(), null, { padding: 1, dilation: [1, 4] }), RangeError, 'conv2d: width: kernel spans 9 elements, the padded input has only 7'],
  ['a kernel of 0', () => striate.conv2d(x(), striate.ones([1, 2, 0, 3])), RangeError, 'conv2d: height: kernel is 0, must be at least 1'],
  ['an input axis of 0', () => striate.conv1d(striate.ones([1, 1, 0]), striate.ones([1, 1, 1])), RangeError, 'conv1d: length: kernel spans 1 elements, the padded input has only 0'],
  ['a kernel deeper than the input', () => striate.conv3d(striate.ones([1, 1, 2, 2, 2]), striate.ones([1, 1, 3, 1, 1])), RangeError, 'conv3d: depth: kernel spans 3 elements, the padded input has only 2'],
  ['the largest dilation', () => striate.conv2d(x(), w(), null, { dilation: 2 ** 30 - 1 }), RangeError, 'conv2d: height: kernel spans 2147483647 elements, the padded input has only 5'],
  ['the largest padding', () => striate.conv2d(x(), w(), null, { padding: 2 ** 31 - 1 }), RangeError, 'conv2d: height: sizes multiply to more than 2^31 - 1 bytes'],
  ['padding so that the output has 2^40 elements', () => striate.conv2d(x(), w(), null, { padding: 2 ** 20 }), RangeError, 'conv2d: shape 1x3x2097155x2097155 has more than 2^31 - 1 bytes'],
  ['an image without channel axis', () => striate.conv2d(striate.ones([2, 5, 5]), w()), RangeError, 'conv2d: x has 3 axes (shape [2, 5, 5]), must have 4'],
  ['a scalar', () => striate.conv2d(striate.tensor(1), w()), RangeError, 'conv2d: x has 0 axes (shape []), must have 4'],
  ['a weight of 3 axes', () => striate.conv2d(x(), striate.ones([3, 2, 3])), RangeError, 'conv2d: weight has 3 axes (shape [3, 2, 3]), must have 4'],
  ['channels that differ', () => striate.conv2d(striate.ones([1, 6, 5, 5]), striate.ones([4, 4, 1, 1])), RangeError, 'conv2d: input has 6 channels, weight expects 4'],
  ['channels that differ, in groups', () => striate.conv2d(striate.ones([1, 6, 5, 5]), striate.ones([4, 4, 1, 1]), null, { groups: 2 }), RangeError, 'conv2d: input has 6 channels, weight expects 4 x groups 2 = 8'],
  ['outputs that are no multiple of groups', () => striate.conv2d(x(), striate.ones([3, 1, 1, 1]), null, { groups: 2 }), RangeError, 'conv2d: weight has 3 output channels, must be a multiple of groups 2'],
  ['a bias of another size', () => striate.conv2d(x(), w(), striate.ones([2])), RangeError, 'conv2d: bias has shape 2, must be [3]'],
  ['an image of bytes', () => striate.conv2d(any(striate.zeros([1, 2, 5, 5], { dtype: 'uint8' })), w()), TypeError, 'conv2d: x is uint8, must be float32'],
  ['a weight of integers', () => striate.conv2d(x(), any(striate.zeros([3, 2, 3, 3], { dtype: 'int32' }))), TypeError, 'conv2d: weight is int32, must be float32'],
  ['a layer without channels', () => new (any(striate.Conv2d))(), TypeError, 'Conv2d: inChannels is undefined, must be an integer'],
  ['channels that are no multiple of groups', () => new striate.Conv2d(3, 4, 1, { groups: 2 }), RangeError, 'Conv2d: inChannels is 3, must be a multiple of groups 2'],
  ['outputs that are no multiple of groups', () => new striate.Conv2d(4, 3, 1, { groups: 2 }), RangeError, 'Conv2d: outChannels is 3, must be a multiple of groups 2'],
  ['a layer without kernel', () => new (any(striate.Conv2d))(1, 1), TypeError, 'Conv2d: kernelSize is undefined, must be an integer or an array of 2'],
  ['an unknown option of a layer', () => new striate.Conv2d(1, 1, 1, any({ biased: false })), TypeError, "Conv2d: there is no option 'biased'; options are stride, padding, paddingMode, dilation, groups, flipKernel, bias, seed"],
];
