/** What operators became in other operator sets: old forms of 7 and 8, and what 17 to 22 added. Values are onnxruntime's. */
import { describe, expect, test } from 'vitest';
import { Float, floats, int64s } from './encode.ts';
import { list, one, rounded, run } from './run.ts';

const square = { shape: [2, 3] };

describe('operator sets 7 and 8', () => {
  test('Upsample with its scales as an attribute', async () => {
    const scales = [1, 1, 2, 1].map((scale) => new Float(scale));
    const y = await one('Upsample', { scales }, { shape: [1, 1, 2, 2], opset: 7 });
    expect(y).toEqual({ shape: [1, 1, 4, 2], data: [1, 2, 1, 2, 3, 4, 3, 4] });
  });
  test('BatchNormalization by elements', async () => {
    const two = (name: string, values: number[]) => floats(name, [2, 2], values);
    const weights = [
      two('s', [1, 2, 1, 2]),
      two('b', [0, 0, 1, 1]),
      two('m', [1, 2, 3, 4]),
      two('v', [1, 4, 1, 4]),
    ];
    const norm = { op: 'BatchNormalization', in: ['x', 's', 'b', 'm', 'v'] };
    const given = { shape: [2, 2, 2], opset: 7, weights };
    const [y] = await run([{ ...norm, attributes: { spatial: 0 } }], given);
    expect(rounded(y!)).toEqual([0, 0, 1, 1, 4, 4, 5, 5]);
    const [plain] = await run([{ op: 'BatchNormalization', in: ['x', 's', 's', 's', 's'] }], {
      shape: [1, 1, 2],
      opset: 8,
      weights: [floats('s', [1], [1])],
    });
    expect(rounded(plain!)).toEqual([1, 2]);
  });
  test('Expand begins with 8', async () => {
    const given = { shape: [1], weights: [int64s('s', [2])] };
    expect((await one('Expand', {}, { ...given, opset: 8 }, ['s'])).data).toEqual([1, 1]);
    await expect(one('Expand', {}, { ...given, opset: 7 }, ['s'])).rejects.toThrow(
      "the operator begins with operator set 8, the model's is 7",
    );
  });
});

describe('operator sets 17 to 22', () => {
  test('reductions with their axes as an input', async () => {
    const given = { ...square, opset: 18, weights: [int64s('a', [-1])] };
    expect(await one('ReduceMax', { keepdims: 0 }, given, ['a'])).toEqual({ shape: [2], data: [3, 6] });
    expect(await one('ReduceMean', {}, given, ['a'])).toEqual({ shape: [2, 1], data: [2, 5] });
    expect(await one('ReduceMin', {}, { ...given, opset: 20 })).toEqual({ shape: [1, 1], data: [1] });
    await expect(one('ReduceMax', { axes: [1] }, { ...square, opset: 18 })).rejects.toThrow(
      "attribute 'axes' is not known in operator set 18; known here: keepdims, noop_with_empty_axes",
    );
  });
  test('reductions over no axis make of each element what they make of one', async () => {
    const alone = async (op: string) => {
      const values = [1, -2, 3, 4, 5, 6];
      const { shape, data } = await one(op, { noop_with_empty_axes: 1 }, { ...square, values, opset: 18 });
      return [shape, data];
    };
    expect(await alone('ReduceMean')).toEqual([
      [2, 3],
      [1, -2, 3, 4, 5, 6],
    ]);
    expect(await alone('ReduceL1')).toEqual([
      [2, 3],
      [1, 2, 3, 4, 5, 6],
    ]);
    expect(await alone('ReduceSumSquare')).toEqual([
      [2, 3],
      [1, 4, 9, 16, 25, 36],
    ]);
  });
  test('Split into a number of parts', async () => {
    const parts = (shape: number[], outputs: string[], axis: number) =>
      run([{ op: 'Split', out: outputs, attributes: { axis, num_outputs: outputs.length } }], {
        shape,
        outputs,
        opset: 18,
      });
    expect(await parts([2, 3], ['a', 'b'], 1)).toEqual([
      { shape: [2, 2], data: [1, 2, 4, 5] },
      { shape: [2, 1], data: [3, 6] },
    ]);
    expect((await parts([7], ['a', 'b', 'c'], 0)).map(({ data }) => data)).toEqual([
      [1, 2, 3],
      [4, 5, 6],
      [7],
    ]);
  });
  test('Pad: some axes, and around', async () => {
    const some = [int64s('p', [1, 2]), floats('v', [], [9]), int64s('a', [-1])];
    expect(await one('Pad', {}, { ...square, opset: 18, weights: some }, ['p', 'v', 'a'])).toEqual({
      shape: [2, 6],
      data: [9, 1, 2, 3, 9, 9, 9, 4, 5, 6, 9, 9],
    });
    const around = { ...square, opset: 19, weights: [int64s('p', [0, 2, 0, 1])] };
    expect((await one('Pad', { mode: 'wrap' }, around, ['p'])).data).toEqual([
      2, 3, 1, 2, 3, 1, 5, 6, 4, 5, 6, 4,
    ]);
  });
  test('Cast saturates or not: what is refused has it alone', async () => {
    const cast = await one('Cast', { to: 6, saturate: 0 }, { ...list([1.5, -2.5]), opset: 19 });
    expect(cast.data).toEqual([1, -2]);
  });
  test('newer sets leave other operators as they are', async () => {
    expect((await one('Relu', {}, { ...list([-1, 2]), opset: 22 })).data).toEqual([0, 2]);
    expect((await one('Shape', { start: 1, end: -1 }, { shape: [2, 3, 4], opset: 21 })).data).toEqual([3]);
    const none = { shape: [0, 3], opset: 21, weights: [int64s('s', [3, 0])] };
    expect(await one('Reshape', { allowzero: 1 }, none, ['s'])).toEqual({ shape: [3, 0], data: [] });
  });
});

describe('beside the newest sets', () => {
  test('ArgMax and ArgMin: the last of equal ones', async () => {
    const last = { axis: 1, select_last_index: 1 };
    expect(await one('ArgMax', last, { ...square, values: [3, 3, 1, 2, 5, 5] })).toEqual({
      shape: [2, 1],
      data: [1, 2],
    });
    const down = { axis: 0, keepdims: 0, select_last_index: 1 };
    expect(await one('ArgMin', down, { ...square, values: [3, 3, 1, 3, 5, 1] })).toEqual({
      shape: [3],
      data: [1, 0, 1],
    });
  });
  test('Dropout: a mask of ones, and a ratio of 0 in training', async () => {
    const node = { op: 'Dropout', in: ['x'], out: ['y', 'm'] };
    for (const opset of [7, 10, 12]) {
      expect(await run([node], { ...list([1, 2]), opset, outputs: ['y', 'm'] })).toEqual([
        { shape: [2], data: [1, 2] },
        { shape: [2], data: [1, 1] },
      ]);
    }
    const weights = [floats('r', [], [0]), floats('t', [], [1])];
    expect((await one('Dropout', {}, { ...list([1, 2]), weights }, ['r', 't'])).data).toEqual([1, 2]);
  });
  test.each([
    ['a ratio that the file holds', [floats('r', [], [0.25]), floats('t', [], [1])], 'r'],
    ['half', [floats('t', [], [1])], ''],
    ['a ratio that comes with each run', [floats('quarter', [], [0.25]), floats('t', [], [1])], 'computed'],
  ])(
    'Dropout in training, by %s: what is kept is larger, and other elements are at each run',
    async (_, weights, ratio) => {
      const share = ratio === '' ? 0.5 : 0.25;
      const dropping = (attributes: Record<string, number>) => ({
        op: 'Dropout',
        in: ['x', ratio, 't'],
        out: ['y', 'm'],
        attributes,
      });
      // 0.25 of the run's own x, which is 2 everywhere.
      const computing = [
        { op: 'ReduceMin', in: ['x'], out: ['two'], attributes: { keepdims: 0 } },
        { op: 'Div', in: ['two', 'two'], out: ['one'] },
        { op: 'Mul', in: ['one', 'quarter'], out: ['computed'] },
      ];
      const given = {
        ...list(new Array<number>(4000).fill(2)),
        weights,
        outputs: ['y', 'm', 'y2', 'y3', 'y4'],
      };
      const [y, mask, other, seeded, again] = await run(
        [
          ...(ratio === 'computed' ? computing : []),
          dropping({}),
          { ...dropping({}), out: ['y2'] },
          { ...dropping({ seed: -7 }), out: ['y3'] },
          { ...dropping({ seed: -7 }), out: ['y4'] },
        ],
        given,
      );
      const kept = Math.fround(2 / (1 - share));
      expect(y!.data).toEqual(mask!.data.map((one) => one * kept));
      const part = mask!.data.filter((one) => one === 0).length / 4000;
      expect(Math.abs(part - share)).toBeLessThan(0.03);
      expect(other!.data).not.toEqual(y!.data);
      expect(seeded!.data).toEqual(again!.data);
    },
  );
});

describe('operator sets 23 and 24', () => {
  test('RMSNormalization over the last axes', async () => {
    const given = { shape: [2, 2], values: [3, 4, -1, 7], opset: 23, weights: [floats('s', [2], [1, 2])] };
    const y = await one('RMSNormalization', { epsilon: new Float(0) }, given, ['s']);
    const by = [Math.sqrt(12.5), 5];
    expect(rounded(y)).toEqual(rounded({ data: [3 / by[0]!, 8 / by[0]!, -1 / by[1]!, 14 / by[1]!] }));
    const whole = await one('RMSNormalization', { axis: 0, epsilon: new Float(0) }, given, ['s']);
    const all = Math.sqrt(75 / 4);
    expect(rounded(whole)).toEqual(rounded({ data: [3, 8, -1, 14].map((x) => x / all) }));
  });
  test('Swish', async () => {
    const swish = (x: number, alpha: number) => x / (1 + Math.exp(-alpha * x));
    for (const alpha of [1, 1.702]) {
      const given = { shape: [3], values: [-2, 0.5, 3], opset: 24 };
      const y = await one('Swish', { alpha: new Float(alpha) }, given);
      expect(rounded(y)).toEqual(rounded({ data: given.values.map((x) => swish(x, alpha)) }));
    }
  });
});
