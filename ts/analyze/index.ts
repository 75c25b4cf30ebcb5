/** `striate/analyze`: what networks do, to look at. */
export type { PictureGridOptions } from './pictureGrid.ts';
export { pictureGrid } from './pictureGrid.ts';
