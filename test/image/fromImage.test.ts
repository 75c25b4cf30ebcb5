/** fromImage beside Pillow's bytes, and beside itself: options, kinds of pictures, pieces. */
import { inflateSync } from 'node:zlib';
import { disposeRuntime, init, memory, scope, type Tensor } from 'striate';
import { type FromImageOptions, fromImage, imageTransform, type Picture } from 'striate/image';
import { describe, expect, test } from 'vitest';
import { tapsOf } from '../../ts/image/taps.ts';
import { expectNothingLive, inEachVariant, inThreads } from '../support/runtime.ts';
import cases from './pillow.json' with { type: 'json' };

/** The generating script's. */
const mixed = (i: number): number => Math.imul(i ^ (i >> 7), 2654435761) >>> 24;

function pictureOf(kind: string, width: number, height: number, channels: number): Picture {
  const data = new Uint8Array(width * height * channels);
  for (let i = 0; i < data.length; i++) {
    const [x, y, c] = [Math.floor(i / channels) % width, Math.floor(i / channels / width), i % channels];
    const block = Math.floor(y / 5) * 97 + Math.floor(x / 5);
    data[i] = kind === 'noise' ? mixed(i + 1) : 255 * (mixed(block * channels + c + 1) >> 7);
  }
  return { data, width, height, channels };
}

const noise = (width: number, height: number, channels = 3) => pictureOf('noise', width, height, channels);

/** The values of fromImage's tensor. */
const valuesOf = (picture: Picture, options: FromImageOptions = {}): number[] =>
  scope(() => [...(fromImage(picture, options) as Tensor)]);
const bytesOf = (picture: Picture, options: FromImageOptions = {}): number[] =>
  valuesOf(picture, { layout: 'NHWC', dtype: 'uint8', ...options });

/** The largest difference, and the share of elements that differ. */
function difference(a: ArrayLike<number>, b: ArrayLike<number>): { most: number; share: number } {
  expect(a.length).toBe(b.length);
  const all = Array.from(a, (value, i) => Math.abs(value - (b[i] as number)));
  return { most: Math.max(...all), share: all.filter((one) => one > 0).length / all.length };
}

inEachVariant('fromImage', () => {
  test.each(cases)('%s %i x %i x %i to %j, %s %j, grey: %j: as Pillow', (...one) => {
    const [kind, width, height, channels, size, interpolation, box, grey, packed] = one;
    const [x1 = 0, y1 = 0, x2 = width, y2 = height] = (box ?? []) as number[];
    const own = bytesOf(pictureOf(kind as string, width as number, height as number, channels as number), {
      size: size as [number, number],
      interpolation: interpolation as 'bilinear',
      crop: [x1, y1, (x2 as number) - x1, (y2 as number) - y1],
      channels: grey || channels === 1 ? 1 : 3,
    });
    const expected = inflateSync(Buffer.from(packed as string, 'base64'));
    const { most, share } = difference(own, expected);
    expect(most).toBeLessThanOrEqual(1);
    // Between its two passes Pillow rounds bilinear ones as well.
    expect(share).toBeLessThan(interpolation === 'bicubic' ? 1e-9 : 0.35);
  });

  test('without a size every byte stays', () => {
    const picture = noise(37, 5);
    expect(bytesOf(picture)).toEqual([...picture.data]);
    expect(bytesOf(picture, { interpolation: 'bicubic' })).toEqual([...picture.data]);
  });

  test('layouts, element types and channels of every kind of picture say the same', () => {
    for (const channels of [1, 2, 3, 4]) {
      const picture = noise(23, 9, channels);
      const at = (i: number, c: number): number => {
        const pixel = picture.data.subarray(i * channels, (i + 1) * channels);
        if (c === 3) return channels % 2 === 0 ? (pixel[channels - 1] as number) : 255;
        return pixel[channels < 3 ? 0 : c] as number;
      };
      const grey = (i: number): number =>
        channels < 3 ? at(i, 0) : (at(i, 0) * 19595 + at(i, 1) * 38470 + at(i, 2) * 7471 + 0x8000) >> 16;
      const pixels = Array.from({ length: 23 * 9 }, (_, i) => i);
      const planes = [0, 1, 2, 3].map((c) => pixels.map((i) => at(i, c)));
      const [red, green, blue, alpha] = planes as [number[], number[], number[], number[]];
      for (const dtype of ['uint8', 'float32'] as const) {
        const scale = dtype === 'uint8' ? {} : { scale: 1 };
        const made = (options: FromImageOptions) => valuesOf(picture, { dtype, ...scale, ...options });
        const rows = (...of: number[][]) => pixels.flatMap((i) => of.map((plane) => plane[i]));
        expect(made({})).toEqual([...red, ...green, ...blue]);
        expect(made({ layout: 'NHWC' })).toEqual(rows(red, green, blue));
        expect(made({ order: 'bgr' })).toEqual([...blue, ...green, ...red]);
        expect(made({ channels: 4, order: 'bgr', layout: 'NHWC' })).toEqual(rows(blue, green, red, alpha));
        expect(made({ channels: 4 })).toEqual([...red, ...green, ...blue, ...alpha]);
        expect(made({ channels: 1 })).toEqual(pixels.map(grey));
        expect(made({ channels: 1, layout: 'NHWC' })).toEqual(pixels.map(grey));
      }
    }
  });

  test('(byte * scale - mean) / std', () => {
    const picture = noise(5, 3);
    const options = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
    const expected = (scale: number) =>
      [0, 1, 2].flatMap((c) =>
        Array.from({ length: 15 }, (_, i) => {
          const byte = picture.data[i * 3 + c] as number;
          return (byte * scale - (options.mean[c] as number)) / (options.std[c] as number);
        }),
      );
    for (const layout of ['NCHW', 'NHWC'] as const) {
      const own = valuesOf(picture, { ...options, layout });
      const planes = [0, 1, 2].flatMap((c) => own.filter((_, i) => i % 3 === c));
      expect(difference(layout === 'NHWC' ? planes : own, expected(1 / 255)).most).toBeLessThan(1e-6);
    }
    expect(difference(valuesOf(picture, { ...options, scale: 2 }), expected(2)).most).toBeLessThan(3e-4);
    expect(Math.max(...valuesOf({ data: new Uint8Array(3).fill(255), width: 1, height: 1 }))).toBe(1);
  });

  test('contain: the resized picture in the middle, pad around it', () => {
    const picture = noise(40, 20);
    const wide = bytesOf(picture, { size: [16, 16], fit: 'contain', pad: 114 });
    const inner = bytesOf(picture, { size: [8, 16] });
    const band = new Array<number>(16 * 4 * 3).fill(114);
    expect(wide).toEqual([...band, ...inner, ...band]);
    const tall = valuesOf(noise(20, 40), { size: [10, 9], fit: 'contain', pad: 51 });
    expect(tall[0]).toBeCloseTo(0.2);
    const columns = bytesOf(noise(20, 40), { size: [10, 9], fit: 'contain', pad: 51 });
    const pixels = bytesOf(noise(20, 40), { size: [10, 5] });
    for (let y = 0; y < 10; y++) {
      const row = columns.slice(y * 27, (y + 1) * 27);
      expect(row.slice(6, 21)).toEqual(pixels.slice(y * 15, (y + 1) * 15));
      expect([...row.slice(0, 6), ...row.slice(21)]).toEqual(new Array(12).fill(51));
    }
  });

  test('cover: what is left is the middle', () => {
    const picture = noise(30, 10);
    expect(bytesOf(picture, { size: [5, 5], fit: 'cover' })).toEqual(
      bytesOf(picture, { size: [5, 5], crop: [10, 0, 10, 10] }),
    );
  });

  test('without antialias two neighbours, or four, wherever they lie', () => {
    const data = Uint8Array.from([0, 100, 20, 40, 60, 200, 220, 240]);
    const row = { data, width: 8, height: 1 };
    const grey: FromImageOptions = { channels: 1, size: [1, 2], antialias: false };
    expect(bytesOf(row, grey)).toEqual([60, 210]);
    expect(bytesOf(row, { ...grey, interpolation: 'bicubic' })).toEqual([65, 218]);
  });

  test('a picture in many pieces is what it is in one', () => {
    const picture = noise(1800, 150);
    for (const interpolation of ['bilinear', 'bicubic'] as const) {
      const options = { size: [70, 90], interpolation } as const;
      const whole = bytesOf(picture, options);
      const left = bytesOf(picture, { size: [70, 1], crop: [0, 0, 20, 150], interpolation });
      expect(left).toEqual(whole.filter((_, i) => i % 270 < 3));
    }
  });

  test('nothing is left where memory ends', async () => {
    expectNothingLive();
    const { cacheBytes } = memory.stats();
    expect(() => fromImage(noise(2, 2), { size: [20000, 20000] })).toThrow(/fromImage: /);
    expectNothingLive();
    expect(memory.stats().cacheBytes).toBeLessThanOrEqual(cacheBytes);
  });
});

/** What the first of the ways below gave. */
const firsts = new Map<string, number[]>();

inThreads('fromImage in parts', () => {
  test.each(['bilinear', 'bicubic'] as const)('gives the same bits, %s', (interpolation) => {
    const values = valuesOf(noise(700, 300), { size: [150, 140], fit: 'contain', interpolation });
    if (!firsts.has(interpolation)) firsts.set(interpolation, values);
    expect(difference(values, firsts.get(interpolation) as number[]).most).toBe(0);
  });
});

describe('weights', () => {
  test('their sum is one, whatever they are', () => {
    for (const [size, output] of [
      [1920, 640],
      [1000, 3],
      [3, 1000],
      [7, 7],
      [1, 5],
    ] as const) {
      for (const interpolation of ['bilinear', 'bicubic'] as const) {
        for (const antialias of [true, false]) {
          const { count, firsts, weights } = tapsOf(size, 0, size, output, interpolation, antialias);
          expect(count % 2).toBe(0);
          for (let o = 0; o < output; o++) {
            const own = weights.subarray(o * count, (o + 1) * count);
            const sum = own.reduce((total, weight) => total + weight, 0);
            if (interpolation === 'bilinear') expect(sum).toBe(1 << 14);
            else expect(Math.abs(sum - (1 << 14))).toBeLessThanOrEqual(count);
            expect(firsts[o]! >= 0 && firsts[o]! < size).toBe(true);
            // What counts lies within.
            expect([...own].every((weight, k) => weight === 0 || firsts[o]! + k < size)).toBe(true);
          }
        }
      }
    }
  });
});

test('before init, and where a picture lies in what is made of it', async () => {
  expect(() => fromImage(noise(2, 2))).toThrow('fromImage: call `await init()` first');
  await init();
  const picture = { data: new Uint8Array(40 * 30 * 3), width: 40, height: 30 };
  picture.data.set([255, 255, 255], (13 * 40 + 25) * 3);
  const options = { size: [64, 64], fit: 'contain', interpolation: 'bilinear' } as const;
  const { toInput } = imageTransform(picture, options);
  const [x, y] = toInput([25.5, 13.5]).map(Math.floor) as [number, number];
  const values = valuesOf(picture, options);
  expect(values.indexOf(Math.max(...values))).toBe(y * 64 + x);
  disposeRuntime();
});
