/**
 * `striate/image` of workerd, which compiles nothing at run time: the codecs are imported as modules. The build makes of it also
 * that of edge runtimes such as Vercel's, which import them as `?module`.
 */
import { codec } from '../image/codec.ts';
import { type Decode, decoder } from '../image/decode.ts';
import { type EncodeJpeg, type EncodePng, jpegEncoder, pngEncoder } from '../image/encode.ts';
import bmpModule from './codec/decode-bmp.wasm';
import gifModule from './codec/decode-gif.wasm';
import jpegModule from './codec/decode-jpeg.wasm';
import pngModule from './codec/decode-png.wasm';
import webpModule from './codec/decode-webp.wasm';
import encodeJpegModule from './codec/encode-jpeg.wasm';
import encodePngModule from './codec/encode-png.wasm';

export * from '../image/index.ts';

const jpeg = /*#__PURE__*/ codec(() => jpegModule);
const png = /*#__PURE__*/ codec(() => pngModule);
const webp = /*#__PURE__*/ codec(() => webpModule);
const gif = /*#__PURE__*/ codec(() => gifModule);
const bmp = /*#__PURE__*/ codec(() => bmpModule);

export const decodeImage: Decode = /*#__PURE__*/ decoder('decodeImage', {
  JPEG: jpeg,
  PNG: png,
  WebP: webp,
  GIF: gif,
  BMP: bmp,
});
export const decodeJpeg: Decode = /*#__PURE__*/ decoder('decodeJpeg', { JPEG: jpeg });
export const decodePng: Decode = /*#__PURE__*/ decoder('decodePng', { PNG: png });
export const decodeWebp: Decode = /*#__PURE__*/ decoder('decodeWebp', { WebP: webp });
export const decodeGif: Decode = /*#__PURE__*/ decoder('decodeGif', { GIF: gif });
export const decodeBmp: Decode = /*#__PURE__*/ decoder('decodeBmp', { BMP: bmp });

export const encodePng: EncodePng = /*#__PURE__*/ pngEncoder(
  'encodePng',
  /*#__PURE__*/ codec(() => encodePngModule),
);
export const encodeJpeg: EncodeJpeg = /*#__PURE__*/ jpegEncoder(
  'encodeJpeg',
  /*#__PURE__*/ codec(() => encodeJpegModule),
);
