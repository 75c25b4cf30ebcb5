/** Resize and its like, as the ONNX specification and its examples have them. */
import { describe, expect, test } from 'vitest';
import { type Attribute, Float, floats, int64s } from './encode.ts';
import { type Case, one, rounded } from './run.ts';

describe('resampling', () => {
  const square: Case = { shape: [1, 1, 2, 2] };
  const four: Case = { shape: [1, 1, 4, 4] };
  const scaled = (scales: number[], given: Case): Case => ({
    ...given,
    weights: [floats('scales', [scales.length], scales)],
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
  test('Resize: what is refused', async () => {
    const twice = scaled([1, 1, 2, 2], square);
    const refused = (attributes: Record<string, Attribute>, must: RegExp, other = twice, more = byScales) =>
      expect(one('Resize', attributes, { opset: 18, ...other }, more)).rejects.toThrow(must);
    await refused({ axes: [2, 2] }, /axes are 2x2, must be different ones/, sized([3, 3], square), bySizes);
    await refused({}, /scales\[2\] is -2, must be above 0/, scaled([1, 1, -2, 1], square));
    await refused({}, /sizes\[2\] is -2, must be at least 0/, sized([1, 1, -2, 1], square), bySizes);
    await refused({}, /axis 3 has 2 elements and becomes 0/, scaled([1, 1, 1, 0.1], square));
    await refused({}, /sizes have 1 entry, must have 4/, sized([2], square), bySizes);
    const crop = { coordinate_transformation_mode: 'tf_crop_and_resize' };
    await refused(crop, /roi is missing/);
    const short = { ...twice, weights: [...(twice.weights ?? []), floats('roi', [2], [0, 1])] };
    await refused(crop, /roi has 2 entries, must have 8/, short, ['roi', 'scales']);
  });
  test('Resize: some axes, the batch and channels too, in any order', async () => {
    const some = { ...square, opset: 18, weights: [int64s('sizes', [1])] };
    expect((await one('Resize', { axes: [3] }, some, bySizes)).data).toEqual([1, 3]);
    const channels = scaled([2, 3], { shape: [2, 2] });
    expect((await one('Resize', {}, channels, byScales)).data).toEqual([
      1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 3, 3, 3, 4, 4, 4,
    ]);
    const linear = { mode: 'linear' };
    expect((await one('Resize', linear, scaled([2], { shape: [3] }), byScales)).data).toEqual([
      1, 1.25, 1.75, 2.25, 2.75, 3,
    ]);
  });
  test('Resize: means of what an output stands for', async () => {
    const row = { shape: [1, 1, 1, 8], values: [1, 5, 2, 8, 3, 9, 4, 0], opset: 18 };
    const halves = scaled([1, 1, 1, 0.4], row);
    expect(rounded(await one('Resize', { mode: 'linear', antialias: 1 }, halves, byScales))).toEqual([
      2.92, 5.4, 4.32,
    ]);
    expect(rounded(await one('Resize', { mode: 'cubic', antialias: 1 }, halves, byScales))).toEqual([
      2.8126, 5.7963, 4.6671,
    ]);
    const excluded = { mode: 'cubic', antialias: 1, exclude_outside: 1 };
    expect(rounded(await one('Resize', excluded, halves, byScales))).toEqual([2.9407, 5.6922, 4.5422]);
    const cubic = { mode: 'cubic', exclude_outside: 1, cubic_coeff_a: new Float(-0.5) };
    expect(rounded(await one('Resize', cubic, halves, byScales))).toEqual([4.3206, 7.2656, 5.4375]);
    const bytes = { ...halves, type: 2 };
    expect((await one('Resize', { mode: 'linear', antialias: 1 }, bytes, byScales)).data).toEqual([3, 5, 4]);
    expect((await one('Resize', { mode: 'linear' }, bytes, byScales)).data).toEqual([4, 6, 5]);
  });
  test('Resize: a crop, and what lies outside', async () => {
    const roi = floats('roi', [8], [0, 0, 0.4, 0.6, 1, 1, 0.6, 1.2]);
    const given = { ...four, weights: [roi, int64s('sizes', [1, 1, 3, 3])] };
    const crop = { coordinate_transformation_mode: 'tf_crop_and_resize', extrapolation_value: new Float(-1) };
    const more = ['roi', '', 'sizes'];
    expect(rounded(await one('Resize', { ...crop, mode: 'linear' }, given, more))).toEqual([
      7.6, 8.5, -1, 8.8, 9.7, -1, 10, 10.9, -1,
    ]);
    expect((await one('Resize', crop, given, more)).data).toEqual([7, 8, -1, 7, 8, -1, 11, 12, -1]);
  });
  test('Resize: the aspect ratio, symmetric positions, and those of old exporters', async () => {
    const given = { ...sized([7, 8], { shape: [1, 1, 5, 7] }), opset: 18 };
    const policy = (name: string) => ({ axes: [2, 3], keep_aspect_ratio_policy: name });
    expect((await one('Resize', policy('not_larger'), given, bySizes)).shape).toEqual([1, 1, 6, 8]);
    expect((await one('Resize', policy('not_smaller'), given, bySizes)).shape).toEqual([1, 1, 7, 10]);
    const row = { shape: [1, 1, 1, 4] };
    const symmetric = { mode: 'linear', coordinate_transformation_mode: 'half_pixel_symmetric' };
    const enlarged = { ...scaled([1, 1, 1, 2.3], row), opset: 19 };
    expect(rounded(await one('Resize', symmetric, enlarged, byScales))).toEqual([
      1, 1.1957, 1.6304, 2.0652, 2.5, 2.9348, 3.3696, 3.8043, 4,
    ]);
    const old = { coordinate_transformation_mode: 'tf_half_pixel_for_nn', nearest_mode: 'floor' };
    const half = { ...scaled([1, 1, 1, 0.5], row), opset: 11 };
    expect((await one('Resize', old, half, byScales)).data).toEqual([2, 4]);
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
  });
  test('RoiAlign and MaxRoiPool: the largest, as onnxruntime has it', async () => {
    const values = Array.from({ length: 16 }, (_, i) => Math.fround(3 * Math.sin(1.7 * i) - 1));
    const boxes = [0.3, 0.4, 3.2, 2.7, -3, -3, 1.5, 1.5, 0, 0, 3, 2];
    const given = {
      ...four,
      values,
      opset: 16,
      weights: [floats('boxes', [3, 4], boxes), int64s('images', [0, 0, 0])],
    };
    const largest = { mode: 'max', output_height: 2, output_width: 2 };
    expect(rounded(await one('RoiAlign', largest, given, ['boxes', 'images']))).toEqual([
      1.4242, 0.6218, 1.2055, 0.3582, 0, 0, 0, 1.2344, 1.2344, 1.2344, 0.8722, 0.8722,
    ]);
    const two = { ...largest, sampling_ratio: 2 };
    expect(rounded(await one('RoiAlign', two, given, ['boxes', 'images']))).toEqual([
      1.4242, 0.6218, 1.2055, 0.3582, 0, 0, 0, 0.8641, 1.2344, 1.2344, 0.6541, 0.6541,
    ]);
    const rows = [0, 0.3, 0.4, 3.2, 2.7, 0, -3, -3, 1.5, 1.5, 0, 0, 0, 3, 2, 0, 5, 5, 9, 9, 0, 3, 3, 1, 1];
    const whole = { ...four, values, weights: [floats('boxes', [5, 5], rows)] };
    expect(rounded(await one('MaxRoiPool', { pooled_shape: [2, 2] }, whole, ['boxes']))).toEqual([
      ...[1.975, -1.7666, 1.9994, 0.0772, 0, 0, 0, 1.975, 1.975, -1.7666, 1.5775, -1.447],
      ...[0, 0, 0, 0, 0.0772, 0.0772, 0.0772, 0.0772],
    ]);
  });
  test('GridSample: cubic is for images', async () => {
    const weights = [floats('grid', [1, 1, 1, 1, 3], [0, 0, 0])];
    const given = { shape: [1, 1, 2, 2, 2], opset: 20, weights };
    expect((await one('GridSample', {}, given, ['grid'])).data).toEqual([4.5]);
    await expect(one('GridSample', { mode: 'cubic' }, given, ['grid'])).rejects.toThrow(
      /node 'n' \(GridSample\): gridSample: mode is 'bicubic', must be 'bilinear' or 'nearest' where x has 5 axes/,
    );
  });
});

describe('sizes by scales', () => {
  /** As onnxruntime and PyTorch's exporter have it: the product is a float32. */
  test.each([
    [5, 1.4, 7],
    [10, 0.7, 7],
    [224, 706 / 224, 706],
    [3, 1.1, 3],
    [10, 0.69, 6],
  ])('%i by %f has %i elements', async (size, scale, expected) => {
    const given = { shape: [1, 1, size], weights: [floats('scales', [3], [1, 1, scale])] };
    expect((await one('Resize', {}, given, ['', 'scales'])).shape).toEqual([1, 1, expected]);
    expect((await one('Resize', {}, { ...given, opset: 10 }, ['scales'])).shape).toEqual([1, 1, expected]);
  });
  test('operator set 10 rounds up along an axis that shrinks, and down along one that grows', async () => {
    const row = { shape: [1, 1, 4], opset: 10, weights: [floats('scales', [3], [1, 1, 0.6])] };
    expect((await one('Resize', {}, row, ['scales'])).data).toEqual([1, 3]);
    const both = { shape: [1, 1, 4, 3], opset: 10, weights: [floats('scales', [4], [1, 1, 0.6, 1.5])] };
    expect((await one('Resize', {}, both, ['scales'])).data).toEqual([1, 1, 2, 3, 7, 7, 8, 9]);
  });
});
