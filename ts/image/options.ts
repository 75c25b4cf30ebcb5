/** How a picture becomes a network's input: the options of fromImage and imageTransform, checked. */
import { checkOptions, integer, integers, oneOf, real } from '../base/checks.ts';
import { counted, wrongKind, wrongValue } from '../base/errors.ts';

/** The options of `fromImage` and `imageTransform`. */
export interface FromImageOptions<D extends 'float32' | 'uint8' = 'float32' | 'uint8'> {
  /** [height, width] of the input. Default: that of the picture, or of `crop`. */
  readonly size?: readonly [height: number, width: number] | undefined;
  /**
   * Default 'stretch': both axes are resized on their own. 'contain': the picture keeps its proportions, lies in the middle, and
   * `pad` is around it (a letterbox). 'cover': it keeps its proportions and fills the input; what stands out is cut off on both
   * sides.
   */
  readonly fit?: 'stretch' | 'contain' | 'cover' | undefined;
  /**
   * [x, y, width, height] of the part of the picture to take, in its pixels from the left and upper edges; fractions are allowed.
   * Default: all of it. At its edges the pixels next to it are seen, as by Pillow's `resize(box=...)`.
   */
  readonly crop?: readonly [x: number, y: number, width: number, height: number] | undefined;
  /** Default 'bilinear'; 'bicubic' is Pillow's and PyTorch's with antialias, with the coefficient -0.5. */
  readonly interpolation?: 'bilinear' | 'bicubic' | undefined;
  /**
   * Where a picture shrinks, each pixel is a mean of all that it stands for, as Pillow and torchvision have it. Default true;
   * false looks at two neighbours (of bicubic: four) along each axis.
   */
  readonly antialias?: boolean | undefined;
  /**
   * Default 3. 1: grey, of colours 0.299 red + 0.587 green + 0.114 blue. 4: with alpha, 255 where the picture has none. Without
   * it alpha is dropped: colours count as they are, whatever is transparent.
   */
  readonly channels?: 1 | 3 | 4 | undefined;
  /** Default 'rgb'; alpha stays the last. */
  readonly order?: 'rgb' | 'bgr' | undefined;
  /** Default 'NCHW'. */
  readonly layout?: 'NCHW' | 'NHWC' | undefined;
  /** What bytes are multiplied by; not for dtype 'uint8'. Default 1 / 255. */
  readonly scale?: number | undefined;
  /** Subtracted after `scale`: a number, or one for each channel in the order of the input's. Default 0. */
  readonly mean?: number | readonly number[] | undefined;
  /** Divides the difference: a number, or one for each channel in the order of the input's. Default 1. */
  readonly std?: number | readonly number[] | undefined;
  /** The byte of every channel around the picture with fit 'contain', before `scale`. Default 0. */
  readonly pad?: number | undefined;
  /** Default 'float32'; 'uint8' keeps the bytes. */
  readonly dtype?: D | undefined;
}

/** Options that were checked, with their defaults; `size` and `crop` are null where they follow from the picture. */
export interface Settings {
  readonly size: readonly number[] | null;
  readonly fit: 'stretch' | 'contain' | 'cover';
  readonly crop: readonly number[] | null;
  readonly interpolation: 'bilinear' | 'bicubic';
  readonly antialias: boolean;
  readonly channels: 1 | 3 | 4;
  readonly order: 'rgb' | 'bgr';
  readonly layout: 'NCHW' | 'NHWC';
  readonly dtype: 'float32' | 'uint8';
  readonly pad: number;
  /** A byte times its channel's factor, and the summand added, is the element. */
  readonly factors: readonly number[];
  readonly summands: readonly number[];
}

const OPTIONS: readonly (keyof FromImageOptions)[] = [
  ...(['size', 'fit', 'crop', 'interpolation', 'antialias', 'channels', 'order'] as const),
  ...(['layout', 'scale', 'mean', 'std', 'pad', 'dtype'] as const),
];

/** @throws TypeError, RangeError for what is no option, or is not what it may be */
export function settingsOf(where: string, options: FromImageOptions): Settings {
  checkOptions(where, options, OPTIONS);
  const { size = null, crop = null, fit = 'stretch', interpolation = 'bilinear' } = options;
  const {
    antialias = true,
    channels = 3,
    order = 'rgb',
    layout = 'NCHW',
    pad = 0,
    dtype = 'float32',
  } = options;
  oneOf(where, 'fit', fit, ['stretch', 'contain', 'cover']);
  oneOf(where, 'interpolation', interpolation, ['bilinear', 'bicubic']);
  oneOf(where, 'order', order, ['rgb', 'bgr']);
  oneOf(where, 'layout', layout, ['NCHW', 'NHWC']);
  oneOf(where, 'dtype', dtype, ['float32', 'uint8']);
  if (typeof antialias !== 'boolean') throw wrongKind(where, 'antialias', antialias, 'true or false');
  if (size !== null) integers(where, 'size', size, 1, 2);
  if (crop !== null) numbers(where, 'crop', crop, 4);
  integer(where, 'channels', channels, 1, 4);
  if ((channels as number) === 2) throw wrongValue(where, 'channels', channels, '1, 3 or 4');
  integer(where, 'pad', pad, 0, 255);
  return {
    ...{ size, fit, crop, interpolation, antialias, channels, order, layout, pad, dtype },
    ...affine(where, options, channels, dtype),
  };
}

/** (byte * scale - mean) / std as a factor and a summand for each channel. */
function affine(
  where: string,
  options: FromImageOptions,
  channels: number,
  dtype: 'float32' | 'uint8',
): Pick<Settings, 'factors' | 'summands'> {
  if (dtype === 'uint8') {
    const given = (['scale', 'mean', 'std'] as const).find((name) => options[name] !== undefined);
    if (given === undefined) return { factors: [], summands: [] };
    throw new RangeError(`${where}: ${given} is given, must be left out with dtype 'uint8'`);
  }
  const { scale = 1 / 255, mean = 0, std = 1 } = options;
  finite(where, 'scale', scale);
  const means = perChannel(where, 'mean', mean, channels);
  const deviations = perChannel(where, 'std', std, channels);
  if (deviations.includes(0)) throw wrongValue(where, 'std', std, 'other than 0');
  return {
    factors: deviations.map((deviation) => scale / deviation),
    summands: deviations.map((deviation, c) => -(means[c] as number) / deviation),
  };
}

/** A number for all channels, or one for each. */
export function perChannel(where: string, name: string, value: unknown, channels: number): readonly number[] {
  if (typeof value === 'number') return new Array<number>(channels).fill(finite(where, name, value));
  return numbers(where, name, value, channels);
}

/** So many finite numbers. */
export function numbers(where: string, name: string, value: unknown, count: number): readonly number[] {
  if (!Array.isArray(value)) throw wrongKind(where, name, value, `an array of ${counted(count, 'number')}`);
  if (value.length !== count) {
    const is = counted(value.length, 'entry', 'entries');
    throw new RangeError(`${where}: ${name} has ${is}, must have ${count}`);
  }
  return value.map((entry, i) => finite(where, `${name}[${i}]`, entry));
}

/** A number that is neither NaN nor infinite. */
export function finite(where: string, name: string, value: unknown): number {
  const number = real(where, name, value);
  if (Math.abs(number) < Number.POSITIVE_INFINITY) return number;
  throw wrongValue(where, name, value, 'finite');
}
