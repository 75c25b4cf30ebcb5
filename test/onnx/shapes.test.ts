/** What gives values another shape or place, and shapes that are computed, as the ONNX specification has them. */
import { describe, expect, test } from 'vitest';
import { type Attribute, Float, floats, int64s, type NodeSpec, TYPE } from './encode.ts';
import { list, one, run } from './run.ts';

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
  test('ReduceSum, ReduceMean, ReduceMax, ReduceMin, ArgMax, ArgMin', async () => {
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
    expect(await one('ArgMin', { axis: 1, keepdims: 0 }, square)).toEqual({ shape: [2], data: [0, 0] });
    expect(await one('ArgMin', { axis: -1 }, square)).toEqual({ shape: [2, 1], data: [0, 0] });
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
  test('numbers behind the end of int64, steps back, and single ones of a shape', async () => {
    const nodes = [
      { op: 'Shape', out: ['s'] },
      { op: 'Slice', in: ['s', 'one', 'far'], out: ['tail'] },
      { op: 'Slice', in: ['tail', 'last', 'before', 'zero', 'last'], out: ['back'] },
      { op: 'Gather', in: ['s', 'zero'], out: ['first'] },
      { op: 'Min', in: ['first', 'far'], out: ['same'] },
      { op: 'Concat', in: ['back', 'same', 'rest'], out: ['t'], attributes: { axis: -1 } },
      { op: 'Reshape', in: ['x', 't'] },
    ];
    const weights = [
      int64s('one', [1]),
      int64s('far', [2n ** 63n - 1n]),
      int64s('last', [-1]),
      int64s('before', [-(2n ** 63n)]),
      int64s('zero', [0]),
      int64s('rest', [-1]),
    ];
    expect((await run(nodes, { shape: [5, 2, 3], weights }))[0]?.shape).toEqual([3, 2, 5, 1]);
  });
  test('a shape of no numbers, of which no number is left, and a number of all', async () => {
    const nodes = [
      { op: 'Shape', out: ['s'] },
      { op: 'Slice', in: ['s', 'end', 'end'], out: ['none'] },
      { op: 'Concat', in: ['none', 'none'], out: ['still'], attributes: { axis: 0 } },
      { op: 'Reshape', in: ['x', 'still'] },
      { op: 'Size', out: ['size'] },
    ];
    const given = { shape: [1, 1], weights: [int64s('end', [2])], outputs: ['y', 'size', 's'] };
    expect(await run(nodes, given)).toEqual([
      { shape: [], data: [1] },
      { shape: [], data: [1] },
      { shape: [2], data: [1, 1] },
    ]);
  });
  test('a condition of a shape, which is uint8 here', async () => {
    const nodes = [
      { op: 'Shape', out: ['s'] },
      { op: 'Cast', in: ['s'], out: ['b'], attributes: { to: TYPE.bool } },
      { op: 'Cast', in: ['b'], out: ['i'], attributes: { to: TYPE.int64 } },
      { op: 'Add', in: ['i', 's'], out: ['t'] },
      { op: 'Slice', in: ['x', 'i', 't'] },
    ];
    const found = await run(nodes, { shape: [2, 2], outputs: ['y', 'b'] });
    expect(found).toEqual([
      { shape: [1, 1], data: [4] },
      { shape: [2], data: [1, 1] },
    ]);
    const cast = [{ op: 'Cast', name: 'n', attributes: { to: TYPE.bool } }];
    expect((await run(cast, { shape: [2], values: [0, 7], type: TYPE.uint8 }))[0]?.data).toEqual([0, 1]);
    expect((await run(cast, { shape: [3], values: [0, -0.5, Number.NaN] }))[0]?.data).toEqual([0, 1, 1]);
  });
  test('Max and Min of what is known on loading', async () => {
    const known = (op: string) => [
      { op, in: ['a', 'b'], out: ['c'] },
      { op: 'Add', in: ['x', 'c'] },
    ];
    const floatsOf = (a: number, b: number) => ({
      shape: [1],
      values: [0],
      weights: [floats('a', [1], [a]), floats('b', [1], [b])],
    });
    expect((await run(known('Max'), floatsOf(-1, -2)))[0]?.data).toEqual([-1]);
    expect((await run(known('Min'), floatsOf(1, 2)))[0]?.data).toEqual([1]);
    const shape = [
      { op: 'Min', in: ['a', 'b', 'a'], out: ['s'] },
      { op: 'Reshape', in: ['x', 's'] },
    ];
    const weights = [int64s('a', [3, 2]), int64s('b', [6, 9])];
    expect((await run(shape, { shape: [6], weights }))[0]?.shape).toEqual([3, 2]);
  });
  test('scales and their products are float32: three times 7/3 is seven again, as in onnxruntime', async () => {
    const nodes = [
      { op: 'Shape', out: ['s'] },
      { op: 'Cast', in: ['s'], out: ['f'], attributes: { to: TYPE.float } },
      { op: 'Div', in: ['sizes', 'f'], out: ['scales'] },
      { op: 'Resize', in: ['x', '', 'scales'] },
    ];
    const given = {
      shape: [1, 1, 3, 3],
      weights: [floats('sizes', [4], [1, 1, 7, 10])],
      outputs: ['y', 'scales'],
    };
    const [y, scales] = await run(nodes, given);
    expect(scales?.data).toEqual([1, 1, 7 / 3, 10 / 3].map(Math.fround));
    expect(y?.shape).toEqual([1, 1, 7, 10]);
  });
  test('a list that is too long to be a shape', async () => {
    const weights = [int64s('axes', new Array<number>(1025).fill(0))];
    await expect(one('Squeeze', {}, { shape: [1], weights }, ['axes'])).rejects.toThrow(
      "node 'n' (Squeeze): axes (input 'axes') has 1025 values, must have at most 1024",
    );
  });
  test('lists that do not fit', async () => {
    const lists = (...all: number[][]) => ({ weights: all.map((list, i) => int64s(`i${i}`, list)) });
    const given = { shape: [5], ...lists([0, 1], [2]) };
    await expect(one('Slice', {}, given, ['i0', 'i1'])).rejects.toThrow(
      /there are 2 starts, 1 ends, 2 axes and 2 steps, must be as many of each/,
    );
    await expect(one('Unsqueeze', {}, { shape: [5], ...lists([0, -3]) }, ['i0'])).rejects.toThrow(
      /axes are \[0, -3\], must be different/,
    );
    await expect(one('Split', {}, { shape: [5], ...lists([2, 3]) }, ['i0'])).rejects.toThrow(
      /split has 2 sizes, must have 1, one for each output/,
    );
    await expect(one('Reshape', {}, { shape: [5], ...lists([-2]) }, ['i0'])).rejects.toThrow(
      /the shape is \[-2\], a size must be at least -1/,
    );
  });
});
