/** What encoding a picture to a file is, whichever runtime: the picture checked, and the codec called at once. */
import { checkOptions, integer } from '../base/checks.ts';
import { type Codec, call, loadedNow } from './codec.ts';
import { pixelsOf } from './pixels.ts';
import type { PictureSource } from './source.ts';

/** `encodePng`. */
export type EncodePng = (image: PictureSource) => Uint8Array<ArrayBuffer>;

/** The options of `encodeJpeg`. */
export interface EncodeJpegOptions {
  /** 1 to 100; default 90. Below 90, two by two pixels share their chroma. */
  quality?: number | undefined;
}

/** `encodeJpeg`. */
export type EncodeJpeg = (image: PictureSource, options?: EncodeJpegOptions) => Uint8Array<ArrayBuffer>;

/** A codec whose module is there at once. */
type Encoder = Codec<() => WebAssembly.Module>;

const MOST = 65535; // JPEG's sides have 16 bits

export const pngEncoder =
  (where: string, codec: Encoder): EncodePng =>
  (image) =>
    encode(where, codec, image, 0xffffffff, 0);

export const jpegEncoder =
  (where: string, codec: Encoder): EncodeJpeg =>
  (image, options) => {
    checkOptions(where, options, ['quality']);
    const quality = integer(where, 'quality', options?.quality ?? 90, 1, 100);
    return encode(where, codec, image, MOST, quality);
  };

function encode(where: string, codec: Encoder, image: PictureSource, most: number, quality: number) {
  const { data: pixels, width, height, channels } = pixelsOf(where, 'image', image);
  if (Math.max(width, height) > most) {
    throw new RangeError(
      `${where}: image has ${width} x ${height} pixels, must have at most ${most} in a row and ${most} rows`,
    );
  }
  const { fault, data, cause } = call(codec, loadedNow(where, codec), pixels, (wasm) =>
    wasm.encode(width, height, channels, quality),
  );
  if (fault !== 0) {
    throw new Error(`${where}: no memory for a file of ${width} x ${height} pixels`, { cause });
  }
  return data;
}
