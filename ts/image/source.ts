/**
 * What is taken for a picture: bytes with their size, what decoders give, and what browsers hold. Pixels are rows from the
 * top, of side by side channels, a byte each.
 */
import type {
  WebCanvas,
  WebImage,
  WebImageBitmap,
  WebImageData,
  WebOffscreenCanvas,
  WebVideo,
  WebVideoFrame,
} from '../base/platform.ts';

/** Pixels in rows from the top, their channels side by side: what decoders give, and an ImageData has. */
export interface Picture {
  /** width * height * channels bytes. */
  readonly data: Uint8Array | Uint8ClampedArray;
  /** Pixels in a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** 1: grey, 2: grey and alpha, 3: red, green, blue, 4: these and alpha. Default: what `data` holds for each pixel. */
  readonly channels?: number | undefined;
}

/** A picture of four channels: red, green, blue and alpha, as an ImageData has them. */
export interface RgbaPicture extends Picture {
  /** width * height * 4 bytes. */
  readonly data: Uint8ClampedArray<ArrayBuffer>;
  /** 4. */
  readonly channels: 4;
}

/** What is taken for a picture; those of browsers where there are any. */
export type PictureSource =
  | Picture
  | WebImageData
  | WebImageBitmap
  | WebImage
  | WebVideo
  | WebCanvas
  | WebOffscreenCanvas
  | WebVideoFrame;

/** A picture's size, known without its pixels. */
export interface PictureSize {
  /** Pixels in a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
}

/** A picture whose parts fit together. */
export interface Pixels {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 2 | 3 | 4;
}
