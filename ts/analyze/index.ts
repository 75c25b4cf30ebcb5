/** `striate/analyze`: what convolutions do, to look at. */
export type { FilterOptions } from './filter.ts';
export { filter } from './filter.ts';
export type { DerivativeOptions, GaborOptions, GaussianOptions, LaplaceOptions } from './kernels.ts';
export {
  boxBlur,
  emboss,
  gabor,
  gaussian,
  laplace,
  laplacianOfGaussian,
  prewitt,
  scharr,
  sharpen,
  sobel,
} from './kernels.ts';
export type { PictureGridOptions } from './pictureGrid.ts';
export { pictureGrid } from './pictureGrid.ts';
