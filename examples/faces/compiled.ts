// What servers and consumers of these examples share: BlazeFace compiled ahead of time (whole.ts), loaded once, and the faces in a
// picture by it. A cold start reads no ONNX and plans nothing.
import { type CompiledModel, init, loadCompiled, type ModelSource, scope } from 'striate';
import { type DecodedPicture, decodeImage, fromImage } from 'striate/image';
import { facesOf, options, type PlacedFace } from './whole.ts';

/** Of these a decoder, its result and the model's input have three bytes each at the same time, and an isolate has 128 MB. */
const MOST_PIXELS = 6e6;

/** Gives the model: `source` is asked at the first call, what was loaded is kept, and a failed attempt may be repeated. */
export function modelOnce<Context extends readonly unknown[]>(
  source: (...context: Context) => ModelSource | Promise<ModelSource>,
): (...context: Context) => Promise<CompiledModel> {
  let loading: Promise<CompiledModel> | null = null;
  return (...context) => {
    loading ??= init().then(async () => loadCompiled(await source(...context)));
    loading.catch(() => {
      loading = null;
    });
    return loading;
  };
}

/** The pixels of a picture's file. @throws as `decodeImage` */
export const decoded = (bytes: Uint8Array<ArrayBuffer>): Promise<DecodedPicture> =>
  decodeImage(bytes, { maxPixels: MOST_PIXELS });

/** The faces in a picture. */
export const facesIn = (picture: DecodedPicture, model: CompiledModel): PlacedFace[] =>
  scope(() => facesOf(picture, model.run(fromImage(picture, options))));
