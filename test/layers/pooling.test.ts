// biome-ignore-all lint/performance/noDynamicNamespaceImportAccess: a test names what it tests.
import * as striate from 'striate';
import { type Module, manualSeed, rand, scope, type Tensor, zeros } from 'striate';
import { expect, test } from 'vitest';
import { expectSame } from '../support/compare.ts';
import { inEachVariant } from '../support/runtime.ts';

/** A layer, an input's shape, and the operator that it must be. */
const layers: [string, () => Module<[Tensor], Tensor>, number[], (x: Tensor) => Tensor][] = [];
for (const rank of [1, 2, 3] as const) {
  const shape = [2, 3, ...[7, 8, 9].slice(0, rank)];
  const average = striate[`adaptiveAvgPool${rank}d`];
  const largest = striate[`adaptiveMaxPool${rank}d`];
  const size = [3, 4, 2].slice(0, rank);
  layers.push(
    [
      `AdaptiveAvgPool${rank}d`,
      () => new striate[`AdaptiveAvgPool${rank}d`](size),
      shape,
      (x) => average(x, size),
    ],
    [`AdaptiveMaxPool${rank}d`, () => new striate[`AdaptiveMaxPool${rank}d`](2), shape, (x) => largest(x, 2)],
  );
}
layers.push(
  [
    'AdaptiveAvgPool2d that keeps an axis',
    () => new striate.AdaptiveAvgPool2d([null, 2]),
    [1, 2, 5, 6],
    (x) => striate.adaptiveAvgPool2d(x, [5, 2]),
  ],
  ['GlobalAvgPool', () => new striate.GlobalAvgPool(), [2, 3, 4, 5], striate.globalAvgPool],
  ['GlobalMaxPool', () => new striate.GlobalMaxPool(), [2, 3, 4, 5], striate.globalMaxPool],
  [
    'FractionalMaxPool2d',
    () => new striate.FractionalMaxPool2d(2, { outputSize: [3, 4], seed: 5 }),
    [2, 3, 8, 9],
    (x) => striate.fractionalMaxPool2d(x, 2, { outputSize: [3, 4], seed: 5 }),
  ],
  [
    'FractionalMaxPool3d',
    () => new striate.FractionalMaxPool3d(2, { outputRatio: 0.5, seed: 5 }),
    [2, 3, 6, 7, 8],
    (x) => striate.fractionalMaxPool3d(x, 2, { outputRatio: 0.5, seed: 5 }),
  ],
);

inEachVariant('pooling layers', () => {
  test.each(layers)('%s', (_, make, shape, operator) => {
    scope(() => {
      const x = rand(shape, { seed: 1 });
      const layer = make();
      expect(Object.keys(layer.stateDict())).toEqual([]);
      expectSame(layer.forward(x).data, operator(x).data, 0);
    });
  });

  test('a layer gives positions, and unpooling puts the maxima back', () => {
    scope(() => {
      const x = rand([2, 3, 6, 8], { seed: 2 });
      const [y, places] = new striate.AdaptiveMaxPool2d(2, { returnIndices: true }).forward(x);
      expect(places.dtype).toBe('int32');
      for (const [i, place] of places.data.entries()) {
        expect(x.data[Math.floor(i / 4) * 48 + place]).toBe(y.data[i]);
      }
      for (const [rank, shape] of [
        [1, [1, 2, 8]],
        [2, [1, 2, 8, 6]],
        [3, [1, 2, 4, 6, 2]],
      ] as const) {
        const input = rand([...shape], { seed: 3 });
        const pool = new striate[`MaxPool${rank}d`](2, { returnIndices: true });
        const unpool = new striate[`MaxUnpool${rank}d`](2);
        const [values, indices] = pool.forward(input);
        const back = unpool.forward(values, indices);
        expect(back.shape).toEqual(shape);
        const kept = Array.from(back.data).filter((v, i) => v !== 0 && v === input.data[i]);
        expect(kept.length).toBe(values.size);
        expectSame(pool.forward(back)[0].data, values.data, 0);
      }
    });
  });

  test('unpooling to a size of its own', () => {
    scope(() => {
      const places = zeros([1, 1, 2, 2], { dtype: 'int32' });
      const unpool = new striate.MaxUnpool2d(2, { stride: 2 });
      const y = unpool.forward(rand([1, 1, 2, 2]), places, [5, 3]);
      expect(y.shape).toEqual([1, 1, 5, 3]);
    });
  });

  test('windows are drawn anew at each run, and again from a seed', () => {
    scope(() => {
      const x = rand([1, 1, 64, 64], { seed: 4 });
      const draw = (options: object) =>
        Array.from(striate.fractionalMaxPool2d(x, 2, { outputSize: 20, ...options }).data);
      expect(draw({})).not.toEqual(draw({}));
      expect(draw({ seed: 3 })).toEqual(draw({ seed: 3 }));
      expect(draw({ seed: 3 })).not.toEqual(draw({ seed: 4 }));
      manualSeed(1);
      const first = draw({});
      manualSeed(1);
      expect(draw({})).toEqual(first);
    });
  });

  test('a gradient sees the windows that its forward run drew', () => {
    scope(() => {
      const x = rand([2, 2, 32, 32], { seed: 4 });
      const { value, pullback } = striate.vjp(
        (a) => striate.fractionalMaxPool2d(a, 2, { outputSize: 10 }),
        x,
      );
      const [dx] = pullback(striate.ones(value.shape));
      for (let plane = 0; plane < 4; plane++) {
        const own = (t: Tensor, size: number) => Array.from(t.data).slice(plane * size, (plane + 1) * size);
        const values = new Set(own(value, 100));
        const [input, gradient] = [own(x, 1024), own(dx as Tensor, 1024)];
        expect(new Set(input.filter((_, i) => gradient[i] !== 0))).toEqual(values);
        expect(gradient.reduce((a, b) => a + b)).toBe(100);
      }
    });
  });
});
