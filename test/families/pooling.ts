/** Maxima, minima, means, sums and norms of windows. Padding never wins a maximum and adds nothing to a sum. */
import * as striate from 'striate';
import {
  fits,
  type Generator,
  maybe,
  options,
  type Pairs,
  perAxis,
  pooled,
  type RandomWindow,
  RULES,
  randomPadding,
  spatial,
} from '../support/generate.ts';
import { countOf, overRanks, type Plain, type Reference, total } from '../support/plain.ts';
import type { Choices } from '../support/random.ts';
import { any, type Wrong, x } from '../support/wrong.ts';

export const lines = `
# Results written out
3x3, no overlap | maxPool2d | {"values": [[[[1, 7, 3, 2, 9], [4, 6, 5, 8, 0], [2, 5, 1, 3, 6], [7, 4, 8, 9, 0], [3, 1, 2, 6, 5]]]]}, 3 | [[[[7]]]]
3x3, stride 1 | maxPool2d | {"values": [[[[1, 7, 3, 2, 9], [4, 6, 5, 8, 0], [2, 5, 1, 3, 6], [7, 4, 8, 9, 0], [3, 1, 2, 6, 5]]]]}, 3, {"stride": 1} | [[[[7, 8, 9], [8, 9, 9], [8, 9, 9]]]]
2x2, stride 2: the last row and column have no part | maxPool2d | {"values": [[[[1, 7, 3, 2, 9], [4, 6, 5, 8, 0], [2, 5, 1, 3, 6], [7, 4, 8, 9, 0], [3, 1, 2, 6, 5]]]]}, 2 | [[[[7, 8], [7, 9]]]]
2x2 in ceil mode: they have | maxPool2d | {"values": [[[[1, 7, 3, 2, 9], [4, 6, 5, 8, 0], [2, 5, 1, 3, 6], [7, 4, 8, 9, 0], [3, 1, 2, 6, 5]]]]}, 2, {"ceilMode": true} | [[[[7, 8, 9], [7, 9, 6], [3, 6, 5]]]]
3x3, stride 2, padding 1 | maxPool2d | {"values": [[[[1, 7, 3, 2, 9], [4, 6, 5, 8, 0], [2, 5, 1, 3, 6], [7, 4, 8, 9, 0], [3, 1, 2, 6, 5]]]]}, 3, {"stride": 2, "padding": 1} | [[[[7, 8, 9], [7, 9, 9], [7, 9, 9]]]]
2x2, dilation 2 | maxPool2d | {"values": [[[[1, 7, 3, 2, 9], [4, 6, 5, 8, 0], [2, 5, 1, 3, 6], [7, 4, 8, 9, 0], [3, 1, 2, 6, 5]]]]}, 2, {"stride": 1, "dilation": 2} | [[[[3, 7, 9], [8, 9, 8], [3, 6, 6]]]]
2x3 with positions | maxPool2d | {"values": [[[[1, 7, 3, 2, 9], [4, 6, 5, 8, 0], [2, 5, 1, 3, 6], [7, 4, 8, 9, 0], [3, 1, 2, 6, 5]]]]}, [2, 3], {"stride": [1, 2], "returnIndices": true} | [[[[7, 9], [6, 8], [8, 9], [8, 9]]]], {"values": [[[[1, 4], [6, 8], [17, 18], [17, 18]]]], "dtype": "int32"}
positions with padding | maxPool2d | {"values": [[[[1, 7, 3, 2, 9], [4, 6, 5, 8, 0], [2, 5, 1, 3, 6], [7, 4, 8, 9, 0], [3, 1, 2, 6, 5]]]]}, 3, {"stride": 2, "padding": 1, "returnIndices": true} | [[[[7, 8, 9], [7, 9, 9], [7, 9, 9]]]], {"values": [[[[1, 8, 4], [15, 18, 18], [15, 18, 18]]]], "dtype": "int32"}
same padding | maxPool2d | {"values": [[[[3, -1, 2, 0], [1, 4, -2, 5], [0, 2, 1, -3], [2, 2, -1, 4]]]]}, 2, {"stride": 1, "padding": "same"} | [[[[4, 4, 5, 5], [4, 4, 5, 5], [2, 2, 4, 4], [2, 2, 4, 4]]]]
same-lower padding | maxPool2d | {"values": [[[[3, -1, 2, 0], [1, 4, -2, 5], [0, 2, 1, -3], [2, 2, -1, 4]]]]}, 2, {"stride": 1, "padding": "same-lower"} | [[[[3, 3, 2, 2], [3, 4, 4, 5], [1, 4, 4, 5], [2, 2, 2, 4]]]]
padding before and after | maxPool2d | {"values": [[[[3, -1, 2, 0], [1, 4, -2, 5], [0, 2, 1, -3], [2, 2, -1, 4]]]]}, 3, {"stride": 2, "padding": [[0, 1], [2, 1]]} | [[[[3, 4, 5], [2, 2, 4]]]]
equals: the first counts | maxPool2d | {"values": [[[[4, 4, 1], [4, 4, 2], [0, 4, 4]]]]}, 2, {"stride": 1, "returnIndices": true} | [[[[4, 4], [4, 4]]]], {"values": [[[[0, 1], [3, 4]]]], "dtype": "int32"}
NaN wins | maxPool1d | {"values": [[[1, "NaN", 3, 2, 0, 5]]]}, 2 | [[["NaN", 3, 5]]]
the least | minPool2d | {"values": [[[[1, 7, 3, 2, 9], [4, 6, 5, 8, 0], [2, 5, 1, 3, 6], [7, 4, 8, 9, 0], [3, 1, 2, 6, 5]]]]}, 2, {"stride": 1, "returnIndices": true} | [[[[1, 3, 2, 0], [2, 1, 1, 0], [2, 1, 1, 0], [1, 1, 2, 0]]]], {"values": [[[[0, 2, 3, 9], [10, 12, 12, 9], [10, 12, 12, 19], [21, 21, 22, 19]]]], "dtype": "int32"}
one dimension | maxPool1d | {"values": [[[2, -1, 5, 0, 3, 4, -6]]]}, 3, {"stride": 2} | [[[5, 5, 4]]]
three dimensions | maxPool3d | {"values": [[[[[5, 1, 7], [3, 2, 8]], [[4, 6, 0], [9, 3, 1]]]]]}, 2, {"stride": 1, "returnIndices": true} | [[[[[9, 8]]]]], {"values": [[[[[9, 5]]]]], "dtype": "int32"}
means of 3x3, stride 1 | avgPool2d | {"values": [[[[1, 7, 3, 2, 9], [4, 6, 5, 8, 0], [2, 5, 1, 3, 6], [7, 4, 8, 9, 0], [3, 1, 2, 6, 5]]]]}, 3, {"stride": 1} | [[[[3.777778, 4.444444, 4.111111], [4.666667, 5.444444, 4.444444], [3.666667, 4.333333, 4.444444]]]]
means of 2x2 | avgPool2d | {"values": [[[[1, 7, 3, 2, 9], [4, 6, 5, 8, 0], [2, 5, 1, 3, 6], [7, 4, 8, 9, 0], [3, 1, 2, 6, 5]]]]}, 2 | [[[[4.5, 4.5], [4.5, 5.25]]]]
means with padding, which counts | avgPool2d | {"values": [[[[1, 7, 3, 2, 9], [4, 6, 5, 8, 0], [2, 5, 1, 3, 6], [7, 4, 8, 9, 0], [3, 1, 2, 6, 5]]]]}, 3, {"stride": 2, "padding": 1} | [[[[2, 3.444444, 2.111111], [3.111111, 5.444444, 2.888889], [1.666667, 3.333333, 2.222222]]]]
means with padding, which does not count | avgPool2d | {"values": [[[[1, 7, 3, 2, 9], [4, 6, 5, 8, 0], [2, 5, 1, 3, 6], [7, 4, 8, 9, 0], [3, 1, 2, 6, 5]]]]}, 3, {"stride": 2, "padding": 1, "countIncludePad": false} | [[[[4.5, 5.166667, 4.75], [4.666667, 5.444444, 4.333333], [3.75, 5, 5]]]]
means in ceil mode | avgPool2d | {"values": [[[[1, 7, 3, 2, 9], [4, 6, 5, 8, 0], [2, 5, 1, 3, 6], [7, 4, 8, 9, 0], [3, 1, 2, 6, 5]]]]}, 2, {"ceilMode": true} | [[[[4.5, 4.5, 4.5], [4.5, 5.25, 3], [2, 4, 5]]]]
means in ceil mode with padding | avgPool2d | {"values": [[[[1, 7, 3, 2, 9], [4, 6, 5, 8, 0], [2, 5, 1, 3, 6], [7, 4, 8, 9, 0], [3, 1, 2, 6, 5]]]]}, 2, {"stride": 2, "padding": 1, "ceilMode": true} | [[[[0.25, 2.5, 2.75], [1.5, 4.25, 4.25], [2.5, 3.75, 5]]]]
another divisor | avgPool2d | {"values": [[[[1, 7, 3, 2, 9], [4, 6, 5, 8, 0], [2, 5, 1, 3, 6], [7, 4, 8, 9, 0], [3, 1, 2, 6, 5]]]]}, 2, {"stride": 1, "divisorOverride": 2} | [[[[9, 10.5, 9, 9.5], [8.5, 8.5, 8.5, 8.5], [9, 9, 10.5, 9], [7.5, 7.5, 12.5, 10]]]]
means of four values | avgPool1d | {"values": [[[1, 2, 4, 8, 16]]]}, 4, {"stride": 1} | [[[3.75, 7.5]]]
means of a volume | avgPool3d | {"values": [[[[[0, 1, 2, 3], [4, 5, 6, 7]], [[8, 9, 10, 11], [12, 13, 14, 15]]]]]}, 2 | [[[[[6.5, 8.5]]]]]
sums of 2x2 | sumPool2d | {"values": [[[[1, 7, 3, 2, 9], [4, 6, 5, 8, 0], [2, 5, 1, 3, 6], [7, 4, 8, 9, 0], [3, 1, 2, 6, 5]]]]}, 2, {"stride": 1} | [[[[18, 21, 18, 19], [17, 17, 17, 17], [18, 18, 21, 18], [15, 15, 25, 20]]]]
sums with padding | sumPool2d | {"values": [[[[1, 7, 3, 2, 9], [4, 6, 5, 8, 0], [2, 5, 1, 3, 6], [7, 4, 8, 9, 0], [3, 1, 2, 6, 5]]]]}, 3, {"stride": 2, "padding": 1} | [[[[18, 31, 19], [28, 49, 26], [15, 30, 20]]]]
the root of squares | lpPool2d | {"values": [[[[3, 4, 0, 5], [12, 8, 6, 15]]]]}, 2, [1, 2] | [[[[5, 5], [14.42221, 16.15549]]]]
sums of 2x2 as the first power | lpPool2d | {"values": [[[[3, 4, 0, 5], [12, 8, 6, 15]]]]}, 1, 2 | [[[[27, 26]]]]
the length of a negative pair | lpPool1d | {"values": [[[-3, 4, -5, 12]]]}, 2, 2, {"absolute": true} | [[[5, 13]]]
# Small integers with ties, which the native tests take as well
textbook 2x2 | maxPool2d | "1x1x4x4", 2
two images, three channels | maxPool2d | "2x3x8x6", 2
odd sizes lose a row and a column | maxPool2d | "1x2x7x5", 2
odd sizes in ceil mode | maxPool2d | "1x2x7x5", 2, { "ceilMode": true }
ceil mode whose last window would begin in the padding | maxPool2d | "1x1x4x4", 2, { "stride": 2, "padding": 1, "ceilMode": true }
ceil mode with stride above the kernel | maxPool2d | "1x2x6x9", 2, { "stride": 4, "ceilMode": true }
ceil mode that changes nothing | maxPool2d | "1x2x6x6", 3, { "stride": 3, "ceilMode": true }
positions | maxPool2d | "1x2x5x5", 2, { "stride": 1, "returnIndices": true }
positions with padding, with integers | maxPool2d | "2x2x6x7", 3, { "stride": 2, "padding": 1, "returnIndices": true }
positions in ceil mode with dilation | maxPool2d | "1x2x9x8", [2, 3], { "stride": 2, "dilation": [3, 2], "ceilMode": true, "returnIndices": true }
2x2 on wide rows | maxPool2d | "2x3x6x19", 2
2x2 on wide rows with padding | maxPool2d | "1x3x7x21", 2, { "padding": 1 }
wide rows, stride 3 | maxPool2d | "1x2x7x31", [3, 2], { "stride": [2, 3] }
wide rows with dilation | maxPool2d | "1x2x9x29", [2, 3], { "stride": [1, 2], "dilation": [3, 2], "padding": 1 }
overlapping windows, stride 1 | maxPool2d | "1x3x9x11", 3, { "stride": 1, "padding": 1 }
overlapping windows, stride 2 | maxPool2d | "1x3x16x16", 3, { "stride": 2, "padding": 1 }
stride 3, wide rows | maxPool2d | "1x2x7x40", 3, { "stride": 3 }
stride differs by axis | maxPool2d | "1x2x9x10", [3, 2], { "stride": [1, 3] }
dilation | maxPool2d | "1x2x9x10", 3, { "stride": 1, "dilation": 2 }
dilation above the input's half | maxPool2d | "1x1x5x6", 2, { "stride": 1, "dilation": [4, 5] }
asymmetric padding | maxPool2d | "1x2x5x6", [3, 2], { "stride": 2, "padding": [[0, 2], [1, 0]] }
padding same | maxPool2d | "1x2x7x6", 3, { "stride": 2, "padding": "same" }
padding same-lower | maxPool2d | "1x2x7x6", 2, { "stride": 1, "padding": "same-lower" }
padding as large as the kernel: windows without an element | maxPool2d | "1x1x3x4", 2, { "stride": 2, "padding": [[2, 2], [3, 1]], "returnIndices": true }
one pixel | maxPool2d | "1x3x1x1", 1
one pixel amid padding | maxPool2d | "1x2x1x1", 3, { "padding": 1 }
kernel as large as the input | maxPool2d | "2x3x5x7", [5, 7]
kernel as large as the padded input | maxPool2d | "1x2x5x4", [9, 6], { "padding": [[2, 2], [1, 1]], "returnIndices": true }
kernel 1 and stride above it | maxPool2d | "1x2x7x9", 1, { "stride": 3 }
stride above the input | maxPool2d | "1x2x4x3", 2, { "stride": 9 }
zero batch | maxPool2d | "0x3x4x4", 2, { "returnIndices": true }
zero channels | maxPool2d | "2x0x4x4", 2
rows longer than a chunk | maxPool2d | "1x1x3x1300", [2, 3], { "stride": 1, "padding": 1, "returnIndices": true }
rows longer than a chunk, stride 2 | maxPool2d | "1x2x4x1301", 2, { "stride": 2 }
one window of the largest stride | maxPool1d | "1x2x5", 2, { "stride": 2147483647 }
one window of the largest stride, in ceil mode | maxPool2d | "1x2x5x4", 2, { "stride": 2147483647, "ceilMode": true }
kernel longer than a chunk | maxPool1d | "1x2x1700", 1100, { "stride": 150, "returnIndices": true }
a kernel as long as a row, stride 1 | maxPool1d | "1x2x1300", 300, { "stride": 1 }
a kernel longer than a row, stride 1 | maxPool1d | "1x2x1300", 513, { "stride": 1 }
a kernel longer than a row, stride 3 with padding | maxPool1d | "1x1x1300", 700, { "stride": 3, "padding": 5 }
a kernel of many rows, with padding | maxPool1d | "1x2x1900", 1300, { "stride": 1, "padding": 600 }
a kernel of many rows, stride 2 | maxPool1d | "1x1x2600", 1201, { "stride": 2 }
minima by a kernel of many rows | minPool1d | "1x1x1700", 1100, { "stride": 1, "padding": 17 }
a kernel of many rows and of several | maxPool2d | "1x1x3x1400", [2, 1100], { "stride": 1, "padding": [1, 100] }
sliding maxima of many taps | maxPool2d | "1x2x40x70", 33, { "stride": 1, "padding": 16 }
sliding minima of many taps, dilation 2 | minPool1d | "1x2x400", 64, { "stride": 1, "dilation": 2 }
sliding maxima of many taps, stride 2 | maxPool1d | "1x2x700", 100, { "stride": 2, "padding": 50 }
sums longer than a row, stride 1 | sumPool1d | "1x2x900", 513, { "stride": 1 }
sums longer than a row, stride 2, dilation 2 | sumPool1d | "1x1x1500", 520, { "stride": 2, "dilation": 2 }
sums of many rows | sumPool2d | "1x2x80x9", [70, 3], { "stride": [2, 1] }
sums of many planes and rows | sumPool3d | "1x1x40x40x3", [35, 36, 2], { "stride": 1 }
positions longer than a row, stride 1 | maxPool1d | "1x2x900", 513, { "stride": 1, "returnIndices": true }
kernel and dilation longer than a chunk | maxPool1d | "1x1x1500", 3, { "stride": 7, "dilation": 600 }
global, longer than a chunk | maxPool1d | "2x2x1025", 1025
1-D | maxPool1d | "2x3x17", 3, { "stride": 2, "padding": 1 }
1-D of one element | maxPool1d | "1x1x1", 1, { "returnIndices": true }
3-D | maxPool3d | "1x2x5x6x7", 2
3-D with padding, dilation and positions | maxPool3d | "2x2x5x6x7", [3, 2, 2], { "stride": [2, 1, 2], "dilation": [1, 2, 1], "padding": [1, 1, 1], "returnIndices": true }
3-D in ceil mode | maxPool3d | "1x1x5x5x5", 2, { "stride": 3, "ceilMode": true }
bytes | maxPool2d | "1x2x7x9:uint8", 3, { "stride": 2, "padding": 1 }
signed bytes with positions | maxPool2d | "1x2x7x9:int8", 2, { "returnIndices": true }
channel pooling of BlazeFace | maxPool2d | "1x24x16x16", 2
smallest of a signal | minPool1d | "2x3x17", 3, { "padding": 1 }
smallest of an image with padding | minPool2d | "2x3x7x9", 3, { "stride": 2, "padding": 1 }
smallest of a volume | minPool3d | "1x2x4x5x6", 2, { "stride": 1 }
mean of a signal whose last window is partial | avgPool1d | "2x3x11", 3, { "stride": 2, "ceilMode": true }
mean of an image with padding in ceil mode | avgPool2d | "2x3x8x9", 3, { "stride": 2, "padding": 1, "ceilMode": true }
mean of a volume with padding | avgPool3d | "1x2x4x5x6", 3, { "stride": 2, "padding": 1 }
sum of a signal | sumPool1d | "2x3x17", 4, { "stride": 3, "padding": 2 }
sum of an image with dilation | sumPool2d | "1x3x9x11", 3, { "stride": 1, "dilation": 2, "padding": 1 }
sum of a volume | sumPool3d | "1x2x4x5x6", [2, 3, 2], { "stride": [2, 1, 1] }
power mean of a signal | lpPool1d | "2x3x17", 2, 4, { "stride": 3 }
power mean of an image in ceil mode | lpPool2d | "2x2x8x7", 2, 3, { "stride": 2, "ceilMode": true }
power mean of a volume | lpPool3d | "1x2x4x5x6", 2, 2

# Maxima and minima: "#" has no ties, so that gradients can be compared with differences.
textbook: 3x3 by 2x2, stride 1 | maxPool2d | {"values": [[[[0, 1, 2], [3, 4, 5], [6, 7, 8]]]]}, 2, {"stride": 1} | {"values": [[[[4, 5], [7, 8]]]]}
ties: the first wins | maxPool2d | {"values": [[[[1, 1, 3, 3], [1, "-Infinity", 3, 3]]]]}, 2, {"returnIndices": true} | {"values": [[[[1, 3]]]]}, {"values": [[[[0, 2]]]], "dtype": "int32"}
ties in a volume, across its depth | maxPool3d | {"values": [[[[[1, 1], [2, 1]], [[2, 2], ["-Infinity", 1]]]]]}, 2, {"returnIndices": true}
NaN wins | maxPool2d | {"values": [[[["NaN", 1, 2, 3], [4, 5, 6, "NaN"]]]]}, 2, {"returnIndices": true}
of NaN the last one's place | maxPool1d | {"values": [[["NaN", 5, "NaN", 2]]]}, 4, {"returnIndices": true}
NaN wins a minimum | minPool2d | {"values": [[[["NaN", 1, 2, 3], [4, 5, 6, "NaN"]]]]}, 2, {"returnIndices": true}
windows of -Infinity have a place | maxPool2d | {"values": [[[["-Infinity", "-Infinity", "-Infinity", 1], ["-Infinity", "-Infinity", 0, "-Infinity"]]]]}, 2, {"returnIndices": true}
windows of Infinity in a minimum | minPool2d | {"values": [[[["Infinity", "Infinity", "Infinity", 1]]]]}, [1, 2], {"returnIndices": true}
padding half the kernel | maxPool2d | "2x3x5x7#", 2, {"stride": 1, "padding": 1}
padding half the kernel, positions | maxPool2d | "1x2x5x7#", [2, 4], {"stride": 2, "padding": [1, 2], "returnIndices": true}
padding never wins over what is negative | maxPool1d | {"values": [[[-5, -4, -3]]]}, 3, {"stride": 1, "padding": 1}
overlapping windows | maxPool2d | "2x3x7x5#", 3, {"stride": 2, "padding": 1}
overlapping, every element the maximum of several windows | maxPool2d | "1x2x6x9#", 3, {"stride": 1, "padding": 1}
wide rows, 2x2 | maxPool2d | "2x2x6x19#", 2
wide rows, 3x3, stride 1 | maxPool2d | "1x2x5x27#", 3, {"stride": 1}
wide rows, 3x3, stride 2 | maxPool2d | "1x2x9x33#", 3, {"stride": 2, "padding": 1}
wide rows, stride 3, of distinct values | maxPool2d | "1x2x7x31#", [3, 2], {"stride": [2, 3]}
dilation with stride | maxPool2d | "1x2x9x11#", 3, {"stride": 2, "dilation": 2}
dilation, stride and padding, each of its axis | maxPool2d | "2x1x9x11#", [2, 3], {"stride": [3, 2], "dilation": [3, 2], "padding": [1, 1]}
ceil mode with partial windows | maxPool2d | "1x2x6x7#", 3, {"stride": 2, "ceilMode": true}
ceil mode with padding and positions | maxPool2d | "1x2x6x7#", 3, {"stride": 2, "padding": 1, "ceilMode": true, "returnIndices": true}
ceil mode, a last window that would begin in the padding | maxPool2d | "1x1x4x4#", 2, {"stride": 2, "padding": 1, "ceilMode": true}
windows wholly in the padding, of a minimum | minPool2d | "1x1x3x4", 2, {"stride": 2, "padding": [[2, 2], [3, 1]], "returnIndices": true}
asymmetric padding, of distinct values | maxPool2d | "1x2x5x6#", [3, 2], {"stride": 2, "padding": [[0, 2], [1, 0]]}
padding same, of distinct values | maxPool2d | "1x2x7x6#", 3, {"stride": 2, "padding": "same"}
padding same-lower, of distinct values | maxPool2d | "1x2x7x6#", 2, {"stride": 1, "padding": "same-lower"}
planes of one element | maxPool2d | "2x3x1x1#", 1
planes of one element amid padding | maxPool2d | "2x3x1x1#", 3, {"padding": 1, "returnIndices": true}
kernel as large as the input, of distinct values | maxPool2d | "2x3x5x7#", [5, 7]
kernel 1 with a stride above it | maxPool2d | "1x2x7x9#", 1, {"stride": 3}
stride above the kernel: elements in no window | maxPool2d | "1x2x8x9#", 2, {"stride": [3, 4]}
bytes, smallest | minPool2d | "1x2x7x9:uint8", 3, {"stride": 2, "padding": 1}
rows longer than a chunk, of distinct values | maxPool2d | "1x1x3x1300#", [2, 3], {"stride": 1, "padding": 1}
a kernel longer than a chunk | maxPool1d | "1x2x1300#", 600, {"stride": 150, "returnIndices": true}
a line | maxPool1d | "2x3x17#", 3, {"stride": 2, "padding": 1}
a line of one element | maxPool1d | "1x1x1#", 1, {"returnIndices": true}
a volume | maxPool3d | "2x2x4x5x6#", 2
positions in a volume | maxPool3d | "1x2x5x6x7#", [3, 2, 2], {"stride": [2, 1, 2], "padding": 1, "dilation": [1, 2, 1], "returnIndices": true}
a volume in ceil mode | maxPool3d | "1x1x5x5x5#", 2, {"stride": 3, "ceilMode": true}
smallest of a line | minPool1d | "2x3x17#", 3, {"padding": 1}
smallest of an image | minPool2d | "2x3x7x6#", 3, {"stride": 2, "padding": 1}
smallest of an image, positions | minPool2d | "1x2x7x6#", 2, {"stride": 1, "returnIndices": true}
smallest of a volume, of distinct values | minPool3d | "1x2x4x5x6#", [1, 2, 3]

# Averages.
means of 2x2, backward | avgPool2d | {"values": [[[[1, 2, 3, 4], [5, 6, 7, 8]]]]}, 2 | {"values": [[[[3.5, 5.5]]]]}
means that overlap | avgPool2d | "2x3x7x9~", 3, {"stride": 1}
means with padding counted | avgPool2d | "2x3x7x9", 3, {"stride": 2, "padding": 1}
means without padding counted | avgPool2d | "2x3x7x9", 3, {"stride": 2, "padding": 1, "countIncludePad": false}
means in ceil mode, padding counted | avgPool2d | "1x2x6x7", 3, {"stride": 2, "padding": 1, "ceilMode": true}
means in ceil mode, padding not counted | avgPool2d | "1x2x6x7", 3, {"stride": 2, "padding": 1, "ceilMode": true, "countIncludePad": false}
means of partial windows without padding | avgPool2d | "1x2x5x8~", [2, 3], {"stride": [2, 3], "ceilMode": true}
means by another divisor | avgPool2d | "1x2x5x8", 3, {"stride": 2, "padding": 1, "divisorOverride": 5}
means by another divisor in ceil mode | avgPool2d | "1x2x6x7", 3, {"stride": 2, "ceilMode": true, "divisorOverride": 2}
means of dilated windows | avgPool2d | "1x2x9x11~", 3, {"stride": 2, "dilation": [2, 3], "padding": 1}
means with asymmetric padding | avgPool2d | "1x2x5x6", [3, 2], {"stride": 2, "padding": [[0, 2], [1, 0]]}
means with asymmetric padding, not counted | avgPool2d | "1x2x5x6", [3, 2], {"stride": 2, "padding": [[0, 2], [1, 0]], "countIncludePad": false}
means of nothing but padding | avgPool2d | "1x1x3x4", 2, {"stride": 2, "padding": [[2, 2], [3, 1]], "countIncludePad": false}
means on wide rows, stride 1 | avgPool2d | "1x2x4x37", 3, {"stride": 1, "padding": 1}
means on wide rows, stride 3 | avgPool2d | "1x2x4x37", 3
means on wide rows, 2x2 | avgPool2d | "2x2x6x38", 2
means of zero images | avgPool2d | "0x2x4x4", 2
mean of one element | avgPool2d | "1x1x1x1", 1
mean of NaN and infinities | avgPool1d | {"values": [[["NaN", 1, "Infinity", 2, "-Infinity", "Infinity"]]]}, 2
means of a line | avgPool1d | "2x3x17~", 4, {"stride": 3, "padding": 2}
means of a volume, of reals | avgPool3d | "1x2x5x6x7~", [2, 3, 2], {"stride": [1, 2, 2], "padding": [1, 1, 0], "countIncludePad": false}
means of rows longer than a chunk | avgPool1d | "1x1x1300", 5, {"stride": 1, "padding": 2}
means of a kernel longer than a chunk | avgPool1d | "1x1x1300", 700, {"stride": 200}

# Sums.
sums | sumPool2d | "2x3x7x9", 3, {"stride": 2, "padding": 1}
sums that overlap | sumPool2d | "1x2x7x9~", [2, 3], {"stride": 1}
sums in ceil mode | sumPool2d | "1x2x6x7", 3, {"stride": 2, "ceilMode": true}
sums of dilated windows | sumPool2d | "1x2x9x11", 2, {"stride": 1, "dilation": [4, 5]}
sums of a line | sumPool1d | "2x3x17", 3, {"stride": 1, "padding": "same"}
sums of a volume | sumPool3d | "1x2x4x5x6", 2, {"stride": 1}

# Norms: x^p is as PyTorch's, of negative x too.
Euclidean norms | lpPool2d | "1x2x6x7~", 2, 2
Euclidean norms of what is positive | lpPool2d | "2x2x6x7+", 2, 3, {"stride": 2, "padding": 1}
norms in ceil mode | lpPool2d | "1x2x6x7+", 2, 3, {"stride": 2, "ceilMode": true}
cubic norms | lpPool2d | "1x2x6x7+", 3, [2, 3], {"stride": 1}
norms of a fractional power | lpPool2d | "1x2x6x7+", 1.5, 2
norms of power below 1 | lpPool2d | "1x2x5x5+", 0.5, 2, {"stride": 1}
norms of power 1 | lpPool2d | "1x2x5x5+", 1, 2
norms of a power that is odd, of negative numbers | lpPool2d | {"values": [[[[1, -1, 2, 3], [-3, 1, -1, "NaN"]]]]}, 3, 2
a fractional power of a negative number is NaN | lpPool1d | {"values": [[[-1, 4, 4, 9, "NaN", 1]]]}, 1.5, 2
norms of absolute values | lpPool2d | "1x2x6x7~", 3, 2, {"absolute": true}
norms of absolute values in ceil mode | lpPool2d | "1x2x6x7~", 2, 3, {"stride": 2, "ceilMode": true, "absolute": true}
norms of dilated windows | lpPool2d | "1x1x8x9+", 2, 3, {"stride": 1, "dilation": 2, "padding": 1}
norms of a line | lpPool1d | "2x3x16+", 2, 4, {"stride": 3}
norms of a volume | lpPool3d | "1x2x4x5x6+", 2, 2, {"stride": [1, 2, 2]}
`;

export type PerAxis = number | number[];

type Pad = PerAxis | [number, number][] | string;

export interface WindowOptions {
  stride?: PerAxis;
  padding?: Pad;
  dilation?: PerAxis;
  ceilMode?: boolean;
  returnIndices?: boolean;
  countIncludePad?: boolean;
  divisorOverride?: number | null;
  absolute?: boolean;
}

/** The positions of an axis that an output reads, and how many of its taps lie inside the padded input. */
export interface Taps {
  positions: number[];
  padded: number;
}

/** A window: places in the plane, in order, and its taps inside the padded input. */
interface Window {
  places: number[];
  padded: number;
}

export const axisOf = (value: PerAxis, axis: number): number => (Array.isArray(value) ? value[axis]! : value);

/** The taps of each output along one axis. */
function regular(size: number, kernel: number, options: WindowOptions, axis: number): Taps[] {
  const { padding = 0, ceilMode = false } = options;
  const stride = axisOf(options.stride ?? kernel, axis);
  const dilation = axisOf(options.dilation ?? 1, axis);
  const extent = dilation * (kernel - 1) + 1;
  let [before, after] = [0, 0];
  if (padding === 'same' || padding === 'same-lower') {
    const total = Math.max((Math.ceil(size / stride) - 1) * stride + extent - size, 0);
    before = padding === 'same' ? Math.floor(total / 2) : Math.ceil(total / 2);
    after = total - before;
  } else if (typeof padding !== 'string') {
    const own = Array.isArray(padding) ? padding[axis]! : padding;
    [before, after] = Array.isArray(own) ? own : [own, own];
  }
  const padded = before + size + after;
  let outputs = (ceilMode ? Math.ceil : Math.floor)((padded - extent) / stride) + 1;
  // The last window of ceil mode begins inside the input or the padding before it.
  if (ceilMode && (outputs - 1) * stride >= before + size) outputs--;
  return Array.from({ length: outputs }, (_, o) => {
    const taps = Array.from({ length: kernel }, (_, k) => o * stride + k * dilation);
    const inside = taps.map((tap) => tap - before).filter((p) => p >= 0 && p < size);
    return { positions: inside, padded: taps.filter((tap) => tap < padded).length };
  });
}

/** The windows of a plane from the taps of its axes. */
function combine(spatial: readonly number[], axes: readonly Taps[][]): Window[] {
  let windows: Window[] = [{ places: [0], padded: 1 }];
  axes.forEach((taps, axis) => {
    windows = windows.flatMap(({ places, padded }) =>
      taps.map((own) => ({
        places: places.flatMap((place) => own.positions.map((p) => place * spatial[axis]! + p)),
        padded: padded * own.padded,
      })),
    );
  });
  return windows;
}

/** Each plane's windows reduced to values. */
export function reduce(
  x: Plain,
  windowsOf: (plane: number) => readonly Taps[][],
  value: (elements: number[], window: Window) => number,
): Plain {
  const spatial = x.shape.slice(2);
  const [planes, size] = [x.shape[0]! * x.shape[1]!, countOf(spatial)];
  const data: number[] = [];
  let sizes = windowsOf(0).map((axis) => axis.length);
  for (let plane = 0; plane < planes; plane++) {
    const axes = windowsOf(plane);
    sizes = axes.map((axis) => axis.length);
    for (const window of combine(spatial, axes)) {
      data.push(
        value(
          window.places.map((place) => x.data[plane * size + place]!),
          window,
        ),
      );
    }
  }
  return { shape: [...x.shape.slice(0, 2), ...sizes], data, dtype: x.dtype };
}

/** Which of the elements wins: the first largest one, or the last NaN; -1 of none. */
function winner(elements: number[], sign: number): number {
  let best = elements.length > 0 ? 0 : -1;
  elements.forEach((value, i) => {
    if (value * sign > elements[best]! * sign || Number.isNaN(value)) best = i;
  });
  return best;
}

/** The least value of a type, which a window without an element has. */
const LEAST: Record<string, [number, number]> = {
  float32: [-Infinity, Infinity],
  uint8: [0, 255],
  int8: [-128, 127],
};

export function extremum(
  x: Plain,
  windowsOf: (plane: number) => readonly Taps[][],
  sign: number,
  indexed: boolean | undefined,
): Plain | Plain[] {
  const none = LEAST[x.dtype]![sign > 0 ? 0 : 1]!;
  const values = reduce(x, windowsOf, (elements) => elements[winner(elements, sign)] ?? none);
  if (!indexed) return values;
  const places = reduce(x, windowsOf, (elements, w) => w.places[winner(elements, sign)] ?? -1);
  return [values, { ...places, dtype: 'int32' }];
}

const windows = (x: Plain, kernelSize: PerAxis, options: WindowOptions) => {
  const axes = x.shape.slice(2).map((size, axis) => regular(size, axisOf(kernelSize, axis), options, axis));
  return () => axes;
};

/** Sums of up to some hundred elements, divided once: a few units in the last place. */
export const MEAN = 2e-6;

/** Powers and roots round as well. */
const NORM = 1e-5;

const extremumReference = (sign: number): Reference => ({
  run: (x: Plain, kernelSize: PerAxis, options: WindowOptions = {}) =>
    extremum(x, windows(x, kernelSize, options), sign, options.returnIndices),
  tolerance: 0,
  smooth: [0],
});

export const references: Record<string, Reference> = {
  ...overRanks('maxPool', () => extremumReference(1)),
  ...overRanks('minPool', () => extremumReference(-1)),
  ...overRanks(
    'avgPool',
    (): Reference => ({
      run: (x: Plain, kernelSize: PerAxis, options: WindowOptions = {}) =>
        reduce(x, windows(x, kernelSize, options), (elements, { padded }) => {
          const { countIncludePad = true, divisorOverride } = options;
          const divisor = divisorOverride ?? (countIncludePad ? padded : elements.length);
          return total(elements) / Math.max(divisor, 1);
        }),
      tolerance: MEAN,
      linear: [0],
      smooth: [0],
    }),
  ),
  ...overRanks(
    'sumPool',
    (): Reference => ({
      run: (x: Plain, kernelSize: PerAxis, options: WindowOptions = {}) =>
        reduce(x, windows(x, kernelSize, options), total),
      tolerance: 0,
      linear: [0],
      smooth: [0],
    }),
  ),
  ...overRanks(
    'lpPool',
    (): Reference => ({
      run: (x: Plain, p: number, kernelSize: PerAxis, options: WindowOptions = {}) => {
        const taps = countOf(x.shape.slice(2).map((_, axis) => axisOf(kernelSize, axis)));
        return reduce(x, windows(x, kernelSize, options), (elements, { padded }) => {
          if (options.absolute) return total(elements.map((v) => Math.abs(v) ** p)) ** (1 / p);
          return ((total(elements.map((v) => v ** p)) / Math.max(padded, 1)) * taps) ** (1 / p);
        });
      },
      tolerance: NORM,
      smooth: [0],
    }),
  ),
};

/** A pool's window that fits. */
function poolWindow(
  choose: Choices,
  rank: number,
  dilate = true,
  pad = true,
): RandomWindow & { readonly kernelOption: unknown } {
  for (;;) {
    const size = spatial(choose, rank);
    const [kernelOption, kernel] = perAxis(choose, rank, 1, choose.of([2, 3, 5]));
    const [stride, strides] = maybe(choose, 0.7) ? perAxis(choose, rank, 1, 4) : [undefined, kernel];
    const [dilation, dilations] =
      dilate && maybe(choose, 0.3) ? perAxis(choose, rank, 1, 3) : [undefined, kernel.map(() => 1)];
    const axes = { size, kernel, stride: strides, dilation: dilations };
    let [paddingOption, pairs] = pad
      ? randomPadding(choose, RULES, 2, axes)
      : [undefined, size.map(() => [0, 0]) as Pairs];
    if (
      typeof paddingOption === 'number' ||
      (Array.isArray(paddingOption) && !Array.isArray(paddingOption[0]))
    ) {
      const halves = kernel.map((k, i) => Math.min(pairs[i]![0], k >> 1));
      [paddingOption, pairs] = [halves, halves.map((p) => [p, p])];
    }
    const ceilMode = maybe(choose, 0.3) ? maybe(choose, 0.7) : undefined;
    const window = {
      ...axes,
      pairs,
      options: options({ stride, padding: paddingOption, dilation, ceilMode }),
    };
    if (fits(window)) return { ...window, kernelOption };
  }
}

function randomExtremum(rank: number): Generator {
  return (choose) => {
    const { size, kernelOption, options: given } = poolWindow(choose, rank);
    if (maybe(choose, 0.4)) given.returnIndices = maybe(choose, 0.8);
    return [pooled(choose, size, ['', '', '#', '#', ':uint8', ':int8']), kernelOption, given];
  };
}

function randomMean(rank: number): Generator {
  return (choose) => {
    const { size, kernelOption, options: given } = poolWindow(choose, rank);
    if (maybe(choose, 0.4)) given.countIncludePad = maybe(choose);
    if (maybe(choose, 0.25)) given.divisorOverride = choose.of([1, 2, 7]);
    // A window without an element has no mean.
    if (given.countIncludePad === false && 'padding' in given) return null;
    return [pooled(choose, size, ['']), kernelOption, given];
  };
}

function randomSum(rank: number): Generator {
  return (choose) => {
    const { size, kernelOption, options: given } = poolWindow(choose, rank);
    return [pooled(choose, size, ['']), kernelOption, given];
  };
}

function randomNorm(rank: number): Generator {
  return (choose) => {
    const { size, kernelOption, options: given } = poolWindow(choose, rank, true, false);
    if (maybe(choose, 0.3)) given.absolute = maybe(choose);
    return [pooled(choose, size, ['+']), choose.of([1, 2, 3, 1.5]), kernelOption, given];
  };
}

export const generators: Record<string, Generator> = {
  ...overRanks('maxPool', randomExtremum),
  ...overRanks('minPool', randomExtremum),
  ...overRanks('avgPool', randomMean),
  ...overRanks('sumPool', randomSum),
  ...overRanks('lpPool', randomNorm),
};

// biome-ignore format: a call a line.
export const wrong: Wrong[] = [
  ['full padding of a pool', () => striate.maxPool2d(x(), 2, { padding: 'full' }), RangeError, "maxPool2d: padding is 'full', must be numbers or one of 'same', 'same-lower', 'valid'"],
  ['pooling of int32', () => striate.maxPool2d(striate.zeros([1, 1, 2, 2], { dtype: 'int32' }), 2), TypeError, 'maxPool2d: x is int32, must be float32, uint8 or int8'],
  ['pooling without kernel', () => any(striate.maxPool2d)(x()), TypeError, 'maxPool2d: kernelSize is undefined, must be an integer or an array of 2'],
  ['a kernel size of 0', () => striate.maxPool2d(x(), 0), RangeError, 'maxPool2d: kernelSize is 0, must be an integer, at least 1'],
  ['padding above half the kernel', () => striate.maxPool2d(x(), 2, { padding: 2 }), RangeError, 'maxPool2d: height: padding is 2, must be at most half the kernel size 2'],
  ['ceilMode that is a text', () => striate.maxPool2d(x(), 2, { ceilMode: any('yes') }), TypeError, "maxPool2d: ceilMode is 'yes', must be true or false"],
  ['returnIndices that is a number', () => striate.maxPool2d(x(), 2, { returnIndices: any(0) }), TypeError, 'maxPool2d: returnIndices is 0, must be true or false'],
  ['an option of a convolution', () => striate.maxPool2d(x(), 2, any({ groups: 2 })), TypeError, "maxPool2d: there is no option 'groups'; options are stride, padding, dilation, ceilMode, returnIndices"],
  ['a mean of bytes', () => striate.avgPool2d(any(striate.zeros([1, 1, 2, 2], { dtype: 'uint8' })), 2), TypeError, 'avgPool2d: x is uint8, must be float32'],
  ['a divisor of 0', () => striate.avgPool2d(x(), 2, { divisorOverride: 0 }), RangeError, 'avgPool2d: divisorOverride is 0, must be an integer, at least 1'],
  ['countIncludePad that is a number', () => striate.avgPool2d(x(), 2, { countIncludePad: any(0) }), TypeError, 'avgPool2d: countIncludePad is 0, must be true or false'],
  ['a sum with indices', () => striate.sumPool2d(x(), 2, any({ returnIndices: true })), TypeError, "sumPool2d: there is no option 'returnIndices'; options are stride, padding, dilation, ceilMode"],
  ['a norm of 0', () => striate.lpPool2d(x(), 0, 2), RangeError, 'lpPool2d: normType is 0, must be above 0'],
  ['a norm that is a text', () => striate.lpPool2d(x(), any('2'), 2), TypeError, "lpPool2d: normType is '2', must be a number"],
  ['a norm without kernel', () => any(striate.lpPool2d)(x(), 2), TypeError, 'lpPool2d: kernelSize is undefined, must be an integer or an array of 2'],
  ['an image in a pool of volumes', () => striate.maxPool3d(x(), 2), RangeError, 'maxPool3d: x has 4 axes (shape [1, 2, 5, 5]), must have 5'],
  ['negative padding of a pool', () => striate.maxPool2d(x(), 2, { padding: -1 }), RangeError, 'maxPool2d: padding is -1, must be an integer, at least 0'],
  ['padding above half the kernel, of a mean', () => striate.avgPool1d(striate.ones([1, 1, 9]), 3, { padding: 2 }), RangeError, 'avgPool1d: length: padding is 2, must be at most half the kernel size 3'],
  ['a stride of 0 of a pool', () => striate.sumPool2d(x(), 2, { stride: 0 }), RangeError, 'sumPool2d: stride is 0, must be an integer, at least 1'],
  ['a dilation of 0 of a pool', () => striate.minPool2d(x(), 2, { dilation: [1, 0] }), RangeError, 'minPool2d: dilation[1] is 0, must be an integer, at least 1'],
  ['a kernel larger than its input', () => striate.avgPool2d(x(), 6), RangeError, 'avgPool2d: height: kernel spans 6 elements, the padded input has only 5'],
  ['a divisor that is a text', () => striate.avgPool2d(x(), 2, { divisorOverride: any('2') }), TypeError, "avgPool2d: divisorOverride is '2', must be an integer"],
  ['absolute that is a number', () => striate.lpPool2d(x(), 2, 2, { absolute: any(1) }), TypeError, 'lpPool2d: absolute is 1, must be true or false'],
  ['a norm that is NaN', () => striate.lpPool2d(x(), Number.NaN, 2), RangeError, 'lpPool2d: normType is NaN, must be a number'],
];
