/** Long sums keep their digits: constants whose sums one chain of float32 would round away, and what follows NaN and infinity. */
import {
  adaptiveAvgPool2d,
  avgPool1d,
  avgPool2d,
  avgPool3d,
  full,
  globalAvgPool,
  linear,
  lpPool2d,
  maxPool1d,
  mean,
  minPool1d,
  scope,
  sum,
  sumPool1d,
  type Tensor,
  tensor,
} from 'striate';
import { expect, test } from 'vitest';
import { inEachVariant } from '../support/runtime.ts';

const VALUE = Math.fround(0.1);
const [HEIGHT, WIDTH] = [720, 1280];
const COUNT = HEIGHT * WIDTH;

inEachVariant('long sums', () => {
  const DEPTH = 100_000;
  test.each([1, 2, 3, 4, 5, 17])('a product of %i rows', (rows) => {
    scope(() => {
      const y = linear(full([rows, DEPTH], VALUE), full([13, DEPTH], VALUE));
      for (const value of y.data) expect(Math.abs(value / (VALUE * VALUE * DEPTH) - 1)).toBeLessThan(2e-6);
    });
  });

  test('an infinity in a product of very many terms', () => {
    scope(() => {
      for (const rows of [1, 9]) {
        const x = full([rows, DEPTH], VALUE);
        x.data[DEPTH / 2] = Number.POSITIVE_INFINITY;
        const y = linear(x, full([5, DEPTH], VALUE)).data;
        expect(Array.from(y.slice(0, 5))).toEqual(new Array(5).fill(Number.POSITIVE_INFINITY));
        expect(Array.from(y.slice(5)).every(Number.isFinite)).toBe(true);
      }
    });
  });

  test.each<[string, (x: Tensor) => Tensor, number]>([
    ['mean', (x) => mean(x), VALUE],
    ['sum', (x) => sum(x), VALUE * COUNT],
    ['globalAvgPool', (x) => globalAvgPool(x), VALUE],
    ['adaptiveAvgPool2d', (x) => adaptiveAvgPool2d(x, [3, 7]), VALUE],
    ['avgPool2d, apart', (x) => avgPool2d(x, [700, 400], { stride: [20, 400] }), VALUE],
    ['avgPool2d, side by side', (x) => avgPool2d(x, [60, 300], { stride: [300, 1] }), VALUE],
    ['avgPool1d', (x) => avgPool1d(x.reshape([1, 1, COUNT]), COUNT), VALUE],
    ['sumPool1d', (x) => sumPool1d(x.reshape([1, 1, COUNT]), 100_000, { stride: 400_000 }), VALUE * 100_000],
    ['avgPool3d', (x) => avgPool3d(x.reshape([1, 1, COUNT / 4, 2, 2]), [COUNT / 4, 2, 2]), VALUE],
    ['lpPool2d', (x) => lpPool2d(x, 2, [HEIGHT, WIDTH]), VALUE * Math.sqrt(COUNT)],
  ])('%s', (_name, call, expected) => {
    scope(() => {
      const y = call(full([1, 1, HEIGHT, WIDTH], VALUE));
      for (const value of y.data) expect(Math.abs(value / expected - 1)).toBeLessThan(1e-6);
    });
  });

  test('what lies in a long window is infinite or NaN', () => {
    scope(() => {
      const length = 1400;
      for (const special of [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]) {
        const values = Float32Array.from({ length }, (_, i) => (i === 700 ? special : i % 7));
        const x = tensor(values, [1, 1, length]);
        for (const kernel of [40, 300, 600]) {
          const holds = (o: number) => o <= 700 && 700 < o + kernel;
          const largest = (o: number) => (holds(o) && !(special < 0) ? special : 6);
          const least = (o: number) => (holds(o) && !(special > 0) ? special : 0);
          const total = (o: number) =>
            holds(o) ? special : values.slice(o, o + kernel).reduce((a, b) => a + b, 0);
          for (const [call, expected] of [
            [maxPool1d, largest],
            [minPool1d, least],
            [sumPool1d, total],
          ] as const) {
            const y = call(x, kernel, { stride: 1 });
            expect(Array.from(y.data)).toEqual(
              Array.from({ length: length - kernel + 1 }, (_, o) => expected(o)),
            );
          }
        }
      }
    });
  });
});
