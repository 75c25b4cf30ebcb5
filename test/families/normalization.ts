/** Normalisation of batches, groups, instances, layers, and among neighbouring channels. */
import * as striate from 'striate';
import { type Generator, maybe, options, text, times } from '../support/generate.ts';
import { countOf, type Plain, type Reference } from '../support/plain.ts';
import type { Choices } from '../support/random.ts';
import { any, type Wrong, x } from '../support/wrong.ts';

export const lines = `
images | batchNorm | "2x3x4x5", "3", { "values": [16, 121, 49] }, "3", "3", { "eps": 0 }
without scale and shift | batchNorm | "2x3x5", "3", { "values": [16, 121, 49] }, null, null, { "eps": 0 }
without shift | batchNorm | "4x3", "3", { "values": [16, 121, 49] }, "3", null, { "eps": 0 }
volumes | batchNorm | "2x2x3x2x3", "2", { "values": [16, 121] }, "2", "2", { "eps": 0 }
one pixel and one channel | batchNorm | "1x1x1x1", "1", { "values": [16] }, "1", "1", { "eps": 0 }
no images | batchNorm | "0x3x2", "3", { "values": [16, 121, 49] }, "3", null, { "eps": 0 }
images in training | batchNorm | "2x3x4x5", "3", { "values": [16, 121, 49] }, "3", "3", { "training": true }
momentum in training | batchNorm | "4x3", "3", { "values": [16, 121, 49] }, null, null, { "training": true, "momentum": 0.5 }
no images in training | batchNorm | "0x3x2", "3", { "values": [16, 121, 49] }, "3", "3", { "training": true }
no pixels in training | batchNorm | "2x3x0", null, null, "3", null, { "training": true }
two values in training | batchNorm | "2x5", "5", { "values": [16, 121, 49, 9, 100] }, "5", null, { "training": true }
rows longer than a block in training | batchNorm | "1x2x1300", "2", { "values": [16, 121] }, null, "2", { "training": true }
images, of reals | batchNorm | "2x3x4x5", "3~", "3+", "3", "3"
without scale and shift, other sizes | batchNorm | "2x3x5", "3", "3+"
with a scale alone, of rows | batchNorm | "4x3", "3~", "3+", "3"
with a shift alone | batchNorm | "2x3x9~", "3~", "3+", null, "3~"
volumes, another eps | batchNorm | "2x2x3x2x3", "2", "2+", "2", "2", {"eps": 0.5}
reals | batchNorm | "2x3x7~", "3~", "3+", "3~", "3~"
rows of reals | batchNorm | "5x6~", "6~", "6+", "6~", "6~"
no images, other sizes | batchNorm | "0x3x2", "3", "3+", "3"
no pixels | batchNorm | "2x3x0", "3", "3+", "3"
one element | batchNorm | "1x1", "1", "1+", "1", "1"
training | batchNorm | "2x3x4x5", "3", "3+", "3", "3", {"training": true}
training without running statistics | batchNorm | "3x2x5~", null, null, "2~", "2~", {"training": true}
training of rows | batchNorm | "6x5~", "5~", "5+", "5~", "5~", {"training": true, "momentum": 0.5, "eps": 0.01}
training with one running statistic | batchNorm | "2x3x3~", null, "3+", null, null, {"training": true}
training with nothing learned | batchNorm | "2x3x3x3~", null, null, null, null, {"training": true}
training of images with everything | batchNorm | "2x3x3x5~", "3~", "3+", "3~", "3~", {"training": true}
training with a shift alone | batchNorm | "2x2x7~", "2~", "2+", null, "2~", {"training": true}
training of one channel | batchNorm | "3x1x4~", "1~", "1+", "1+", "1~", {"training": true}
training far from zero | batchNorm | {"values": [[1001, 1002], [1003, 1004], [999, 1000]]}, null, null, "2", null, {"training": true}
a channel that is constant | batchNorm | {"values": [[[2, 2], [1, 3]]]}, null, null, null, null, {"training": true}
NaN stays in its channel | batchNorm | {"values": [[[1, "NaN"], [1, 3]]]}, null, null, null, null, {"training": true}
images | groupNorm | "2x6x4x5", 3, "6", "6"
without weight and bias | groupNorm | "2x4x5", 2
with a weight alone | groupNorm | "2x4x5~", 2, "4~"
with a bias alone | groupNorm | "2x4x5~", 2, null, "4~"
reals | groupNorm | "2x6x3x3~", 2, "6~", "6~"
a group of all channels | groupNorm | "2x6x7~", 1, "6~", "6~"
a group per channel | groupNorm | "2x3x7~", 3, "3~", "3~"
rows | groupNorm | "3x8~", 2, "8~", "8~"
rows of two images with a group per channel | groupNorm | "2x3", 3, "3", "3"
volumes, another eps | groupNorm | "1x4x2x3x2~", 2, "4~", "4~", {"eps": 0.25}
many channels | groupNorm | "1x32x3~", 8, "32~", "32~"
no images | groupNorm | "0x4x3", 2, "4", "4"
no pixels | groupNorm | "1x4x0", 2, "4", "4"
far from zero | groupNorm | {"values": [[[1001, 1002], [1003, 1006]]]}, 1
a group that is constant | groupNorm | {"values": [[[3, 3], [3, 3], [1, 2], [3, 4]]]}, 2
images | instanceNorm | "2x3x4x5", "3", "3"
without weight and bias | instanceNorm | "2x3x5"
with a weight alone | instanceNorm | "2x3x5~", "3~"
with a bias alone | instanceNorm | "2x3x5~", null, "3~"
reals | instanceNorm | "2x4x3x3~", "4~", "4~"
volumes, another eps | instanceNorm | "1x2x2x3x3~", "2~", "2~", {"eps": 0.5}
two values | instanceNorm | "3x2x2~", "2~", "2~"
no images | instanceNorm | "0x4x3", "4", "4"
no pixels | instanceNorm | "1x4x0", "4", "4"
running statistics | instanceNorm | "3x2x5", "2", "2", {"runningMean": "2", "runningVar": "2+"}
one running statistic, another momentum | instanceNorm | "2x3x2x3~", "3~", "3~", {"runningVar": "3+", "momentum": 0.75}
far from zero | instanceNorm | {"values": [[[1001, 1002, 1000], [-1003, -1006, -1000]]]}
rows | layerNorm | "4x6", 6, "6", "6"
without weight and bias | layerNorm | "3x7", 7
with a weight alone | layerNorm | "3x7~", [7], "7~"
with a bias alone | layerNorm | "3x7~", 7, null, "7~"
reals | layerNorm | "5x9~", 9, "9~", "9~"
two axes | layerNorm | "2x3x4x5~", [4, 5], "4x5~", "4x5~"
all axes | layerNorm | "3x4~", [3, 4], "3x4~", "3x4~"
three axes before | layerNorm | "2x2x2x5~", 5, "5~", "5~"
one axis, another eps | layerNorm | "11~", 11, "11~", "11~", {"eps": 0.5}
one value per row | layerNorm | "3x1", 1, "1", "1"
rows of two | layerNorm | "5x2~", 2, "2~", "2~"
wide rows | layerNorm | "2x300~", 300, "300~", "300~"
no rows | layerNorm | "0x4", 4, "4", "4"
empty rows | layerNorm | "3x0", 0, "0", "0"
far from zero | layerNorm | {"values": [[1001, 1002, 1000], [-1003, -1006, -1000]]}, 3
NaN stays in its row | layerNorm | {"values": [["NaN", 1, 2], [4, 5, 9]]}, 3
images | localResponseNorm | "2x7x3x4", 5
reals | localResponseNorm | "2x7x3x4~", 5, {"alpha": 0.5, "beta": 0.75, "k": 2}
an even size | localResponseNorm | "1x6x5~", 4, {"alpha": 1, "beta": 0.5}
an even size with the odd one behind | localResponseNorm | "1x6x5~", 4, {"alpha": 1, "beta": 0.5, "oddAfter": true}
two channels | localResponseNorm | "2x5x3~", 2, {"alpha": 2, "beta": 1}
another exponent | localResponseNorm | "2x5x3~", 3, {"alpha": 2, "beta": 1.3, "k": 0.5}
one channel | localResponseNorm | "2x4x3", 1, {"alpha": 0.1}
a window beyond all channels | localResponseNorm | "1x3x4~", 9, {"alpha": 1}
a window far beyond all channels | localResponseNorm | "1x3x4", 2147483647
volumes | localResponseNorm | "1x4x2x3x2", 3, {"alpha": 0.25}
no images | localResponseNorm | "0x4x3", 3
no channels | localResponseNorm | "2x0x3", 3
no pixels | localResponseNorm | "2x3x0", 3
`;

/** Mean, variance and number of the elements at these places. */
function momentsOf({ data }: Plain, places: readonly number[]): { mean: number; variance: number } {
  let mean = 0;
  for (const i of places) mean += data[i]! / places.length;
  let variance = 0;
  for (const i of places) variance += (data[i]! - mean) ** 2 / places.length;
  return { mean, variance };
}

/** The places of x, in groups: `groupOf` names each one's group. */
function groupsOf(x: Plain, groupOf: (i: number) => number): number[][] {
  const groups: number[][] = [];
  for (let i = 0; i < x.data.length; i++) {
    const g = groupOf(i);
    groups[g] ??= [];
    groups[g].push(i);
  }
  return groups;
}

/** Each group less its mean, over its deviation. */
function normalised(x: Plain, groupOf: (i: number) => number, eps: number): number[] {
  const data = [...x.data];
  for (const places of groupsOf(x, groupOf)) {
    if (places === undefined) continue;
    const { mean, variance } = momentsOf(x, places);
    for (const i of places) data[i] = (x.data[i]! - mean) / Math.sqrt(variance + eps);
  }
  return data;
}

/** Times weight plus bias, at the place of each that `at` names. */
function scaled(
  x: Plain,
  data: number[],
  at: (i: number) => number,
  weight?: Plain | null,
  bias?: Plain | null,
): Plain {
  const values = data.map((v, i) => v * (weight ? weight.data[at(i)]! : 1) + (bias ? bias.data[at(i)]! : 0));
  return { ...x, data: values };
}

const channelOf = ({ shape }: Plain) => {
  const [channels, inner] = [shape[1]!, countOf(shape.slice(2))];
  return (i: number) => Math.floor(i / inner) % channels;
};

/** running = (1 - momentum) * running + momentum * now, as float32. */
function move(running: Plain | null | undefined, c: number, now: number, momentum: number): void {
  if (running) running.data[c] = (1 - momentum) * running.data[c]! + momentum * now;
}

interface BatchOptions {
  training?: boolean;
  momentum?: number;
  eps?: number;
}

function batchNorm(
  x: Plain,
  runningMean?: Plain | null,
  runningVar?: Plain | null,
  weight?: Plain | null,
  bias?: Plain | null,
  { training = false, momentum = 0.1, eps = 1e-5 }: BatchOptions = {},
): Plain {
  const channel = channelOf(x);
  if (!training) {
    const data = x.data.map(
      (v, i) => (v - runningMean!.data[channel(i)]!) / Math.sqrt(runningVar!.data[channel(i)]! + eps),
    );
    return scaled(x, data, channel, weight, bias);
  }
  for (const [c, places] of groupsOf(x, channel).entries()) {
    const { mean, variance } = momentsOf(x, places);
    move(runningMean, c, mean, momentum);
    move(runningVar, c, (variance * places.length) / (places.length - 1), momentum);
  }
  return scaled(x, normalised(x, channel, eps), channel, weight, bias);
}

function groupNorm(
  x: Plain,
  groups: number,
  weight?: Plain | null,
  bias?: Plain | null,
  { eps = 1e-5 }: { eps?: number } = {},
): Plain {
  const [, channels] = x.shape as [number, number];
  const inner = countOf(x.shape.slice(2));
  const group = (i: number) => Math.floor(i / ((channels / groups) * inner));
  return scaled(x, normalised(x, group, eps), channelOf(x), weight, bias);
}

interface InstanceOptions {
  eps?: number;
  momentum?: number;
  runningMean?: Plain;
  runningVar?: Plain;
}

function instanceNorm(
  x: Plain,
  weight?: Plain | null,
  bias?: Plain | null,
  { eps = 1e-5, momentum = 0.1, runningMean, runningVar }: InstanceOptions = {},
): Plain {
  const [n, channels] = x.shape as [number, number];
  const inner = countOf(x.shape.slice(2));
  const image = groupsOf(x, (i) => Math.floor(i / inner)).map((places) => momentsOf(x, places));
  for (let c = 0; c < channels; c++) {
    let [mean, variance] = [0, 0];
    for (let b = 0; b < n; b++) {
      mean += (image[b * channels + c]?.mean ?? 0) / n;
      variance += ((image[b * channels + c]?.variance ?? 0) * inner) / (inner - 1) / n;
    }
    move(runningMean, c, mean, momentum);
    move(runningVar, c, variance, momentum);
  }
  return groupNorm(x, channels, weight, bias, { eps });
}

function layerNorm(
  x: Plain,
  normalizedShape: number | number[],
  weight?: Plain | null,
  bias?: Plain | null,
  { eps = 1e-5 }: { eps?: number } = {},
): Plain {
  const inner = countOf([normalizedShape].flat());
  const row = (i: number) => Math.floor(i / inner);
  return scaled(x, normalised(x, row, eps), (i) => i % inner, weight, bias);
}

interface ResponseOptions {
  alpha?: number;
  beta?: number;
  k?: number;
  oddAfter?: boolean;
}

function localResponseNorm(
  x: Plain,
  size: number,
  { alpha = 1e-4, beta = 0.75, k = 1, oddAfter = false }: ResponseOptions = {},
): Plain {
  const [, channels] = x.shape as [number, number];
  const inner = countOf(x.shape.slice(2));
  const before = oddAfter ? Math.floor((size - 1) / 2) : Math.floor(size / 2);
  const channel = channelOf(x);
  const data = x.data.map((v, i) => {
    const c = channel(i);
    let sum = 0;
    for (let other = 0; other < channels; other++) {
      const inside = other >= c - before && other < c - before + size;
      if (inside) sum += x.data[i + (other - c) * inner]! ** 2;
    }
    return v / (k + (alpha / size) * sum) ** beta;
  });
  return { ...x, data };
}

// Norms divide by a deviation in float32: a few roundings of values around 1, and of the mean where it is large.
const tolerance = 1e-4;

export const references: Record<string, Reference> = {
  // Running statistics, 1 and 2, have no gradient.
  batchNorm: { run: batchNorm, tolerance: 1e-5, smooth: [0, 3, 4], differentiableTol: 1e-3 },
  groupNorm: { run: groupNorm, tolerance, smooth: 'all', differentiableTol: 1e-3 },
  instanceNorm: { run: instanceNorm, tolerance, smooth: 'all', differentiableTol: 1e-3 },
  layerNorm: { run: layerNorm, tolerance, smooth: 'all', differentiableTol: 1e-3 },
  localResponseNorm: { run: localResponseNorm, tolerance: 1e-5, smooth: [0], differentiableTol: 1e-3 },
};

/** Images for a normalisation, with as many values together as keep its gradient from cancelling. */
const images = (choose: Choices, c: number): number[] => [
  choose.integer(1, 3),
  c,
  ...times(choose.integer(1, 3), () => choose.integer(3, 6)),
];

const scaleAndShift = (choose: Choices, shape: readonly number[]): (string | null)[] => [
  maybe(choose, 0.7) ? text(shape, '+') : null,
  maybe(choose, 0.7) ? text(shape, '~') : null,
];

const epsilon = (choose: Choices): Record<string, unknown> =>
  options({ eps: choose.of([undefined, 1e-3, 0.1]) });

export const generators: Record<string, Generator> = {
  batchNorm(choose) {
    const c = choose.integer(1, 5);
    const given = { ...epsilon(choose), ...options({ training: maybe(choose) ? maybe(choose) : undefined }) };
    return [
      text(images(choose, c), '~'),
      text([c], '~'),
      text([c], '+'),
      ...scaleAndShift(choose, [c]),
      given,
    ];
  },
  groupNorm(choose) {
    const [groups, each] = [choose.integer(1, 3), choose.integer(1, 3)];
    const c = groups * each;
    return [text(images(choose, c), '~'), groups, ...scaleAndShift(choose, [c]), epsilon(choose)];
  },
  instanceNorm(choose) {
    const c = choose.integer(1, 4);
    return [text([...images(choose, c), 3], '~'), ...scaleAndShift(choose, [c]), epsilon(choose)];
  },
  layerNorm(choose) {
    const shape = times(choose.integer(2, 4), () => choose.integer(3, 6));
    const normal = shape.slice(choose.integer(1, shape.length - 1));
    return [text(shape, '~'), normal, ...scaleAndShift(choose, normal), epsilon(choose)];
  },
  localResponseNorm(choose) {
    const given = options({
      alpha: choose.of([undefined, 0.1, 1]),
      beta: choose.of([undefined, 0.5, 1, 0.6]),
    });
    return [text(images(choose, choose.integer(1, 9)), choose.of(['~', '#'])), choose.integer(1, 6), given];
  },
};

export const layers = { batchNorm: 'BatchNorm2d', instanceNorm: 'InstanceNorm2d' };

// biome-ignore format: a call a line.
export const wrong: Wrong[] = [
  ['batchNorm with a number as mean', () => striate.batchNorm(x(), any(0), any(1)), TypeError, 'batchNorm: runningMean is 0, must be a Tensor'],
  ['batchNorm of a vector', () => striate.batchNorm(striate.ones([3]), striate.ones([3]), striate.ones([3])), RangeError, 'batchNorm: x has shape 3, must have at least 2 axes'],
  ['batchNorm with another mean', () => striate.batchNorm(x(), striate.ones([3]), striate.ones([2])), RangeError, 'batchNorm: runningMean has shape 3, must be [2]'],
  ['batchNorm without statistics', () => striate.batchNorm(x(), null, null), TypeError, 'batchNorm: runningMean and runningVar must be given where training is false'],
  ['batchNorm of one value per channel in training', () => striate.batchNorm(striate.ones([1, 2, 1, 1]), null, null, null, null, { training: true }), RangeError, 'batchNorm: x has 1 value per channel, must have more than 1 in training'],
  ['batchNorm with eps NaN', () => striate.batchNorm(x(), striate.ones([2]), striate.ones([2]), null, null, { eps: Number.NaN }), RangeError, 'batchNorm: eps is NaN, must be a number'],
  ['batch norm of null', () => new striate.BatchNorm2d(2).forward(any(null)), TypeError, 'BatchNorm2d: x is null, must be a Tensor'],
  ['batch norm of another rank', () => new striate.BatchNorm2d(2).forward(striate.ones([1, 2])), RangeError, 'BatchNorm2d: x has 2 axes, must have 4'],
  ['batch norm of two ranks', () => new striate.BatchNorm1d(2).forward(x()), RangeError, 'BatchNorm1d: x has 4 axes, must have 2 or 3'],
  ['momentum that is null', () => new striate.BatchNorm2d(2, { momentum: any(null) }), TypeError, "BatchNorm2d: momentum is null, must be a number: PyTorch's cumulative average is not kept"],
  ['batchNorm of integers', () => striate.batchNorm(any(striate.ones([1, 2], { dtype: 'int32' })), striate.ones([2]), striate.ones([2])), TypeError, 'batchNorm: x is int32, must be float32'],
  ['batchNorm with a weight of integers', () => striate.batchNorm(x(), striate.ones([2]), striate.ones([2]), any(striate.ones([2], { dtype: 'int8' }))), TypeError, 'batchNorm: weight is int8, must be float32'],
  ['batchNorm with another bias', () => striate.batchNorm(x(), striate.ones([2]), striate.ones([2]), null, striate.ones([1])), RangeError, 'batchNorm: bias has shape 1, must be [2]'],
  ['batchNorm in training by number', () => striate.batchNorm(x(), null, null, null, null, { training: any(1) }), TypeError, 'batchNorm: training is 1, must be true or false'],
  ['groupNorm without groups', () => striate.groupNorm(x(), any(undefined)), TypeError, 'groupNorm: groups is undefined, must be an integer'],
  ['groupNorm of 0 groups', () => striate.groupNorm(x(), 0), RangeError, 'groupNorm: groups is 0, must be an integer, at least 1'],
  ['groupNorm of groups that do not divide', () => striate.groupNorm(x(), 3), RangeError, 'groupNorm: groups is 3, must divide 2, the channels of x'],
  ['groupNorm of a vector', () => striate.groupNorm(striate.ones([3]), 1), RangeError, 'groupNorm: x has shape 3, must have at least 2 axes'],
  ['groupNorm of a scalar', () => striate.groupNorm(striate.ones([]), 1), RangeError, 'groupNorm: x has shape scalar, must have at least 2 axes'],
  ['groupNorm of one value', () => striate.groupNorm(striate.ones([1, 3]), 3), RangeError, 'groupNorm: x of shape 1x3 has 1 value per group, must have more'],
  ['groupNorm of bytes', () => striate.groupNorm(any(striate.ones([1, 2], { dtype: 'uint8' })), 1), TypeError, 'groupNorm: x is uint8, must be float32'],
  ['groupNorm with another weight', () => striate.groupNorm(x(), 1, striate.ones([3])), RangeError, 'groupNorm: weight has shape 3, must be 2'],
  ['groupNorm with a bias that is a number', () => striate.groupNorm(x(), 1, null, any(0)), TypeError, 'groupNorm: bias is 0, must be a Tensor'],
  ['groupNorm with an unknown option', () => striate.groupNorm(x(), 1, null, null, any({ momentum: 1 })), TypeError, "groupNorm: there is no option 'momentum'; options are eps"],
  ['groupNorm with eps that is a text', () => striate.groupNorm(x(), 1, null, null, { eps: any('0') }), TypeError, "groupNorm: eps is '0', must be a number"],
  ['instanceNorm of a vector', () => striate.instanceNorm(striate.ones([3])), RangeError, 'instanceNorm: x has shape 3, must have at least 2 axes'],
  ['instanceNorm of one pixel', () => striate.instanceNorm(striate.ones([2, 3, 1])), RangeError, 'instanceNorm: x of shape 2x3x1 has 1 value per channel, must have more'],
  ['instanceNorm with another bias', () => striate.instanceNorm(x(), null, striate.ones([1, 2])), RangeError, 'instanceNorm: bias has shape 1x2, must be 2'],
  ['instanceNorm with another running mean', () => striate.instanceNorm(x(), null, null, { runningMean: striate.ones([5]) }), RangeError, 'instanceNorm: runningMean has shape 5, must be 2'],
  ['instanceNorm with a running variance that is a number', () => striate.instanceNorm(x(), null, null, { runningVar: any(1) }), TypeError, 'instanceNorm: runningVar is 1, must be a Tensor'],
  ['instanceNorm with momentum NaN', () => striate.instanceNorm(x(), null, null, { momentum: Number.NaN }), RangeError, 'instanceNorm: momentum is NaN, must be a number'],
  ['layerNorm without a shape', () => striate.layerNorm(x(), any(undefined)), TypeError, 'layerNorm: normalizedShape is undefined, must be an array of integers'],
  ['layerNorm over no axes', () => striate.layerNorm(x(), []), RangeError, 'layerNorm: normalizedShape is [], must be at least one axis'],
  ['layerNorm over a negative axis', () => striate.layerNorm(x(), [-1]), RangeError, 'layerNorm: normalizedShape[0] is -1, must be an integer, at least 0'],
  ['layerNorm over other axes', () => striate.layerNorm(x(), [5, 4]), RangeError, 'layerNorm: x has shape 1x2x5x5, must end with normalizedShape 5x4'],
  ['layerNorm over more axes than there are', () => striate.layerNorm(striate.ones([5]), [5, 5]), RangeError, 'layerNorm: x has shape 5, must end with normalizedShape 5x5'],
  ['layerNorm of a scalar', () => striate.layerNorm(striate.ones([]), 1), RangeError, 'layerNorm: x has shape scalar, must end with normalizedShape 1'],
  ['layerNorm with a weight of one axis', () => striate.layerNorm(x(), [5, 5], striate.ones([25])), RangeError, 'layerNorm: weight has shape 25, must be 5x5'],
  ['localResponseNorm without size', () => striate.localResponseNorm(x(), any(undefined)), TypeError, 'localResponseNorm: size is undefined, must be an integer'],
  ['localResponseNorm of size 0', () => striate.localResponseNorm(x(), 0), RangeError, 'localResponseNorm: size is 0, must be an integer, at least 1'],
  ['localResponseNorm of rows', () => striate.localResponseNorm(striate.ones([2, 3]), 1), RangeError, 'localResponseNorm: x has shape 2x3, must have at least 3 axes'],
  ['localResponseNorm with alpha null', () => striate.localResponseNorm(x(), 1, { alpha: any(null) }), TypeError, 'localResponseNorm: alpha is null, must be a number'],
  ['localResponseNorm with beta NaN', () => striate.localResponseNorm(x(), 1, { beta: Number.NaN }), RangeError, 'localResponseNorm: beta is NaN, must be a number'],
  ['localResponseNorm with k as a list', () => striate.localResponseNorm(x(), 1, { k: any([1]) }), TypeError, 'localResponseNorm: k is [1], must be a number'],
  ['localResponseNorm with oddAfter 1', () => striate.localResponseNorm(x(), 2, { oddAfter: any(1) }), TypeError, 'localResponseNorm: oddAfter is 1, must be true or false'],
  ['InstanceNorm without features', () => new striate.InstanceNorm2d(0), RangeError, 'InstanceNorm2d: numFeatures is 0, must be an integer, at least 1'],
  ['InstanceNorm of another rank', () => new striate.InstanceNorm1d(2).forward(x()), RangeError, 'InstanceNorm1d: x has 4 axes, must have 3'],
  ['InstanceNorm with affine null', () => new striate.InstanceNorm3d(2, { affine: any(null) }), TypeError, 'InstanceNorm3d: affine is null, must be true or false'],
  ['GroupNorm of groups that do not divide', () => new striate.GroupNorm(3, 4), RangeError, 'GroupNorm: numChannels is 4, must be a multiple of numGroups 3'],
  ['GroupNorm of no channels', () => new striate.GroupNorm(1, 0), RangeError, 'GroupNorm: numChannels is 0, must be an integer, at least 1'],
  ['GroupNorm with eps as text', () => new striate.GroupNorm(1, 1, { eps: any('') }), TypeError, "GroupNorm: eps is '', must be a number"],
  ['LayerNorm without a shape', () => new (any(striate.LayerNorm))(), TypeError, 'LayerNorm: normalizedShape is undefined, must be an array of integers'],
  ['LayerNorm with a bias by number', () => new striate.LayerNorm(3, { bias: any(1) }), TypeError, 'LayerNorm: bias is 1, must be true or false'],
  ['LayerNorm with an unknown option', () => new striate.LayerNorm(3, any({ affine: true })), TypeError, "LayerNorm: there is no option 'affine'; options are eps, elementwiseAffine, bias"],
  ['LocalResponseNorm of size 0', () => new striate.LocalResponseNorm(0), RangeError, 'LocalResponseNorm: size is 0, must be an integer, at least 1'],
];
