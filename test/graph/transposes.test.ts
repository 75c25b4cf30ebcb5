/** Transposes that undo or follow each other. */
import { compile, conv2d, permute, randn, relu, scope, type Tensor } from 'striate';
import { expect, test } from 'vitest';
import { expectSame } from '../support/compare.ts';
import { inEachVariant } from '../support/runtime.ts';

const [toLast, toFirst] = [
  [0, 2, 3, 1],
  [0, 3, 1, 2],
];

/** name, the function of x [1, 2, 3, 4], and what its program computes */
const cases: [string, (x: Tensor) => Tensor | Tensor[], string[]][] = [
  [
    'a pair that undoes itself',
    (x) => relu(permute(permute(x, toLast), toFirst)),
    ['permute + permute', 'relu'],
  ],
  ['a pair that is one transpose', (x) => permute(permute(x, toLast), [0, 2, 1, 3]), ['permute + permute']],
  [
    'three of them',
    (x) => permute(permute(permute(x, toLast), toFirst), [1, 0, 2, 3]),
    ['permute + permute', 'permute'],
  ],
  [
    'with something between',
    (x) => permute(relu(permute(x, toLast)), toFirst),
    ['permute', 'relu', 'permute'],
  ],
  [
    'the first is read elsewhere',
    (x) => {
      const y = permute(x, toLast);
      return [relu(permute(y, toFirst)), relu(y)];
    },
    ['permute', 'permute', 'relu', 'relu'],
  ],
  [
    'between two convolutions',
    (x) => {
      const w = randn([2, 2, 1, 1], { seed: 1 });
      return conv2d(permute(permute(relu(conv2d(x, w)), toLast), toFirst), w);
    },
    ['conv2d + relu', 'permute + permute', 'conv2d'],
  ],
  ['a result is memory of its own', (x) => permute(permute(x, toLast), toFirst), ['permute + permute']],
];

inEachVariant('transposes', () => {
  test.each(cases)('%s', (_, body, rows) => {
    scope(() => {
      const x = randn([1, 2, 3, 4], { seed: 3 });
      const expected = [body(x)].flat();
      const program = compile((a: Tensor) => [body(a)].flat(), { inputs: [x.shape] });
      expect(program.profile(x, { runs: 1 }).map(({ operator }) => operator)).toEqual(rows);
      for (const [i, y] of program.run(x).entries()) {
        expect(y.shape).toEqual(expected[i]!.shape);
        expectSame(y.data, expected[i]!.data, 1e-6);
      }
    });
  });
});
