// The two BlazeFace models against onnxruntime-web on six photographs: all 896 anchors of all outputs.
// generate.mjs made photoN.png and the values, and says what they hold.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { inflateRawSync } from 'node:zlib';
import sharp from 'sharp';
import { scope, tensor } from 'striate';
import { loadModel } from 'striate/onnx';
import { beforeAll, expect, test } from 'vitest';
import { fetchData } from '../../scripts/fetch-data.mjs';
import { inEachVariant } from '../support/runtime.ts';

const PHOTOS = 6;
const SIZE = 256;
/** Of an output's largest absolute value. A hundred layers of sums in another order differ by a few 1e-6. */
const TOLERANCE = 2e-5;

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

function readValues(name: string): Float32Array {
  const planes = inflateRawSync(readFileSync(here(name)));
  const count = planes.length / 4;
  const bytes = Uint8Array.from(planes, (_, i) => planes[(i % 4) * count + Math.floor(i / 4)] as number);
  return new Float32Array(bytes.buffer);
}

function halve(pixels: Uint8Array, size: number): Uint8Array {
  const half = size / 2;
  const row = size * 3;
  return Uint8Array.from({ length: half * half * 3 }, (_, i) => {
    const at = Math.floor(i / 3 / half) * 2 * row + (Math.floor(i / 3) % half) * 6 + (i % 3);
    const sum = [0, 3, row, row + 3].reduce((total, step) => total + (pixels[at + step] as number), 2);
    return sum >> 2;
  });
}

const { models } = fetchData({ log: () => {} });
const photos: Uint8Array[] = [];

beforeAll(async () => {
  for (let i = 1; i <= PHOTOS; i++)
    photos.push(
      await sharp(here(`photo${i}.png`))
        .raw()
        .toBuffer(),
    );
});

inEachVariant('BlazeFace', () => {
  test.each([
    ['front', SIZE / 2],
    ['back', SIZE],
  ] as const)('the %s model gives what onnxruntime gives, on all photographs', async (name, size) => {
    const expected = readValues(`${name}.values`);
    const model = await loadModel(models[name]);
    const [input] = model.inputs;
    if (input === undefined) throw new Error('no input');
    expect(input.shape).toEqual([1, size, size, 3]);
    let at = 0;
    for (const [i, photo] of photos.entries()) {
      const pixels = size === SIZE ? photo : halve(photo, SIZE);
      const x = Float32Array.from(pixels, (v) => v / 127.5 - 1);
      scope(() => {
        const outputs = model.run({ [input.name]: tensor(x, [1, size, size, 3]) });
        for (const output of model.outputs) {
          const got = outputs[output.name]?.toTypedArray() as Float32Array;
          const wanted = expected.subarray(at, at + got.length);
          at += got.length;
          const largest = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
          const worst = got.reduce((most, value, k) => {
            const difference = Math.abs(value - (wanted[k] as number));
            return difference > most || Number.isNaN(difference) ? difference : most;
          }, 0);
          expect(worst / largest, `photo ${i + 1}, ${output.name}`).toBeLessThanOrEqual(TOLERANCE);
        }
      });
    }
    expect(at).toBe(expected.length);
    model.dispose();
  });
});
