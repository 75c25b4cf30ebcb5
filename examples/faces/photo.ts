// Reads a photograph, and says where a model's view of it lies.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { decodeImage, type FromImageOptions, imageTransform, type Picture } from 'striate/image';
import type { Face } from './anchors.ts';

export interface Photo extends Picture {
  readonly path: string;
}

/** A square inside the photograph, in whole pixels of it; null: the whole photograph, with bars. */
export type View = { readonly left: number; readonly top: number; readonly side: number } | null;

/** Throws an Error that names the file and what it must be. */
export async function readPhoto(path: string): Promise<Photo> {
  if (!existsSync(path)) throw new Error(`${path}: no such file`);
  if (!statSync(path).isFile()) throw new Error(`${path}: must be an image file, is a folder or a device`);
  try {
    return { ...(await decodeImage(readFileSync(path))), path };
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/\s+/g, ' ') : String(error);
    throw new Error(`${path}: must be an image (JPEG, PNG, WebP, GIF or BMP): ${reason}`);
  }
}

/** How a view becomes the models' input: `size` x `size`, -1 to 1. */
export function optionsOf(view: View, size: number): FromImageOptions<'float32'> {
  const crop = view === null ? {} : { crop: [view.left, view.top, view.side, view.side] as const };
  return { size: [size, size], fit: 'contain', scale: 1 / 127.5, mean: 1, std: 1, ...crop };
}

/** From fractions of the input, `size` x `size`, to pixels of the photograph. */
export function toPhoto(face: Face, photo: Photo, view: View, size: number): Face {
  const { toSource } = imageTransform(photo, optionsOf(view, size));
  const place = (x: number, y: number) => toSource([x * size, y * size]);
  const [left, top] = place(face.left, face.top);
  const [right, bottom] = place(face.right, face.bottom);
  const points = face.points.map((point) => {
    const [x, y] = place(point.x, point.y);
    return { x, y };
  });
  return { score: face.score, left, top, right, bottom, points };
}
