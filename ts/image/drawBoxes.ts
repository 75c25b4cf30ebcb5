/** drawBoxes: frames with labels on a copy of a picture. */
import { describe, wrongKind } from '../base/errors.ts';
import { LETTER, widthOf, writeText } from './font.ts';
import { numbers } from './options.ts';
import { pixelsOf } from './pixels.ts';
import type { PictureSource, Pixels, RgbaPicture } from './source.ts';

/** A box to draw. */
export interface DrawnBox {
  /** [x1, y1, x2, y2] in pixels from the left and upper edges; what lies outside the picture is not drawn. */
  readonly box: readonly [x1: number, y1: number, x2: number, y2: number];
  /** Written on a bar above the box, or in it where there is no room. Accents are left out, and boxes stand for what is not ASCII. */
  readonly label?: string | undefined;
  /** '#rrggbb', or [red, green, blue] from 0 to 255. Default: one of ten, in turns. */
  readonly color?: string | readonly [red: number, green: number, blue: number] | undefined;
}

type Color = readonly number[];

/** Ten hues that are told apart on light and on dark. */
const COLORS: readonly string[] = [
  ...['#ff3b30', '#34c759', '#0a84ff', '#ffcc00', '#bf5af2'],
  ...['#00c7be', '#ff9f0a', '#ff6eb4', '#a2845e', '#8ee000'],
];

/** Frames are 1 pixel wide for every so many of the picture's shorter side, letters' dots for every so many more. */
const SIDE_PER_LINE = 240;
const SIDE_PER_DOT = 320;

/**
 * A copy of a picture with boxes drawn on it, wide enough to be seen at its size.
 * @param image a picture as `fromImage` takes it
 * @returns red, green, blue, alpha
 * @throws TypeError, RangeError for what is no picture, and for wrong boxes
 * @example
 * ```ts
 * const drawn = drawBoxes({ data: new Uint8Array(64 * 64 * 3), width: 64, height: 64 }, [{ box: [8, 20, 40, 50], label: 'cat 0.98' }]);
 * ```
 */
export function drawBoxes(image: PictureSource, boxes: readonly DrawnBox[]): RgbaPicture {
  const canvas = new Canvas(pixelsOf('drawBoxes', 'image', image));
  if (!Array.isArray(boxes))
    throw wrongKind('drawBoxes', 'boxes', boxes, 'an array of { box, label?, color? }');
  for (const [i, one] of (boxes as readonly DrawnBox[]).entries()) {
    const name = `boxes[${i}]`;
    if (typeof one !== 'object' || one === null)
      throw wrongKind('drawBoxes', name, one, '{ box, label?, color? }');
    const { box, label = '', color = COLORS[i % COLORS.length] } = one;
    const edges = numbers('drawBoxes', `${name}.box`, box, 4).map(Math.round);
    if (typeof label !== 'string') throw wrongKind('drawBoxes', `${name}.label`, label, 'a text');
    canvas.frame(edges, label, colorOf(`${name}.color`, color));
  }
  return canvas.picture;
}

function colorOf(name: string, color: unknown): Color {
  const digits = typeof color === 'string' ? /^#([\da-f]{2})([\da-f]{2})([\da-f]{2})$/i.exec(color) : null;
  if (digits !== null) return digits.slice(1).map((pair) => Number.parseInt(pair, 16));
  if (Array.isArray(color)) return numbers('drawBoxes', name, color, 3);
  throw new TypeError(`drawBoxes: ${name} is ${describe(color)}, must be '#rrggbb' or [red, green, blue]`);
}

/** A copy of a picture that is drawn on. */
class Canvas {
  readonly picture: RgbaPicture;
  /** The width of lines, and the side of a letter's dot. */
  readonly #line: number;
  readonly #dot: number;

  constructor({ data, width, height, channels }: Pixels) {
    const own = new Uint8ClampedArray(width * height * 4);
    const isGrey = channels < 3;
    const hasAlpha = channels % 2 === 0;
    for (let i = 0; i < width * height; i++) {
      const at = i * channels;
      for (let c = 0; c < 3; c++) own[i * 4 + c] = data[isGrey ? at : at + c] as number;
      own[i * 4 + 3] = hasAlpha ? (data[at + channels - 1] as number) : 255;
    }
    this.picture = { data: own, width, height, channels: 4 };
    const side = Math.min(width, height);
    this.#line = Math.max(1, Math.round(side / SIDE_PER_LINE));
    this.#dot = Math.max(1, Math.round(side / SIDE_PER_DOT));
  }

  #fill(left: number, top: number, right: number, bottom: number, [red, green, blue]: Color): void {
    const { data, width, height } = this.picture;
    for (let y = Math.max(0, top); y < Math.min(height, bottom); y++) {
      for (let x = Math.max(0, left); x < Math.min(width, right); x++) {
        data.set([red as number, green as number, blue as number, 255], (y * width + x) * 4);
      }
    }
  }

  /** Lines within the edges, and the label. */
  frame([x1 = 0, y1 = 0, x2 = 0, y2 = 0]: readonly number[], label: string, color: Color): void {
    const line = this.#line;
    const [left, right] = x1 < x2 ? [x1, x2] : [x2, x1];
    const [top, bottom] = y1 < y2 ? [y1, y2] : [y2, y1];
    this.#fill(left, top, right, Math.min(top + line, bottom), color);
    this.#fill(left, Math.max(bottom - line, top), right, bottom, color);
    this.#fill(left, top, Math.min(left + line, right), bottom, color);
    this.#fill(Math.max(right - line, left), top, right, bottom, color);
    if (label !== '') this.#label(left, top, label, color);
  }

  #label(left: number, top: number, label: string, color: Color): void {
    const dot = this.#dot;
    const width = widthOf(label, dot) + 4 * dot;
    const height = (LETTER.height + 4) * dot;
    // Moved in from the edges, where that is possible.
    const x = Math.max(0, Math.min(left, this.picture.width - width));
    const y = top >= height ? top - height : Math.max(0, top);
    this.#fill(x, y, x + width, y + height, color);
    const [red = 0, green = 0, blue = 0] = color;
    const ink = red * 0.299 + green * 0.587 + blue * 0.114 > 140 ? [0, 0, 0] : [255, 255, 255];
    writeText(label, x + 2 * dot, y + 2 * dot, dot, (...edges) => this.#fill(...edges, ink));
  }
}
