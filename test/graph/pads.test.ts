/** Padding that windows read for themselves. */
import {
  avgPool2d,
  conv1d,
  conv2d,
  conv3d,
  lpPool2d,
  maxPool2d,
  minPool2d,
  type PadWidths,
  pad1d,
  pad2d,
  pad3d,
  randn,
  relu,
  scope,
  sumPool2d,
  type Tensor,
} from 'striate';
import { test } from 'vitest';
import { type Body, expectRewritten } from '../support/rewritten.ts';
import { inEachVariant } from '../support/runtime.ts';

const made = (shape: number[]) => randn(shape, { seed: 4 });
const zeros = (x: Tensor, widths: PadWidths = 1) => pad2d(x, widths);
const least = (x: Tensor, widths: PadWidths = 1) => pad2d(x, widths, { value: -Infinity });
const conv = (x: Tensor, options = {}) => conv2d(x, made([5, 3, 3, 3]), made([5]), options);
const uneven: PadWidths = [
  [0, 1],
  [2, 1],
];

/** name, the function of x [2, 3, 7, 6], and what is computed */
const cases: [string, Body, string[]][] = [
  ['zeros before a convolution', (x) => conv(zeros(x)), ['pad2d + conv2d']],
  ['uneven, with a stride', (x) => conv(zeros(x, uneven), { stride: 2 }), ['pad2d + conv2d']],
  [
    'added to its own',
    (x) =>
      relu(
        conv(zeros(x), {
          padding: [
            [1, 0],
            [0, 2],
          ],
        }),
      ),
    ['pad2d + conv2d + relu'],
  ],
  ['twice', (x) => conv(zeros(zeros(x), uneven)), ['pad2d + pad2d + conv2d']],
  ['padding that depends on the size stays', (x) => conv(zeros(x), { padding: 'same' }), ['pad2d', 'conv2d']],
  [
    'padding of another kind stays',
    (x) => conv(zeros(x), { padding: 1, paddingMode: 'reflect' }),
    ['pad2d', 'conv2d'],
  ],
  ['another value stays', (x) => conv(pad2d(x, 1, { value: 1 })), ['pad2d', 'conv2d']],
  ['mirrored it stays', (x) => conv(pad2d(x, 1, { mode: 'reflect' })), ['pad2d', 'conv2d']],
  [
    'a crop stays',
    (x) =>
      conv(
        zeros(x, [
          [1, 1],
          [-1, 1],
        ]),
      ),
    ['pad2d', 'conv2d'],
  ],
  [
    'read by two convolutions',
    (x) => {
      const y = zeros(x);
      return [conv(y), conv(y, { stride: 2 })];
    },
    ['conv2d', 'pad2d + conv2d'],
  ],
  [
    'read elsewhere',
    (x) => {
      const y = zeros(x);
      return [conv(y), relu(y)];
    },
    ['pad2d', 'conv2d', 'relu'],
  ],
  [
    'of one axis',
    (x) => conv1d(pad1d(x.reshape([2, 3, 42]), [[2, 3]]), made([2, 3, 4])),
    ['reshape', 'pad1d + conv1d'],
  ],
  [
    'of three axes',
    (x) => conv3d(pad3d(x.reshape([1, 2, 3, 7, 6]), 1), made([2, 2, 2, 2, 2])),
    ['reshape', 'pad3d + conv3d'],
  ],
  ['before maxima', (x) => maxPool2d(least(x, uneven), 3, { stride: 2 }), ['pad2d + maxPool2d']],
  ['windows of padding alone', (x) => maxPool2d(least(x, 4), 2), ['pad2d + maxPool2d']],
  ['zeros before maxima stay', (x) => maxPool2d(zeros(x), 3), ['pad2d', 'maxPool2d']],
  ['before minima it stays', (x) => minPool2d(least(x), 3), ['pad2d', 'minPool2d']],
  ['rounded up it stays', (x) => maxPool2d(least(x), 3, { ceilMode: true }), ['pad2d', 'maxPool2d']],
  [
    'with indices it stays',
    (x) => maxPool2d(least(x), 3, { returnIndices: true }) as unknown as Tensor[],
    ['pad2d', 'maxPool2d'],
  ],
  [
    'before averages',
    (x) => avgPool2d(zeros(x, uneven), 3, { stride: 1, countIncludePad: false }),
    ['pad2d + avgPool2d'],
  ],
  [
    'before averages with padding that does not count',
    (x) => avgPool2d(zeros(x), 3, { padding: 1, countIncludePad: false }),
    ['pad2d', 'avgPool2d'],
  ],
  [
    'before averages by a divisor',
    (x) => avgPool2d(zeros(x), 3, { padding: 1, divisorOverride: 4 }),
    ['pad2d + avgPool2d'],
  ],
  ['before sums', (x) => sumPool2d(zeros(x, 3), 2, { stride: 1 }), ['pad2d + sumPool2d']],
  ['before norms', (x) => lpPool2d(zeros(x), 2, 3), ['pad2d + lpPool2d']],
];

inEachVariant('padding into windows', () => {
  test.each(cases)('%s', (_, body, rows) => {
    scope(() => expectRewritten(body, [made([2, 3, 7, 6])], rows, 1e-6));
  });
});
