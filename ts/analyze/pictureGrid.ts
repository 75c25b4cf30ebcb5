/** pictureGrid: the planes of a tensor side by side, as one picture. */
import { checkOptions, integer, oneOf } from '../base/checks.ts';
import type { DType } from '../base/dtype.ts';
import type { RgbaPicture } from '../image/source.ts';
import { readable, requireTensor, type Tensor } from '../tensor/tensor.ts';
import { COLORMAPS, type Colormap, colorTable } from './colormap.ts';

/** The options of `pictureGrid`. */
export interface PictureGridOptions {
  /** How many planes stand in a row. Default: of one sample about as many as rows, of several (kernels) their channels. */
  readonly columns?: number | undefined;
  /** Pixels between planes, which are transparent. Default 1. */
  readonly gap?: number | undefined;
  /** Whether each plane's own least and greatest value are the ends of the colours, or those of all. Default 'each'. */
  readonly normalize?: 'each' | 'all' | undefined;
  /**
   * Default 'gray': the least value black, the greatest white. 'viridis': dark blue to yellow. 'coolwarm': blue below 0, grey at
   * 0, red above, as far as the value farthest from 0 on both sides.
   */
  readonly colormap?: Colormap | undefined;
  /** The side of the square that an element becomes, in pixels. Default 1. */
  readonly scale?: number | undefined;
}

/** What an element that is no number looks like. */
const NOT_A_NUMBER = [255, 0, 255] as const;

/**
 * The planes of a tensor side by side: feature maps, or the kernels of a layer, a row for each output channel. A plane that is the
 * same everywhere has the colour of the middle, infinities those of the ends, and NaN is magenta.
 * @param t maps [1, C, H, W] or kernels [O, I, kh, kw]; of any dtype
 * @returns red, green, blue, alpha
 * @throws RangeError for another shape; TypeError for what has no values
 * @example
 * ```ts
 * const { data, width, height } = pictureGrid(weight, { colormap: 'coolwarm', scale: 8 });
 * ```
 */
export function pictureGrid(t: Tensor<DType>, options: PictureGridOptions = {}): RgbaPicture {
  const where = 'pictureGrid';
  const { shape } = requireTensor(where, 't', t);
  readable(where, 't', t);
  checkOptions(where, options, ['columns', 'gap', 'normalize', 'colormap', 'scale']);
  const [samples = 0, channels = 0, high = 0, wide = 0] = shape;
  if (shape.length !== 4 || t.size === 0) {
    throw new RangeError(`${where}: t has shape [${shape.join(', ')}], must have 4 axes of at least 1`);
  }
  const planes = samples * channels;
  const { columns = samples > 1 ? channels : Math.ceil(Math.sqrt(planes)), gap = 1, scale = 1 } = options;
  const { normalize = 'each', colormap = 'gray' } = options;
  integer(where, 'columns', columns, 1);
  integer(where, 'gap', gap, 0);
  integer(where, 'scale', scale, 1);
  oneOf(where, 'normalize', normalize, ['each', 'all']);
  oneOf(where, 'colormap', colormap, Object.keys(COLORMAPS));
  const colors = colorTable(colormap);
  const { data: values } = t;
  const all = normalize === 'all' ? rangeOf(values, colormap) : null;
  const across = Math.min(columns, planes);
  const [down, right] = [high * scale + gap, wide * scale + gap];
  const [width, height] = [across * right - gap, Math.ceil(planes / across) * down - gap];
  if (width * height * 4 > 2 ** 31 - 1) {
    throw new RangeError(
      `${where}: the picture would have ${width} x ${height} pixels, must have fewer than 2^29`,
    );
  }
  const data = new Uint8ClampedArray(width * height * 4);
  for (let plane = 0; plane < planes; plane++) {
    const own = values.subarray(plane * high * wide, (plane + 1) * high * wide);
    const [low, size] = all ?? rangeOf(own, colormap);
    const first = Math.floor(plane / across) * down * width + (plane % across) * right;
    for (let y = 0; y < high * scale; y++) {
      const row = Math.floor(y / scale) * wide;
      for (let x = 0; x < wide * scale; x++) {
        const value = own[row + Math.floor(x / scale)] as number;
        const step = 3 * stepOf(value, low, size);
        const at = (first + y * width + x) * 4;
        for (let c = 0; c < 3; c++) {
          data[at + c] = Number.isNaN(value) ? (NOT_A_NUMBER[c] as number) : (colors[step + c] as number);
        }
        data[at + 3] = 255;
      }
    }
  }
  return { data, width, height, channels: 4 };
}

/** Which of the 256 colours. */
function stepOf(value: number, low: number, size: number): number {
  if (size === 0) return value === low ? 128 : value < low ? 0 : 255;
  return Math.round(255 * Math.min(1, Math.max(0, (value - low) / size)));
}

/** The least finite value and how far the greatest is from it; around 0 where the colours have a middle. */
function rangeOf(values: ArrayLike<number>, colormap: Colormap): readonly [low: number, size: number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low > high) return [0, 0];
  if (colormap !== 'coolwarm') return [low, high - low];
  const most = Math.max(Math.abs(low), Math.abs(high));
  return [-most, 2 * most];
}
