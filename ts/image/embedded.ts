/**
 * The codecs of most runtimes: each module's bytes are in a JavaScript module. A decoder's is imported for the first such file;
 * encoders give their result at once, so theirs are imported with them.
 */
import * as encodeJpegBytes from '../../build/codec/encode-jpeg.js';
import * as encodePngBytes from '../../build/codec/encode-png.js';
import { atOnce, codec, lazily } from './codec.ts';
import { type Decode, decoder } from './decode.ts';
import { type EncodeJpeg, type EncodePng, jpegEncoder, pngEncoder } from './encode.ts';

const jpeg = /*#__PURE__*/ codec(/*#__PURE__*/ lazily(() => import('../../build/codec/decode-jpeg.js')));
const png = /*#__PURE__*/ codec(/*#__PURE__*/ lazily(() => import('../../build/codec/decode-png.js')));
const webp = /*#__PURE__*/ codec(/*#__PURE__*/ lazily(() => import('../../build/codec/decode-webp.js')));
const gif = /*#__PURE__*/ codec(/*#__PURE__*/ lazily(() => import('../../build/codec/decode-gif.js')));
const bmp = /*#__PURE__*/ codec(/*#__PURE__*/ lazily(() => import('../../build/codec/decode-bmp.js')));

/**
 * The pixels of a JPEG, PNG, WebP, GIF or BMP file, which is told by its first bytes; of an animation the first picture. EXIF's
 * orientation is applied, CMYK becomes rgb, palettes become colours, 16 bits become 8; colour profiles are not applied. The same
 * in every runtime, and `init` is not needed. Each format's decoder is loaded with the first file that asks for it.
 *
 * @param bytes the whole file
 * @throws TypeError when `bytes` are no bytes; RangeError when they are no such file, or have more than `maxPixels`; Error
 * when the file is damaged or ends early
 * @example
 * ```ts
 * const response = await fetch('photo.jpg');
 * const { data, width, height, channels } = await decodeImage(await response.arrayBuffer());
 * ```
 */
export const decodeImage: Decode = /*#__PURE__*/ decoder('decodeImage', {
  JPEG: jpeg,
  PNG: png,
  WebP: webp,
  GIF: gif,
  BMP: bmp,
});

/** `decodeImage` for JPEG files alone: a bundler leaves the other decoders out. @throws as `decodeImage` */
export const decodeJpeg: Decode = /*#__PURE__*/ decoder('decodeJpeg', { JPEG: jpeg });
/** `decodeImage` for PNG files alone: a bundler leaves the other decoders out. @throws as `decodeImage` */
export const decodePng: Decode = /*#__PURE__*/ decoder('decodePng', { PNG: png });
/** `decodeImage` for WebP files alone: a bundler leaves the other decoders out. @throws as `decodeImage` */
export const decodeWebp: Decode = /*#__PURE__*/ decoder('decodeWebp', { WebP: webp });
/** `decodeImage` for GIF files alone: a bundler leaves the other decoders out. @throws as `decodeImage` */
export const decodeGif: Decode = /*#__PURE__*/ decoder('decodeGif', { GIF: gif });
/** `decodeImage` for BMP files alone: a bundler leaves the other decoders out. @throws as `decodeImage` */
export const decodeBmp: Decode = /*#__PURE__*/ decoder('decodeBmp', { BMP: bmp });

/**
 * A picture as a PNG file: without loss, its channels as they are.
 *
 * @param image 1 to 4 channels; in browsers also what they hold
 * @throws TypeError, RangeError for what is no picture; Error when there is no memory for the file
 * @example
 * ```ts
 * const file = encodePng(toImage(y));
 * ```
 */
export const encodePng: EncodePng = /*#__PURE__*/ pngEncoder(
  'encodePng',
  /*#__PURE__*/ codec(/*#__PURE__*/ atOnce(encodePngBytes)),
);

/**
 * A picture as a baseline JPEG file. Grey stays grey; alpha is left out, not blended.
 *
 * @param image 1 to 4 channels; in browsers also what they hold
 * @throws TypeError, RangeError for what is no picture, one with sides above 65535 pixels, or a quality that is not from 1 to
 * 100; Error when there is no memory for the file
 * @example
 * ```ts
 * const file = encodeJpeg({ data: new Uint8Array(12), width: 2, height: 2 }, { quality: 80 });
 * ```
 */
export const encodeJpeg: EncodeJpeg = /*#__PURE__*/ jpegEncoder(
  'encodeJpeg',
  /*#__PURE__*/ codec(/*#__PURE__*/ atOnce(encodeJpegBytes)),
);
