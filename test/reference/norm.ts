/** Normalisation and dropout as plain loops. */
import type { Plain, Reference } from './types.ts';

const count = (shape: readonly number[]) => shape.reduce((product, axis) => product * axis, 1);

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
  const [channels, inner] = [shape[1]!, count(shape.slice(2))];
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
  const inner = count(x.shape.slice(2));
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
  const inner = count(x.shape.slice(2));
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
  const inner = count([normalizedShape].flat());
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
  const inner = count(x.shape.slice(2));
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

/** The generator's words: ten rounds of Philox 4x32 (Salmon et al., 2011). */
function philox(counter: readonly bigint[], key: readonly bigint[]): bigint[] {
  const word = (v: bigint) => v & 0xffffffffn;
  let [c0, c1, c2, c3] = counter as [bigint, bigint, bigint, bigint];
  let [k0, k1] = key as [bigint, bigint];
  for (let round = 0; round < 10; round++) {
    const [a, b] = [c0 * 0xd2511f53n, c2 * 0xcd9e8d57n];
    [c0, c1, c2, c3] = [word((b >> 32n) ^ c1 ^ k0), word(b), word((a >> 32n) ^ c3 ^ k1), word(a)];
    [k0, k1] = [word(k0 + 0x9e3779b9n), word(k1 + 0xbb67ae85n)];
  }
  return [c0, c1, c2, c3];
}

interface DropoutOptions {
  p?: number;
  training?: boolean;
  seed?: number;
}

/** Where it is random, with a seed; `inner` elements are dropped together. */
const dropout =
  (whole: boolean) =>
  (x: Plain, { p = 0.5, training = true, seed = 0 }: DropoutOptions = {}): Plain => {
    if (!training) return x;
    const inner = whole ? count(x.shape.slice(2)) : 1;
    const key = [BigInt(seed) & 0xffffffffn, BigInt(seed) >> 32n];
    const factor = (item: number) => {
      if (p === 0 || p === 1) return 1 - p;
      const bits = philox([BigInt(Math.floor(item / 4)), 1n, 0n, 0n], key)[item % 4]!;
      return Number(bits) / 2 ** 32 < p ? 0 : 1 / (1 - p);
    };
    return { ...x, data: x.data.map((v, i) => v * factor(Math.floor(i / inner))) };
  };

const dropping = (whole: boolean): Reference => ({
  run: dropout(whole),
  tolerance: 1e-6,
  linear: [0],
});

// Norms divide by a deviation in float32: a few roundings of values around 1, and of the mean where it is large.
const tolerance = 1e-4;
export const references: Record<string, Reference> = {
  // Running statistics, 1 and 2, have no gradient.
  batchNorm: { run: batchNorm, tolerance, smooth: [0, 3, 4], differentiableTol: 1e-3 },
  groupNorm: { run: groupNorm, tolerance, smooth: 'all', differentiableTol: 1e-3 },
  instanceNorm: { run: instanceNorm, tolerance, smooth: 'all', differentiableTol: 1e-3 },
  layerNorm: { run: layerNorm, tolerance, smooth: 'all', differentiableTol: 1e-3 },
  localResponseNorm: { run: localResponseNorm, tolerance: 1e-5, smooth: [0], differentiableTol: 1e-3 },
  dropout: dropping(false),
  dropout1d: dropping(true),
  dropout2d: dropping(true),
  dropout3d: dropping(true),
};
