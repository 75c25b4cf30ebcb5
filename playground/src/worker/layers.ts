/**
 * The layer browser's net: an ONNX file or the net that reads digits, analysed and run on a picture. What it keeps: the net, the
 * input, and what the layers gave.
 */
import { type AnyTensor, type Module, scope, type Tensor, tensor } from 'striate';
import {
  type AnalysisTotals,
  activations,
  deconvnet,
  type LayerAnalysis,
  pictureGrid,
  receptiveField,
} from 'striate/analyze';
import { fromImage, toImage } from 'striate/image';
import { loadModel } from 'striate/onnx';
import { analysisOf } from '../../../ts/analyze/analyze.ts';
import { type Net, withNet } from '../../../ts/analyze/net.ts';
import { unshaped } from '../../../ts/graph/value.ts';
import { asPicture, type Picture, trainedNet } from './digits.ts';

/** How the picture becomes the input: asked, not guessed; these are what the page begins with. */
export interface Preparation {
  readonly layout: 'NCHW' | 'NHWC';
  readonly size: readonly [height: number, width: number];
  readonly channels: 1 | 3;
  /** (value * scale - mean) / std, of bytes. */
  readonly scale: number;
  readonly mean: number;
  readonly std: number;
}

export interface Row extends LayerAnalysis {
  /** Rows whose values it reads; -1 is the input. */
  readonly from: readonly number[];
}

export interface Opened {
  readonly name: string;
  readonly bytes: number;
  readonly preparation: Preparation;
  readonly layers: readonly Row[];
  readonly totals: AnalysisTotals;
  readonly milliseconds: number;
}

/** The net that is open, and what it was run on. */
export interface Kept {
  readonly name: string;
  readonly net: Module<never, unknown>;
  readonly bytes: number;
  preparation: Preparation;
  x: Tensor | null;
  values: Record<string, AnyTensor>;
  dispose(): void;
}

let kept: Kept | null = null;

export const shapeOf = ({ layout, size: [height, width], channels }: Preparation): number[] =>
  layout === 'NCHW' ? [1, channels, height, width] : [1, height, width, channels];

function drop(): void {
  forget();
  kept?.dispose();
  kept = null;
}

function forget(): void {
  kept?.x?.dispose();
  for (const one of Object.values(kept?.values ?? {})) one.dispose();
  if (kept !== null) {
    kept.x = null;
    kept.values = {};
  }
}

/** The net that reads digits. */
export async function openDigits(address: string): Promise<Opened> {
  const started = performance.now();
  drop();
  const net = (await trainedNet(address)) as unknown as Module<never, unknown>;
  const preparation = {
    layout: 'NCHW',
    size: [28, 28],
    channels: 1,
    scale: 1 / 255,
    mean: 0,
    std: 1,
  } as const;
  kept = { name: 'digits.safetensors', net, bytes: 94_108, preparation, x: null, values: {}, dispose() {} };
  return described(started);
}

/** @throws ModelError, with a sentence, for what is no model; RangeError for one that takes no picture */
export async function openModel(name: string, data: ArrayBuffer): Promise<Opened> {
  const started = performance.now();
  const model = await loadModel(data);
  const [input, ...others] = model.inputs;
  if (input === undefined || others.length > 0 || input.shape?.length !== 4) {
    const shapes = model.inputs.map((one) => `${one.name} [${one.shape?.join(', ')}]`).join(', ');
    model.dispose();
    throw new RangeError(`${name}: its inputs are ${shapes}, must be one picture with four axes`);
  }
  const net = model.toModule() as unknown as Module<never, unknown>;
  drop();
  const dims = input.shape.map((one) => (typeof one === 'number' && one > 0 ? one : null));
  const isLast =
    dims[3] !== null && (dims[3] as number) <= 4 && (dims[1] === null || (dims[1] as number) > 4);
  const [height, width] = isLast ? [dims[1], dims[2]] : [dims[2], dims[3]];
  const preparation: Preparation = {
    layout: isLast ? 'NHWC' : 'NCHW',
    size: [height ?? 224, width ?? 224],
    channels: (isLast ? dims[3] : dims[1]) === 1 ? 1 : 3,
    ...(/blazeface/i.test(name)
      ? { scale: 1 / 127.5, mean: 1, std: 1 }
      : { scale: 1 / 255, mean: 0, std: 1 }),
  };
  const dispose = () => {
    net.dispose();
    model.dispose();
  };
  kept = { name, net, bytes: data.byteLength, preparation, x: null, values: {}, dispose };
  return described(started);
}

/** The same net for a picture that is prepared otherwise. */
export function prepare(preparation: Preparation): Opened {
  const started = performance.now();
  const one = required();
  const before = one.preparation;
  one.preparation = preparation;
  forget();
  try {
    return described(started);
  } catch (error) {
    one.preparation = before;
    throw error;
  }
}

function described(started: number): Opened {
  const { name, net, bytes, preparation } = required();
  return withNet('playground', net, [shapeOf(preparation)], (found) => {
    const { layers, totals } = analysisOf(found);
    const edges = edgesOf(found);
    return {
      ...{ name, bytes, preparation },
      layers: layers.map((row, i) => ({ ...row, from: edges[i] as number[] })),
      totals,
      milliseconds: performance.now() - started,
    };
  });
}

/** For each layer the rows of those that it reads; -1 is the input. */
function edgesOf({ layers, depends }: Net): number[][] {
  const rowOf = new Map(layers.flatMap(({ node }, i) => node.outputs.map((value) => [value, i] as const)));
  return layers.map(({ node }) => {
    const read = node.inputs.flatMap((input) =>
      input !== null && depends(input) ? [rowOf.get(unshaped(input)) ?? -1] : [],
    );
    return [...new Set(read)];
  });
}

/** The net that is open. @throws Error where none is */
export function required(): Kept {
  if (kept === null) throw new Error('no network is open');
  return kept;
}

export interface Ran {
  /** The input as the net gets it. */
  readonly input: Picture;
  readonly milliseconds: number;
}

/** A picture as the net takes it. */
export function inputOf(
  picture: { data: Uint8ClampedArray; width: number; height: number },
  { layout, size, channels, scale, mean, std }: Preparation,
): Tensor {
  const per = (value: number) => new Array<number>(channels).fill(value);
  return fromImage(picture, {
    ...{ size: [...size] as [number, number], channels, layout, scale },
    ...{ mean: per(mean), std: per(std) },
  }) as Tensor;
}

/** Runs the net on a picture and keeps what each layer gives. */
export function run(picture: { data: Uint8ClampedArray; width: number; height: number }): Ran {
  const one = required();
  forget();
  const { layout, channels, scale, mean, std } = one.preparation;
  const per = (value: number) => new Array<number>(channels).fill(value);
  one.x = inputOf(picture, one.preparation);
  const started = performance.now();
  one.values = activations(one.net as never, one.x);
  const milliseconds = performance.now() - started;
  return {
    input: asPicture(toImage(one.x, { layout, scale: 1 / scale, mean: per(mean), std: per(std) })),
    milliseconds,
  };
}

export interface Maps {
  readonly picture: Picture;
  readonly columns: number;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly isLast: boolean;
  /** How many pixels of the picture an element takes. */
  readonly scale: number;
  /** Channels by their greatest value, the strongest first. */
  readonly strongest: readonly {
    readonly channel: number;
    readonly value: number;
    readonly position: readonly [number, number];
  }[];
}

const MOST_MAPS = 128;

/** The maps of a layer, as planes in the order of its channels; null for what has no maps. */
function planes(
  t: AnyTensor,
  layout: Preparation['layout'],
): { data: Float32Array; count: number; height: number; width: number } | null {
  const { shape } = t;
  if (t.dtype !== 'float32' || shape.length !== 4) return null;
  const [, a = 0, b = 0, c = 0] = shape;
  const data = (t as Tensor).data;
  // A net that takes its picture channels last may hold its layers so, or not: the last axis is where channels are then.
  if (layout === 'NCHW' || !(a === b && c !== b))
    return { data: Float32Array.from(data), count: a, height: b, width: c };
  const turned = new Float32Array(data.length);
  for (let i = 0; i < a * b; i++)
    for (let j = 0; j < c; j++) turned[j * a * b + i] = data[i * c + j] as number;
  return { data: turned, count: c, height: a, width: b };
}

/** A layer's maps side by side. */
export function maps(name: string, normalize: 'each' | 'all'): Maps | null {
  const one = required();
  const value = one.values[name];
  if (value === undefined) return null;
  const found = planes(value, one.preparation.layout);
  if (found === null || found.count === 0) return null;
  const { data, height, width } = found;
  const count = Math.min(found.count, MOST_MAPS);
  const scale = Math.max(1, Math.floor(64 / width));
  const columns = Math.max(1, Math.min(count, Math.floor(640 / (width * scale + 2))));
  const area = height * width;
  const strongest = Array.from({ length: count }, (_, channel) => {
    let best = 0;
    for (let i = 1; i < area; i++) if (data[channel * area + i]! > data[channel * area + best]!) best = i;
    return {
      channel,
      value: data[channel * area + best] as number,
      position: [Math.floor(best / width), best % width] as const,
    };
  }).sort((p, q) => q.value - p.value);
  const picture = scope(() => {
    const grid = tensorOf(data.subarray(0, count * area), [1, count, height, width]);
    return asPicture(pictureGrid(grid, { normalize, colormap: 'viridis', columns, scale, gap: 2 }));
  });
  const isLast = value.shape[1] !== found.count || value.shape[2] !== height;
  return { picture, columns, count, height, width, isLast, scale, strongest: strongest.slice(0, 9) };
}

const tensorOf = (data: Float32Array, shape: readonly number[]): Tensor => tensor(data, [...shape]);

/** Kernels of a layer, where its weights have the shape of kernels. */
export function kernels(name: string): Picture | null {
  const { net } = required();
  const entry = net
    .namedParameters()
    .find(
      ([key, t]) =>
        t.shape.length === 4 &&
        (key === `${name}.weight` || key.startsWith(`${name}/`) || key.startsWith(`${name}.`)),
    );
  if (entry === undefined) return null;
  const [, weight] = entry as [string, Tensor];
  const [outputs = 0, inputs = 0, kh = 0, kw = 0] = weight.shape;
  if (kh * kw === 1) return null;
  const [o, i] = [Math.min(outputs, 32), Math.min(inputs, 16)];
  const scale = Math.max(2, Math.floor(24 / Math.max(kh, kw)));
  return scope(() => {
    const part = Float32Array.from({ length: o * i * kh * kw }, (_, at) => {
      const [row, rest] = [Math.floor(at / (i * kh * kw)), at % (i * kh * kw)];
      return weight.data[row * inputs * kh * kw + rest] as number;
    });
    const columns = i === 1 ? Math.min(o, 16) : i;
    const shape = i === 1 ? [1, o, kh, kw] : [o, i, kh, kw];
    return asPicture(
      pictureGrid(tensorOf(part, shape), { colormap: 'coolwarm', columns, scale, gap: 2, normalize: 'all' }),
    );
  });
}

/** The box of the input that an element sees: rows, columns, inclusive, not cut. */
export function field(
  name: string,
  position: readonly [number, number],
): readonly (readonly [number, number])[] {
  const { net, preparation } = required();
  const { box } = receptiveField(net as never, { inputs: [shapeOf(preparation)], layer: name, position });
  return box;
}

/** What of the picture made a map strong (Zeiler & Fergus): as a picture around grey. */
export function project(name: string, channel: number): Picture {
  const { net, x, preparation } = required();
  if (x === null) throw new Error('no picture has been run');
  return scope(() => {
    const back = deconvnet(net as never, x, { layer: name, channel });
    const most = back.data.reduce((top, value) => Math.max(top, Math.abs(value)), 0) || 1;
    const { layout, channels } = preparation;
    const half = new Array<number>(channels).fill(0.5);
    const std = new Array<number>(channels).fill(0.5 / most);
    return asPicture(toImage(back, { layout, scale: 255, mean: half, std }));
  });
}
