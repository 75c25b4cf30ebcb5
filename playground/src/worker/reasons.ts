/**
 * Why the net of the layer browser gives a score: five methods on one picture, for its trained weights and for weights drawn anew. A
 * method whose map stays much the same says little of what the net has learned (Adebayo et al., "Sanity Checks for Saliency
 * Maps", 2018). How much it stays is Spearman's rank correlation of the magnitudes of both maps.
 */
import { type Module, scope, type Tensor, tensor } from 'striate';
import {
  analyze,
  deconvnet,
  gradCam,
  guidedBackprop,
  type NetSource,
  occlusion,
  pictureGrid,
  saliency,
} from 'striate/analyze';
import { PIXELS, SIDE } from '../digits/net.ts';
import { asPicture, type Picture } from './digits.ts';
import { batchOf, loadDigits, type Some } from './digitsFile.ts';
import { required, shapeOf } from './layers.ts';
import { numbersFrom } from './random.ts';

/** Whose weights are drawn anew: nobody's, those of the fully connected layers, all. */
export type Anew = 'none' | 'last' | 'all';

export const METHODS = ['saliency', 'guidedBackprop', 'gradCam', 'occlusion', 'deconvnet'] as const;
export type Method = (typeof METHODS)[number];

export interface Reason {
  readonly method: Method;
  readonly picture: Picture;
  /** What the picture shows in words: values, and what is the same everywhere. */
  readonly alt: string;
  /** With the map of the trained weights; null for these, and where a map is the same everywhere. */
  readonly correlation: number | null;
  /** Why there is no map. */
  readonly fault: string | null;
}

export interface Reasons {
  readonly target: number;
  readonly scores: readonly number[];
  readonly layer: string;
  readonly reasons: readonly Reason[];
}

/** The ranks of values, those of equals being their mean. */
function ranksOf(values: ArrayLike<number>): Float64Array {
  const order = Array.from({ length: values.length }, (_, i) => i).sort(
    (a, b) => (values[a] as number) - (values[b] as number),
  );
  const ranks = new Float64Array(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++;
    for (let i = from; i < to; i++) ranks[order[i]!] = (from + to - 1) / 2;
    from = to;
  }
  return ranks;
}

/** Spearman's correlation of two maps' magnitudes; null where one of both is the same everywhere. */
export function rankCorrelation(a: ArrayLike<number>, b: ArrayLike<number>): number | null {
  const [x, y] = [a, b].map((map) => ranksOf(Float32Array.from(map, Math.abs))) as [
    Float64Array,
    Float64Array,
  ];
  const middle = (x.length - 1) / 2;
  let [xy, xx, yy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    const [dx, dy] = [x[i]! - middle, y[i]! - middle];
    xy += dx * dy;
    xx += dx * dx;
    yy += dy * dy;
  }
  return xx === 0 || yy === 0 ? null : xy / Math.sqrt(xx * yy);
}

const BOX = 20;

/** Of a map of MNIST's size the middle of 20 x 20, in which digits lie: around it few windows see a pixel, whatever their weights. */
function middleOf(map: Float32Array): Float32Array {
  if (map.length !== PIXELS) return map;
  const from = (SIDE - BOX) / 2;
  return Float32Array.from(
    { length: BOX * BOX },
    (_, i) => map[(from + Math.floor(i / BOX)) * SIDE + from + (i % BOX)] as number,
  );
}

/** Runs `look` with weights drawn anew, as an untrained layer's are, and puts the trained ones back. */
export function withWeights<T>(net: Module<never, unknown>, anew: Anew, seed: number, look: () => T): T {
  const parameters = net.parameters() as Tensor[];
  // A bias lies behind its weight.
  const owners = parameters.map((one, i) => (one.shape.length > 1 ? one : (parameters[i - 1] ?? one)));
  const chosen = parameters.filter(
    (_, i) => anew === 'all' || (anew === 'last' && owners[i]!.shape.length === 2),
  );
  const before = chosen.map((one) => one.toTypedArray());
  const random = numbersFrom(seed);
  for (const one of chosen) {
    const { shape } = owners[parameters.indexOf(one)]!;
    const fan = shape.slice(1).reduce((product, size) => product * size, 1);
    const { data } = one;
    for (let i = 0; i < data.length; i++) data[i] = (2 * random() - 1) / Math.sqrt(fan);
  }
  try {
    return look();
  } finally {
    chosen.forEach((one, i) => {
      one.data.set(before[i]!);
    });
  }
}

/** The last layer whose maps have more than one place. */
export function lastMaps(net: NetSource, inputs: readonly (readonly number[])[]): string | null {
  const { layers } = analyze(net, { inputs });
  const found = layers.filter(
    ({ outputShape: [, , height = 1, width = 1], operator }) =>
      height * width > 1 && operator !== 'maxPool2d',
  );
  return found.at(-1)?.name ?? null;
}

/** A method's map of a picture, or of each of a batch. */
export function mapOf(
  method: Method,
  net: NetSource,
  x: Tensor,
  { target, layer, batch = 16 }: { target: number; layer: string; batch?: number },
): Tensor {
  switch (method) {
    case 'saliency':
      return saliency(net, x, { target });
    case 'guidedBackprop':
      return guidedBackprop(net, x, { target });
    case 'gradCam':
      return gradCam(net, x, { layer, target });
    case 'occlusion': {
      const side = Math.max(1, Math.round(Math.max(...x.shape.slice(2)) / 6));
      return occlusion(net, x, { target, size: side, stride: Math.max(1, side >> 1), value: 'mean', batch });
    }
    case 'deconvnet':
      return deconvnet(net, x, { layer, channel: 0, position: 'map' });
  }
}

const COLOURS = {
  saliency: 'viridis',
  guidedBackprop: 'coolwarm',
  gradCam: 'viridis',
  occlusion: 'coolwarm',
  deconvnet: 'coolwarm',
} as const;
const SHOWN = 140;

/** One plane of the channels of a map: their mean. */
function plane(map: Tensor, isLast: boolean): Tensor {
  const [, a = 1, b = 1, c = 1] = map.shape;
  const [channels, height, width] = isLast ? [c, a, b] : [a, b, c];
  const out = new Float32Array(height * width);
  for (let i = 0; i < map.size; i++) {
    const at = isLast ? Math.floor(i / channels) : i % out.length;
    out[at]! += map.data[i]! / channels;
  }
  return tensor(out, [1, 1, height, width]);
}

const SEED = 11;

/** The five methods on the picture that was run last. @throws Error for a net without scores */
export function reasons(target: number | null, anew: Anew): Reasons | null {
  const { net, x, preparation, name } = required();
  if (x === null) return null;
  // A file may have been written for one picture at a time.
  const batch = name.endsWith('.onnx') ? 1 : 16;
  return scope(() => {
    const given = (net as unknown as { forward(x: Tensor): Tensor }).forward(x);
    if (given?.shape?.length !== 2 || (given.shape[1] as number) < 2) return null;
    const scores = [...given.data];
    const best = target ?? scores.indexOf(Math.max(...scores));
    const layer = lastMaps(net as never, [shapeOf(preparation)]);
    if (layer === null) return null;
    const isLast = preparation.layout === 'NHWC';
    const found = METHODS.map((method): Reason => {
      try {
        const look = () =>
          plane(
            mapOf(method, net as never, x, { target: best, layer, batch }),
            isLast && method !== 'gradCam',
          );
        const trained = look();
        const map = anew === 'none' ? trained : withWeights(net, anew, SEED, look);
        const [, , height = 1, width = 1] = map.shape;
        const scale = Math.max(1, Math.round(SHOWN / Math.max(height, width)));
        const picture = pictureGrid(map, { colormap: COLOURS[method], scale });
        const correlation =
          anew === 'none' ? null : rankCorrelation(middleOf(trained.data), middleOf(map.data));
        return { method, picture: asPicture(picture), alt: picture.alt, correlation, fault: null };
      } catch (error) {
        const picture = { data: new Uint8ClampedArray(4), width: 1, height: 1 };
        return { method, picture, alt: '', correlation: null, fault: (error as Error).message };
      }
    });
    return { target: best, scores, layer, reasons: found };
  });
}

export interface Agreement {
  readonly count: number;
  /** Means over the digits. */
  readonly correlations: readonly { readonly method: Method; readonly correlation: number }[];
}

const COMPARED = ['saliency', 'guidedBackprop', 'gradCam'] as const;

/** How much the maps of gradients stay when weights are drawn anew, over so many digits of each class. */
export function agreement(
  net: Module<never, unknown>,
  digits: Some,
  layer: string,
  anew: Anew,
  each: number,
): Agreement {
  const sums = new Map<Method, [sum: number, count: number]>();
  for (let digit = 0; digit < 10; digit++) {
    const all = [...digits.classes.keys()].filter((i) => digits.classes[i] === digit);
    scope(() => {
      const [x] = batchOf(digits, all.slice(0, each));
      const looks = COMPARED.map((method) => () => mapOf(method, net as never, x, { target: digit, layer }));
      const trained = looks.map((look) => look());
      const random = withWeights(net, anew, SEED, () => looks.map((look) => look()));
      COMPARED.forEach((method, i) => {
        const area = trained[i]!.size / (x.shape[0] as number);
        const [a, b] = [trained[i]!.data, random[i]!.data];
        for (let from = 0; from < trained[i]!.size; from += area) {
          const one = rankCorrelation(
            middleOf(a.subarray(from, from + area)),
            middleOf(b.subarray(from, from + area)),
          );
          if (one === null) continue;
          const [sum, count] = sums.get(method) ?? [0, 0];
          sums.set(method, [sum + one, count + 1]);
        }
      });
    });
  }
  const correlations = COMPARED.map((method) => {
    const [sum, count] = sums.get(method) ?? [0, 1];
    return { method, correlation: sum / count };
  });
  return { count: 10 * each, correlations };
}

/** The same of the net that is open, where it reads digits; null for another. */
export async function overDigits(address: string, anew: Anew): Promise<Agreement | null> {
  const { net, preparation } = required();
  const shape = shapeOf(preparation);
  if (shape.join() !== '1,1,28,28') return null;
  const { test } = await loadDigits(address);
  const layer = lastMaps(net as never, [shape]);
  return layer === null ? null : agreement(net, test, layer, anew, 10);
}
