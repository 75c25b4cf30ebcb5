/** Operators whose results are as long as there is something to find. Values are onnxruntime's. */
import { describe, expect, test } from 'vitest';
import { floats, int64s, rawTensor, TYPE } from './encode.ts';
import { list, one, run } from './run.ts';

const square = { shape: [2, 3] };

describe('what is found', () => {
  test('NonZero', async () => {
    expect(await one('NonZero', {}, { ...square, values: [1, 0, 2, 0, 0, -1] })).toEqual({
      shape: [2, 3],
      data: [0, 0, 1, 0, 2, 2],
    });
    expect(await one('NonZero', {}, { shape: [], values: [3] })).toEqual({ shape: [1, 1], data: [0] });
    expect((await one('NonZero', {}, list([0, 0]))).shape).toEqual([1, 0]);
  });
  test('Compress: along an axis, and of all values', async () => {
    const kept = (attributes: Record<string, number>, ...condition: number[]) => {
      const weights = [rawTensor('c', TYPE.bool, [condition.length], Uint8Array.from(condition))];
      return one('Compress', attributes, { ...square, weights }, ['c']);
    };
    expect(await kept({ axis: 1 }, 0, 1)).toEqual({ shape: [2, 1], data: [2, 5] });
    expect(await kept({ axis: -2 }, 0, 1)).toEqual({ shape: [1, 3], data: [4, 5, 6] });
    expect(await kept({}, 0, 1, 0, 1)).toEqual({ shape: [2], data: [2, 4] });
    await expect(kept({ axis: 0 }, 1, 1, 1)).rejects.toThrow(
      "node 'n' (Compress): condition has 3 values, must have at most 2",
    );
    const square2 = [rawTensor('c', TYPE.bool, [1, 1], Uint8Array.of(1))];
    await expect(one('Compress', {}, { ...square, weights: square2 }, ['c'])).rejects.toThrow(
      "node 'n' (Compress): condition has shape 1x1, must have 1 axis",
    );
  });
  test('Unique: in order or as they come, of values or slices', async () => {
    const outputs = ['y', 'i', 'v', 'c'];
    const unique = async (attributes: Record<string, number>, shape: number[], ...values: number[]) => {
      const found = await run([{ op: 'Unique', out: outputs, attributes }], { shape, values, outputs });
      return found.map(({ data }) => data);
    };
    expect(await unique({}, [6], 2, 1, 1, 3, 4, 3)).toEqual([
      [1, 2, 3, 4],
      [1, 0, 3, 4],
      [1, 0, 0, 2, 3, 2],
      [2, 1, 2, 1],
    ]);
    expect(await unique({ sorted: 0 }, [6], 2, 1, 1, 3, 4, 3)).toEqual([
      [2, 1, 3, 4],
      [0, 1, 3, 4],
      [0, 1, 1, 2, 3, 2],
      [1, 2, 2, 1],
    ]);
    expect(await unique({ axis: 0 }, [3, 2], 5, 1, 2, 3, 5, 1)).toEqual([
      [2, 3, 5, 1],
      [1, 0],
      [1, 0, 1],
      [1, 2],
    ]);
  });
  test('Det', async () => {
    const det = await one('Det', {}, { shape: [3, 2, 2], values: [1, 2, 3, 4, 0, 1, 1, 0, 0, 0, 1, 1] });
    expect(det).toEqual({ shape: [3], data: [-2, -1, 0] });
    await expect(one('Det', {}, square)).rejects.toThrow(
      "node 'n' (Det): the input is 2x3, must have square matrices",
    );
  });
});

const BOXES = [
  [0, 0, 1, 1],
  [0, 0.1, 1, 1.1],
  [0, -0.1, 1, 0.9],
  [0, 10, 1, 11],
  [0, 10.1, 1, 11.1],
  [0, 100, 1, 101],
];
const SCORES = [0.9, 0.75, 0.6, 0.95, 0.5, 0.3];

describe('NonMaxSuppression', () => {
  const suppressed = async (
    [iou, score, most]: readonly [number, number, number],
    { boxes = BOXES, scores = SCORES, dims = [1, 1, 6], center = 0 } = {},
  ) => {
    const weights = [
      floats('s', dims, scores),
      int64s('m', [most]),
      floats('i', [1], [iou]),
      floats('t', [1], [score]),
    ];
    const given = { shape: [1, 6, 4], values: boxes.flat(), weights };
    return one('NonMaxSuppression', { center_point_box: center }, given, ['s', 'm', 'i', 't']);
  };
  test('thresholds and limits', async () => {
    expect(await suppressed([0.5, 0, 3])).toEqual({ shape: [3, 3], data: [0, 0, 3, 0, 0, 0, 0, 0, 5] });
    expect((await suppressed([0.5, 0.4, 2])).data).toEqual([0, 0, 3, 0, 0, 0]);
    const none = { shape: [1, 6, 4], values: BOXES.flat(), weights: [floats('s', [1, 1, 6], SCORES)] };
    expect(await one('NonMaxSuppression', {}, none, ['s'])).toEqual({ shape: [0, 3], data: [] });
  });
  test('other corners, and centres', async () => {
    const corners = [
      [1, 1, 0, 0],
      [0, 0.1, 1, 1.1],
      [0, 0.9, 1, -0.1],
      [0, 10, 1, 11],
      [1, 10.1, 0, 11.1],
      [1, 101, 0, 100],
    ];
    expect((await suppressed([0.5, 0, 3], { boxes: corners })).data).toEqual([0, 0, 3, 0, 0, 0, 0, 0, 5]);
    const boxes = BOXES.map(([y1, x1, y2, x2]) => [(y1! + y2!) / 2, (x1! + x2!) / 2, y2! - y1!, x2! - x1!]);
    expect((await suppressed([0.5, 0, 3], { boxes, center: 1 })).data).toEqual([0, 0, 3, 0, 0, 0, 0, 0, 5]);
  });
  test('class by class', async () => {
    const two = { scores: [...SCORES, ...SCORES], dims: [1, 2, 6] };
    expect((await suppressed([0.5, 0, 2], two)).data).toEqual([0, 0, 3, 0, 0, 0, 0, 1, 3, 0, 1, 0]);
  });
  test('shapes that do not fit', async () => {
    await expect(suppressed([0.5, 0, 2], { dims: [1, 6, 1] })).rejects.toThrow(
      "node 'n' (NonMaxSuppression): scores have shape 1x6x1, must have [1, classes, 6], as boxes",
    );
    const weights = [floats('s', [1, 1, 6], SCORES)];
    await expect(one('NonMaxSuppression', {}, { shape: [6, 4], weights }, ['s'])).rejects.toThrow(
      "node 'n' (NonMaxSuppression): boxes have shape 6x4, must have [N, boxes, 4]",
    );
  });
  test('what follows is as long as there are boxes, at each run', async () => {
    const nodes = [
      { op: 'NonMaxSuppression', in: ['x', 's', 'm', 'i'], out: ['k'] },
      { op: 'Gather', in: ['k', 'two'], out: ['at'], attributes: { axis: 1 } },
      { op: 'Gather', in: ['flat', 'at'], out: ['b'] },
      { op: 'Shape', in: ['k'], out: ['count'] },
      { op: 'Mul', in: ['b', 'b'], out: ['y'] },
      { op: 'Reshape', in: ['x', 'rows'], out: ['flat'] },
    ];
    const weights = [
      floats('s', [1, 1, 6], SCORES),
      int64s('m', [5]),
      floats('i', [], [0.5]),
      int64s('two', [2], []),
      int64s('rows', [-1, 4]),
    ];
    const given = { shape: [1, 6, 4], values: BOXES.flat(), weights, outputs: ['y', 'count'] };
    const [y, count] = await run(nodes, given);
    expect(count!.data).toEqual([3, 3]);
    expect(y).toEqual({ shape: [3, 4], data: [0, 100, 1, 121, 0, 0, 1, 1, 0, 10000, 1, 10201] });
  });
});
