/** NaN and the infinities in convolutions: every tile and every algorithm keeps them, in each variant, as a plain sum does. */
import { compile, conv2d, linear, relu, relu6, scope, tensor } from 'striate';
import { expect, test } from 'vitest';
import { inEachVariant } from '../support/runtime.ts';

const cases: [string, number[], number[], object][] = [
  ['one pixel', [1, 2, 1, 1], [3, 2, 1, 1], {}],
  ['four pixels', [1, 2, 2, 2], [5, 2, 1, 1], {}],
  ['nine pixels', [1, 2, 3, 3], [4, 2, 1, 1], {}],
  ['sixteen pixels, four outputs', [1, 2, 4, 4], [4, 2, 1, 1], {}],
  ['3x3', [1, 2, 6, 7], [5, 2, 3, 3], { padding: 1 }],
  ['depthwise 3x3', [1, 2, 6, 7], [2, 1, 3, 3], { padding: 1, groups: 2 }],
  ['depthwise 3x3 on wide rows', [1, 2, 3, 40], [2, 1, 3, 3], { padding: 1, groups: 2 }],
  ['depthwise 5x5 at stride 2', [1, 2, 9, 12], [2, 1, 5, 5], { padding: 2, groups: 2, stride: 2 }],
  ['depthwise with dilation', [1, 2, 9, 12], [2, 1, 3, 3], { padding: 2, groups: 2, dilation: 2 }],
];
const count = (shape: number[]) => shape.reduce((product, axis) => product * axis, 1);

inEachVariant('NaN and infinity', () => {
  for (const [name, xShape, wShape, options] of cases) {
    for (const special of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      test(`${special} in ${name}`, () => {
        scope(() => {
          const values = new Array<number>(count(xShape)).fill(1);
          values[0] = special;
          const x = tensor(values, xShape);
          const w = tensor(new Array<number>(count(wShape)).fill(1), wShape);
          const expected = (f: (value: number) => number) => f(special);
          expect(conv2d(x, w, null, options).data[0]).toBe(expected((v) => v));
          const rectified = compile((a) => relu(conv2d(a!, w, null, options)), { inputs: [xShape] });
          expect(rectified.run(x).data[0]).toBe(expected((v) => Math.max(v, 0)));
          const clamped = compile((a) => relu6(conv2d(a!, w, null, options)), { inputs: [xShape] });
          expect(clamped.run(x).data[0]).toBe(expected((v) => Math.min(Math.max(v, 0), 6)));
        });
      });
    }
  }

  test('NaN in a row of linear stays in its row', () => {
    scope(() => {
      const y = linear(tensor([Number.NaN, 1, 1, 1], [2, 2]), tensor([1, 1, 0, 1], [2, 2]));
      expect(Array.from(y.data)).toEqual([Number.NaN, Number.NaN, 2, 1]);
    });
  });
});
