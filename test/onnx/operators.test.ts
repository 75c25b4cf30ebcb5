/** Each operator on a few values, as the ONNX specification and its examples have them. */
import { init, memory, type Tensor, tensor } from 'striate';
import { loadModel } from 'striate/onnx';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Attribute, Float, floats, int64s, model, type NodeSpec, rawTensor, TYPE } from './encode.ts';

beforeAll(async () => {
  await init();
});

afterEach(() => {
  expect(memory.stats()).toMatchObject({ liveBytes: 0, liveTensors: 0 });
});

interface Case {
  shape?: number[];
  values?: number[];
  weights?: Uint8Array[];
  opset?: number;
  type?: number;
  outputs?: string[];
}

const DTYPES = { 1: 'float32', 2: 'uint8', 3: 'int8', 6: 'int32', 7: 'int32', 9: 'uint8' } as const;

/** Runs nodes on x, which counts from 1 where it is not given; gives shape and values of each output. */
async function run(nodes: NodeSpec[], given: Case = {}) {
  const { shape = [1, 1, 3, 3], weights = [], opset = 13, type = TYPE.float, outputs = ['y'] } = given;
  const size = shape.reduce((a, b) => a * b, 1);
  const values = given.values ?? Array.from({ length: size }, (_, i) => i + 1);
  const bytes = model({ nodes, weights, inputs: { x: [shape, type] }, outputs, opset });
  const loaded = await loadModel(bytes);
  const x = tensor(values, shape, { dtype: DTYPES[type as 1] as 'float32' });
  const results = loaded.run({ x });
  const found = outputs.map((name) => {
    const y = results[name] as Tensor;
    const data = Array.from(y.data);
    const dims = [...y.shape];
    y.dispose();
    return { shape: dims, data };
  });
  x.dispose();
  loaded.dispose();
  return found;
}

/** The values of one node's only output. */
async function one(
  op: string,
  attributes: Record<string, Attribute> = {},
  given: Case = {},
  more: string[] = [],
) {
  const [y] = await run([{ op, name: 'n', in: ['x', ...more], attributes }], given);
  return y as { shape: number[]; data: number[] };
}

const list = (values: number[], given: Case = {}): Case => ({ shape: [values.length], values, ...given });
const rounded = ({ data }: { data: number[] }) => data.map((value) => Math.round(value * 1e4) / 1e4);

describe('Conv', () => {
  const w = (values: number[], dims = [1, 1, 3, 3]) => ({ weights: [floats('w', dims, values)] });
  const nine = w(new Array(9).fill(1));
  test('pads, strides, and the kernel shape left out', async () => {
    expect(await one('Conv', { pads: [1, 1, 1, 1] }, nine, ['w'])).toEqual({
      shape: [1, 1, 3, 3],
      data: [12, 21, 16, 27, 45, 33, 24, 39, 28],
    });
    expect(
      (await one('Conv', { pads: [1, 1, 1, 1], strides: [2, 2], kernel_shape: [3, 3] }, nine, ['w'])).data,
    ).toEqual([12, 16, 24, 28]);
  });
  test('pads are all beginnings, then all ends', async () => {
    expect((await one('Conv', { pads: [0, 1, 0, 0] }, nine, ['w'])).data).toEqual([27, 45]);
    expect((await one('Conv', { pads: [0, 0, 1, 0] }, nine, ['w'])).data).toEqual([45, 39]);
  });
  test('auto_pad: the odd one goes after, or before', async () => {
    const even = w([1, 1, 1, 1], [1, 1, 2, 2]);
    expect((await one('Conv', { auto_pad: 'SAME_UPPER' }, even, ['w'])).data).toEqual([
      12, 16, 9, 24, 28, 15, 15, 17, 9,
    ]);
    expect((await one('Conv', { auto_pad: 'SAME_LOWER' }, even, ['w'])).data).toEqual([
      1, 3, 5, 5, 12, 16, 11, 24, 28,
    ]);
    expect((await one('Conv', { auto_pad: 'VALID' }, even, ['w'])).data).toEqual([12, 16, 24, 28]);
  });
  test('one and three axes, groups, dilations, bias', async () => {
    const grouped = {
      shape: [1, 2, 4],
      weights: [floats('w', [2, 1, 2], [1, 1, 1, -1]), floats('b', [2], [10, 20])],
    };
    expect(await one('Conv', { group: 2, dilations: [2] }, grouped, ['w', 'b'])).toEqual({
      shape: [1, 2, 2],
      data: [14, 16, 18, 18],
    });
    const deep = { shape: [1, 1, 2, 2, 2], ...w(new Array(8).fill(1), [1, 1, 2, 2, 2]) };
    expect(await one('Conv', {}, deep, ['w'])).toEqual({ shape: [1, 1, 1, 1, 1], data: [36] });
  });
  test('errors name node, operator and reason', async () => {
    await expect(one('Conv', { kernel_shape: [2, 2] }, nine, ['w'])).rejects.toThrow(
      "model: node 'n' (Conv): kernel_shape is 2x2, but the weight is 1x1x3x3",
    );
    await expect(one('Conv', { auto_pad: 'SAME' }, nine, ['w'])).rejects.toThrow(
      /\(Conv\): attribute auto_pad is 'SAME', must be 'NOTSET' or 'SAME_UPPER'/,
    );
    await expect(one('Conv', { strides: [0, 1] }, nine, ['w'])).rejects.toThrow(/\(Conv\): conv2d: stride/);
    await expect(one('Conv', { pads: [1, 1] }, nine, ['w'])).rejects.toThrow(
      /pads has 2 entries, must have 4/,
    );
    await expect(one('Conv', {}, w(new Array(18).fill(1), [1, 2, 3, 3]), ['w'])).rejects.toThrow(
      /'n' \(Conv\): conv2d: /,
    );
    await expect(one('Conv', {}, { ...nine, shape: [3, 3] }, ['w'])).rejects.toThrow(
      /the input is 3x3, must have 3, 4 or 5 axes/,
    );
  });
});

describe('ConvTranspose', () => {
  const ramp: Case = { shape: [1, 1, 3, 3], values: [0, 1, 2, 3, 4, 5, 6, 7, 8] };
  const given = (shape: number[], more: Case = ramp): Case => ({
    ...more,
    weights: [floats('w', shape, new Array(shape.reduce((a, b) => a * b)).fill(1))],
  });
  const spread = async (attributes: Record<string, Attribute>, shape = [1, 1, 3, 3]) =>
    one('ConvTranspose', attributes, given(shape), ['w']);

  test('the examples of its specification', async () => {
    expect((await spread({}, [1, 1, 3, 3])).data).toEqual([
      0, 1, 3, 3, 2, 3, 8, 15, 12, 7, 9, 21, 36, 27, 15, 9, 20, 33, 24, 13, 6, 13, 21, 15, 8,
    ]);
    const strided = await spread({ strides: [3, 2], output_shape: [10, 8] });
    expect(strided.shape).toEqual([1, 1, 10, 8]);
    expect(strided.data.slice(0, 8)).toEqual([0, 0, 1, 1, 3, 2, 2, 0]);
    expect(await spread({ strides: [3, 2], output_padding: [1, 1] })).toEqual(strided);
    const padded = await spread({ strides: [3, 2], pads: [1, 2, 1, 2] });
    expect(padded).toEqual({
      shape: [1, 1, 7, 3],
      data: [1, 1, 3, 1, 1, 3, 7, 4, 9, 7, 4, 9, 7, 4, 9, 13, 7, 15, 13, 7, 15],
    });
    const dilated = { ...ramp, shape: [1, 1, 3, 3], values: [3, 8, 1, 9, 5, 7, 3, 2, 6] };
    const kernel = { ...dilated, weights: [floats('w', [1, 1, 2, 2], [7, 2, 1, 9])] };
    expect((await one('ConvTranspose', { dilations: [2, 2] }, kernel, ['w'])).data).toEqual([
      21, 56, 13, 16, 2, 63, 35, 67, 10, 14, 24, 22, 76, 76, 21, 9, 5, 88, 45, 63, 3, 2, 33, 18, 54,
    ]);
  });

  test('padding by a rule, with the odd element after or before', async () => {
    const upper = await spread({ auto_pad: 'SAME_UPPER', strides: [2, 2] });
    expect(upper.shape).toEqual([1, 1, 6, 6]);
    expect(upper.data.slice(0, 6)).toEqual([0, 0, 1, 1, 3, 2]);
    const lower = await spread({ auto_pad: 'SAME_LOWER', strides: [2, 2] });
    expect(lower.data.slice(30)).toEqual([6, 13, 7, 15, 8, 8]);
    expect((await spread({ auto_pad: 'VALID' })).shape).toEqual([1, 1, 5, 5]);
    const narrow = await spread({ auto_pad: 'SAME_UPPER', strides: [2, 2] }, [1, 1, 1, 1]);
    expect(narrow.data.slice(0, 12)).toEqual([0, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0]);
  });

  test('what does not fit is named', async () => {
    await expect(spread({ kernel_shape: [2, 2] })).rejects.toThrow(/kernel_shape is 2x2, but/);
    await expect(spread({ output_shape: [9] })).rejects.toThrow(/output_shape has 1 entries, must have 2/);
    await expect(spread({ output_shape: [9, 9] })).rejects.toThrow(
      /convTranspose2d: height: outputSize is 9/,
    );
  });
});

describe('MaxPool', () => {
  test('the stride is 1 where none is given', async () => {
    expect((await one('MaxPool', { kernel_shape: [2, 2] })).data).toEqual([5, 6, 8, 9]);
  });
  test('ceil_mode, padding, dilations, uint8', async () => {
    const four = { shape: [1, 1, 4, 4] };
    expect(
      (await one('MaxPool', { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 }, four)).data,
    ).toEqual([11, 12, 15, 16]);
    expect((await one('MaxPool', { kernel_shape: [2, 2], auto_pad: 'SAME_UPPER' })).data).toEqual([
      5, 6, 6, 8, 9, 9, 8, 9, 9,
    ]);
    expect((await one('MaxPool', { kernel_shape: [2, 2], dilations: [2, 2] }, four)).data).toEqual([
      11, 12, 15, 16,
    ]);
    expect(
      (await one('MaxPool', { kernel_shape: [2], strides: [2] }, { shape: [1, 1, 4], type: TYPE.uint8 }))
        .data,
    ).toEqual([2, 4]);
  });
  test('without a kernel', async () => {
    await expect(one('MaxPool')).rejects.toThrow("node 'n' (MaxPool): attribute kernel_shape is missing");
  });
});

test('global pooling', async () => {
  expect((await one('GlobalAveragePool')).data).toEqual([5]);
  expect((await one('GlobalMaxPool')).data).toEqual([9]);
  const bytes = { shape: [1, 1, 4], type: TYPE.uint8 };
  expect(await one('GlobalMaxPool', {}, bytes)).toMatchObject({ data: [4], shape: [1, 1, 1] });
});

describe('activations', () => {
  const x = list([-4, -1, 0, 2]);
  test.each<[string, Record<string, Attribute>, number[]]>([
    ['Relu', {}, [0, 0, 0, 2]],
    ['Abs', {}, [4, 1, 0, 2]],
    ['Neg', {}, [4, 1, -0, -2]],
    ['Sigmoid', {}, [0.018, 0.2689, 0.5, 0.8808]],
    ['Tanh', {}, [-0.9993, -0.7616, 0, 0.964]],
    ['Exp', {}, [0.0183, 0.3679, 1, 7.3891]],
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

describe('shapes', () => {
  const three = { shape: [2, 3, 4] };
  const to = (...shape: number[]) => ({ ...three, weights: [int64s('s', shape)] });
  test('Reshape: 0 keeps, -1 takes what is left, allowzero', async () => {
    expect((await one('Reshape', {}, to(0, -1), ['s'])).shape).toEqual([2, 12]);
    expect((await one('Reshape', {}, to(4, 0, 2), ['s'])).shape).toEqual([4, 3, 2]);
    const empty = { shape: [0, 3], values: [], weights: [int64s('s', [3, 0])], opset: 14 };
    expect((await one('Reshape', { allowzero: 1 }, empty, ['s'])).shape).toEqual([3, 0]);
  });
  test('Reshape that does not fit', async () => {
    await expect(one('Reshape', {}, to(5, 5), ['s'])).rejects.toThrow(
      "node 'n' (Reshape): the input is 2x3x4 (24 values), which [5, 5] (25) does not hold",
    );
    await expect(one('Reshape', {}, to(-1, -1), ['s'])).rejects.toThrow(/must have at most one -1/);
    await expect(one('Reshape', {}, to(-1, 7), ['s'])).rejects.toThrow(/does not divide/);
    await expect(one('Reshape', {}, to(1, 1, 1, 0), ['s'])).rejects.toThrow(/the input has no axis 3/);
  });
  test('Flatten', async () => {
    expect((await one('Flatten', {}, three)).shape).toEqual([2, 12]);
    expect((await one('Flatten', { axis: 0 }, three)).shape).toEqual([1, 24]);
    expect((await one('Flatten', { axis: 3 }, three)).shape).toEqual([24, 1]);
    expect((await one('Flatten', { axis: -1 }, three)).shape).toEqual([6, 4]);
  });
  test('Squeeze and Unsqueeze: attributes, then inputs', async () => {
    const ones = { shape: [1, 3, 1] };
    const axes = (...list: number[]) => ({ weights: [int64s('a', list)] });
    expect((await one('Squeeze', { axes: [0] }, { ...ones, opset: 11 })).shape).toEqual([3, 1]);
    expect((await one('Squeeze', {}, ones)).shape).toEqual([3]);
    expect((await one('Squeeze', {}, { ...ones, ...axes(-1) }, ['a'])).shape).toEqual([1, 3]);
    expect((await one('Unsqueeze', { axes: [0, 2] }, { shape: [3], opset: 11 })).shape).toEqual([1, 3, 1]);
    expect((await one('Unsqueeze', {}, { shape: [3], ...axes(-1) }, ['a'])).shape).toEqual([3, 1]);
    await expect(one('Squeeze', {}, { ...ones, ...axes(1) }, ['a'])).rejects.toThrow(
      /axis 1 .* is 3, must be 1/,
    );
  });
  test('Transpose', async () => {
    expect((await one('Transpose', {}, { shape: [2, 3] })).data).toEqual([1, 4, 2, 5, 3, 6]);
    expect((await one('Transpose', { perm: [1, 0, 2] }, { shape: [2, 2, 1] })).data).toEqual([1, 3, 2, 4]);
    await expect(one('Transpose', { perm: [0, 0] }, { shape: [2, 3] })).rejects.toThrow(
      /\(Transpose\): permute: axes/,
    );
  });
  test('Slice: attributes, inputs, bounds of any size, steps of any sign', async () => {
    const inputs = (...lists: (number | bigint)[][]) => lists.map((list, i) => int64s(`i${i}`, list));
    const slice = (shape: number[], ...lists: (number | bigint)[][]) =>
      one(
        'Slice',
        {},
        { shape, weights: inputs(...lists) },
        lists.map((_, i) => `i${i}`),
      );
    const old = { starts: [1, 0], ends: [2, 1000], axes: [0, 1] };
    expect((await one('Slice', old, { shape: [2, 2], opset: 9 })).data).toEqual([3, 4]);
    expect((await slice([5], [1], [-1])).data).toEqual([2, 3, 4]);
    expect((await slice([5], [0], [2n ** 63n - 1n], [0], [2])).data).toEqual([1, 3, 5]);
    expect((await slice([5], [-1], [-(2n ** 63n) + 1n], [0], [-1])).data).toEqual([5, 4, 3, 2, 1]);
    expect((await slice([5], [3], [0], [0], [-2])).data).toEqual([4, 2]);
    expect(await slice([5], [4], [2])).toEqual({ shape: [0], data: [] });
    expect(await slice([2, 3], [1], [3], [-1])).toEqual({ shape: [2, 2], data: [2, 3, 5, 6] });
    await expect(slice([5], [0], [1], [0], [0])).rejects.toThrow(/steps\[0\] is 0/);
    await expect(slice([5], [0], [1], [1])).rejects.toThrow(/axes\[0\] is 1, must be from -1 to 0/);
  });
  test('Split: equal parts, sizes as attribute or input', async () => {
    const node = (attributes: Record<string, Attribute>, more: string[] = []): NodeSpec[] => [
      { op: 'Split', in: ['x', ...more], out: ['a', 'b'], attributes },
    ];
    const given = { shape: [4], outputs: ['a', 'b'] };
    const parts = (found: { data: number[] }[]) => found.map(({ data }) => data);
    expect(parts(await run(node({}), given))).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(parts(await run(node({ split: [1, 3] }), { ...given, opset: 11 }))).toEqual([[1], [2, 3, 4]]);
    expect(parts(await run(node({}, ['s']), { ...given, weights: [int64s('s', [3, 1])] }))).toEqual([
      [1, 2, 3],
      [4],
    ]);
    await expect(run(node({}), { ...given, shape: [5] })).rejects.toThrow(
      /does not split into 2 equal parts/,
    );
    await expect(run(node({ split: [1, 1] }), { ...given, opset: 11 })).rejects.toThrow(
      /\(Split.*split: sizes add up to 2/,
    );
  });
  test('Concat', async () => {
    const weights = [floats('b', [2, 1], [10, 20])];
    expect((await one('Concat', { axis: -1 }, { shape: [2, 2], weights }, ['b'])).data).toEqual([
      1, 2, 10, 3, 4, 20,
    ]);
    await expect(one('Concat', { axis: 0 }, { shape: [2, 2], weights }, ['b'])).rejects.toThrow(
      /\(Concat\): concat: xs\[1\]/,
    );
  });
  test('Gather by known indices: runs, single ones, negative ones', async () => {
    const gather = (indices: number[], dims: number[], axis: number) =>
      one('Gather', { axis }, { shape: [2, 3], weights: [int64s('i', indices, dims)] }, ['i']);
    expect(await gather([1], [], 0)).toEqual({ shape: [3], data: [4, 5, 6] });
    expect(await gather([0, 1, -1, 0], [2, 2], 1)).toEqual({
      shape: [2, 2, 2],
      data: [1, 2, 3, 1, 4, 5, 6, 4],
    });
    expect(await gather([], [0], 1)).toEqual({ shape: [2, 0], data: [] });
    await expect(gather([3], [1], 1)).rejects.toThrow(/indices\[0\] is 3, must be from -3 to 2/);
  });
  test('Pad: spatial axes, channels, the batch, cropping, a value', async () => {
    const pad = (shape: number[], pads: number[], value?: number) =>
      one(
        'Pad',
        {},
        { shape, weights: [int64s('p', pads), ...(value === undefined ? [] : [floats('v', [], [value])])] },
        value === undefined ? ['p'] : ['p', 'v'],
      );
    expect((await pad([1, 1, 2, 2], [0, 0, 0, 1, 0, 0, 1, 0], 7)).data).toEqual([7, 1, 2, 7, 3, 4, 7, 7, 7]);
    expect(await pad([1, 1, 2, 1], [0, 1, 0, 0, 0, 1, 0, 0])).toEqual({
      shape: [1, 3, 2, 1],
      data: [0, 0, 1, 2, 0, 0],
    });
    expect(await pad([2, 2], [1, 0, 0, 1])).toEqual({ shape: [3, 3], data: [0, 0, 0, 1, 2, 0, 3, 4, 0] });
    expect(await pad([1, 1, 1, 1, 2], [1, 1, 0, 0, 1, 0, 0, 0, 0, 0])).toEqual({
      shape: [2, 2, 1, 1, 3],
      data: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2],
    });
    expect((await pad([4], [-1, 1])).data).toEqual([2, 3, 4, 0]);
    const old = { pads: [1, 0], value: new Float(5), mode: 'constant' };
    expect((await one('Pad', old, { shape: [2], opset: 10 })).data).toEqual([5, 1, 2]);
    await expect(pad([2], [-3, 0])).rejects.toThrow(
      /pads take 3 from axis 0 of the input 2, must leave at least 0/,
    );
    await expect(one('Pad', { pads: [1, 0], mode: 'mirror' }, { shape: [2], opset: 10 })).rejects.toThrow(
      /attribute mode is 'mirror', must be 'constant' or 'reflect' or 'edge' or 'wrap'/,
    );
  });
  test('Pad: modes', async () => {
    const line = (mode: string, pads: number[]) =>
      one('Pad', { mode }, { shape: [4], weights: [int64s('p', pads)] }, ['p']);
    expect((await line('reflect', [2, 1])).data).toEqual([3, 2, 1, 2, 3, 4, 3]);
    expect((await line('edge', [2, 1])).data).toEqual([1, 1, 1, 2, 3, 4, 4]);
    expect((await line('wrap', [2, 1])).data).toEqual([3, 4, 1, 2, 3, 4, 1]);
    await expect(line('reflect', [4, 0])).rejects.toThrow(/\(Pad\): pad1d: padding\[0\]\[0\] is 4/);
  });
  test('ReduceSum, ReduceMean, ReduceMax, ReduceMin, ArgMax', async () => {
    const square = { shape: [2, 3] };
    expect(await one('ReduceSum', {}, square)).toEqual({ shape: [1, 1], data: [21] });
    expect(await one('ReduceSum', { axes: [-1], keepdims: 0 }, { ...square, opset: 11 })).toEqual({
      shape: [2],
      data: [6, 15],
    });
    const byInput = { ...square, weights: [int64s('a', [0])] };
    expect(await one('ReduceSum', {}, byInput, ['a'])).toEqual({ shape: [1, 3], data: [5, 7, 9] });
    expect((await one('ReduceMean', { axes: [0] }, square)).data).toEqual([2.5, 3.5, 4.5]);
    expect((await one('ReduceMax', { axes: [1] }, square)).data).toEqual([3, 6]);
    expect((await one('ReduceMin', { axes: [1] }, square)).data).toEqual([1, 4]);
    expect((await one('ReduceSum', { noop_with_empty_axes: 1 }, square)).data).toEqual([1, 2, 3, 4, 5, 6]);
    await expect(one('ReduceSum', {}, { ...byInput, opset: 12 }, ['a'])).rejects.toThrow(
      /it has 2 inputs, must have 1 in operator set 12/,
    );
    await expect(one('ReduceSum', { axes: [2] }, { ...square, opset: 11 })).rejects.toThrow(
      /axis is 2, must be from -2 to 1/,
    );
    expect(await one('ArgMax', { axis: 1, keepdims: 0 }, square)).toEqual({ shape: [2], data: [2, 2] });
    expect(await one('ArgMax', {}, square)).toEqual({ shape: [1, 3], data: [1, 1, 1] });
    await expect(one('ArgMax', { select_last_index: 1 }, square)).rejects.toThrow(
      /attribute select_last_index is 1, must be 0/,
    );
  });
  test('DepthToSpace and SpaceToDepth', async () => {
    const deep = { shape: [1, 8, 1, 1] };
    expect(await one('DepthToSpace', { blocksize: 2 }, deep)).toEqual({
      shape: [1, 2, 2, 2],
      data: [1, 3, 5, 7, 2, 4, 6, 8],
    });
    expect((await one('DepthToSpace', { blocksize: 2, mode: 'CRD' }, deep)).data).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8,
    ]);
    expect(await one('SpaceToDepth', { blocksize: 2 }, { shape: [1, 2, 2, 2] })).toEqual({
      shape: [1, 8, 1, 1],
      data: [1, 5, 2, 6, 3, 7, 4, 8],
    });
    await expect(one('DepthToSpace', { blocksize: 3 }, deep)).rejects.toThrow(/must be a multiple of 9/);
    await expect(one('SpaceToDepth', { blocksize: 2 }, deep)).rejects.toThrow(/must be multiples of 2/);
    await expect(one('SpaceToDepth', {}, deep)).rejects.toThrow(/blocksize is 0, must be at least 1/);
    await expect(one('SpaceToDepth', { blocksize: 2 }, { shape: [4] })).rejects.toThrow(/must have 4 axes/);
  });
  test('Identity, and a dropout that is not trained', async () => {
    expect((await one('Identity', {}, list([1, 2]))).data).toEqual([1, 2]);
    expect((await one('Dropout', { ratio: new Float(0.5) }, { ...list([1, 2]), opset: 11 })).data).toEqual([
      1, 2,
    ]);
    const training = { ...list([1]), weights: [rawTensor('t', TYPE.bool, [], Uint8Array.of(1))] };
    await expect(one('Dropout', {}, training, ['', 't'])).rejects.toThrow(/training_mode is not false/);
  });
  test('Cast', async () => {
    const values = list([-1.7, 0, 300.5]);
    expect((await one('Cast', { to: TYPE.int64 }, values)).data).toEqual([-1, 0, 300]);
    expect((await one('Cast', { to: TYPE.double }, values)).data).toEqual([-1.7, 0, 300.5].map(Math.fround));
    await expect(one('Cast', { to: TYPE.string }, values)).rejects.toThrow(
      /\(Cast\): a cast to string is not supported/,
    );
  });
});

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
    await expect(
      one('BatchNormalization', { training_mode: 1 }, { ...given, opset: 14 }, names),
    ).rejects.toThrow(/attribute training_mode is 1, must be 0/);
  });
});

describe('resampling', () => {
  const square: Case = { shape: [1, 1, 2, 2] };
  const four: Case = { shape: [1, 1, 4, 4] };
  const scaled = (scales: number[], given: Case): Case => ({
    ...given,
    weights: [floats('scales', [4], scales)],
  });
  const sized = (sizes: number[], given: Case): Case => ({ ...given, weights: [int64s('sizes', sizes)] });
  const byScales = ['', 'scales'];
  const bySizes = ['', '', 'sizes'];

  test('Resize: nearest, by scales and in operator set 10', async () => {
    const expected = [1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 3, 3, 3, 4, 4, 4];
    const given = scaled([1, 1, 2, 3], square);
    expect(await one('Resize', {}, given, byScales)).toEqual({ shape: [1, 1, 4, 6], data: expected });
    expect((await one('Resize', {}, { ...given, opset: 10 }, ['scales'])).data).toEqual(expected);
    expect((await one('Upsample', {}, { ...given, opset: 9 }, ['scales'])).data).toEqual(expected);
  });
  test('Resize: linear, cubic, and where pixels are', async () => {
    expect((await one('Resize', { mode: 'linear' }, scaled([1, 1, 2, 2], square), byScales)).data).toEqual([
      1, 1.25, 1.75, 2, 1.5, 1.75, 2.25, 2.5, 2.5, 2.75, 3.25, 3.5, 3, 3.25, 3.75, 4,
    ]);
    const corners = { mode: 'linear', coordinate_transformation_mode: 'align_corners' };
    expect(rounded(await one('Resize', corners, sized([1, 1, 2, 4], square), bySizes))).toEqual([
      1, 1.3333, 1.6667, 2, 3, 3.3333, 3.6667, 4,
    ]);
    const pytorch = { mode: 'linear', coordinate_transformation_mode: 'pytorch_half_pixel' };
    expect(rounded(await one('Resize', pytorch, sized([1, 1, 3, 1], four), bySizes))).toEqual([
      1.6667, 7, 12.3333,
    ]);
    const floor = { nearest_mode: 'floor', coordinate_transformation_mode: 'align_corners' };
    const first = (await one('Resize', floor, sized([1, 1, 8, 8], four), bySizes)).data.slice(0, 8);
    expect(first).toEqual([1, 1, 1, 2, 2, 3, 3, 4]);
    const cubic = { mode: 'cubic', cubic_coeff_a: new Float(-0.5) };
    expect(rounded(await one('Resize', cubic, scaled([1, 1, 1, 2], four), byScales)).slice(0, 8)).toEqual([
      0.9297, 1.1797, 1.7266, 2.25, 2.75, 3.2734, 3.8203, 4.0703,
    ]);
  });
  test('Resize: axes, and what is refused', async () => {
    const given = { ...square, weights: [int64s('sizes', [1])] };
    expect((await one('Resize', { axes: [3] }, given, bySizes)).data).toEqual([1, 3]);
    const twice = scaled([1, 1, 2, 2], square);
    const refused = (attributes: Record<string, Attribute>, must: RegExp, other = twice, more = byScales) =>
      expect(one('Resize', attributes, other, more)).rejects.toThrow(must);
    await refused({ coordinate_transformation_mode: 'tf_crop_and_resize' }, /is 'tf_crop_and_resize', must/);
    await refused({ antialias: 1 }, /antialias is 1, must be 0/);
    await refused({ mode: 'cubic', exclude_outside: 1 }, /exclude_outside is 1, must be 0/);
    await refused({}, /scales\[1\] is 2, must be 1: axis 1 stays/, scaled([1, 2, 1, 1], square));
    await refused({}, /sizes have 1 entries, must have 4/, sized([2], square), bySizes);
    await refused({ mode: 'cubic' }, /'cubic' is supported for 4 axes only, the input has 3/, {
      shape: [1, 1, 4],
      weights: [floats('scales', [3], [1, 1, 2])],
    });
  });
  test('GridSample', async () => {
    const grid = floats('grid', [1, 1, 3, 2], [-1, -1, 0, 0, 0.5, 1]);
    const given = { ...four, opset: 16, weights: [grid] };
    expect((await one('GridSample', { align_corners: 1 }, given, ['grid'])).data).toEqual([1, 8.5, 15.25]);
    const cubic = { mode: 'bicubic', padding_mode: 'border' };
    expect(rounded(await one('GridSample', cubic, given, ['grid']))).toEqual([0.5313, 8.5, 15.9688]);
  });
  test('RoiAlign', async () => {
    const weights = [floats('boxes', [1, 4], [0, 0, 3, 2]), int64s('images', [0])];
    const attributes = { output_height: 2, output_width: 2 };
    const given = { ...four, weights, opset: 16 };
    expect(rounded(await one('RoiAlign', attributes, given, ['boxes', 'images']))).toEqual([
      1.3125, 2.75, 5.3125, 6.75,
    ]);
    const old = { ...given, opset: 10 };
    expect(rounded(await one('RoiAlign', attributes, old, ['boxes', 'images']))).toEqual([
      3.75, 5.25, 7.75, 9.25,
    ]);
    await expect(one('RoiAlign', { ...attributes, mode: 'max' }, given, ['boxes', 'images'])).rejects.toThrow(
      /attribute mode is 'max', must be 'avg'/,
    );
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

describe('shapes that are computed', () => {
  test('Shape, Gather, Concat, Reshape: no kernel runs', async () => {
    const nodes = [
      { op: 'Shape', out: ['s'] },
      { op: 'Gather', in: ['s', 'zero'], out: ['n'] },
      { op: 'Unsqueeze', in: ['n', 'axes'], out: ['n1'] },
      { op: 'Concat', in: ['n1', 'rest'], out: ['t'], attributes: { axis: 0 } },
      { op: 'Reshape', in: ['x', 't'] },
    ];
    const weights = [int64s('zero', [0], []), int64s('axes', [0]), int64s('rest', [-1])];
    expect((await run(nodes, { shape: [2, 3, 2], weights }))[0]?.shape).toEqual([2, 6]);
  });
  test('half of each axis, over floats', async () => {
    const nodes = [
      { op: 'Shape', out: ['s'] },
      { op: 'Cast', in: ['s'], out: ['f'], attributes: { to: TYPE.float } },
      { op: 'Mul', in: ['f', 'half'], out: ['h'] },
      { op: 'Cast', in: ['h'], out: ['ends'], attributes: { to: TYPE.int64 } },
      { op: 'Slice', in: ['x', 'starts', 'ends'] },
    ];
    const weights = [floats('half', [], [0.5]), int64s('starts', [0, 0])];
    expect((await run(nodes, { shape: [4, 3], weights }))[0]).toEqual({ shape: [2, 1], data: [1, 4] });
  });
  test('integers divided by zero do not trap', async () => {
    const nodes = [
      { op: 'Shape', out: ['s'] },
      { op: 'Div', in: ['s', 'zero'], out: ['t'] },
      { op: 'Reshape', in: ['x', 't'] },
    ];
    expect((await run(nodes, { shape: [2], weights: [int64s('zero', [0])] }))[0]?.data).toEqual([1, 2]);
  });
});
