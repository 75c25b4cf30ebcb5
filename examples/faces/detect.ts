// One face detection model: a square of a photograph in, faces out.
import { scope, tensor } from 'striate';
import { loadModel, type Model } from 'striate/onnx';
import { decodeFaces, type Face, makeAnchors, NUMBERS_PER_ANCHOR } from './anchors.ts';

const ANCHORS = makeAnchors();
const HALF_RANGE = 127.5;

interface RawOutput {
  /** One per anchor. */
  logits: Float32Array;
  /** Sixteen per anchor. */
  boxes: Float32Array;
}

export class FaceDetector {
  readonly size: number;
  readonly #model: Model;
  readonly #input: string;
  readonly #channelsLast: boolean;

  private constructor(model: Model, input: string, size: number, channelsLast: boolean) {
    this.#model = model;
    this.#input = input;
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
    const detector = new FaceDetector(model, input.name, size, last === 3);
    detector.run(new Float32Array(3 * size * size));
    return detector;
  }

  /** RGB bytes, `size` x `size`, to the model's input: -1 to 1, channels where the model wants them. */
  normalise(pixels: Uint8Array): Float32Array {
    const values = new Float32Array(pixels.length);
    const plane = this.size * this.size;
    for (let i = 0; i < pixels.length; i++) {
      const to = this.#channelsLast ? i : (i % 3) * plane + Math.floor(i / 3);
      values[to] = (pixels[i] as number) / HALF_RANGE - 1;
    }
    return values;
  }

  /** Runs the model. Per grid it gives logits and boxes; the finer grid's anchors come first. */
  run(values: Float32Array): RawOutput {
    const shape = this.#channelsLast ? [1, this.size, this.size, 3] : [1, 3, this.size, this.size];
    return scope(() => {
      const results = this.#model.run({ [this.#input]: tensor(values, shape) });
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
