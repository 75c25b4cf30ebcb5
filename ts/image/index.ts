/** `striate/image`: files into pictures, pictures into tensors, and tensors and results into pictures and files. */
export type { Decode, DecodedPicture, DecodeOptions, PictureBytes } from './decode.ts';
export type { DrawnBox } from './drawBoxes.ts';
export { drawBoxes } from './drawBoxes.ts';
export {
  decodeBmp,
  decodeGif,
  decodeImage,
  decodeJpeg,
  decodePng,
  decodeWebp,
  encodeJpeg,
  encodePng,
} from './embedded.ts';
export type { EncodeJpeg, EncodeJpegOptions, EncodePng } from './encode.ts';
export { fromImage } from './fromImage.ts';
export type { FromImageOptions } from './options.ts';
export type { ImageTransform, Point } from './placement.ts';
export { imageTransform } from './placement.ts';
export type { Picture, PictureSize, PictureSource, RgbaPicture } from './source.ts';
export type { ToImageOptions } from './toImage.ts';
export { toImage } from './toImage.ts';
