/** Layer norm that was written in parts. */
import { add, div, mean, mul, pow, randn, reciprocal, relu, scope, sqrt, sub, type Tensor } from 'striate';
import { test } from 'vitest';
import { type Body, expectRewritten } from '../support/rewritten.ts';
import { inEachVariant } from '../support/runtime.ts';

const along = (dim: number | number[]) => ({ dim, keepDim: true });

/** The parts, with the difference called once or twice. */
function parts(x: Tensor, dim: number | number[] = -1, difference = (one: Tensor) => one): [Tensor, Tensor] {
  const least = sub(x, mean(x, along(dim)));
  const variance = mean(pow(difference(least), 2), along(dim));
  return [least, sqrt(add(variance, 1e-5))];
}
const norm = (x: Tensor, dim?: number | number[]) => div(...parts(x, dim));
const made = (shape: number[], seed = 3) => randn(shape, { seed });

const NAME = 'mean + sub + pow + mean + add + sqrt';
/** name, the function of x [2, 3, 8], and what is computed */
const cases: [string, Body, string[]][] = [
  ['alone', (x) => norm(x), [`${NAME} + div`]],
  ['with weight and bias', (x) => add(mul(norm(x), made([8])), made([8])), [`${NAME} + div + mul + add`]],
  ['the bias on the left', (x) => add(made([8]), mul(made([8]), norm(x))), [`${NAME} + div + mul + add`]],
  ['a bias alone', (x) => add(norm(x), made([1, 1, 8])), [`${NAME} + div + add`]],
  ['over two axes', (x) => mul(norm(x, [1, 2]), made([3, 8])), [`${NAME} + div + mul`]],
  [
    'by the reciprocal',
    (x) => {
      const [a, b] = parts(x);
      return mul(a, reciprocal(b));
    },
    [`${NAME} + reciprocal + mul`],
  ],
  [
    'by one divided',
    (x) => {
      const [a, b] = parts(x);
      return mul(div(1, b), a);
    },
    [`${NAME} + div + mul`],
  ],
  [
    'the difference twice',
    (x) => div(...parts(x, -1, () => sub(x, mean(x, along(-1))))),
    ['mean + mean + sub + sub + pow + mean + add + sqrt + div'],
  ],
  [
    'a weight behind the bias stays',
    (x) => mul(add(norm(x), made([8])), made([8])),
    [`${NAME} + div + add`, 'mul'],
  ],
  ['a weight per row stays', (x) => mul(norm(x), made([3, 1])), [`${NAME} + div`, 'mul']],
  ['over other axes it stays', (x) => norm(x, 1), ['mean', 'sub', 'mul', 'mean', 'add', 'sqrt', 'div']],
  [
    'of two axes and one',
    (x) => {
      const [a] = parts(x, [1, 2]);
      return div(a, sqrt(add(mean(pow(a, 2), along(2)), 1e-5)));
    },
    ['mean', 'sub', 'mul', 'mean', 'add', 'sqrt', 'div'],
  ],
  [
    'what something else reads',
    (x) => {
      const [a, b] = parts(x);
      return [div(a, b), relu(a)];
    },
    ['mean', 'sub', 'mul', 'mean', 'add', 'sqrt', 'div', 'relu'],
  ],
];

inEachVariant('layer norm in parts', () => {
  test.each(cases)('%s', (_, body, rows) => {
    scope(() => expectRewritten(body, [made([2, 3, 8], 1)], rows, 1e-6));
  });
});
