/**
 * Pictures that a browser holds: drawn in their full size on a canvas, whose pixels are sRGB with alpha beside, not
 * multiplied in. What is known of a class is its tag: a page's frames have classes of their own.
 */
import { describe } from '../base/errors.ts';
import { messageOf, tagOf } from '../base/realm.ts';
import type { PictureSize, Pixels } from './source.ts';

/** Which of its properties are the size, by what the picture is. */
const SIZES: ReadonlyMap<string, readonly [width: string, height: string]> = /*#__PURE__*/ new Map([
  ['ImageBitmap', ['width', 'height']],
  ['HTMLImageElement', ['naturalWidth', 'naturalHeight']],
  ['HTMLVideoElement', ['videoWidth', 'videoHeight']],
  ['HTMLCanvasElement', ['width', 'height']],
  ['OffscreenCanvas', ['width', 'height']],
  ['VideoFrame', ['displayWidth', 'displayHeight']],
  // Of another colour space or other numbers than bytes: a canvas makes sRGB bytes of them.
  ['ImageData', ['width', 'height']],
] as const);

/** What a program for browsers knows of a canvas. */
interface Canvas {
  width: number;
  height: number;
  getContext(kind: '2d', settings: object): Context | null;
}
interface Context {
  drawImage(source: unknown, x: number, y: number, width: number, height: number): void;
  putImageData(source: unknown, x: number, y: number): void;
  getImageData(x: number, y: number, width: number, height: number): Pick<Pixels, 'data'>;
}
interface Page {
  OffscreenCanvas?: new (width: number, height: number) => Canvas;
  document?: { createElement(name: 'canvas'): Canvas };
}

/** Whether its pixels must be asked of a canvas. */
export function isDrawable(source: unknown): source is object {
  const tag = tagOf(source);
  if (tag !== 'ImageData') return SIZES.has(tag);
  const { colorSpace = 'srgb', data } = source as { colorSpace?: string; data: unknown };
  return colorSpace !== 'srgb' || tagOf(data) !== 'Uint8ClampedArray';
}

/** The size of what a browser draws. @throws RangeError for what has not been loaded, or was closed */
export function sizeOfDrawable(where: string, name: string, source: object): PictureSize {
  const [across, down] = SIZES.get(tagOf(source)) as readonly [string, string];
  const { [across]: width, [down]: height } = source as Record<string, number>;
  if (width && height) return { width, height };
  throw new RangeError(
    `${where}: ${name} is ${describe(source)} of ${width} x ${height} pixels, must be loaded and not closed`,
  );
}

/** The pixels of what a browser draws. @throws RangeError for what is not loaded; Error where a page may not read them */
export function canvasPixels(where: string, name: string, source: object): Pixels {
  const { width, height } = sizeOfDrawable(where, name, source);
  try {
    const { OffscreenCanvas, document } = globalThis as Page;
    const canvas = OffscreenCanvas
      ? new OffscreenCanvas(width, height)
      : (document as NonNullable<Page['document']>).createElement('canvas');
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext('2d', { willReadFrequently: true, colorSpace: 'srgb' });
    const drawn = context as Context;
    if (tagOf(source) === 'ImageData') drawn.putImageData(source, 0, 0);
    else drawn.drawImage(source, 0, 0, width, height);
    return { data: drawn.getImageData(0, 0, width, height).data, width, height, channels: 4 };
  } catch (cause) {
    const message = `${where}: the pixels of ${name}, ${describe(source)}, cannot be read: ${messageOf(cause)}`;
    throw new Error(message, { cause });
  }
}
