/** pictureGrid: the planes of a tensor side by side, as one picture, with what its colours stand for. */
import { checkOptions, integer, oneOf } from '../base/checks.ts';
import type { DType } from '../base/dtype.ts';
import { counted } from '../base/errors.ts';
import { LETTER, widthOf, writeText } from '../image/font.ts';
import type { RgbaPicture } from '../image/source.ts';
import { flag } from '../ops/options.ts';
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
  /** Writes what the colours' ends stand for: below each plane, or with one scale for all below a bar of the colours. Default false. */
  readonly legend?: boolean | undefined;
}

/** What the colours of a plane stand for. */
export interface PlaneColors {
  /** What the first colour stands for. */
  readonly low: number;
  /** What the last colour stands for. */
  readonly high: number;
  /** The plane's value, where it has the same everywhere; else null. */
  readonly constant: number | null;
  /** How many of its elements are NaN. */
  readonly notNumbers: number;
}

/** What `pictureGrid` gives. */
export interface GridPicture extends RgbaPicture {
  /** Of each plane, in their order. */
  readonly planes: readonly PlaneColors[];
  /** The picture in words: how many planes of which size and values, which of them are constant, and which have NaN. */
  readonly alt: string;
}

/** What an element that is no number looks like. */
const NOT_A_NUMBER = [255, 0, 255] as const;
const [PAPER, INK] = [
  [255, 255, 255],
  [34, 34, 34],
] as const;
/** Height of the bar of colours. */
const BAR = 8;

/**
 * The planes of a tensor side by side: feature maps, or the kernels of a layer, a row for each output channel. A plane that is the
 * same everywhere has the colour of the middle, infinities those of the ends, and NaN is magenta.
 * @param t maps [1, C, H, W] or kernels [O, I, kh, kw]; of any dtype
 * @returns red, green, blue, alpha; what the colours of each plane stand for, and the picture in words
 * @throws RangeError for another shape; TypeError for what has no values
 * @example
 * ```ts
 * const { data, width, height, alt } = pictureGrid(weight, { colormap: 'coolwarm', scale: 8, legend: true });
 * ```
 */
export function pictureGrid(t: Tensor<DType>, options: PictureGridOptions = {}): GridPicture {
  const where = 'pictureGrid';
  const { shape } = requireTensor(where, 't', t);
  readable(where, 't', t);
  checkOptions(where, options, ['columns', 'gap', 'normalize', 'colormap', 'scale', 'legend']);
  const [samples = 0, channels = 0, high = 0, wide = 0] = shape;
  if (shape.length !== 4 || t.size === 0) {
    throw new RangeError(`${where}: t has shape [${shape.join(', ')}], must have 4 axes of at least 1`);
  }
  const planes = samples * channels;
  const { columns = samples > 1 ? channels : Math.ceil(Math.sqrt(planes)), gap = 1, scale = 1 } = options;
  const { normalize = 'each', colormap = 'gray', legend = false } = options;
  integer(where, 'columns', columns, 1);
  integer(where, 'gap', gap, 0);
  integer(where, 'scale', scale, 1);
  oneOf(where, 'normalize', normalize, ['each', 'all']);
  oneOf(where, 'colormap', colormap, Object.keys(COLORMAPS));
  flag(where, 'legend', legend);
  const { data: values } = t;
  const all = normalize === 'all' ? rangeOf(values, colormap) : null;
  const found = Array.from({ length: planes }, (_, plane) =>
    colorsOf(values.subarray(plane * high * wide, (plane + 1) * high * wide), colormap, all),
  );
  const sheet = new Sheet({
    wide: wide * scale,
    high: high * scale,
    gap,
    columns: Math.min(columns, planes),
    planes,
  });
  const texts = !legend
    ? []
    : all === null
      ? found.map((one) => textOf(one, colormap))
      : barTexts(all, colormap);
  const picture = sheet.begin(where, texts, legend && all !== null);
  const colors = colorTable(colormap);
  const { data, width } = picture;
  found.forEach(({ low, high: end }, plane) => {
    const own = values.subarray(plane * high * wide, (plane + 1) * high * wide);
    const [left, top] = sheet.corner(plane);
    for (let y = 0; y < high * scale; y++) {
      const row = Math.floor(y / scale) * wide;
      for (let x = 0; x < wide * scale; x++) {
        const value = own[row + Math.floor(x / scale)] as number;
        const step = 3 * stepOf(value, low, end - low);
        const at = ((top + y) * width + left + x) * 4;
        for (let c = 0; c < 3; c++) {
          data[at + c] = Number.isNaN(value) ? (NOT_A_NUMBER[c] as number) : (colors[step + c] as number);
        }
        data[at + 3] = 255;
      }
    }
  });
  if (legend && all !== null) sheet.bar(colors, texts);
  else sheet.captions(texts);
  return { ...picture, planes: found, alt: wordsOf(found, { wide, high, isOne: normalize === 'all' }) };
}

interface Layout {
  /** Of a plane, in pixels. */
  readonly wide: number;
  readonly high: number;
  readonly gap: number;
  readonly columns: number;
  readonly planes: number;
}

/** Where planes and texts lie, and the pixels. */
class Sheet {
  readonly #layout: Layout;
  readonly #dot: number;
  #across = 0;
  #down = 0;
  #picture: RgbaPicture = { data: new Uint8ClampedArray(0), width: 0, height: 0, channels: 4 };

  constructor(layout: Layout) {
    this.#layout = layout;
    this.#dot = Math.max(1, Math.floor(layout.wide / 100));
  }

  get #line(): number {
    return (LETTER.height + 4) * this.#dot;
  }

  begin(where: string, texts: readonly string[], isBar: boolean): RgbaPicture {
    const { wide, high, gap, columns, planes } = this.#layout;
    const widths = texts.map((text) => widthOf(text, this.#dot) + 2 * this.#dot);
    const isCaption = texts.length > 0 && !isBar;
    this.#across = Math.max(wide, isCaption ? Math.max(...widths) : 0) + gap;
    this.#down = high + gap + (isCaption ? this.#line : 0);
    const width = Math.max(
      columns * this.#across - gap,
      isBar ? widths.reduce((sum, one) => sum + one + 4 * this.#dot, 0) : 0,
    );
    const height = Math.ceil(planes / columns) * this.#down - gap + (isBar ? gap + BAR + this.#line : 0);
    if (width * height * 4 > 2 ** 31 - 1) {
      throw new RangeError(
        `${where}: the picture would have ${width} x ${height} pixels, must have fewer than 2^29`,
      );
    }
    this.#picture = { data: new Uint8ClampedArray(width * height * 4), width, height, channels: 4 };
    return this.#picture;
  }

  /** Where a plane begins. */
  corner(index: number): [left: number, top: number] {
    const { columns } = this.#layout;
    return [(index % columns) * this.#across, Math.floor(index / columns) * this.#down];
  }

  #fill(left: number, top: number, right: number, bottom: number, color: ArrayLike<number>): void {
    const { data, width, height } = this.#picture;
    for (let y = Math.max(0, top); y < Math.min(bottom, height); y++)
      for (let x = Math.max(0, left); x < Math.min(right, width); x++) {
        const at = (y * width + x) * 4;
        data[at] = color[0] as number;
        data[at + 1] = color[1] as number;
        data[at + 2] = color[2] as number;
        data[at + 3] = 255;
      }
  }

  #write(text: string, left: number, top: number): void {
    writeText(text, left, top, this.#dot, (...edges) => this.#fill(...edges, INK));
  }

  /** A text below each plane. */
  captions(texts: readonly string[]): void {
    texts.forEach((text, i) => {
      const [left, top] = this.corner(i);
      const under = top + this.#layout.high;
      this.#fill(left, under, left + this.#across - this.#layout.gap, under + this.#line, PAPER);
      this.#write(text, left + this.#dot, under + 2 * this.#dot);
    });
  }

  /** The colours from the first to the last, and numbers at the ends, and in the middle where there are three. */
  bar(colors: Uint8Array, texts: readonly string[]): void {
    const { width, height } = this.#picture;
    const top = height - BAR - this.#line;
    for (let x = 0; x < width; x++) {
      const step = 3 * Math.round((255 * x) / Math.max(1, width - 1));
      this.#fill(x, top, x + 1, top + BAR, colors.subarray(step, step + 3));
    }
    this.#fill(0, top + BAR, width, height, PAPER);
    texts.forEach((text, i) => {
      const room = width - widthOf(text, this.#dot) - 2 * this.#dot;
      const share = texts.length === 1 ? 0.5 : i / (texts.length - 1);
      this.#write(text, this.#dot + Math.round(room * share), top + BAR + 2 * this.#dot);
    });
  }
}

/** Which of the 256 colours. */
function stepOf(value: number, low: number, size: number): number {
  if (size === 0) return value === low ? 128 : value < low ? 0 : 255;
  return Math.round(255 * Math.min(1, Math.max(0, (value - low) / size)));
}

/** The least and the greatest finite value; as far on both sides of 0 where the colours have a middle. */
function rangeOf(values: ArrayLike<number>, colormap: Colormap): readonly [low: number, high: number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low > high) return [0, 0];
  if (colormap !== 'coolwarm') return [low, high];
  const most = Math.max(Math.abs(low), Math.abs(high));
  return [0 - most, most];
}

function colorsOf(
  values: ArrayLike<number>,
  colormap: Colormap,
  all: readonly [number, number] | null,
): PlaneColors {
  const [low, high] = all ?? rangeOf(values, colormap);
  let [isConstant, notNumbers] = [true, 0];
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) notNumbers++;
    if (values[i] !== values[0]) isConstant = false;
  }
  return { low, high, constant: isConstant ? (values[0] as number) : null, notNumbers };
}

/** Three digits. */
const short = (value: number): string => `${Number(value.toPrecision(3))}`;

const barTexts = ([low, high]: readonly [number, number], colormap: Colormap): string[] =>
  low === high ? [short(low)] : [low, ...(colormap === 'coolwarm' ? [0] : []), high].map(short);

function textOf({ low, high, constant, notNumbers }: PlaneColors, colormap: Colormap): string {
  const nan = notNumbers > 0 ? ` ${notNumbers} NaN` : '';
  if (constant !== null) return `= ${short(constant)}${nan}`;
  if (low === high) return nan === '' ? short(low) : nan.slice(1);
  return `${colormap === 'coolwarm' ? `+-${short(high)}` : `${short(low)} ${short(high)}`}${nan}`;
}

const MOST_NAMED = 8;

function wordsOf(
  planes: readonly PlaneColors[],
  { wide, high, isOne }: { wide: number; high: number; isOne: boolean },
): string {
  const list = (numbers: readonly number[]) =>
    `${numbers.slice(0, MOST_NAMED).join(', ')}${numbers.length > MOST_NAMED ? ' ...' : ''}`;
  const which = (is: (one: PlaneColors) => boolean) => planes.flatMap((one, i) => (is(one) ? [i] : []));
  const lows = planes.map(({ low }) => low);
  const [low, end] = [Math.min(...lows), Math.max(...planes.map((one) => one.high))];
  const parts = [
    `${counted(planes.length, 'plane')} of ${high} x ${wide}, colours from ${short(low)} to ${short(end)}${isOne || planes.length === 1 ? '' : ', each by its own values'}`,
  ];
  const constants = which(({ constant }) => constant !== null);
  const values = [...new Set(constants.map((i) => short(planes[i]!.constant as number)))];
  for (const value of values.slice(0, MOST_NAMED)) {
    const same = constants.filter((i) => short(planes[i]!.constant as number) === value);
    parts.push(`${value} everywhere in ${list(same)}`);
  }
  const broken = which(({ notNumbers }) => notNumbers > 0);
  if (broken.length > 0) parts.push(`NaN in ${list(broken)}`);
  return parts.join('; ');
}
