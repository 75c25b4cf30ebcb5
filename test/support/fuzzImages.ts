/**
 * Mutated picture files against the promise that a damaged file is an error of the library and nothing else: it does not hang,
 * trap or keep a byte. Nothing of vitest: `npm run fuzz -- --images N` (scripts/fuzz.mjs) and test/image/fuzz.test.ts run it.
 */
import { codec, lazily } from '../../ts/image/codec.ts';
import { decoder } from '../../ts/image/decode.ts';
import { type Format, formatOf } from '../../ts/image/formats.ts';
import { mutate } from './mutate.ts';
import { Choices } from './random.ts';

/** Milliseconds within which a small file must be refused or decoded; a busy machine takes its time. */
const PATIENCE = 2000;
const MAX_PIXELS = 1e6;

export interface ImageFuzzResult {
  /** How many mutations were still decoded. */
  readonly ran: number;
  /** How many trapped inside their codec, which the caller sees as an error like others. */
  readonly trapped: number;
  /** What was wrong, by seed and number. */
  readonly wrong: string[];
  /** The longest time of a file that was refused, in milliseconds. */
  readonly slowest: number;
}

/** Decodes `images` mutations of the files. */
export async function fuzzImages(
  files: readonly Uint8Array[],
  given: { readonly images: number; readonly seed: number; readonly progress?: (done: number) => void },
): Promise<ImageFuzzResult> {
  const codecs = {
    JPEG: codec(lazily(() => import('../../build/codec/decode-jpeg.js'))),
    PNG: codec(lazily(() => import('../../build/codec/decode-png.js'))),
    WebP: codec(lazily(() => import('../../build/codec/decode-webp.js'))),
    GIF: codec(lazily(() => import('../../build/codec/decode-gif.js'))),
    BMP: codec(lazily(() => import('../../build/codec/decode-bmp.js'))),
  };
  const decode = decoder('decodeImage', codecs);
  for (const file of files) await decode(file);
  const wrong: string[] = [];
  let [ran, trapped, slowest] = [0, 0, 0];
  for (let index = 0; index < given.images; index++) {
    const choose = new Choices(Math.imul(given.seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b));
    const name = `picture ${given.seed}:${index}`;
    const original = choose.of(files);
    const file = mutate(choose, original, [...original.keys()]);
    const instance = codecs[formatOf(file) as Format]?.instance;
    const start = performance.now();
    let hasTrapped = false;
    try {
      const { data, width, height, channels } = await decode(file, { maxPixels: MAX_PIXELS });
      if (data.length !== width * height * channels) wrong.push(`${name}: ${data.length} bytes`);
      ran += 1;
    } catch (error) {
      const { message, cause } = error as Error;
      if (!/^decodeImage: (bytes is (an? .|empty)|no memory )/.test(message)) wrong.push(`${name}: ${error}`);
      hasTrapped = cause !== undefined;
      slowest = Math.max(slowest, performance.now() - start);
    }
    if (hasTrapped) trapped += 1;
    else if (instance && instance.live_bytes() !== 0)
      wrong.push(`${name}: keeps ${instance.live_bytes()} bytes`);
    const took = performance.now() - start;
    if (took > PATIENCE) wrong.push(`${name}: took ${Math.round(took)} ms`);
    given.progress?.(index + 1);
  }
  return { ran, trapped, wrong, slowest };
}
