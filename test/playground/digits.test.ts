/** MNIST's centring, and the net that the playground reads digits with. */
import { readFileSync } from 'node:fs';
import { disposeRuntime, init, scope, tensor } from 'striate';
import { readSafetensors } from 'striate/files';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { centre } from '../../playground/src/digits/centre.ts';
import { digitNet, PIXELS, SIDE } from '../../playground/src/digits/net.ts';
import { strokesOf, strokesText } from '../../playground/src/draw/strokes.ts';
import { smoothed, thinned } from '../../playground/src/train/chart.ts';
import { fetchDigits } from '../../scripts/fetch-data.mjs';

/** Of each class every fiftieth of the digits that the net has not learned from. */
let held: { digit: number; pixels: Float32Array }[] = [];
let net: ReturnType<typeof digitNet>;

beforeAll(async () => {
  await init();
  held = fetchDigits({ log: () => {} }).flatMap((file, digit) => {
    const { data } = JSON.parse(readFileSync(file, 'utf8')) as { data: number[] };
    return Array.from({ length: Math.floor(data.length / PIXELS / 20) }, (_, i) => ({
      digit,
      pixels: Float32Array.from(data.slice(i * 20 * PIXELS, (i * 20 + 1) * PIXELS)),
    }));
  });
  net = digitNet();
  const { tensors } = readSafetensors(new Uint8Array(readFileSync('playground/models/digits.safetensors')));
  net.loadStateDict(tensors);
  for (const one of Object.values(tensors)) one.dispose();
  net.eval();
});
afterAll(() => disposeRuntime());

/** Which part is read, after centring what lies somewhere on a larger square. */
function accuracy(onSquare: (pixels: Float32Array) => { ink: Float32Array; side: number }): number {
  const x = new Float32Array(held.length * PIXELS);
  for (const [i, { pixels }] of held.entries()) {
    const { ink, side } = onSquare(pixels);
    x.set(centre(ink, side, side)!.pixels, i * PIXELS);
  }
  return scope(() => {
    const { data } = net.forward(tensor(x, [held.length, 1, SIDE, SIDE]));
    const right = held.filter(({ digit }, i) => {
      const scores = [...data.subarray(i * 10, i * 10 + 10)];
      return scores.indexOf(Math.max(...scores)) === digit;
    });
    return right.length / held.length;
  });
}

/** The digit's 28 by 28 laid down at some place of a square, `size` pixels high. */
function laid(pixels: Float32Array, side: number, left: number, top: number, size: number) {
  const ink = new Float32Array(side * side);
  const scale = SIDE / size;
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      // The mean of what a pixel covers.
      let [sum, count] = [0, 0];
      for (let v = Math.floor(y * scale); v < Math.max((y + 1) * scale, Math.floor(y * scale) + 1); v++)
        for (let u = Math.floor(x * scale); u < Math.max((x + 1) * scale, Math.floor(x * scale) + 1); u++) {
          sum += pixels[v * SIDE + u] ?? 0;
          count++;
        }
      ink[(top + y) * side + left + x] = sum / count;
    }
  return { ink, side };
}

test('digits are read wherever they lie', () => {
  expect(held.length).toBeGreaterThan(490);
  for (const [left, top] of [
    [0, 0],
    [28, 28],
    [3, 20],
  ] as const)
    expect(accuracy((pixels) => laid(pixels, 56, left, top, SIDE))).toBeGreaterThan(0.95);
});

test('digits of half the height, 14 pixels of a square of 28, are read', () => {
  expect(accuracy((pixels) => laid(pixels, SIDE, 10, 2, 18))).toBeGreaterThan(0.93);
});

test('centring keeps proportions, makes the longer side 20 pixels and puts the mass in the middle', () => {
  const ink = new Float32Array(100 * 60);
  for (let y = 10; y < 50; y++) for (let x = 70; x < 80; x++) ink[y * 100 + x] = 1;
  const found = centre(ink, 100, 60)!;
  expect(found.box).toEqual([70, 10, 10, 40]);
  expect(found.scale).toBe(0.5);
  expect(found.at).toEqual([12, 4]);
  expect(found.pixels.reduce((sum, value) => sum + value, 0)).toBeCloseTo(100, 3);
  expect(centre(new Float32Array(100), 10, 10)).toBe(null);
});

test('strokes come back from the address', () => {
  const strokes = [
    [
      [10, 10],
      [20, 30],
    ],
    [[50, 50]],
  ] as const;
  expect(strokesText(strokes)).toBe('10,10,20,30;50,50');
  expect(strokesOf(strokesText(strokes))).toEqual(strokes);
  expect(strokesOf('1,2,3;a,b;500,-4')).toEqual([[[100, 0]]]);
});

test('a curve is smoothed from its first value on and has few points', () => {
  const points = Array.from({ length: 100_000 }, (_, i) => [i, i % 2] as const);
  expect(smoothed([[1, 4]])).toEqual([[1, 4]]);
  const curve = smoothed(points);
  expect(curve.at(-1)![1]).toBeGreaterThan(0.4);
  expect(curve.at(-1)![1]).toBeLessThan(0.6);
  expect(thinned(points).length).toBe(400);
  expect(thinned(points).at(-1)).toEqual(points.at(-1));
});
