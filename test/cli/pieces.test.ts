/** Parts of the command line by themselves. */
import { disposeRuntime, init, scope, tensor } from 'striate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { spread } from '../../ts/cli/bench.ts';
import { parseNumbers, parseShape } from '../../ts/cli/parse.ts';
import { classesOf, describeOutput, labelsOf } from '../../ts/cli/scores.ts';
import { stepsOf, totalsOf } from '../../ts/cli/summary.ts';
import { bar, byteText, digits, table, wrapped } from '../../ts/cli/terminal.ts';

beforeAll(async () => {
  await init();
});
afterAll(disposeRuntime);

describe('tables', () => {
  const head = ['name', 'what', 'n'];
  const rows = [
    ['features.0.conv.weight', 'a convolution', '1'],
    ['b', 'c', '1,000'],
  ];
  test('as wide as they are', () => {
    expect(table(head, rows, 1, 80)).toBe(`name                    what               n
features.0.conv.weight  a convolution      1
b                       c              1,000`);
  });
  test('narrower: texts are cut, names at their beginning, figures never', () => {
    for (const width of [12, 20, 25, 30, 40]) {
      const lines = table(head, rows, 1, width).split('\n');
      const most = Math.max(...lines.map((line) => line.length));
      expect(most).toBeLessThanOrEqual(Math.max(width, 6 + 2 + 5));
      expect(lines[2]).toMatch(/ 1,000$/);
    }
    expect(table(head, rows, 1, 25)).toMatch(/…[\w.]*weight /);
  });
});

test('lines that do not fit are broken at spaces, and a word that is longer stays whole', () => {
  expect(wrapped('  takes x: float32 [1, 3], averylongname: int32 []', '    ', 20)).toBe(
    '  takes x: float32\n    [1, 3],\n    averylongname:\n    int32 []',
  );
  expect(wrapped('  a b', '    ', Number.POSITIVE_INFINITY)).toBe('  a b');
  expect(wrapped('averylongname', '', 5)).toBe('averylongname');
});

test('figures', () => {
  expect([0, 0.012345, 1.5, 12.34, 123.4, 1234, -2, 1e-9, Number.NaN].map(digits)).toEqual([
    '0',
    '0.0123',
    '1.50',
    '12.3',
    '123',
    '1234',
    '-2.00',
    '1.00e-9',
    'NaN',
  ]);
  expect([0, 999, 1000, 25_000_000, 3e9].map(byteText)).toEqual([
    '0 B',
    '999 B',
    '1.00 kB',
    '25.0 MB',
    '3.00 GB',
  ]);
  expect([0, 0.5, 1, 7, Number.NaN].map((share) => bar(share, 4))).toEqual(['', '██', '████', '████', '']);
  expect(spread([5, 1, 2, 4, 3])).toEqual({ runs: 5, min: 1, lowerQuartile: 2, median: 3, upperQuartile: 4 });
});

test('shapes and numbers', () => {
  expect([parseShape('', '1x3x2'), parseShape('', '4,5'), parseShape('', '')]).toEqual([
    [1, 3, 2],
    [4, 5],
    [],
  ]);
  expect(parseNumbers('--mean', '0.5, 1,-2e-1')).toEqual([0.5, 1, -0.2]);
  expect(() => parseNumbers('--mean', '1,,2')).toThrow(
    "--mean is '1,,2', must be a number, or several with commas between them",
  );
});

test('rows of scores', () => {
  const shapes = [[1, 10], ['N', 10, 1, 1], [1, 1], [2, 10], [1, 10, 1], [10], [1, 4, 7, 7], null];
  expect(shapes.map((shape) => classesOf(shape))).toEqual([10, 10, 0, 0, 0, 0, 0, 0]);
  scope(() => {
    expect(
      describeOutput(
        tensor([
          [Number.NaN, 1],
          [3, Infinity],
        ]),
        5,
        null,
      ),
    ).toEqual({ dtype: 'float32', shape: [2, 2], min: 1, mean: 2, max: 3, notFinite: 2 });
    expect(describeOutput(tensor([[3, 3, 3]]), 2, ['a']).top).toEqual([
      { index: 0, label: 'a', probability: 1 / 3 },
      { index: 1, label: null, probability: 1 / 3 },
    ]);
  });
});

test.each([
  ['a Python dict', { names: "{0: 'person', 1: \"it's\"}" }, ['person', "it's"]],
  ['a Python list', { classes: "['a', 'b']" }, ['a', 'b']],
  ['a JSON list', { labels: '["a", "b"]' }, ['a', 'b']],
  ['a JSON object', { id2label: '{"1": "b", "0": "a"}' }, ['a', 'b']],
  ['ImageNet with its ids', { labels: '{"0": ["n01", "tench"]}' }, ['n01 tench']],
  ['commas', { class_names: 'a, b' }, ['a', 'b']],
  ['none', { author: 'x' }, null],
])('labels in a file: %s', (_, metadata, labels) => {
  expect(labelsOf(metadata as Record<string, string>)).toEqual(labels);
});

test("a summary's text, of a model in two stages", () => {
  const part = `name  operator  algorithm  output  parameters   macs  bytes
a     conv2d + relu  direct  1x2  1,000  2,000,000  8
b     split  -  1x1 1x1  0  0  8

parameters: 1,000   multiply-accumulates: 2,000,000
planned peak of activations: 4,096 bytes   packed weights: 64 bytes`;
  const text = `${part}\n\n${part}`;
  expect(stepsOf(text)).toHaveLength(4);
  expect(stepsOf(text)[1]).toEqual({
    name: 'b',
    operator: 'split',
    algorithm: '-',
    output: '1x1 1x1',
    parameters: 0,
    macs: 0,
    bytes: 8,
  });
  expect(totalsOf(text)).toEqual({
    parameters: 2000,
    macs: 4_000_000,
    activationBytes: 4096,
    packedBytes: 128,
  });
});
