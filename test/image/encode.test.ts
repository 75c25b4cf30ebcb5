// biome-ignore-all format: a table with a case a line.
/** Pixels to files, read again by this library and by sharp. */
import fs from 'node:fs';
import sharp from 'sharp';
import { decodeImage, encodeJpeg, encodePng, type Picture } from 'striate/image';
import { describe, expect, test } from 'vitest';
import { fetchData } from '../../scripts/fetch-data.mjs';
import { codec } from '../../ts/image/codec.ts';
import { pngEncoder } from '../../ts/image/encode.ts';
import { any } from '../support/wrong.ts';
import { differences } from './pictures.ts';

/** A picture whose channels are slopes, as photographs are nearly everywhere. */
function slopes(width: number, height: number, channels: 1 | 2 | 3 | 4): Picture {
  const data = Uint8Array.from({ length: width * height * channels }, (_, i) => {
    const [c, x, y] = [i % channels, Math.floor(i / channels) % width, Math.floor(i / channels / width)];
    return (x * (c + 1) * 2 + y * 3 + c * 40) % 256;
  });
  return { data, width, height, channels };
}

/** sharp makes rgb of grey: one channel of it is wanted then. */
const sharpPixels = (file: Uint8Array, channels: number): Promise<Buffer> =>
  (channels === 1 ? sharp(file).extractChannel(0) : sharp(file)).raw().toBuffer();

describe('encodePng', () => {
  test.each([1, 2, 3, 4] as const)('%i channels come back as they were', async (channels) => {
    for (const [width, height] of [
      [1, 1],
      [5, 3],
      [64, 48],
    ] as const) {
      const picture = slopes(width, height, channels);
      const file = encodePng(picture);
      expect(await decodeImage(file)).toEqual(picture);
      // Of grey and alpha sharp makes four channels.
      if (channels !== 2) expect(differences(await sharpPixels(file, channels), picture.data).most).toBe(0);
    }
  });

  test('takes what ImageData is, and a photograph gets smaller', async () => {
    const rgba = { data: new Uint8ClampedArray([1, 2, 3, 255, 4, 5, 6, 0]), width: 2, height: 1 };
    expect([...(await decodeImage(encodePng(rgba))).data]).toEqual([...rgba.data]);
    const photo = await decodeImage(fs.readFileSync(fetchData({ log: () => {} }).photos[0]!));
    const file = encodePng(photo);
    expect(file.length).toBeLessThan(photo.data.length * 0.6);
    expect(differences(await sharpPixels(file, 3), photo.data).most).toBe(0);
  }, 60_000);
});

describe('encodeJpeg', () => {
  test.each([1, 3] as const)('%i channels come back nearly as they were', async (channels) => {
    for (const [width, height] of [
      [1, 1],
      [17, 9],
      [64, 48],
    ] as const) {
      const picture = slopes(width, height, channels);
      const file = encodeJpeg(picture, { quality: 100 });
      const back = await decodeImage(file);
      expect([back.width, back.height, back.channels]).toEqual([width, height, channels]);
      expect(differences(back.data, await sharpPixels(file, channels)).most).toBeLessThanOrEqual(3);
    }
    const smooth = { ...slopes(32, 32, channels), data: new Uint8Array(32 * 32 * channels).fill(77) };
    expect(differences((await decodeImage(encodeJpeg(smooth))).data, smooth.data).most).toBeLessThanOrEqual(
      1,
    );
  });

  test('alpha is left out', async () => {
    for (const [channels, without] of [
      [2, 1],
      [4, 3],
    ] as const) {
      const picture = slopes(24, 16, channels);
      const opaque = Uint8Array.from([...picture.data].filter((_, i) => i % channels < without));
      expect(encodeJpeg(picture)).toEqual(encodeJpeg({ ...picture, data: opaque, channels: without }));
    }
  });

  test('quality: smaller files, larger differences', async () => {
    const photo = await decodeImage(fs.readFileSync(fetchData({ log: () => {} }).photos[0]!));
    const results = await Promise.all(
      [20, 50, 90, undefined].map(async (quality) => {
        const file = encodeJpeg(photo, { quality });
        return { size: file.length, ...differences((await decodeImage(file)).data, photo.data) };
      }),
    );
    const [low, middle, high, usual] = results as [(typeof results)[0], ...typeof results];
    expect(low!.size).toBeLessThan(middle!.size);
    expect(middle!.size).toBeLessThan(high!.size);
    expect(low!.mean).toBeGreaterThan(middle!.mean);
    expect(middle!.mean).toBeGreaterThan(high!.mean);
    expect(high!.mean).toBeLessThan(2);
    expect(usual).toEqual(high);
  }, 60_000);
});

describe('refused', () => {
  const picture = slopes(2, 2, 3);
  const long = { data: new Uint8Array(65536), width: 65536, height: 1 };
  /** A module whose memory is full. */
  const full = { source: () => any(null), module: any(1), instance: any({ input: () => 0 }) };
  test.each([
    ['a path', () => encodePng(any('a.png')), "TypeError: encodePng: image is 'a.png', must be { data, width, height }, an ImageData, or what a browser draws: an image, a video, a canvas, an ImageBitmap, a VideoFrame"],
    ['too few bytes', () => encodePng({ ...picture, width: 3 }), 'RangeError: encodePng: image.data has 12 bytes, must have 3 for each of 3 x 2 pixels'],
    ['a quality of nothing', () => encodeJpeg(picture, { quality: 0 }), 'RangeError: encodeJpeg: quality is 0, must be an integer, from 1 to 100'],
    ['an option that there is not', () => encodeJpeg(picture, any({ progressive: true })), "TypeError: encodeJpeg: there is no option 'progressive'; options are quality"],
    ['a row that JPEG has not', () => encodeJpeg(long), 'RangeError: encodeJpeg: image has 65536 x 1 pixels, must have at most 65535 in a row and 65535 rows'],
    ['no memory', () => pngEncoder('encodePng', full)(picture), 'Error: encodePng: no memory for a file of 2 x 2 pixels'],
    ['no module', () => pngEncoder('encodePng', codec(() => { throw new Error('no'); }))(picture), "Error: encodePng: striate's WebAssembly was refused: no"],
  ])('%s', (_, run, sentence) => {
    let thrown: unknown;
    try {
      run();
    } catch (error) {
      thrown = error;
    }
    expect(String(thrown)).toBe(sentence);
  });

  test('a long row is none for PNG', async () => {
    expect((await decodeImage(encodePng(long))).width).toBe(65536);
  });
});
