// Reads a photograph and cuts squares out of it in the form that the models take.
//
// A square may reach over the photograph's edge; what lies outside is black, as in MediaPipe. So the whole photograph
// with bars ("letterbox") and a detail of it are the same thing: a square and a size.
import { existsSync, statSync } from 'node:fs';
import sharp from 'sharp';
import type { Face } from './anchors.ts';

export interface Photo {
  path: string;
  width: number;
  height: number;
  /** RGB, rows from the top, turned upright as the camera's EXIF note says. */
  pixels: Buffer;
}

/** In whole pixels of the photograph, some of them inside it. */
export interface Square {
  left: number;
  top: number;
  side: number;
}

/** Throws an Error that names the file and what it must be. */
export async function readPhoto(path: string): Promise<Photo> {
  if (!existsSync(path)) throw new Error(`${path}: no such file`);
  if (!statSync(path).isFile()) throw new Error(`${path}: must be an image file, is a folder or a device`);
  try {
    const { data, info } = await sharp(path)
      .rotate()
      .flatten({ background: 'white' })
      .toColourspace('srgb')
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) throw new Error(`${info.channels} channels after decoding`);
    return { path, width: info.width, height: info.height, pixels: data };
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/\s+/g, ' ') : String(error);
    throw new Error(`${path}: must be an image (JPEG, PNG, WebP, GIF, AVIF or TIFF): ${reason}`);
  }
}

/** RGB bytes of a `size` x `size` picture of the square. */
export async function cut(photo: Photo, square: Square, size: number): Promise<Uint8Array> {
  const horizontal = overlap(square.left, square.side, photo.width, size);
  const vertical = overlap(square.top, square.side, photo.height, size);
  return sharp(photo.pixels, { raw: { width: photo.width, height: photo.height, channels: 3 } })
    .extract({ left: horizontal.from, top: vertical.from, width: horizontal.count, height: vertical.count })
    .resize(horizontal.to, vertical.to, { fit: 'fill', kernel: 'linear' })
    .extend({
      left: horizontal.before,
      right: size - horizontal.before - horizontal.to,
      top: vertical.before,
      bottom: size - vertical.before - vertical.to,
      background: 'black',
    })
    .raw()
    .toBuffer();
}

/** One axis: the photograph's pixels that the square covers, and where they go in the result; at least one of each. */
function overlap(start: number, side: number, length: number, size: number) {
  const from = Math.max(0, start);
  const count = Math.min(length, start + side) - from;
  const before = Math.min(size - 1, Math.round(((from - start) * size) / side));
  const end = Math.round(((from + count - start) * size) / side);
  return { from, count, before, to: Math.max(1, end - before) };
}

/** From fractions of the square to pixels of the photograph. */
export function toPhoto(face: Face, square: Square): Face {
  const x = (value: number) => square.left + value * square.side;
  const y = (value: number) => square.top + value * square.side;
  return {
    score: face.score,
    left: x(face.left),
    top: y(face.top),
    right: x(face.right),
    bottom: y(face.bottom),
    points: face.points.map((point) => ({ x: x(point.x), y: y(point.y) })),
  };
}
