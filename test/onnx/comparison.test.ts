/** Comparisons, logic and Where, as the ONNX specification has them. */
import { describe, expect, test } from 'vitest';
import { floats, int64s, rawTensor, TYPE } from './encode.ts';
import { list, one, run } from './run.ts';

describe('comparisons', () => {
  const weights = [floats('b', [2], [2, 3])];
  test.each<[string, number[]]>([
    ['Equal', [0, 0, 0, 0]],
    ['Less', [1, 1, 0, 0]],
    ['LessOrEqual', [1, 1, 0, 0]],
    ['Greater', [0, 0, 1, 1]],
    ['GreaterOrEqual', [0, 0, 1, 1]],
  ])('%s broadcasts', async (op, expected) => {
    const given = { shape: [2, 2], values: [1, 1, 3, 4], weights };
    expect(await one(op, {}, given, ['b'])).toEqual({ shape: [2, 2], data: expected });
  });
  test('what is equal', async () => {
    const given = { ...list([2, 3]), weights };
    const found = await Promise.all(
      ['Equal', 'Less', 'LessOrEqual', 'Greater', 'GreaterOrEqual'].map((op) => one(op, {}, given, ['b'])),
    );
    expect(found.map(({ data }) => data)).toEqual([
      [1, 1],
      [0, 0],
      [1, 1],
      [0, 0],
      [1, 1],
    ]);
  });
  test('of integers, int64 beside int64', async () => {
    const given = { ...list([1, 2, 3]), type: TYPE.int64, weights: [int64s('b', [2])] };
    expect((await one('Equal', {}, given, ['b'])).data).toEqual([0, 1, 0]);
    expect((await one('Greater', {}, given, ['b'])).data).toEqual([0, 0, 1]);
  });
  test('And, Or, Xor, Not of bools', async () => {
    const bools = { ...list([0, 0, 1, 1]), type: TYPE.bool };
    const given = { ...bools, weights: [rawTensor('b', TYPE.bool, [4], Uint8Array.of(0, 1, 0, 1))] };
    expect((await one('And', {}, given, ['b'])).data).toEqual([0, 0, 0, 1]);
    expect((await one('Or', {}, given, ['b'])).data).toEqual([0, 1, 1, 1]);
    expect((await one('Xor', {}, given, ['b'])).data).toEqual([0, 1, 1, 0]);
    expect((await one('Not', {}, bools)).data).toEqual([1, 1, 0, 0]);
  });
  test('IsNaN', async () => {
    expect((await one('IsNaN', {}, list([Number.NaN, 1, Infinity]))).data).toEqual([1, 0, 0]);
  });
  test('Where: all three broadcast, and the condition may be a weight', async () => {
    const weights = [
      rawTensor('c', TYPE.bool, [2, 1], Uint8Array.of(1, 0)),
      floats('x', [], [-1]),
      floats('low', [], [0]),
    ];
    const masked = await run([{ op: 'Where', name: 'n', in: ['c', 'x', 'low'] }], {
      shape: [3],
      values: [1, 2, 3],
      weights: [weights[0]!, weights[2]!],
    });
    expect(masked).toEqual([{ shape: [2, 3], data: [1, 2, 3, 0, 0, 0] }]);
    const clipped = await run(
      [
        { op: 'Less', name: 'below', in: ['x', 'low'], out: ['c'] },
        { op: 'Where', name: 'n', in: ['c', 'low', 'x'] },
      ],
      { ...list([-1, 2, Number.NaN]), weights: [weights[2]!] },
    );
    expect(clipped[0]!.data).toEqual([0, 2, Number.NaN]);
  });
  test('operands of two types', async () => {
    const given = { ...list([1, 2]), weights: [int64s('b', [2])] };
    await expect(one('Equal', {}, given, ['b'])).rejects.toThrow(
      /'n' \(Equal\): equal: a is float32 and b is int32, must be of one dtype/,
    );
  });
});
