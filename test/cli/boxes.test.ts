/** What detectors and readers of text give, as boxes and texts. */
import { type AnyTensor, disposeRuntime, init, scope, type Tensor, tensor } from 'striate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { boxesOf, type Limits } from '../../ts/cli/boxes.ts';
import { UsageError } from '../../ts/cli/problems.ts';
import { describeOutput } from '../../ts/cli/scores.ts';

beforeAll(async () => {
  await init();
});
afterAll(disposeRuntime);

/** Twice as wide as high, with a margin above and below. */
const picture = { data: new Uint8Array(40 * 20 * 3), width: 40, height: 20, channels: 3 as const };
const options = { size: [80, 80], fit: 'contain' } as const;
const limits: Limits = { score: undefined, iou: 0.45 };
const found = (
  make: () => Record<string, Tensor<'float32' | 'int32'>>,
  labels: readonly string[] | null = null,
  more: Partial<Limits> = {},
) =>
  scope(() =>
    boxesOf(make() as unknown as Record<string, AnyTensor>, picture, options, labels, { ...limits, ...more }),
  );

/** Columns as rows, and rows as columns. */
const turned = (rows: readonly (readonly number[])[]) => rows[0]!.map((_, i) => rows.map((row) => row[i]!));
/** Padding, so that there are more boxes than numbers of each. */
const nothing = (count: number, length: number) => Array.from({ length: count }, () => Array(length).fill(0));

describe('boxes, whichever way a model gives them', () => {
  const cat = { box: [10, 5, 20, 15], score: 0.75, index: 1, label: 'cat' };
  const labels = ['dog', 'cat'];

  test('YOLOv8: a column each', () => {
    const columns = turned([[30, 40, 20, 20, 0.25, 0.75], ...nothing(7, 6)]);
    expect(found(() => ({ y: tensor([columns]) }), labels)).toEqual([cat]);
  });
  test('YOLOv5: a row each, with how sure it is of anything', () => {
    const rows = [[30, 40, 20, 20, 0.75, 0, 1], ...nothing(8, 7)];
    expect(found(() => ({ y: tensor([rows]) }), labels)).toEqual([cat]);
  });
  test.each([
    ['with', (rows: number[][]) => tensor([rows])],
    ['without', (rows: number[][]) => tensor(rows)],
  ])('corners, score and class, %s a batch', (_, of) => {
    const rows = [
      [20, 30, 40, 50, 0.75, 1],
      [0, 20, 80, 60, 0.1, 0],
    ];
    expect(found(() => ({ y: of(rows) }), labels)).toEqual([cat]);
  });
  test('boxes, classes and scores apart, in pixels', () => {
    const outputs = () => ({
      boxes: tensor([[20, 30, 40, 50]]),
      labels: tensor([1], null, { dtype: 'int32' }),
      scores: tensor([0.75]),
    });
    expect(found(outputs, labels)).toEqual([cat]);
  });
  test('from 0 to 1, without classes', () => {
    const outputs = () => ({ boxes: tensor([[[0.25, 0.375, 0.5, 0.625]]]), scores: tensor([[0.75]]) });
    expect(found(outputs)).toEqual([{ box: cat.box, score: 0.75 }]);
  });
  test('masks behind the classes are no classes', () => {
    const columns = turned([[30, 40, 20, 20, 0.25, 0.75, 9, 9], ...nothing(9, 8)]);
    expect(found(() => ({ y: tensor([columns]) }), labels)).toEqual([cat]);
  });
});

test('of boxes of a class that overlap the best stays, and what has no name has none', () => {
  const rows = [
    [20, 20, 20, 20, 0.5, 0],
    [21, 20, 20, 20, 0.75, 0],
    [21, 20, 20, 20, 0, 0.6],
    [60, 60, 8, 8, 0.2, 0],
  ];
  const columns = turned([...rows, ...nothing(4, 6)]);
  const all = found(() => ({ y: tensor([columns]) }));
  expect(all.map(({ score, index, label }) => [score.toFixed(2), index, label])).toEqual([
    ['0.75', 0, null],
    ['0.60', 1, null],
  ]);
  expect(found(() => ({ y: tensor([columns]) }), null, { score: 0.1, iou: 1 })).toHaveLength(4);
});

test('lines of text: what touches is one, grown, in the order of reading', () => {
  const map = Array.from({ length: 40 }, () => Array<number>(40).fill(0));
  const draw = (x: number, y: number, width: number, height: number, value: number) => {
    for (let i = 0; i < width * height; i++) map[y + Math.floor(i / width)]![x + (i % width)] = value;
  };
  draw(22, 12, 10, 4, 0.9); // to the right of the next, a little higher
  draw(4, 13, 10, 4, 0.8);
  draw(4, 22, 10, 4, 0.9);
  draw(13, 26, 1, 2, 0.9); // which touches that
  draw(30, 30, 6, 4, 0.4); // not sure enough
  draw(2, 38, 1, 1, 1); // dust
  const boxes = found(() => ({ y: tensor([[map]]) }));
  expect(boxes.map(({ score }) => score.toFixed(2))).toEqual(['0.80', '0.90', '0.90']);
  // Of the map's 10 x 4 pixels 20 x 8 of the input's; they grow by 1.6 * 160 / 56 each way.
  const by = (1.6 * 160) / 56;
  const expected = [8 - by, 26 - by - 20, 28 + by, 34 + by - 20].map((value) => value / 2);
  for (const [i, value] of expected.entries()) expect(boxes[0]!.box[i]).toBeCloseTo(value, 4);
  expect(found(() => ({ y: tensor([[map]]) }), null, { score: 0.3 })).toHaveLength(4);
});

test('what holds no boxes is said', () => {
  expect(() => found(() => ({ y: tensor([[1, 2, 3]]), z: tensor([0]) }))).toThrow(
    new UsageError(
      '--boxes: the outputs are [1, 3], [1], must be [1, 4 + classes, N], [1, N, 5 + classes], [N, 6], boxes [N, 4] with scores [N], or [1, 1, H, W] of text',
    ),
  );
});

describe('texts', () => {
  const letters = ['a', 'b'];
  const reading = (rows: readonly number[][], characters: readonly string[] | null = letters) =>
    scope(() => describeOutput(tensor([rows as number[][]]), 5, characters).reading);

  test('neighbours that are equal are one letter, blanks part them', () => {
    const of = (k: number) => Array.from({ length: 3 }, (_, i) => (i === k ? 0.8 : 0.1));
    const { text, score } = reading([1, 1, 0, 1, 2, 2, 0].map(of))!;
    expect([text, score.toFixed(2)]).toEqual(['aab', '0.80']);
    expect(reading([of(0), of(0)])).toEqual({ text: '', score: 0 });
  });
  test('one class more than letters is the space, and scores that are no probabilities are made some', () => {
    const of = (k: number) => Array.from({ length: 4 }, (_, i) => (i === k ? 3 : -3));
    const { text, score } = reading([of(1), of(3), of(2), of(3)])!;
    expect(text).toBe('a b');
    expect(score).toBeCloseTo(1 / (1 + 3 * Math.exp(-6)), 5);
  });
  test('none without letters, or for other numbers of them', () => {
    expect(reading([[0.1, 0.9, 0]], null)).toBe(undefined);
    expect(reading([[0.1, 0.9, 0, 0, 0]])).toBe(undefined);
  });
});
