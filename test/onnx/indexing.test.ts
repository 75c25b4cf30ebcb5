/** Operators that repeat values, or take them by indices or in an order; and indices that come with each run. */
import { memory, type Tensor } from 'striate';
import { loadModel } from 'striate/onnx';
import { describe, expect, test, vi } from 'vitest';
import * as building from '../../ts/onnx/build.ts';
import { floats, int64s, model, rawTensor, TYPE } from './encode.ts';
import { list, one, run } from './run.ts';

vi.mock('../../ts/onnx/build.ts', { spy: true });

const square = { shape: [2, 3] };
const by = (name: string, values: number[], dims = [values.length]) => [int64s(name, values, dims)];

describe('repeated', () => {
  test('Expand: both ways', async () => {
    const to = (shape: number[], ...sizes: number[]) =>
      one('Expand', {}, { shape, weights: by('s', sizes) }, ['s']);
    expect(await to([2, 1], 2, 3)).toEqual({ shape: [2, 3], data: [1, 1, 1, 2, 2, 2] });
    expect(await to([2, 1], 1)).toEqual({ shape: [2, 1], data: [1, 2] });
    expect(await to([2], 2, 1, 1)).toEqual({ shape: [2, 1, 2], data: [1, 2, 1, 2] });
    await expect(to([2], 3)).rejects.toThrow(
      "node 'n' (Expand): expand: a of shape 2 and b of shape 3 do not broadcast",
    );
  });
  test('Tile', async () => {
    const tiled = await one('Tile', {}, { shape: [1, 2], weights: by('r', [2, 2]) }, ['r']);
    expect(tiled).toEqual({ shape: [2, 4], data: [1, 2, 1, 2, 1, 2, 1, 2] });
  });
  test('Range and EyeLike', async () => {
    const weights = [int64s('a', [2], []), int64s('b', [9], []), int64s('d', [3], [])];
    const node = { op: 'Range', name: 'n', in: ['a', 'b', 'd'] };
    expect(await run([node], { weights })).toEqual([{ shape: [3], data: [2, 5, 8] }]);
    const back = [floats('a', [], [1]), floats('b', [], [0]), floats('d', [], [-0.25])];
    expect(await run([node], { weights: back })).toEqual([{ shape: [4], data: [1, 0.75, 0.5, 0.25] }]);
    const none = [int64s('a', [2], []), int64s('b', [2], []), int64s('d', [0], [])];
    const far = [floats('a', [], [0]), floats('b', [], [1e30]), floats('d', [], [1])];
    await expect(run([node], { weights: far })).rejects.toThrow("node 'n' (Range): zeros: ");
    await expect(run([node], { weights: none })).rejects.toThrow(
      "node 'n' (Range): delta is 0, must not be 0",
    );
    expect((await one('EyeLike', {}, square)).data).toEqual([1, 0, 0, 0, 1, 0]);
    expect((await one('EyeLike', { k: 1, dtype: TYPE.int64 }, square)).data).toEqual([0, 1, 0, 0, 0, 1]);
    expect((await one('EyeLike', { k: -1 }, square)).data).toEqual([0, 0, 0, 1, 0, 0]);
    await expect(one('EyeLike', {}, { shape: [2] })).rejects.toThrow(
      "node 'n' (EyeLike): the input 2 must have 2 axes",
    );
    await expect(one('EyeLike', { dtype: TYPE.string }, square)).rejects.toThrow(
      "node 'n' (EyeLike): a matrix of string is not supported",
    );
  });
  test('a range as long as an axis', async () => {
    const nodes = [
      { op: 'Shape', out: ['s'] },
      { op: 'Gather', in: ['s', 'one'], out: ['n'] },
      { op: 'Range', in: ['zero', 'n', 'one'], out: ['r'] },
      { op: 'Gather', in: ['x', 'r'], attributes: { axis: 1 } },
    ];
    const weights = [int64s('zero', [0], []), int64s('one', [1], [])];
    expect((await run(nodes, { ...square, weights }))[0]?.data).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

describe('by indices', () => {
  test('GatherElements', async () => {
    const gather = (values: number[], dims: number[], axis: number) =>
      one('GatherElements', { axis }, { ...square, weights: by('i', values, dims) }, ['i']);
    expect(await gather([0, -1, 2, 0], [2, 2], 1)).toEqual({ shape: [2, 2], data: [1, 3, 6, 4] });
    expect((await gather([1, 0, -1], [1, 3], 0)).data).toEqual([4, 2, 6]);
  });
  test('ScatterElements, and Scatter before it', async () => {
    const put = (attributes: Record<string, string | number>, opset = 16, op = 'ScatterElements') => {
      const weights = [int64s('i', [1, 1, -2], [1, 3]), floats('u', [1, 3], [10, 20, 30])];
      return one(op, attributes, { ...square, weights, opset }, ['i', 'u']);
    };
    expect((await put({})).data).toEqual([1, 2, 30, 10, 20, 6]);
    expect((await put({}, 10, 'Scatter')).data).toEqual([1, 2, 30, 10, 20, 6]);
    expect((await put({ axis: 1 }, 11)).data).toEqual([1, 30, 3, 4, 5, 6]);
    expect((await put({ axis: 1, reduction: 'add' })).data).toEqual([1, 62, 3, 4, 5, 6]);
    expect((await put({ reduction: 'mul' })).data).toEqual([1, 2, 90, 40, 100, 6]);
    expect((await put({ reduction: 'max' })).data).toEqual([1, 2, 30, 10, 20, 6]);
    expect((await put({ reduction: 'min' })).data).toEqual([1, 2, 3, 4, 5, 6]);
    await expect(put({ reduction: 'add' }, 13)).rejects.toThrow(/attribute 'reduction' is not known/);
  });
  test('OneHot: off and on, an axis, indices outside', async () => {
    const hot = (attributes: Record<string, number>, values: Uint8Array, indices: number[]) =>
      one(
        'OneHot',
        attributes,
        { ...list(indices), type: TYPE.int64, weights: [int64s('d', [3], []), values] },
        ['d', 'v'],
      );
    const v = floats('v', [2], [0.1, 0.7]);
    const [off, on] = [0.1, 0.7].map(Math.fround);
    expect(await hot({}, v, [1, -1, 3])).toEqual({
      shape: [3, 3],
      data: [off, on, off, off, off, on, off, off, off],
    });
    expect((await hot({ axis: 0 }, int64s('v', [2, 5]), [1, 0])).data).toEqual([2, 5, 5, 2, 2, 2]);
  });
  test('CumSum', async () => {
    const sums = (attributes: Record<string, number>) =>
      one('CumSum', attributes, { ...square, weights: [int64s('a', [-1], [])] }, ['a']);
    expect((await sums({})).data).toEqual([1, 3, 6, 4, 9, 15]);
    expect((await sums({ exclusive: 1 })).data).toEqual([0, 1, 3, 0, 4, 9]);
    expect((await sums({ reverse: 1 })).data).toEqual([6, 5, 3, 15, 11, 6]);
    expect((await sums({ exclusive: 1, reverse: 1 })).data).toEqual([5, 3, 0, 11, 6, 0]);
  });
  test('Trilu', async () => {
    const k = { ...square, opset: 14, weights: [int64s('k', [1], [])] };
    expect((await one('Trilu', {}, { ...square, opset: 14 })).data).toEqual([1, 2, 3, 0, 5, 6]);
    expect((await one('Trilu', {}, k, ['k'])).data).toEqual([0, 2, 3, 0, 0, 6]);
    expect((await one('Trilu', { upper: 0 }, { ...square, opset: 14 })).data).toEqual([1, 0, 0, 4, 5, 0]);
    await expect(one('Trilu', {}, square)).rejects.toThrow(/begins with operator set 14/);
  });
  test('TopK: an attribute, then an input; the smallest', async () => {
    const node = (attributes: Record<string, number>, more: string[]) => [
      { op: 'TopK', name: 'n', in: ['x', ...more], out: ['y', 'i'], attributes },
    ];
    const given = { ...list([3, 1, 2, 3]), outputs: ['y', 'i'] };
    const weights = by('k', [2]);
    const largest = [
      { shape: [2], data: [3, 3] },
      { shape: [2], data: [0, 3] },
    ];
    expect(await run(node({ k: 2 }, []), { ...given, opset: 9 })).toEqual(largest);
    expect(await run(node({}, ['k']), { ...given, weights, opset: 10 })).toEqual(largest);
    expect(await run(node({ largest: 0 }, ['k']), { ...given, weights })).toEqual([
      { shape: [2], data: [1, 2] },
      { shape: [2], data: [1, 2] },
    ]);
    await expect(run(node({}, ['k']), { ...given, weights: by('k', [5]) })).rejects.toThrow(
      "node 'n' (TopK): topK: k is 5, must be an integer, from 0 to 4",
    );
  });
});

describe('indices that come with each run', () => {
  /** Words by their numbers, a convolution over them, and the largest of each feature. */
  const textual = () =>
    model({
      nodes: [
        { op: 'Gather', name: 'words', in: ['table', 'ids'], out: ['e'] },
        { op: 'Transpose', in: ['e'], out: ['t'], attributes: { perm: [0, 2, 1] } },
        { op: 'Conv', in: ['t', 'w'], out: ['c'] },
        { op: 'GlobalMaxPool', in: ['c'] },
      ],
      weights: [
        floats(
          'table',
          [50, 2],
          Array.from({ length: 100 }, (_, i) => i % 13),
        ),
        floats('w', [1, 2, 3], [1, 0, 1, 0, 1, 0]),
      ],
      inputs: { ids: [[1, 'length'], TYPE.int64] },
    });
  const value = (i: number, feature: number) => (2 * i + feature) % 13;
  const expected = (ids: readonly number[]) =>
    Math.max(...ids.slice(2).map((last, i) => value(ids[i]!, 0) + value(last, 0) + value(ids[i + 1]!, 1)));

  test('other numbers, and more than a thousand, compile nothing', async () => {
    const loaded = await loadModel(textual());
    const build = vi.mocked(building.building);
    const score = (ids: readonly number[]) => {
      const { y } = loaded.run({ ids: Int32Array.from(ids) }) as { y: Tensor };
      const found = y.item();
      y.dispose();
      return found;
    };
    const texts = [1, 2, 3].map((seed) => Array.from({ length: 2000 }, (_, i) => (seed * 17 + i * i) % 50));
    build.mockClear();
    for (const ids of texts) expect(score(ids)).toBe(expected(ids));
    expect(build).toHaveBeenCalledTimes(1);
    expect(() => score([50, ...texts[0]!.slice(1)])).toThrow(
      new RangeError('Model.run: indexSelect: indices holds 50, must be from -50 to 49, along an axis of 50'),
    );
    expect(score(texts[0]!)).toBe(expected(texts[0]!));
    loaded.dispose();
    expect(memory.stats().liveTensors).toBe(0);
  });
  test('ones from which a shape is computed are planned all the same', async () => {
    const bytes = model({
      nodes: [
        { op: 'Gather', in: ['sizes', 'which'], out: ['s'] },
        { op: 'Reshape', in: ['x', 's'] },
      ],
      weights: [int64s('sizes', [2, 3, 6])],
      inputs: { x: [[6]], which: [[2], TYPE.int64] },
    });
    const loaded = await loadModel(bytes);
    for (const [which, shape] of [
      [Int32Array.of(0, 1), [2, 3]],
      [Int32Array.of(1, 0), [3, 2]],
    ] as const) {
      const { y } = loaded.run({ x: new Float32Array(6), which }) as { y: Tensor };
      expect(y.shape).toEqual(shape);
      y.dispose();
    }
    loaded.dispose();
  });
  test('bytes as positions', async () => {
    const nodes = [{ op: 'GatherElements', in: ['x', 'i'] }];
    const weights = [rawTensor('i', TYPE.int32, [1], Int32Array.of(1))];
    expect((await run(nodes, { ...list([4, 5]), weights }))[0]?.data).toEqual([5]);
  });
});
