/** Activations and arithmetic on a few values, as the ONNX specification has them. */
import { describe, expect, test } from 'vitest';
import { type Attribute, Float, floats, int64s, rawTensor, TYPE } from './encode.ts';
import { list, one, rounded } from './run.ts';

describe('activations', () => {
  const x = list([-4, -1, 0, 2]);
  test.each<[string, Record<string, Attribute>, number[]]>([
    ['Relu', {}, [0, 0, 0, 2]],
    ['Abs', {}, [4, 1, 0, 2]],
    ['Neg', {}, [4, 1, -0, -2]],
    ['Sigmoid', {}, [0.018, 0.2689, 0.5, 0.8808]],
    ['Tanh', {}, [-0.9993, -0.7616, 0, 0.964]],
    ['Exp', {}, [0.0183, 0.3679, 1, 7.3891]],
    ['Sign', {}, [-1, -1, 0, 1]],
    ['Erf', {}, [-1, -0.8427, 0, 0.9953]],
    ['Sin', {}, [0.7568, -0.8415, 0, 0.9093]],
    ['Cos', {}, [-0.6536, 0.5403, 1, -0.4161]],
    ['Tan', {}, [-1.1578, -1.5574, 0, -2.185]],
    ['LeakyRelu', {}, [-0.04, -0.01, -0, 2]],
    ['LeakyRelu', { alpha: new Float(0.5) }, [-2, -0.5, -0, 2]],
    ['Elu', {}, [-0.9817, -0.6321, 0, 2]],
    ['Elu', { alpha: new Float(2) }, [-1.9634, -1.2642, 0, 2]],
    ['Selu', {}, [-1.7259, -1.1113, 0, 2.1014]],
    ['Selu', { alpha: new Float(2), gamma: new Float(3) }, [-5.8901, -3.7927, 0, 6]],
    ['HardSigmoid', {}, [0, 0.3, 0.5, 0.9]],
    ['HardSigmoid', { alpha: new Float(0.5), beta: new Float(0.6) }, [0, 0.1, 0.6, 1]],
  ])('%s %o', async (op, attributes, expected) => {
    const result = rounded(await one(op, attributes, x));
    expect(result.map((value) => value + 0)).toEqual(expected.map((value) => value + 0));
  });
  test('Floor, Ceil and Round, halves to the even number; Reciprocal; Sign of integers', async () => {
    const halves = list([-1.5, -0.5, 0.5, 2.5, 1.2]);
    expect((await one('Floor', {}, halves)).data).toEqual([-2, -1, 0, 2, 1]);
    expect((await one('Ceil', {}, halves)).data).toEqual([-1, -0, 1, 3, 2]);
    expect((await one('Round', {}, halves)).data).toEqual([-2, -0, 0, 2, 1]);
    expect((await one('Reciprocal', {}, list([2, -4]))).data).toEqual([0.5, -0.25]);
    expect((await one('Sign', {}, list([-7, 0, 3], { type: TYPE.int32 }))).data).toEqual([-1, 0, 1]);
  });
  test('Celu, Softsign, ThresholdedRelu, Shrink', async () => {
    const given = list([-2, -0.25, 0, 0.25, 2]);
    expect(rounded(await one('Celu', {}, given))).toEqual([-0.8647, -0.2212, 0, 0.25, 2]);
    const alpha = { alpha: new Float(2) };
    expect(rounded(await one('Celu', alpha, given))).toEqual([-1.2642, -0.235, 0, 0.25, 2]);
    expect(rounded(await one('Softsign', {}, given))).toEqual([-0.6667, -0.2, 0, 0.2, 0.6667]);
    expect((await one('ThresholdedRelu', {}, given)).data).toEqual([0, 0, 0, 0, 2]);
    expect((await one('ThresholdedRelu', { alpha: new Float(0.1) }, given)).data).toEqual([0, 0, 0, 0.25, 2]);
    expect((await one('Shrink', {}, given)).data).toEqual([-2, 0, 0, 0, 2]);
    const shrunk = { lambd: new Float(0.125), bias: new Float(0.5) };
    expect((await one('Shrink', shrunk, given)).data).toEqual([-1.5, 0.25, 0, -0.25, 1.5]);
  });
  test('Softplus', async () => {
    expect(rounded(await one('Softplus', {}, list([-1, 1, 2])))).toEqual([0.3133, 1.3133, 2.1269]);
  });
  test('Softmax along an axis, and before opset 13 along all axes from it on', async () => {
    const values = [0, Math.log(3), 0, Math.log(4)];
    const given = { shape: [1, 2, 2], values };
    expect(rounded(await one('Softmax', {}, given))).toEqual([0.25, 0.75, 0.2, 0.8]);
    expect(rounded(await one('Softmax', { axis: 1 }, given))).toEqual([0.5, 0.4286, 0.5, 0.5714]);
    const before = { ...given, opset: 12 };
    expect(rounded(await one('Softmax', {}, before))).toEqual([0.1111, 0.3333, 0.1111, 0.4444]);
    expect(rounded(await one('Softmax', { axis: 2 }, before))).toEqual([0.25, 0.75, 0.2, 0.8]);
    expect(rounded(await one('Softmax', { axis: -3 }, before))).toEqual([0.1111, 0.3333, 0.1111, 0.4444]);
    expect(rounded(await one('LogSoftmax', {}, given))).toEqual([-1.3863, -0.2877, -1.6094, -0.2231]);
    await expect(one('Softmax', { axis: 3 }, given)).rejects.toThrow(/axis is 3, must be from -3 to 2/);
  });
  test('HardSwish', async () => {
    expect(rounded(await one('HardSwish', {}, list([-4, -1, 1, 4], { opset: 14 })))).toEqual([
      -0, -0.3333, 0.6667, 4,
    ]);
  });
  test('Log and Sqrt', async () => {
    expect(rounded(await one('Log', {}, list([1, Math.E])))).toEqual([0, 1]);
    expect(rounded(await one('Sqrt', {}, list([4, 9])))).toEqual([2, 3]);
  });
  test('PRelu: per channel, one for all, per column', async () => {
    const image = { shape: [1, 2, 1, 2], values: [-1, 2, -3, 4] };
    const slope = (dims: number[], values: number[]) => ({ ...image, weights: [floats('s', dims, values)] });
    for (const dims of [
      [2, 1, 1],
      [1, 2, 1, 1],
    ]) {
      expect((await one('PRelu', {}, slope(dims, [10, 100]), ['s'])).data).toEqual([-10, 2, -300, 4]);
    }
    expect((await one('PRelu', {}, slope([], [10]), ['s'])).data).toEqual([-10, 2, -30, 4]);
    expect((await one('PRelu', {}, slope([2], [10, 100]), ['s'])).data).toEqual([-10, 2, -30, 4]);
    expect((await one('PRelu', {}, slope([2, 1, 2], [10, 1, 1000, 1]), ['s'])).data).toEqual([
      -10, 2, -3000, 4,
    ]);
    const wide = { shape: [1, 2, 3], values: [-1, 1, -2, -3, 3, -4], weights: [floats('s', [2], [10, 100])] };
    expect((await one('PRelu', {}, wide, ['s'])).data).toEqual([-10, 1, -20, -300, 3, -400]);
  });
  test('Clip: attributes, then inputs', async () => {
    const bounds = { weights: [floats('low', [], [-1]), floats('high', [], [1])] };
    const old = { min: new Float(-1), max: new Float(1) };
    expect((await one('Clip', old, { ...x, opset: 10 })).data).toEqual([-1, -1, 0, 1]);
    expect((await one('Clip', {}, { ...x, ...bounds }, ['low', 'high'])).data).toEqual([-1, -1, 0, 1]);
    expect((await one('Clip', {}, { ...x, ...bounds }, ['', 'high'])).data).toEqual([-4, -1, 0, 1]);
    expect((await one('Clip', {}, x)).data).toEqual([-4, -1, 0, 2]);
  });
});

describe('arithmetic', () => {
  const b = (values: number[], dims = [values.length]) => ({ weights: [floats('b', dims, values)] });
  test.each<[string, number[]]>([
    ['Add', [11, 22, 13, 24]],
    ['Sub', [-9, -18, -7, -16]],
    ['Mul', [10, 40, 30, 80]],
    ['Div', [0.1, 0.1, 0.3, 0.2]],
    ['Max', [10, 20, 10, 20]],
    ['Min', [1, 2, 3, 4]],
    ['Sum', [11, 22, 13, 24]],
  ])('%s broadcasts', async (op, expected) => {
    expect(rounded(await one(op, {}, { shape: [2, 2], ...b([10, 20]) }, ['b']))).toEqual(expected);
  });
  test('a smaller first operand, one operand, three operands', async () => {
    const matrix = { shape: [2], values: [1, 2], ...b([10, 20, 30, 40], [2, 2]) };
    expect(await one('Add', {}, matrix, ['b'])).toEqual({ shape: [2, 2], data: [11, 22, 31, 42] });
    expect((await one('Max', {}, list([1, 2]))).data).toEqual([1, 2]);
    expect((await one('Sum', {}, { ...list([1, 2]), ...b([1, 1]) }, ['b', 'b'])).data).toEqual([3, 4]);
  });
  test('Pow takes an exponent of another type', async () => {
    const weights = [int64s('b', [2])];
    expect((await one('Pow', {}, { ...list([1, 2, 3]), weights }, ['b'])).data).toEqual([1, 4, 9]);
  });
  test('Mean of one, of two', async () => {
    expect((await one('Mean', {}, list([1, 2]))).data).toEqual([1, 2]);
    expect((await one('Mean', {}, { ...list([1, 2]), ...b([2, 5]) }, ['b'])).data).toEqual([1.5, 3.5]);
  });
  test("Mod has the divisor's sign, with fmod the dividend's", async () => {
    const weights = [rawTensor('b', TYPE.int32, [6], Int32Array.of(2, -3, 8, -2, 3, 5))];
    const given = { ...list([-4, 7, 5, 4, -7, 8]), type: TYPE.int32, weights };
    expect((await one('Mod', {}, given, ['b'])).data).toEqual([0, -2, 5, 0, 2, 3]);
    expect((await one('Mod', { fmod: 1 }, given, ['b'])).data).toEqual([0, 1, 5, 0, -1, 3]);
  });
  test('integers divide towards zero', async () => {
    const weights = [rawTensor('b', TYPE.int32, [1], Int32Array.of(2))];
    expect((await one('Div', {}, { ...list([-3, 3]), type: TYPE.int32, weights }, ['b'])).data).toEqual([
      -1, 1,
    ]);
  });
  test('shapes that do not broadcast', async () => {
    await expect(one('Add', {}, { shape: [3], ...b([1, 2]) }, ['b'])).rejects.toThrow(
      /'n' \(Add\): add: .* do not broadcast/,
    );
  });
});

describe('reductions that are made of others', () => {
  const given = { shape: [2, 2], values: [3, -4, 1, 2] };
  const axes = (keepdims: number) => ({ axes: [1], keepdims });
  test.each<[string, number[], number[]]>([
    ['ReduceL1', [7, 3], [10]],
    ['ReduceL2', [5, 2.2361], [5.4772]],
    ['ReduceSumSquare', [25, 5], [30]],
    ['ReduceLogSumExp', [3.0009, 2.3133], [3.4082]],
  ])('%s', async (op, rows, all) => {
    const kept = await one(op, axes(1), given);
    expect([kept.shape, rounded(kept)]).toEqual([[2, 1], rows]);
    const flat = await one(op, axes(0), given);
    expect([flat.shape, rounded(flat)]).toEqual([[2], rows]);
    const whole = await one(op, { keepdims: 0 }, given);
    expect([whole.shape, rounded(whole)]).toEqual([[], all]);
  });
  test('ReduceLogSum', async () => {
    expect(rounded(await one('ReduceLogSum', { keepdims: 0 }, list([1, 2, 4])))).toEqual([1.9459]);
  });
  test('ReduceLogSumExp neither overflows nor loses infinities', async () => {
    const huge = { shape: [3, 2], values: [1000, 1000, -Infinity, -Infinity, Infinity, 0] };
    expect(rounded(await one('ReduceLogSumExp', axes(0), huge))).toEqual([1000.6932, -Infinity, Infinity]);
  });
});
