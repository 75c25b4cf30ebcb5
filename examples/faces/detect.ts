// One face detection model: a square of a photograph in, faces out.
import { scope, type Tensor, zeros } from 'striate';
import { fromImage } from 'striate/image';
import { loadModel, type Model } from 'striate/onnx';
import { decodeFaces, type Face, makeAnchors, NUMBERS_PER_ANCHOR } from './anchors.ts';
import { optionsOf, type Photo, type View } from './photo.ts';

const ANCHORS = makeAnchors();

interface RawOutput {
  /** One per anchor. */
  logits: Float32Array;
  /** Sixteen per anchor. */
  boxes: Float32Array;
}

export class FaceDetector {
  readonly size: number;
  readonly #model: Model;
  readonly #channelsLast: boolean;

  private constructor(model: Model, size: number, channelsLast: boolean) {
    this.#model = model;
    this.size = size;
    this.#channelsLast = channelsLast;
  }

  /** Also runs the model once on nothing: what is made at the first run is then part of loading, not of a photograph. */
  static async load(path: string): Promise<FaceDetector> {
    const model = await loadModel(path);
    const [input] = model.inputs;
    const [, , size, last] = input?.shape ?? [];
    if (input === undefined || typeof size !== 'number') {
      throw new Error(`${path}: must be a BlazeFace model with one picture of a fixed size as its input`);
    }
    const detector = new FaceDetector(model, size, last === 3);
    scope(() => {
      detector.run(zeros(last === 3 ? [1, size, size, 3] : [1, 3, size, size]));
    });
    return detector;
  }

  /** A view of a photograph as the model's input. */
  input(photo: Photo, view: View): Tensor {
    return fromImage(photo, {
      ...optionsOf(view, this.size),
      layout: this.#channelsLast ? 'NHWC' : 'NCHW',
    });
  }

  /** Runs the model. Per grid it gives logits and boxes; the finer grid's anchors come first. */
  run(input: Tensor): RawOutput {
    return scope(() => {
      const results = this.#model.run(input);
      const collect = (perAnchor: number): Float32Array => {
        const parts = Object.values(results)
          .filter((result) => result.shape[2] === perAnchor)
          .sort((a, b) => b.size - a.size);
        const all = new Float32Array(parts.reduce((sum, part) => sum + part.size, 0));
        let at = 0;
        for (const part of parts) {
          all.set(part.data, at);
          at += part.size;
        }
        return all;
      };
      return { logits: collect(1), boxes: collect(NUMBERS_PER_ANCHOR) };
    });
  }

  decode(raw: RawOutput, minimumScore: number): Face[] {
    return decodeFaces(raw.logits, raw.boxes, ANCHORS, this.size, minimumScore);
  }

  dispose(): void {
    this.#model.dispose();
  }
}
