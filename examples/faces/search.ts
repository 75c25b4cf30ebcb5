// All faces of a photograph: each model looks at its views; what is the same face is told once.
import type { Face } from './anchors.ts';
import type { FaceDetector } from './detect.ts';
import { bestOf, blend } from './nms.ts';
import { type Photo, toPhoto } from './photo.ts';
import type { Stopwatch } from './stopwatch.ts';
import { chooseViews, type ModelName } from './views.ts';

/** A face in pixels of the photograph, and the model whose result was the best. */
export interface FoundFace extends Face {
  model: ModelName;
}

export async function findFaces(
  photo: Photo,
  detectors: Map<ModelName, FaceDetector>,
  minimumScore: number,
  watch: Stopwatch,
): Promise<FoundFace[]> {
  const found: FoundFace[] = [];
  for (const [model, detector] of detectors) {
    for (const view of chooseViews(photo, model)) {
      const input = await watch.measure('resize', () => detector.input(photo, view));
      const raw = await watch.measure(`run ${model}`, () => detector.run(input));
      input.dispose();
      await watch.measure('boxes', () => {
        const faces = blend(detector.decode(raw, minimumScore));
        found.push(...faces.map((face) => ({ ...toPhoto(face, photo, view, detector.size), model })));
      });
    }
  }
  return watch.measure('boxes', () => bestOf(found));
}
