/** Pictures as a model's input: what its shape, its outputs and the options say of size, layout and values. */
import type { Tensor } from 'striate';
import { decodeImage, type FromImageOptions, fromImage, type PictureSource } from 'striate/image';
import type { Model, ModelPort } from 'striate/onnx';
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
  none: { scale: 1 },
} as const;

/** Rows of scores of so many classes are ImageNet's, with or without one for the background. */
const IMAGENET = [1000, 1001];

/** How a model's pictures are prepared. */
export interface Preparation {
  /** The input that takes the picture. */
  readonly input: string;
  readonly options: FromImageOptions;
  /** The input has no batch axis. */
  readonly isSingle: boolean;
  /** In words: 224x224, fit stretch, NCHW, rgb, imagenet. */
  readonly text: string;
}

/** What is told and what can be guessed. @throws UsageError where that is not enough */
export function preparationOf(
  model: Model,
  given: PictureOptions,
  others: readonly string[] = [],
): Preparation {
  const port = pictureInput(model, others);
  const isSingle = port.shape?.length === 3;
  const [, ...axes] = isSingle ? [1, ...(port.shape ?? [])] : (port.shape ?? [1, 3, '?', '?']);
  const layout =
    given.layout === undefined
      ? layoutOf(axes)
      : parseWord('--layout', given.layout.toUpperCase(), ['NCHW', 'NHWC']);
  const [channels, height, width] = layout === 'NCHW' ? axes : [axes[2], axes[0], axes[1]];
  const size = given.size === undefined ? sizeOf(height, width) : parseSize(given.size);
  const fit = parseWord('--fit', given.fit ?? 'stretch', ['stretch', 'contain', 'cover']);
  const order = parseWord('--order', given.order ?? 'rgb', ['rgb', 'bgr']);
  const isBytes = port.dtype === 'uint8';
  const values = isBytes
    ? { text: 'bytes', options: { dtype: 'uint8' as const } }
    : valuesOf(model, given, channels === 1);
  return {
    input: port.name,
    isSingle,
    options: {
      fit,
      order,
      layout,
      channels: channelsOf(port, channels),
      ...(size !== null && { size }),
      ...values.options,
    },
    text: [size === null ? 'its own size' : size.join('x'), `fit ${fit}`, layout, order, values.text].join(
      ', ',
    ),
  };
}

/** The input that looks like a picture, but for those that are given otherwise. */
function pictureInput(model: Model, others: readonly string[]): ModelPort {
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

const sizeOf = (height: Size, width: Size): [number, number] | null =>
  typeof height === 'number' && typeof width === 'number' ? [height, width] : null;

/** HxW, or one number for both. */
function parseSize(text: string): [number, number] {
  const [height = '', width = height, ...more] = text.split('x');
  if (more.length > 0) throw new UsageError(`--size is '${text}', must be HEIGHTxWIDTH`);
  return [parseInteger('--size', height, 1), parseInteger('--size', width, 1)];
}

/** (byte * scale - mean) / std, and that in words. */
function valuesOf(
  model: Model,
  given: PictureOptions,
  isGrey: boolean,
): { text: string; options: FromImageOptions } {
  const isImageNet = model.outputs.some(({ shape }) => IMAGENET.includes(classesOf(shape))) && !isGrey;
  const guess = isImageNet ? 'imagenet' : 'unit';
  const preset = parseWord('--preset', given.preset ?? guess, ['imagenet', 'unit', 'none']);
  const told = {
    ...(given.scale !== undefined && { scale: parseNumbers('--scale', given.scale)[0] as number }),
    ...(given.mean !== undefined && { mean: oneOrMore('--mean', given.mean) }),
    ...(given.std !== undefined && { std: oneOrMore('--std', given.std) }),
  };
  const text = Object.entries(told).map(([name, value]) => `${name} ${[value].flat().join(' ')}`);
  const why = given.preset !== undefined ? '' : ` (default${isImageNet ? ' for 1000 classes' : ''})`;
  return { options: { ...PRESETS[preset], ...told }, text: [`${preset}${why}`, ...text].join(', ') };
}

function oneOrMore(option: string, text: string): number | number[] {
  const [first, ...more] = parseNumbers(option, text);
  return more.length === 0 ? (first as number) : [first as number, ...more];
}

/** A file's picture. @throws Failure that names the file */
export async function readPicture({ name, read }: Source): Promise<PictureSource> {
  const bytes = await read();
  try {
    return await decodeImage(bytes);
  } catch (cause) {
    throw new Failure(`${name}: ${lineOf(cause)}`, { cause });
  }
}

/** A picture as the model's input. */
export function prepared(
  picture: PictureSource,
  { options, isSingle }: Preparation,
): Tensor<'float32' | 'uint8'> {
  const made = fromImage(picture, options);
  if (!isSingle) return made;
  const single = made.reshape(made.shape.slice(1));
  made.dispose();
  return single;
}
