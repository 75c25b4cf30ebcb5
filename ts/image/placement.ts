/**
 * Where a picture lies in a network's input: a region of the source becomes a rectangle of the input; what is left of the
 * input is padding. x_input = x_source * scale + offset, in pixels from the left and upper edges.
 */
import { type FromImageOptions, numbers, type Settings, settingsOf } from './options.ts';
import { sizeOf } from './pixels.ts';
import type { PictureSize, PictureSource } from './source.ts';

/** [x, y] in pixels from the left and upper edges. */
export type Point = [x: number, y: number];

/** How points of a picture and of the input made of it belong together. */
export interface ImageTransform {
  /** Where a point of the input lies in the picture: boxes and landmarks that a network gives, for drawing. */
  toSource(point: readonly [x: number, y: number]): Point;
  /** Where a point of the picture lies in the input. */
  toInput(point: readonly [x: number, y: number]): Point;
  /** Pixels of the input for a pixel of the picture, along x and y. */
  readonly scale: Point;
  /** Where the picture's upper left corner lies in the input, [x, y]. */
  readonly offset: Point;
}

/** A region of the source and the rectangle of the input that it becomes: each [x, y, width, height]. */
export interface Placement {
  /** [height, width] of the input. */
  readonly size: readonly [number, number];
  readonly region: readonly number[];
  /** Whole pixels. */
  readonly inner: readonly number[];
}

/** @throws RangeError for a crop that is not within the picture */
export function placementOf(where: string, picture: PictureSize, { size, crop, fit }: Settings): Placement {
  const [x = 0, y = 0, across = 0, down = 0] = crop ?? [0, 0, picture.width, picture.height];
  if (
    !(x >= 0 && y >= 0 && across > 0 && down > 0 && x + across <= picture.width && y + down <= picture.height)
  ) {
    throw new RangeError(
      `${where}: crop is [${x}, ${y}, ${across}, ${down}], must lie within ${picture.width} x ${picture.height} pixels`,
    );
  }
  const [height = 1, width = 1] = size ?? [Math.ceil(down), Math.ceil(across)];
  const [byHeight, byWidth] = [height / down, width / across];
  if (fit === 'contain') {
    const scale = Math.min(byHeight, byWidth);
    const [w, h] = [across, down].map((side) => Math.max(1, Math.round(side * scale))) as Point;
    return {
      size: [height, width],
      region: [x, y, across, down],
      inner: [Math.floor((width - w) / 2), Math.floor((height - h) / 2), w, h],
    };
  }
  const scale = Math.max(byHeight, byWidth);
  const [w, h] = fit === 'cover' ? [width / scale, height / scale] : [across, down];
  return {
    size: [height, width],
    region: [x + (across - w) / 2, y + (down - h) / 2, w, h],
    inner: [0, 0, width, height],
  };
}

/**
 * Where points of a picture lie in what `fromImage` makes of it with the same options, and back. Points are in pixels from the
 * left and upper edges: the middle of the first pixel is [0.5, 0.5].
 * @param source a picture as `fromImage` takes it, or only its { width, height }
 * @throws TypeError, RangeError for what is no picture, and for wrong options
 * @example
 * ```ts
 * const options = { size: [640, 640], fit: 'contain' } as const;
 * const { toSource } = imageTransform({ width: 1920, height: 1280 }, options);
 * toSource([320, 320]); // [960, 640]: the middle
 * ```
 */
export function imageTransform(
  source: PictureSource | PictureSize,
  options: FromImageOptions = {},
): ImageTransform {
  const settings = settingsOf('imageTransform', options);
  const { region, inner } = placementOf(
    'imageTransform',
    sizeOf('imageTransform', 'source', source),
    settings,
  );
  const [x, y, across, down] = region as [number, number, number, number];
  const [left, top, width, height] = inner as [number, number, number, number];
  const scale: Point = [width / across, height / down];
  const offset: Point = [left - x * scale[0], top - y * scale[1]];
  const toInput = (point: readonly [number, number]): Point => {
    const [px, py] = numbers('toInput', 'point', point, 2) as Point;
    return [px * scale[0] + offset[0], py * scale[1] + offset[1]];
  };
  const toSource = (point: readonly [number, number]): Point => {
    const [px, py] = numbers('toSource', 'point', point, 2) as Point;
    return [(px - offset[0]) / scale[0], (py - offset[1]) / scale[1]];
  };
  return { toSource, toInput, scale, offset };
}
