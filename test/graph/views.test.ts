/** Values that lie within others: what is not copied, and that nothing is written over what is still read. */
import {
  add,
  compile,
  concat,
  conv2d,
  mul,
  ones,
  randn,
  relu,
  reshape,
  scope,
  sigmoid,
  slice,
  split,
  type Tensor,
} from 'striate';
import { expect, test } from 'vitest';
import { OP } from '../../ts/instructions/table.ts';
import { spoilArena } from '../support/arena.ts';
import { expectSame } from '../support/compare.ts';
import { inEachVariant } from '../support/runtime.ts';

type Body = (x: Tensor) => Tensor | Tensor[];

const weight = (to: number, from: number, seed: number) => randn([to, from, 1, 1], { seed });

/** name, the function of x [1, 4, 3, 5], and how many copies its program makes */
const cases: [string, Body, number][] = [
  ['pieces made by nodes', (x) => relu(concat([sigmoid(x), mul(x, 2)], 1)), 0],
  ['pieces along the first axis', (x) => relu(concat([sigmoid(x), mul(x, 2), relu(x)], 0)), 0],
  ['an input is copied', (x) => relu(concat([x, sigmoid(x)], 1)), 1],
  [
    'a piece that occurs twice is copied',
    (x) => {
      const y = sigmoid(x);
      return relu(concat([y, y], 1));
    },
    2,
  ],
  [
    'a piece that is a result is copied',
    (x) => {
      const y = sigmoid(x);
      return [relu(concat([y, mul(x, 2)], 1)), y];
    },
    1,
  ],
  [
    'a piece that is a result under another shape',
    (x) => {
      const y = sigmoid(x);
      return [relu(concat([y, mul(x, 2)], 1)), reshape(y, [60])];
    },
    1,
  ],
  ['pieces along rows are copied', (x) => relu(concat([sigmoid(x), mul(x, 2)], 3)), 2],
  [
    'a piece that is read again',
    (x) => {
      const y = sigmoid(x);
      return add(slice(concat([y, mul(y, 2)], 1), [0, 4], [1, 8]), y);
    },
    0,
  ],
  ['the whole is the result', (x) => concat([sigmoid(x), mul(x, 2)], 1), 0],
  ['a whole within a whole', (x) => relu(concat([concat([sigmoid(x), mul(x, 2)], 1), mul(x, 3)], 1)), 0],
  [
    'a piece in two wholes',
    (x) => {
      const y = sigmoid(x);
      return relu(add(concat([y, mul(x, 2)], 1), concat([mul(x, 3), y], 1)));
    },
    1,
  ],
  [
    'parts of an input',
    (x) => {
      const [a, b] = split(x, 2, 1) as [Tensor, Tensor];
      return add(relu(a), b);
    },
    0,
  ],
  [
    'parts of a value',
    (x) => {
      const [a, b] = split(sigmoid(x), 2, 1) as [Tensor, Tensor];
      return mul(relu(a), relu(b));
    },
    0,
  ],
  ['parts that are results are copied', (x) => split(sigmoid(x), 2, 1), 2],
  [
    'parts put together again',
    (x) => {
      const [a, b] = split(sigmoid(x), 2, 1) as [Tensor, Tensor];
      return relu(concat([b, a], 1));
    },
    2,
  ],
  [
    'a slice of every other row is copied',
    (x) => relu(slice(sigmoid(x), [0, 0, 0], [1, 4, 3], { steps: [1, 1, 2] })),
    1,
  ],
  [
    'convolutions into a whole',
    (x) => conv2d(concat([conv2d(x, weight(3, 4, 1)), relu(conv2d(x, weight(5, 4, 2)))], 1), weight(2, 8, 3)),
    0,
  ],
  [
    'a residual into a whole',
    (x) => relu(concat([add(conv2d(x, weight(4, 4, 1)), x), conv2d(x, weight(4, 4, 2))], 1)),
    0,
  ],
  ['a constant is copied', (x) => relu(concat([sigmoid(x), ones([1, 2, 3, 5])], 1)), 1],
];

/** The opcodes of a list of words: instructions/builder.ts has their order. */
function opcodesOf(words: readonly number[]): number[] {
  const found: number[] = [];
  for (let at = 2; at < words.length; ) {
    found.push(words[at] as number);
    at += 2 + 2 * (words[at + 1] as number);
    at += 1 + (words[at] as number);
  }
  expect(found).toHaveLength(words[1] as number);
  return found;
}

inEachVariant('views', () => {
  test.each(cases)('%s', (_, body, copies) => {
    scope(() => {
      const x = randn([1, 4, 3, 5], { seed: 7 });
      const before = x.toTypedArray();
      const expected = [body(x)].flat();
      const program = compile((a: Tensor) => [body(a)].flat(), { inputs: [x.shape] });
      const opcodes = opcodesOf(Array.from(program.resources.loaded!.executable.main.words));
      expect(opcodes.filter((opcode) => opcode === OP.copy)).toHaveLength(copies);
      for (let i = 0; i < 2; i++) {
        spoilArena(program.arenaBytes);
        for (const [k, y] of program.run(x).entries()) expectSame(y.data, expected[k]!.data, 1e-6);
      }
      expect(x.toTypedArray()).toEqual(before);
    });
  });
});
