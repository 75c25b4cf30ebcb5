/** `striate/image`: pictures into tensors, and tensors and results into pictures. */
export type { DrawnBox } from './drawBoxes.ts';
export { drawBoxes } from './drawBoxes.ts';
export type { FromImageOptions } from './options.ts';
export type { ImageTransform, Point } from './placement.ts';
export { imageTransform } from './placement.ts';
export type { Picture, PictureSize, PictureSource, RgbaPicture } from './source.ts';
export type { ToImageOptions } from './toImage.ts';
export { toImage } from './toImage.ts';
