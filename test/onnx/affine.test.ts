/** Constants, products and normalisation on a few values, as the ONNX specification has them. */
import { describe, expect, test } from 'vitest';
import { type Attribute, Float, floats, int64s } from './encode.ts';
import { list, one, rounded, run } from './run.ts';

describe('constants', () => {
  test.each<[string, Record<string, Attribute>, number[]]>([
    ['a tensor', { value: floats('', [2], [1, 2]) }, [2, 4]],
    ['a float', { value_float: new Float(0.5) }, [1.5, 2.5]],
    ['floats', { value_floats: [new Float(0.5), new Float(1)] }, [1.5, 3]],
  ])('Constant of %s', async (_, attributes, expected) => {
    const nodes = [
      { op: 'Constant', in: [], out: ['c'], attributes },
      { op: 'Add', in: ['x', 'c'] },
    ];
    expect((await run(nodes, list([1, 2])))[0]?.data).toEqual(expected);
  });
  test('Constant of integers', async () => {
    const nodes = [
      { op: 'Constant', in: [], out: ['a'], attributes: { value_ints: [2, 1] } },
      { op: 'Reshape', in: ['x', 'a'] },
    ];
    expect((await run(nodes, list([1, 2])))[0]?.shape).toEqual([2, 1]);
    const bad = [
      { op: 'Constant', name: 'c', in: [], out: ['a'] },
      { op: 'Add', in: ['x', 'a'] },
    ];
    await expect(run(bad, list([1]))).rejects.toThrow("node 'c' (Constant): it has no value");
  });
  test.each([4, 5000])('ConstantOfShape of %i values beside an input', async (size) => {
    const nodes = [
      { op: 'ConstantOfShape', in: ['s'], out: ['c'], attributes: { value: floats('', [1], [3]) } },
      { op: 'Concat', in: ['x', 'c'], attributes: { axis: 0 } },
    ];
    const [y] = await run(nodes, { ...list([1]), weights: [int64s('s', [size])] });
    expect(y?.shape).toEqual([size + 1]);
    expect([y?.data[0], y?.data[1], y?.data[size]]).toEqual([1, 3, 3]);
  });
  test('ConstantOfShape that does not fit', async () => {
    const node = (attributes: Record<string, Attribute> = {}) => [
      { op: 'ConstantOfShape', name: 'c', in: ['s'], attributes },
    ];
    await expect(run(node(), { weights: [int64s('s', [2, -1])] })).rejects.toThrow(
      "node 'c' (ConstantOfShape): the shape is [2, -1], a size must not be negative",
    );
    const two = { value: floats('', [2], [1, 2]) };
    await expect(run(node(two), { weights: [int64s('s', [2])] })).rejects.toThrow(
      "node 'c' (ConstantOfShape): attribute value has 2 values, must have 1",
    );
    expect(await run(node(), { weights: [int64s('s', [2])] })).toEqual([{ shape: [2], data: [0, 0] }]);
  });
  test('an output that is a constant, an input, or given twice', async () => {
    const nodes = [
      { op: 'Shape', out: ['s'] },
      { op: 'Identity', out: ['i'] },
      { op: 'Relu', out: ['a'] },
      { op: 'Identity', in: ['a'], out: ['b'] },
    ];
    const found = await run(nodes, {
      shape: [1, 2],
      outputs: ['s', 'i', 'a', 'b', 'w'],
      weights: [floats('w', [1], [9])],
    });
    expect(found.map(({ data }) => data)).toEqual([[1, 2], [1, 2], [1, 2], [1, 2], [9]]);
  });
});

describe('affine', () => {
  const w = floats('w', [2, 3], [1, 0, 0, 0, 1, 1]);
  const x = { shape: [1, 2], values: [1, 2] };
  test('Gemm: transposed or not, alpha, beta, forms of C', async () => {
    const gemm = async (attributes: Record<string, Attribute>, dims?: number[], values: number[] = []) => {
      const weights = [w, ...(dims === undefined ? [] : [floats('c', dims, values)])];
      return (await one('Gemm', attributes, { ...x, weights }, dims === undefined ? ['w'] : ['w', 'c'])).data;
    };
    expect(await gemm({})).toEqual([1, 2, 2]);
    expect(await gemm({}, [3], [10, 20, 30])).toEqual([11, 22, 32]);
    expect(await gemm({}, [1, 3], [10, 20, 30])).toEqual([11, 22, 32]);
    expect(await gemm({}, [1, 1], [10])).toEqual([11, 12, 12]);
    expect(await gemm({ alpha: new Float(2), beta: new Float(0.5) }, [], [10])).toEqual([7, 9, 9]);
    const transposed = { shape: [3, 1], values: [1, 2, 3], weights: [w] };
    expect((await one('Gemm', { transA: 1, transB: 1 }, transposed, ['w'])).data).toEqual([1, 5]);
    await expect(one('Gemm', {}, { shape: [2, 2, 2], weights: [w] }, ['w'])).rejects.toThrow(
      /input 0 is 2x2x2, must be a matrix/,
    );
  });
  test('MatMul by a matrix', async () => {
    expect(await one('MatMul', {}, { shape: [1, 2, 2], weights: [w] }, ['w'])).toEqual({
      shape: [1, 2, 3],
      data: [1, 2, 2, 3, 4, 4],
    });
  });
  test('MatMul of batches', async () => {
    const batch = floats('w', [2, 1, 2, 1], [1, 1, 1, -1]);
    expect(await one('MatMul', {}, { shape: [2, 2], weights: [batch] }, ['w'])).toEqual({
      shape: [2, 1, 2, 1],
      data: [3, 7, -1, -1],
    });
    await expect(one('MatMul', {}, { shape: [3], weights: [batch] }, ['w'])).rejects.toThrow(
      /matmul: a of shape 3 has 3 columns, b of shape 2x1x2x1 has 2 rows/,
    );
  });
  test('BatchNormalization', async () => {
    const names = ['scale', 'bias', 'mean', 'variance'];
    const values = [
      [2, 1],
      [0, 10],
      [1, 2],
      [4, 1],
    ];
    const weights = names.map((name, i) => floats(name, [2], values[i] as number[]));
    const given = { shape: [1, 2, 2], values: [1, 3, 2, 4], weights };
    expect((await one('BatchNormalization', { epsilon: new Float(0) }, given, names)).data).toEqual([
      0, 2, 10, 12,
    ]);
  });
  test.each([9, 13, 14, 15, 16])('BatchNormalization in training, of operator set %i', async (opset) => {
    const names = ['scale', 'bias', 'mean', 'variance'];
    const values = [
      [1, 2],
      [0, 1],
      [1, -1],
      [4, 9],
    ];
    const weights = names.map((name, i) => floats(name, [2], values[i] as number[]));
    const given = { shape: [2, 2, 2], values: [1, 2, 3, 5, 8, 13, 21, 34], weights, opset };
    const outputs = opset < 14 ? ['y', 'a', 'b', 'c', 'd'] : ['y', 'a', 'b'];
    const attributes: Record<string, Attribute> = { momentum: new Float(0.8) };
    if (opset >= 14) attributes.training_mode = 1;
    const node = { op: 'BatchNormalization', in: ['x', ...names], out: outputs, attributes };
    const [y, ...statistics] = await run([node], { ...given, outputs });
    // As onnxruntime gives them; in the place of the batch's variance it has 1 / sqrt(variance + epsilon).
    const must = [-1.03142, -0.82514, -1.01792, -0.70139, 0.41257, 1.44399, 1.83091, 3.8884];
    for (const [i, value] of must.entries()) expect(y?.data[i]).toBeCloseTo(value, 4);
    const found = statistics.map(rounded);
    const kept = [
      [2, 2.35],
      [7.9, 39.1375],
    ];
    const batch = [
      [6, 15.75],
      [23.5, 159.6875],
    ];
    expect(found).toEqual(opset < 14 ? [...kept, ...batch] : kept);
    // The output alone: before set 14 it is no training then.
    if (opset < 14) return;
    const [alone] = await run([{ ...node, out: ['y'] }], given);
    expect(alone).toEqual(y);
  });
});

describe("normalisation by the input's own values", () => {
  test('InstanceNormalization: each channel of each image', async () => {
    const weights = [floats('scale', [2], [2, 4]), floats('bias', [2], [1, 0])];
    const given = { shape: [2, 2, 2], values: [1, 3, 0, 4, 5, 5.5, 9, 8], weights };
    const y = await one('InstanceNormalization', { epsilon: new Float(0) }, given, ['scale', 'bias']);
    expect(rounded(y)).toEqual([-1, 3, -4, 4, -1, 3, 4, -4]);
  });
  test('LRN: of an even size the odd channel lies behind', async () => {
    const attributes = { size: 2, alpha: new Float(2), beta: new Float(1), bias: new Float(1) };
    const given = { shape: [1, 3, 1], values: [1, 2, 3] };
    const must = [1 / 6, 2 / 14, 3 / 10].map((value) => Math.round(value * 1e4) / 1e4);
    expect(rounded(await one('LRN', attributes, given))).toEqual(must);
  });
});
