/** Transposes that undo or follow each other. */
import {
  add,
  compile,
  concat,
  conv2d,
  cumSum,
  div,
  max,
  mean,
  mul,
  permute,
  randn,
  relu,
  scope,
  sigmoid,
  sub,
  sum,
  type Tensor,
} from 'striate';
import { expect, test } from 'vitest';
import { expectSame } from '../support/compare.ts';
import { inEachVariant } from '../support/runtime.ts';

const [toLast, toFirst] = [
  [0, 2, 3, 1],
  [0, 3, 1, 2],
];

const nhwc = (x: Tensor) => permute(x, toLast);
const nchw = (x: Tensor) => permute(x, toFirst);
const made = (shape: number[]) => randn(shape, { seed: 9 });

/** name, the function of x [1, 2, 3, 4], and what its program computes */
const cases: [string, (x: Tensor) => Tensor | Tensor[], string[]][] = [
  ['a pair that undoes itself', (x) => relu(nchw(nhwc(x))), ['relu']],
  ['a pair that is one transpose', (x) => permute(nhwc(x), [0, 2, 1, 3]), ['permute + permute']],
  ['three of them', (x) => permute(nchw(nhwc(x)), [0, 2, 1, 3]), ['permute']],
  ['with a function between', (x) => nchw(relu(nhwc(x))), ['permute + relu']],
  [
    'with what is not transposed alike between',
    (x) => nchw(cumSum(nhwc(x), 1)),
    ['permute', 'cumSum', 'permute'],
  ],
  [
    'the first is read elsewhere',
    (x) => {
      const y = nhwc(x);
      return [relu(nchw(y)), sigmoid(y)];
    },
    ['relu', 'permute + sigmoid', 'permute + sigmoid'],
  ],
  [
    'between two convolutions',
    (x) => {
      const w = made([2, 2, 1, 1]);
      return conv2d(nchw(nhwc(relu(conv2d(x, w)))), w);
    },
    ['conv2d + relu', 'conv2d'],
  ],
  ['a result is memory of its own', (x) => nchw(nhwc(x)), []],
  ['axes of 1 that move', (x) => relu(permute(x, [1, 0, 2, 3])), ['reshape', 'relu']],
  ['a number between', (x) => nchw(sub(3, mul(nhwc(x), 2))), ['permute + mul + sub']],
  ['a factor per channel', (x) => nchw(mul(nhwc(x), made([2]))), ['permute + mul']],
  ['a factor per row and column', (x) => nchw(div(made([3, 4, 1]), nhwc(x))), ['permute + div']],
  ['a factor that is computed', (x) => nchw(mul(nhwc(x), sigmoid(made([2])))), ['permute + mul']],
  ['a factor that the input makes stays', (x) => nchw(mul(nhwc(x), sum(x))), ['sum', 'permute + mul']],
  [
    'a factor that stretches',
    (x) => permute(mul(nhwc(x), made([5, 1, 1, 1])), [0, 3, 1, 2]),
    ['permute', 'mul', 'permute'],
  ],
  ['two of them', (x) => nchw(add(nhwc(x), nhwc(relu(x)))), ['relu', 'permute + permute + add']],
  [
    'one of them twice',
    (x) => {
      const y = nhwc(x);
      return nchw(mul(y, y));
    },
    ['permute + mul'],
  ],
  [
    'two that differ',
    (x) => add(permute(x, [0, 2, 1, 3]), permute(relu(x).reshape([1, 3, 4, 2]), [0, 1, 3, 2])),
    ['permute', 'relu', 'reshape', 'permute', 'add'],
  ],
  ['put together', (x) => nchw(concat([nhwc(x), nhwc(relu(x))], -1)), ['relu', 'permute + permute + concat']],
  [
    'put together along rows',
    (x) => nchw(concat([nhwc(x), nhwc(relu(x))], 1)),
    ['relu', 'permute + permute + concat'],
  ],
  ['means of planes', (x) => mean(nhwc(x), { dim: [1, 2] }), ['permute + mean']],
  ['means that keep axes', (x) => nchw(mean(nhwc(x), { dim: [1, 2], keepDim: true })), ['permute + mean']],
  [
    'sums that leave axes in another order',
    (x) => sum(nhwc(x), { dim: 1 }),
    ['permute + sum', 'permute + sum'],
  ],
  ['maxima', (x) => nchw(max(nhwc(x), { dim: -1, keepDim: true })), ['permute + max']],
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
