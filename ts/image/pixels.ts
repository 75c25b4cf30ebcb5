/** What is given as a picture, checked. */
import { integer } from '../base/checks.ts';
import { counted, wrongKind } from '../base/errors.ts';
import { tagOf } from '../base/realm.ts';
import { canvasPixels, isDrawable, sizeOfDrawable } from './browser.ts';
import type { Picture, PictureSize, Pixels } from './source.ts';

const MUST =
  '{ data, width, height }, an ImageData, or what a browser draws: an image, a video, a canvas, an ImageBitmap, a VideoFrame';

/** The pixels of a picture. @throws TypeError, RangeError for what is none */
export function pixelsOf(where: string, name: string, source: unknown): Pixels {
  if (isDrawable(source)) return canvasPixels(where, name, source);
  const { width, height } = sizeOf(where, name, source);
  const { data, channels } = source as Partial<Picture>;
  const isBytes = ArrayBuffer.isView(data) && /^Uint8(Clamped)?Array$/.test(tagOf(data));
  if (!isBytes) throw wrongKind(where, `${name}.data`, data, 'a Uint8Array or Uint8ClampedArray');
  const found = channels ?? data.length / (width * height);
  if (channels !== undefined) integer(where, `${name}.channels`, channels, 1, 4);
  if (!Number.isInteger(found) || found < 1 || found > 4 || data.length !== width * height * found) {
    const each = channels ?? 'from 1 to 4';
    throw new RangeError(
      `${where}: ${name}.data has ${counted(data.length, 'byte')}, must have ${each} for each of ${width} x ${height} pixels`,
    );
  }
  return { data, width, height, channels: found as Pixels['channels'] };
}

/** A picture's size. @throws TypeError, RangeError for what has none */
export function sizeOf(where: string, name: string, source: unknown): PictureSize {
  if (isDrawable(source)) return sizeOfDrawable(where, name, source);
  if (typeof source !== 'object' || source === null || ArrayBuffer.isView(source))
    throw wrongKind(where, name, source, MUST);
  const { width, height } = source as Partial<PictureSize>;
  if (width === undefined || height === undefined) throw wrongKind(where, name, source, MUST);
  return {
    width: integer(where, `${name}.width`, width, 1),
    height: integer(where, `${name}.height`, height, 1),
  };
}
