// The whole of a picture, with bars, through BlazeFace for 256 x 256 pixels, compiled ahead of time:
//   npx striate compile blazeface-back.onnx --weights float16 --output blazeface-back.striate
import type { AnyTensor } from 'striate';
import { imageTransform, type PictureSource } from 'striate/image';
import { decodeFaces, makeAnchors } from './anchors.ts';
import { blend } from './nms.ts';

const SIZE = 256;
const LEAST_SCORE = 0.5;

/** How a picture becomes the model's input: -1 to 1. */
export const options = {
  ...({ size: [SIZE, SIZE], fit: 'contain', layout: 'NHWC' } as const),
  ...{ scale: 1 / 127.5, mean: 1, std: 1 },
};

/** A face in whole pixels of the picture. */
export interface PlacedFace {
  readonly score: number;
  readonly box: readonly number[];
  readonly points: readonly (readonly number[])[];
}

const anchors = makeAnchors();

/** The faces in a picture, of what the model gave. */
export function facesOf(picture: PictureSource, results: Readonly<Record<string, AnyTensor>>): PlacedFace[] {
  // The finer grid's anchors come first.
  const collect = (perAnchor: number): Float32Array => {
    const parts = Object.values(results).filter(({ shape }) => shape[2] === perAnchor);
    return Float32Array.from(parts.sort((a, b) => b.size - a.size).flatMap(({ data }) => [...data]));
  };
  const { toSource } = imageTransform(picture, options);
  const place = (x: number, y: number) => toSource([x * SIZE, y * SIZE]).map(Math.round);
  return blend(decodeFaces(collect(1), collect(16), anchors, SIZE, LEAST_SCORE)).map(
    ({ score, left, top, right, bottom, points }) => ({
      score,
      box: [...place(left, top), ...place(right, bottom)],
      points: points.map(({ x, y }) => place(x, y)),
    }),
  );
}
