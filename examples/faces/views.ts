// Which squares of a photograph a model looks at.
import type { PictureSize } from 'striate/image';
import type { View } from './photo.ts';

/** Names of the two models; MediaPipe's words for a telephone's front and back camera. */
export type ModelName = 'front' | 'back';

/**
 * Squares of the photograph's short side along the long one; for the back model the whole photograph with bars as well.
 * Both models were made for a telephone's camera, the front one for a face at arm's length: in a wide group photograph
 * shrunk to 128 pixels a face is a dozen pixels wide, and two neighbours melt into one box. The squares show faces half
 * as large again (3:2) or more and waste nothing on bars. They overlap by half at least, so that a face up to half a
 * square lies whole in one of them.
 */
export function chooseViews(photo: PictureSize, model: ModelName): View[] {
  const long = Math.max(photo.width, photo.height);
  const short = Math.min(photo.width, photo.height);
  if (long === short) return [null];
  const steps = Math.ceil((long - short) / (short / 2));
  const squares = Array.from({ length: steps + 1 }, (_, i) => {
    const along = Math.round(((long - short) * i) / steps);
    return photo.width > photo.height
      ? { left: along, top: 0, side: short }
      : { left: 0, top: along, side: short };
  });
  return model === 'back' ? [null, ...squares] : squares;
}
