/** What needs no computing. */
import {
  add,
  compile,
  concat,
  conv2d,
  div,
  dropout,
  expand,
  mul,
  neg,
  pow,
  randn,
  relu,
  reshape,
  scope,
  sigmoid,
  slice,
  sub,
  type Tensor,
  tensor,
} from 'striate';
import { expect, test } from 'vitest';
import { type Body, expectRewritten } from '../support/rewritten.ts';
import { inEachVariant } from '../support/runtime.ts';

/** name, the function of x [2, 3, 4], and what is computed; all of it is exact. */
const cases: [string, Body, string[]][] = [
  ['numbers that change nothing', (x) => relu(add(mul(sub(div(x, 1), 0), 1), 0)), ['relu']],
  ['on the left', (x) => relu(add(0, mul(1, x))), ['relu']],
  ['a number from which x is taken', (x) => relu(sub(0, x)), ['sub', 'relu']],
  ['the result is x', (x) => mul(x, 1), []],
  ['one power', (x) => relu(pow(x, 1)), ['relu']],
  ['a square', (x) => pow(x, 2), ['mul']],
  ['a root', (x) => pow(relu(x), 0.5), ['relu', 'sqrt']],
  ['negated twice', (x) => relu(neg(neg(x))), ['relu']],
  ['a slice of all', (x) => relu(slice(x, [0, 0, 0], [2, 3, 4])), ['relu']],
  ['a slice of all, backwards', (x) => relu(slice(x, [1], [-3], { steps: [-1] })), ['slice', 'relu']],
  ['a shape that it has', (x) => relu(expand(x, [2, 3, 4])), ['relu']],
  ['another shape of another', (x) => relu(reshape(reshape(x, [4, 6]), [24])), ['reshape', 'relu']],
  ['there and back', (x) => relu(reshape(reshape(x, [4, 6]), [2, 3, 4])), ['relu']],
  ['a shape with more axes', (x) => relu(mul(x, tensor([1]).reshape([1, 1, 1, 1]))), ['mul', 'relu']],
  ['equal calls', (x) => add(relu(x), sigmoid(relu(x))), ['relu + relu', 'sigmoid', 'add']],
  [
    'equal calls of equal calls',
    (x) => mul(sigmoid(relu(x)), sigmoid(relu(x))),
    ['relu + relu', 'sigmoid + sigmoid', 'mul'],
  ],
  ['equal but for their order', (x) => sub(add(x, 2), relu(add(2, x))), ['add + add', 'relu', 'sub']],
  ['a difference has an order', (x) => mul(sub(x, 2), sub(2, x)), ['sub', 'sub', 'mul']],
  ['other numbers', (x) => mul(add(x, 2), add(x, 3)), ['add', 'add', 'mul']],
  ['0 and -0', (x) => concat([div(x, 0), div(x, -0)]), ['div', 'div', 'concat']],
  ['two results of one call', (x) => [relu(x), relu(x)], ['relu + relu']],
  [
    'draws are not equal',
    (x) => add(dropout(x, { seed: 1 }), dropout(x, { seed: 2 })),
    ['dropout', 'dropout', 'add'],
  ],
];

inEachVariant('what needs no computing', () => {
  test.each(cases)('%s', (_, body, rows) => {
    scope(() => expectRewritten(body, [randn([2, 3, 4], { seed: 1 })], rows));
  });

  test('equal convolutions are one, and share its ending', () => {
    scope(() => {
      const w = randn([3, 3, 1, 1], { seed: 2 });
      const body = (x: Tensor) => add(relu(conv2d(x, w)), sigmoid(relu(conv2d(x, w))));
      expectRewritten(
        body,
        [randn([1, 3, 2, 2], { seed: 1 })],
        ['conv2d + conv2d + relu + relu', 'sigmoid', 'add'],
        1e-6,
      );
    });
  });

  test('calls before and after a write are not equal, and x * 1 is the value before it', () => {
    scope(() => {
      const [state, x] = [tensor([1, 2, 3]), tensor([10, 20, 30])];
      const program = compile(
        (given: Tensor) => {
          const [before, kept] = [relu(state), mul(state, 1)];
          state.assign(add(given, state));
          return [before, relu(state), add(kept, state)];
        },
        { inputs: [[3]] },
      );
      const values = program.run(x).map((y) => y.toArray());
      expect(values).toEqual([
        [1, 2, 3],
        [11, 22, 33],
        [12, 24, 36],
      ]);
      expect(state.toArray()).toEqual([11, 22, 33]);
    });
  });
});
