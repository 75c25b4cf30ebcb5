/** Convolution, transposed convolution and pooling, as the ONNX specification and its examples have them. */
import { describe, expect, test } from 'vitest';
import { type Attribute, floats, TYPE } from './encode.ts';
import { type Case, one } from './run.ts';

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
    await expect(spread({ output_shape: [9] })).rejects.toThrow(/output_shape has 1 entry, must have 2/);
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
