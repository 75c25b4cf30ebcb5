/** Maps per channel before, behind and between what has weights. */
import {
  add,
  batchNorm,
  conv2d,
  convTranspose2d,
  div,
  globalAvgPool,
  linear,
  mul,
  randn,
  relu,
  reshape,
  scope,
  sigmoid,
  sub,
  type Tensor,
  tensor,
} from 'striate';
import { test } from 'vitest';
import { type Body, expectRewritten } from '../support/rewritten.ts';
import { inEachVariant } from '../support/runtime.ts';

const made = (shape: number[], seed: number) => randn(shape, { seed });
/** Of x's four channels, none of it near 0. */
const factors = (shape = [4, 1, 1]) => reshape(tensor([0.5, -2, 1.5, 3]), shape);
const summands = (shape = [4, 1, 1]) => reshape(tensor([1, -0.5, 2, 0.25]), shape);
const norm = (x: Tensor) => batchNorm(x, summands([4]), tensor([1, 2, 3, 4]), factors([4]), summands([4]));
const map = (x: Tensor) => add(mul(x, factors()), summands());

const wide = (x: Tensor) => conv2d(x, made([5, 4, 1, 1], 2), made([5], 3));
const padded = (x: Tensor) => conv2d(x, made([5, 4, 3, 3], 2), made([5], 3), { padding: 1 });
const mirrored = (x: Tensor) =>
  conv2d(x, made([5, 4, 3, 3], 2), null, { padding: 1, paddingMode: 'reflect' });
const depthwise = (x: Tensor) => conv2d(x, made([4, 1, 3, 3], 2), null, { groups: 4 });
const grouped = (x: Tensor) => conv2d(x, made([4, 2, 3, 3], 2), null, { groups: 2 });
const larger = (x: Tensor) => convTranspose2d(x, made([4, 4, 2, 2], 2), made([4], 3), { stride: 2 });
const separate = (x: Tensor) => convTranspose2d(x, made([4, 1, 2, 2], 2), null, { stride: 2, groups: 4 });
const features = (x: Tensor) => linear(x, made([3, 6], 2), made([3], 3));

/** name, the function of x [2, 4, 5, 6], and what is computed */
const cases: [string, Body, string[]][] = [
  ['a quotient behind', (x) => relu(div(wide(x), 3)), ['conv2d + div + relu']],
  ['a number less a convolution', (x) => sub(1, wide(x)), ['conv2d + sub']],
  ['a factor before', (x) => wide(mul(relu(x), factors())), ['relu', 'mul + conv2d']],
  ['a summand before', (x) => wide(sub(relu(x), summands())), ['relu', 'sub + conv2d']],
  ['a number less x before', (x) => wide(sub(2, relu(x))), ['relu', 'sub + conv2d']],
  ['both, with an activation behind', (x) => relu(wide(map(relu(x)))), ['relu', 'mul + add + conv2d + relu']],
  ['batch norm before', (x) => wide(norm(relu(x))), ['relu', 'batchNorm + conv2d']],
  ['a factor before zeros of padding', (x) => padded(mul(relu(x), factors())), ['relu', 'mul + conv2d']],
  ['a summand before them stays', (x) => padded(sub(relu(x), 1)), ['relu', 'sub', 'conv2d']],
  ['both before them are one', (x) => padded(map(relu(x))), ['relu', 'mul + add', 'conv2d']],
  ['before padding that is x', (x) => mirrored(map(relu(x))), ['relu', 'mul + add + conv2d']],
  ['before a depthwise one', (x) => depthwise(map(relu(x))), ['relu', 'mul + add + conv2d']],
  ['before groups it stays', (x) => grouped(mul(relu(x), factors())), ['relu', 'mul', 'conv2d']],
  ['behind groups', (x) => mul(grouped(x), factors()), ['conv2d + mul']],
  [
    'before a linear layer',
    (x) => features(add(mul(relu(x), made([6], 5)), 1)),
    ['relu', 'mul + add + linear'],
  ],
  ['along another axis it stays', (x) => features(mul(relu(x), factors())), ['relu', 'mul', 'linear']],
  [
    'behind a transposed convolution',
    (x) => relu(norm(add(larger(x), summands()))),
    ['convTranspose2d + add + batchNorm', 'relu'],
  ],
  ['behind one of each channel', (x) => map(separate(x)), ['convTranspose2d + mul + add']],
  ['before one', (x) => larger(mul(relu(x), factors())), ['relu', 'mul + convTranspose2d']],
  ['a summand before one stays', (x) => larger(add(relu(x), factors())), ['relu', 'add', 'convTranspose2d']],
  ['three that are one', (x) => relu(norm(map(sigmoid(x)))), ['sigmoid', 'mul + add + batchNorm', 'relu']],
  ['of numbers', (x) => relu(div(sub(sigmoid(x), 0.5), 0.25)), ['sigmoid', 'sub + div', 'relu']],
  [
    'read elsewhere',
    (x) => {
      const y = mul(relu(x), factors());
      return [wide(y), relu(y)];
    },
    ['relu', 'mul', 'conv2d', 'relu'],
  ],
  [
    'the shortcut of a gate',
    (x) => relu(add(x, mul(x, sigmoid(globalAvgPool(x))))),
    ['globalAvgPool', 'sigmoid', 'mul + add', 'mul + add', 'relu'],
  ],
];

inEachVariant('maps per channel', () => {
  test.each(cases)('%s', (_, body, rows) => {
    scope(() => expectRewritten(body, [made([2, 4, 5, 6], 1)], rows, 2e-6));
  });
});
