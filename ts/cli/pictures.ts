/** Pictures as a model's input: what its shape, its outputs and the options say of size, layout and values. */
import type { Tensor } from 'striate';
import { type DecodedPicture, decodeImage, type FromImageOptions, fromImage } from 'striate/image';
import type { ModelPort } from 'striate/onnx';
import type { AnyModel } from './load.ts';
import { parseInteger, parseNumbers, parseWord } from './parse.ts';
import { Failure, lineOf, UsageError } from './problems.ts';
import { classesOf } from './scores.ts';
import type { Source } from './sources.ts';

/** The options of pictures, as texts. */
export interface PictureOptions {
  readonly image: readonly string[];
  readonly size?: string;
  readonly fit?: string;
  readonly layout?: string;
  readonly order?: string;
  readonly preset?: string;
  readonly scale?: string;
  readonly mean?: string;
  readonly std?: string;
}

/** What bytes become, by name. */
const PRESETS = {
  imagenet: { scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  unit: { scale: 1 / 255 },
  signed: { scale: 1 / 127.5, mean: 1 },
  none: { scale: 1 },
} as const;
const PRESET_NAMES = Object.keys(PRESETS) as (keyof typeof PRESETS)[];

/** Rows of scores of so many classes are ImageNet's, with or without one for the background. */
const IMAGENET = [1000, 1001];

/** How a model's pictures are prepared. */
export interface Preparation {
  /** The input that takes the picture. */
  readonly input: string;
  readonly options: FromImageOptions;
  /** The size of what the model leaves open. */
  readonly sizeOf: ((picture: Sides) => [height: number, width: number]) | null;
  /** The input has no batch axis. */
  readonly isSingle: boolean;
  /** In words: 224x224, fit stretch, NCHW, rgb, imagenet. */
  readonly text: string;
}

/** What a command makes of pictures: detectors keep proportions, and halve sizes as often as five times. */
export interface Purpose {
  /** The inputs that are given otherwise. */
  readonly others?: readonly string[];
  readonly detects?: boolean;
}

/** What is told and what can be guessed. @throws UsageError where that is not enough */
export function preparationOf(
  model: AnyModel,
  given: PictureOptions,
  { others = [], detects = false }: Purpose = {},
): Preparation {
  const port = pictureInput(model, others);
  const isSingle = port.shape?.length === 3;
  const [, ...axes] = isSingle ? [1, ...(port.shape ?? [])] : (port.shape ?? [1, 3, '?', '?']);
  const layout =
    given.layout === undefined
      ? layoutOf(axes)
      : parseWord('--layout', given.layout.toUpperCase(), ['NCHW', 'NHWC']);
  const [channels, height, width] = layout === 'NCHW' ? axes : [axes[2], axes[0], axes[1]];
  const size = given.size === undefined ? fixedSize(model, height, width) : parseSize(given.size);
  const open = size === null ? openSize(height, width, detects) : null;
  const fit = parseWord('--fit', given.fit ?? (detects ? 'contain' : 'stretch'), [
    'stretch',
    'contain',
    'cover',
  ]);
  const order = parseWord('--order', given.order ?? 'rgb', ['rgb', 'bgr']);
  const isBytes = port.dtype === 'uint8';
  const values = isBytes
    ? { text: 'bytes', options: { dtype: 'uint8' as const } }
    : valuesOf(model, given, channels === 1, open?.isLine === true);
  return {
    input: port.name,
    isSingle,
    sizeOf: open?.sizeOf ?? null,
    options: {
      fit,
      order,
      layout,
      channels: channelsOf(port, channels),
      ...(size !== null && { size }),
      ...(detects && { pad: MARGIN }),
      ...values.options,
    },
    text: [size?.join('x') ?? open?.text, `fit ${fit}`, layout, order, values.text].join(', '),
  };
}

/** The input that looks like a picture, but for those that are given otherwise. */
function pictureInput(model: AnyModel, others: readonly string[]): ModelPort {
  const found = model.inputs.filter(
    ({ name, shape }) =>
      !others.includes(name) && (shape === null || shape.length === 4 || shape.length === 3),
  );
  const [port, ...more] = found;
  if (port !== undefined && more.length === 0) return port;
  const names = model.inputs.map(({ name }) => `'${name}'`).join(', ');
  throw new UsageError(
    `--image: the model has ${found.length} inputs of 3 or 4 axes among ${names || 'none'}, must have one: give --input`,
  );
}

type Size = number | string | undefined;

const isChannels = (size: Size): boolean => size === 1 || size === 3 || size === 4;

const layoutOf = ([first, , last]: readonly Size[]): 'NCHW' | 'NHWC' =>
  isChannels(last) && !isChannels(first) ? 'NHWC' : 'NCHW';

function channelsOf({ name }: ModelPort, channels: Size): 1 | 3 | 4 {
  if (typeof channels !== 'number') return 3;
  if (channels === 1 || channels === 3 || channels === 4) return channels;
  throw new UsageError(
    `--image: the input '${name}' has ${channels} channels, must have 1, 3 or 4: give --layout or --input`,
  );
}

/** The size that the model's input has, or what its exporter has written beside free axes. */
function fixedSize({ metadata }: AnyModel, height: Size, width: Size): [number, number] | null {
  if (typeof height === 'number' && typeof width === 'number') return [height, width];
  const [, high, wide] = /^\[(\d+), ?(\d+)\]$/.exec(metadata?.imgsz ?? '') ?? [];
  return high === undefined ? null : [Number(high), Number(wide)];
}

interface Sides {
  readonly width: number;
  readonly height: number;
}

/** What detectors of free sizes are shown: at most so many pixels along a side, a multiple of so many. */
const LONGEST_SIDE = 960;
/** The grey around a picture that detectors are trained with. */
const MARGIN = 114;
const HALVED = 32;

/** Sizes where the model leaves an axis or both open. */
function openSize(height: Size, width: Size, detects: boolean) {
  if (typeof height === 'number' || typeof width === 'number') {
    const sizeOf = (picture: Sides): [number, number] =>
      typeof height === 'number'
        ? [height, Math.max(height, Math.round((picture.width * height) / picture.height))]
        : [Math.round((picture.height * (width as number)) / picture.width), width as number];
    const isLine = typeof height === 'number';
    return { sizeOf, isLine, text: isLine ? `${height} high` : `${width} wide` };
  }
  if (!detects) return { sizeOf: null, isLine: false, text: 'its own size' };
  const sizeOf = (picture: Sides): [number, number] => {
    const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.height, picture.width));
    const side = (length: number) => Math.max(1, Math.round((length * scale) / HALVED)) * HALVED;
    return [side(picture.height), side(picture.width)];
  };
  return { sizeOf, isLine: false, text: `its own size, up to ${LONGEST_SIDE}, in steps of ${HALVED}` };
}

/** HxW, or one number for both. */
function parseSize(text: string): [number, number] {
  const [height = '', width = height, ...more] = text.split('x');
  if (more.length > 0) throw new UsageError(`--size is '${text}', must be HEIGHTxWIDTH`);
  return [parseInteger('--size', height, 1), parseInteger('--size', width, 1)];
}

/** (byte * scale - mean) / std, and that in words. */
function valuesOf(
  model: AnyModel,
  given: PictureOptions,
  isGrey: boolean,
  isLine: boolean,
): { text: string; options: FromImageOptions } {
  const isImageNet = model.outputs.some(({ shape }) => IMAGENET.includes(classesOf(shape))) && !isGrey;
  const guess = isImageNet ? 'imagenet' : isLine ? 'signed' : 'unit';
  const preset = parseWord('--preset', given.preset ?? guess, PRESET_NAMES);
  const told = {
    ...(given.scale !== undefined && { scale: parseNumbers('--scale', given.scale)[0] as number }),
    ...(given.mean !== undefined && { mean: oneOrMore('--mean', given.mean) }),
    ...(given.std !== undefined && { std: oneOrMore('--std', given.std) }),
  };
  const text = Object.entries(told).map(([name, value]) => `${name} ${[value].flat().join(' ')}`);
  const reason = isImageNet ? ' for 1000 classes' : isLine ? ' for lines of text' : '';
  const why = given.preset !== undefined ? '' : ` (default${reason})`;
  return { options: { ...PRESETS[preset], ...told }, text: [`${preset}${why}`, ...text].join(', ') };
}

function oneOrMore(option: string, text: string): number | number[] {
  const [first, ...more] = parseNumbers(option, text);
  return more.length === 0 ? (first as number) : [first as number, ...more];
}

/** A file's picture. @throws Failure that names the file */
export async function readPicture({ name, read }: Source): Promise<DecodedPicture> {
  const bytes = await read();
  try {
    return await decodeImage(bytes);
  } catch (cause) {
    throw new Failure(`${name}: ${lineOf(cause)}`, { cause });
  }
}

/** fromImage's options for a picture, or for a part of it, [x, y, width, height]. */
export function optionsFor(
  picture: DecodedPicture,
  { options, sizeOf }: Preparation,
  crop?: readonly [number, number, number, number],
): FromImageOptions & { readonly size: readonly [number, number] } {
  const [, , width, height] = crop ?? [0, 0, picture.width, picture.height];
  const size = options.size ?? sizeOf?.({ width, height }) ?? [Math.ceil(height), Math.ceil(width)];
  return { ...options, size, ...(crop !== undefined && { crop }) };
}

/** A picture as the model's input. */
export function prepared(
  picture: DecodedPicture,
  preparation: Preparation,
  crop?: readonly [number, number, number, number],
): Tensor<'float32' | 'uint8'> {
  const made = fromImage(picture, optionsFor(picture, preparation, crop));
  if (!preparation.isSingle) return made;
  const single = made.reshape(made.shape.slice(1));
  made.dispose();
  return single;
}
