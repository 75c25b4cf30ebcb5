/** Operators by places of several axes, Einsum, and others that sets 7 to 24 have. Values are onnxruntime's. */
import { describe, expect, test } from 'vitest';
import { floats, int64s, rawTensor, TYPE } from './encode.ts';
import { list, one, rounded } from './run.ts';

const square = { shape: [2, 3] };
const cube = { shape: [2, 2, 3] };

describe('places of several axes', () => {
  const gather = (attributes: Record<string, number>, dims: number[], ...values: number[]) =>
    one('GatherND', attributes, { ...cube, weights: [int64s('i', values, dims)] }, ['i']);

  test('GatherND: rows, elements, and batches', async () => {
    expect(await gather({}, [2, 2], 0, 1, 1, -1)).toEqual({ shape: [2, 3], data: [4, 5, 6, 10, 11, 12] });
    expect(await gather({}, [2, 1, 3], 0, 1, 2, 1, 0, 0)).toEqual({ shape: [2, 1], data: [6, 7] });
    expect(await gather({ batch_dims: 1 }, [2, 1], 1, 0)).toEqual({
      shape: [2, 3],
      data: [4, 5, 6, 7, 8, 9],
    });
    expect(await gather({ batch_dims: 1 }, [2, 1, 2], 1, 0, 0, -1)).toEqual({ shape: [2, 1], data: [4, 9] });
  });
  test('GatherND: what is outside, also of an inner axis', async () => {
    await expect(gather({}, [1, 2], 0, 2)).rejects.toThrow(
      'indexSelect: indices holds 2, must be from -2 to 1, along an axis of 2',
    );
    await expect(gather({}, [1, 4], 0, 0, 0, 0)).rejects.toThrow(
      "node 'n' (GatherND): indices have shape 1x4, which does not fit data of shape 2x2x3",
    );
  });
  test('ScatterND, and what it may make of what is there', async () => {
    const put = (shape: number[], dims: number[], at: number[], updates: Uint8Array, reduction = 'none') => {
      const given = { shape, opset: 18, weights: [int64s('i', at, dims), updates] };
      return one('ScatterND', { reduction }, given, ['i', 'u']);
    };
    const rows = floats('u', [2, 2], [10, 20, 30, 40]);
    expect((await put([4, 2], [2, 1], [2, -4], rows)).data).toEqual([30, 40, 3, 4, 10, 20, 7, 8]);
    const inner = floats('u', [2, 3], [1, 1, 1, 9, 9, 9]);
    expect((await put([2, 2, 3], [2, 2], [0, 1, 1, 0], inner)).data).toEqual([
      1, 2, 3, 1, 1, 1, 9, 9, 9, 10, 11, 12,
    ]);
    const updates = floats('u', [3], [10, -20, 3]);
    const reduced = async (how: string) => (await put([4], [3, 1], [1, 1, 3], updates, how)).data;
    expect(await reduced('add')).toEqual([1, -8, 3, 7]);
    expect(await reduced('mul')).toEqual([1, -400, 3, 12]);
    expect(await reduced('max')).toEqual([1, 10, 3, 4]);
    expect(await reduced('min')).toEqual([1, -20, 3, 3]);
    await expect(put([4], [2, 1], [1, 1], updates)).rejects.toThrow(
      "node 'n' (ScatterND): updates have shape 3, must have 2",
    );
  });
  test('ReverseSequence', async () => {
    const reversed = (attributes: Record<string, number>, shape: number[], ...lengths: number[]) =>
      one('ReverseSequence', attributes, { shape, weights: [int64s('l', lengths)] }, ['l']);
    expect((await reversed({}, [3, 2], 2, 3)).data).toEqual([3, 6, 1, 4, 5, 2]);
    expect((await reversed({ batch_axis: 0, time_axis: 1 }, [2, 3, 2], 1, 3)).data).toEqual([
      1, 2, 3, 4, 5, 6, 11, 12, 9, 10, 7, 8,
    ]);
    await expect(reversed({ batch_axis: 0, time_axis: 2 }, [2, 3, 2], 1, 3)).rejects.toThrow(
      "node 'n' (ReverseSequence): batch_axis is 0 and time_axis 2, must be 0 and 1, or 1 and 0",
    );
    await expect(reversed({}, [3, 2], 1)).rejects.toThrow(
      "node 'n' (ReverseSequence): sequence_lens has shape 1, must be 2",
    );
  });
});

describe('Einsum', () => {
  const sums = (equation: string, shape: number[], ...weights: Uint8Array[]) =>
    one('Einsum', { equation }, { shape, weights }, ['b', 'c'].slice(0, weights.length));
  const b = (dims: number[]) =>
    floats(
      'b',
      dims,
      Array.from({ length: dims.reduce((x, y) => x * y, 1) }, (_, i) => i + 1),
    );
  test.each<[equation: string, shape: number[], other: number[] | null, result: number[], data: number[]]>([
    ['ij,jk->ik', [2, 3], [3, 2], [2, 2], [22, 28, 49, 64]],
    ['bij,bkj->bik', [2, 1, 2], [2, 2, 2], [2, 1, 2], [5, 11, 39, 53]],
    ['ij->ji', [2, 3], null, [3, 2], [1, 4, 2, 5, 3, 6]],
    ['ij->', [2, 3], null, [], [21]],
    ['ii->i', [3, 3], null, [3], [1, 5, 9]],
    ['ii', [3, 3], null, [], [15]],
    ['i , j -> i j', [2], [3], [2, 3], [1, 2, 3, 2, 4, 6]],
    ['...ij,...jk->...ik', [2, 1, 2], [1, 2, 2], [2, 1, 2], [7, 10, 15, 22]],
    ['ba,ac', [2, 3], [3, 2], [2, 2], [22, 28, 49, 64]],
    ['bhqd,bhkd->bhqk', [1, 2, 1, 2], [1, 2, 2, 2], [1, 2, 1, 2], [5, 11, 39, 53]],
  ])('%s', async (equation, shape, other, result, data) => {
    const found = await sums(equation, shape, ...(other === null ? [] : [b(other)]));
    expect(found).toEqual({ shape: result, data });
  });
  test('three operands, and integers', async () => {
    expect((await sums('i,ij,j->', [2], b([2, 2]), floats('c', [2], [5, 6]))).data).toEqual([95]);
    const given = {
      shape: [2, 2],
      type: TYPE.int32,
      weights: [rawTensor('b', TYPE.int32, [2, 2], Int32Array.of(1, 2, 3, 4))],
    };
    expect((await one('Einsum', { equation: 'ij,jk->ik' }, given, ['b'])).data).toEqual([7, 10, 15, 22]);
  });
  test.each([
    ['ij->ik->', "the equation is 'ij->ik->', must be labels of one letter and at most one arrow"],
    ['ij,jk', "the equation is 'ij,jk', must have 1 terms, one for each input"],
    ['i.j', "the equation is 'i.j', has a dot that is not of one '...'"],
    ['i', "the equation is 'i', whose term 'i' does not fit input 0, 2x3"],
    ['ij->k', "the equation is 'ij->k', whose result must name labels of the inputs, once each"],
  ])('%s', async (equation, sentence) => {
    await expect(sums(equation, [2, 3])).rejects.toThrow(`node 'n' (Einsum): ${sentence}`);
  });
});

describe('by elements, and over axes', () => {
  const numbers = (op: string, ...values: number[]) => one(op, {}, list(values));
  test('hyperbolic functions and inverses', async () => {
    expect(rounded(await numbers('Sinh', 0.5, -1, 2))).toEqual([0.5211, -1.1752, 3.6269]);
    expect(rounded(await numbers('Cosh', 0.5, -1, 2))).toEqual([1.1276, 1.5431, 3.7622]);
    expect(rounded(await numbers('Asinh', 0.5, -1, 2))).toEqual([0.4812, -0.8814, 1.4436]);
    expect(rounded(await numbers('Acosh', 1, 2))).toEqual([0, 1.317]);
    expect(rounded(await numbers('Atanh', 0.5, -0.25))).toEqual([0.5493, -0.2554]);
    expect(rounded(await numbers('Asin', 0.5, -0.25))).toEqual([0.5236, -0.2527]);
    expect(rounded(await numbers('Acos', 0.5, -0.25, 0))).toEqual([1.0472, 1.8235, 1.5708]);
    expect(rounded(await numbers('Atan', 0.5, -1, 2))).toEqual([0.4636, -0.7854, 1.1071]);
  });
  test('integers where functions take them', async () => {
    const int32 = { ...list([-1, 2]), type: TYPE.int32 };
    expect((await one('Relu', {}, { ...int32, opset: 14 })).data).toEqual([0, 2]);
    expect((await one('Abs', {}, int32)).data).toEqual([1, 2]);
    expect((await one('Neg', {}, int32)).data).toEqual([1, -2]);
    expect((await one('Sign', {}, int32)).data).toEqual([-1, 1]);
    const bytes = { ...list([0, 200]), type: TYPE.uint8 };
    expect((await one('Abs', {}, bytes)).data).toEqual([0, 200]);
    expect((await one('Sign', {}, bytes)).data).toEqual([0, 1]);
  });
  test('IsInf, CastLike, and the rest of floats', async () => {
    const values = list([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 1]);
    expect((await one('IsInf', {}, values)).data).toEqual([1, 1, 0, 0]);
    expect((await one('IsInf', { detect_negative: 0 }, values)).data).toEqual([1, 0, 0, 0]);
    const like = { ...list([1.7, -2.2]), opset: 15, weights: [int64s('b', [1])] };
    expect((await one('CastLike', {}, like, ['b'])).data).toEqual([1, -2]);
    const rest = { ...list([5.5, -5.5, 7, -0.5]), weights: [floats('b', [4], [2, 2, -3, 4])] };
    expect((await one('Mod', { fmod: 1 }, rest, ['b'])).data).toEqual([1.5, -1.5, 1, -0.5]);
    await expect(one('Mod', {}, rest, ['b'])).rejects.toThrow(
      "node 'n' (Mod): A is float32, must be an integer where fmod is 0",
    );
  });
  test('bits', async () => {
    const given = { ...list([5, 6, -7]), opset: 18, type: TYPE.int32 };
    const three = [rawTensor('b', TYPE.int32, [3], Int32Array.of(3, 3, 3))];
    const both = async (op: string) => (await one(op, {}, { ...given, weights: three }, ['b'])).data;
    expect(await both('BitwiseAnd')).toEqual([1, 2, 1]);
    expect(await both('BitwiseOr')).toEqual([7, 7, -5]);
    expect(await both('BitwiseXor')).toEqual([6, 5, -6]);
    expect((await one('BitwiseNot', {}, given)).data).toEqual([-6, -7, 6]);
    expect((await one('BitwiseNot', {}, { ...list([5, 255]), opset: 18, type: TYPE.uint8 })).data).toEqual([
      250, 0,
    ]);
    const shift = async (direction: string, ...by: number[]) => {
      const weights = [rawTensor('b', TYPE.uint8, [3], Uint8Array.from(by))];
      return (
        await one('BitShift', { direction }, { ...list([5, 200, 1]), type: TYPE.uint8, weights }, ['b'])
      ).data;
    };
    expect(await shift('LEFT', 1, 1, 8)).toEqual([10, 144, 0]);
    expect(await shift('RIGHT', 1, 3, 9)).toEqual([2, 25, 0]);
  });
  test('ReduceProd, and reductions of integers', async () => {
    expect(await one('ReduceProd', { axes: [1] }, square)).toEqual({ shape: [2, 1], data: [6, 120] });
    expect(await one('ReduceProd', { axes: [0], keepdims: 0 }, square)).toEqual({
      shape: [3],
      data: [4, 10, 18],
    });
    expect(await one('ReduceProd', {}, square)).toEqual({ shape: [1, 1], data: [720] });
    expect(await one('ReduceProd', { axes: [1], keepdims: 0 }, { shape: [2, 0] })).toEqual({
      shape: [2],
      data: [1, 1],
    });
    const int32 = { ...list([-1, 2, 4]), type: TYPE.int32 };
    expect((await one('ReduceProd', { keepdims: 0 }, int32)).data).toEqual([-8]);
    expect((await one('ReduceL1', {}, int32)).data).toEqual([7]);
    expect((await one('ReduceSumSquare', {}, int32)).data).toEqual([21]);
    expect((await one('ReduceMean', {}, int32)).data).toEqual([1]);
  });
  test('Hardmax: along an axis, and before set 13 along all behind it', async () => {
    const rows = { ...square, values: [1, 3, 3, 2, 0, 4] };
    expect((await one('Hardmax', {}, rows)).data).toEqual([0, 1, 0, 0, 0, 1]);
    expect((await one('Hardmax', { axis: 0 }, rows)).data).toEqual([0, 1, 0, 1, 0, 1]);
    const flat = { shape: [1, 2, 2], values: [1, 3, 3, 2], opset: 11 };
    expect((await one('Hardmax', {}, flat)).data).toEqual([0, 1, 0, 0]);
  });
});
