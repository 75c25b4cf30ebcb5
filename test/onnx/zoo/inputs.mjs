// The small networks of the zoo that npm packages hold, and what they are run on here: pictures as committed PNG files, so
// that no test depends on how a JPEG decoder or a resampler rounds; else the zoo's own seeded values.
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { valuesOf } from '../../../scripts/zoo/feeds.mjs';
import { MODELS } from '../../../scripts/zoo/models.mjs';

const PHOTO = fileURLToPath(new URL('../../blazeface/photo1.png', import.meta.url));

/** The photograph, each pixel the nearest one: [1, h, w, 4] with a fourth channel of 1, or [1, 3, h, w] from -1 to 1. */
async function picture(shape) {
  const { data, info } = await sharp(PHOTO).raw().toBuffer({ resolveWithObject: true });
  const isLast = shape[3] === 4;
  const [height, width] = isLast ? [shape[1], shape[2]] : [shape[2], shape[3]];
  const values = new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = Math.floor((y * info.height) / height) * info.width + Math.floor((x * info.width) / width);
      for (let c = 0; c < 3; c++) {
        const value = data[from * 3 + c];
        if (isLast) values[(y * width + x) * 4 + c] = value;
        else values[(c * height + y) * width + x] = value / 127.5 - 1;
      }
    }
  }
  return { dtype: 'float32', shape, data: values };
}

const PICTURES = {
  'mlsd-320-tiny': { 'input_image_with_alpha:0': () => picture([1, 320, 320, 4]) },
  'ppocr2-direction': { x: () => picture([1, 3, 48, 192]) },
};
const SMALL = /^(mlsd-320-tiny|ppocr2-direction|silero-vad-(5|legacy)|wake-.*)$/;

export const SMALL_MODELS = MODELS.filter(({ name }) => SMALL.test(name));

/** The values of each run. */
export async function runsOf({ name, runs }) {
  const made = [];
  for (const run of name in PICTURES ? [PICTURES[name]] : runs) made.push(await valuesOf(run));
  return made;
}

/** At most so many values of an output are compared, evenly spread. */
const COMPARED = 64;

/** The indices of an output's values that are compared. */
export function samples(count) {
  const step = Math.max(1, count / COMPARED);
  return Array.from({ length: Math.min(count, COMPARED) }, (_, i) => Math.floor(i * step));
}
