/** Operators of images, sounds and chance, with onnxruntime's values; and what is refused. */
import { type Tensor, tensor } from 'striate';
import { loadModel } from 'striate/onnx';
import { describe, expect, test } from 'vitest';
import { type Attribute, Float, floats, int64s, model } from './encode.ts';
import { type Case, one, run } from './run.ts';

type Row = [
  title: string,
  op: string,
  attributes: Record<string, Attribute>,
  given: Case,
  more: string[],
  expected: { shape: number[]; data: number[] }[],
];

const REALS = [0.5, -1.5, 2, 0.25, -0.75, 3, 1, -2];
const PLANES = [5, 1, 2, 6, 3, 4, 1, 9, 8, 2, 7, 0];
/** Those whose first input is not x. */
const WITHOUT_X = /Window|Mel/;

const ROWS: Record<string, Row[]> = {
  norms: [
    [
      'layers, with mean and factor',
      'LayerNormalization',
      { axis: 1 },
      {
        shape: [2, 2, 2],
        values: REALS,
        opset: 17,
        outputs: ['y', 'mean', 'factor'],
        weights: [floats('s', [2, 2], [1, 2, -1, 0.5]), floats('b', [2, 2], [0, 1, 2, 3])],
      },
      ['s', 'b'],
      [
        { shape: [2, 2, 2], data: [0.1509, -1.9183, 0.6415, 2.9748, -0.5645, 3.8556, 1.6348, 2.3857] },
        { shape: [2, 1, 1], data: [0.3125, 0.3125] },
        { shape: [2, 1, 1], data: [0.805, 0.5313] },
      ],
    ],
    [
      'layers, a scale that broadcasts',
      'LayerNormalization',
      { axis: 1, epsilon: new Float(0.1) },
      {
        shape: [2, 2, 2],
        values: REALS,
        opset: 17,
        weights: [floats('s', [2], [1, 2]), floats('b', [2], [0, 1])],
      },
      ['s', 'b'],
      [{ shape: [2, 2, 2], data: [0.1463, -1.8281, 1.3165, 0.9025, -0.5567, 3.8161, 0.3602, -1.4232] }],
    ],
    [
      'groups that scale as groups',
      'GroupNormalization',
      { num_groups: 2 },
      {
        shape: [1, 4, 2],
        values: REALS,
        opset: 18,
        weights: [floats('s', [2], [1, 2]), floats('b', [2], [0, 1])],
      },
      ['s', 'b'],
      [{ shape: [1, 4, 2], data: [0.1509, -1.4591, 1.3585, -0.0503, -0.1289, 3.8556, 1.7305, -1.4571] }],
    ],
    [
      'groups that scale by channels',
      'GroupNormalization',
      { num_groups: 2 },
      {
        shape: [1, 4, 2],
        values: REALS,
        opset: 21,
        weights: [floats('s', [4], [1, 2, 3, 4]), floats('b', [4], [0, 1, 2, 3])],
      },
      ['s', 'b'],
      [{ shape: [1, 4, 2], data: [0.1509, -1.4591, 3.717, 0.8994, 0.3066, 6.2834, 4.461, -1.9143] }],
    ],
    [
      'mean and variance',
      'MeanVarianceNormalization',
      {},
      { shape: [2, 1, 2, 2], values: REALS },
      [],
      [{ shape: [2, 1, 2, 2], data: [0.1176, -1.1366, 1.0582, -0.0392, -0.6663, 1.6853, 0.4311, -1.4501] }],
    ],
    [
      'mean and variance of some axes',
      'MeanVarianceNormalization',
      { axes: [1] },
      { shape: [2, 4], values: REALS },
      [],
      [{ shape: [2, 4], data: [0.1509, -1.4591, 1.3585, -0.0503, -0.5645, 1.4278, 0.3652, -1.2286] }],
    ],
    [
      'by the norm, zeros among them',
      'LpNormalization',
      {},
      { shape: [2, 2], values: [0, 0, 3, 4] },
      [],
      [{ shape: [2, 2], data: [0, 0, 0.6, 0.8] }],
    ],
    [
      'by the sum of magnitudes',
      'LpNormalization',
      { p: 1, axis: 0 },
      { shape: [2, 4], values: REALS },
      [],
      [{ shape: [2, 4], data: [0.4, -0.3333, 0.6667, 0.1111, -0.6, 0.6667, 0.3333, -0.8889] }],
    ],
  ],
  functions: [
    [
      'Gelu',
      'Gelu',
      {},
      { shape: [8], values: REALS, opset: 20 },
      [],
      [{ shape: [8], data: [0.3457, -0.1002, 1.9545, 0.1497, -0.17, 2.996, 0.8413, -0.0455] }],
    ],
    [
      'Gelu by tanh',
      'Gelu',
      { approximate: 'tanh' },
      { shape: [8], values: REALS, opset: 20 },
      [],
      [{ shape: [8], data: [0.3457, -0.1004, 1.9546, 0.1497, -0.17, 2.9964, 0.8412, -0.0454] }],
    ],
    [
      'Mish',
      'Mish',
      {},
      { shape: [8], values: REALS, opset: 18 },
      [],
      [{ shape: [8], data: [0.3752, -0.2981, 1.944, 0.1696, -0.2765, 2.9865, 0.8651, -0.2525] }],
    ],
  ],
  pools: [
    [
      'indices of rows',
      'MaxPool',
      { kernel_shape: [2, 2] },
      { shape: [1, 2, 3, 2], values: PLANES, outputs: ['y', 'i'] },
      [],
      [
        { shape: [1, 2, 2, 1], data: [6, 6, 9, 8] },
        { shape: [1, 2, 2, 1], data: [3, 3, 7, 8] },
      ],
    ],
    [
      'indices of columns',
      'MaxPool',
      { kernel_shape: [2, 2], storage_order: 1 },
      { shape: [1, 2, 3, 2], values: PLANES, outputs: ['y', 'i'] },
      [],
      [
        { shape: [1, 2, 2, 1], data: [6, 6, 9, 8] },
        { shape: [1, 2, 2, 1], data: [4, 4, 9, 7] },
      ],
    ],
    [
      'bytes, with indices',
      'MaxPool',
      { kernel_shape: [2, 2], strides: [1, 2] },
      { shape: [1, 2, 3, 2], values: PLANES, type: 2, outputs: ['y', 'i'] },
      [],
      [
        { shape: [1, 2, 2, 1], data: [6, 6, 9, 8] },
        { shape: [1, 2, 2, 1], data: [3, 3, 7, 8] },
      ],
    ],
    [
      'elements put back',
      'MaxUnpool',
      { kernel_shape: [2], strides: [2] },
      { shape: [1, 2, 2], weights: [int64s('i', [1, 2, 4, 7], [1, 2, 2])] },
      ['i'],
      [{ shape: [1, 2, 4], data: [0, 1, 2, 0, 3, 0, 0, 4] }],
    ],
    [
      'norms of planes',
      'GlobalLpPool',
      {},
      { shape: [1, 2, 2, 2], values: REALS },
      [],
      [{ shape: [1, 2, 1, 1], data: [2.5617, 3.8161] }],
    ],
    [
      'sums of magnitudes of planes',
      'GlobalLpPool',
      { p: 1 },
      { shape: [1, 2, 2, 2], values: REALS },
      [],
      [{ shape: [1, 2, 1, 1], data: [4.25, 6.75] }],
    ],
    [
      'cubes of planes',
      'GlobalLpPool',
      { p: 3 },
      { shape: [1, 2, 2, 2], values: REALS },
      [],
      [{ shape: [1, 2, 1, 1], data: [2.2582, 3.3148] }],
    ],
  ],
  places: [
    [
      'a grid',
      'AffineGrid',
      {},
      { shape: [1, 2, 3], values: [1, 0, 0.5, 0, 2, 0], opset: 20, weights: [int64s('s', [1, 3, 2, 3])] },
      ['s'],
      [{ shape: [1, 2, 3, 2], data: [-0.1667, -1, 0.5, -1, 1.1667, -1, -0.1667, 1, 0.5, 1, 1.1667, 1] }],
    ],
    [
      'a grid of corners',
      'AffineGrid',
      { align_corners: 1 },
      { shape: [1, 2, 3], values: [1, 0.5, 0.5, -1, 2, 0], opset: 20, weights: [int64s('s', [1, 3, 1, 3])] },
      ['s'],
      [{ shape: [1, 1, 3, 2], data: [-0.5, 1, 0.5, 0, 1.5, -1] }],
    ],
    [
      'a grid of a volume',
      'AffineGrid',
      {},
      {
        shape: [1, 3, 4],
        values: [1, 0, 0, 0.5, 0, 2, 0, 0, 0, 0, 3, 0],
        opset: 20,
        weights: [int64s('s', [1, 1, 2, 1, 2])],
      },
      ['s'],
      [{ shape: [1, 2, 1, 2, 3], data: [0, 0, -1.5, 1, 0, -1.5, 0, 0, 1.5, 1, 0, 1.5] }],
    ],
    [
      'a volume where a grid says',
      'GridSample',
      { mode: 'linear' },
      {
        shape: [1, 1, 2, 2, 2],
        opset: 20,
        weights: [floats('g', [1, 1, 1, 2, 3], [0, 0, 0, 0.3, -0.2, 0.4])],
      },
      ['g'],
      [{ shape: [1, 1, 1, 1, 2], data: [4.5, 6] }],
    ],
    [
      'taps that are moved',
      'DeformConv',
      { kernel_shape: [1, 2], pads: [0, 0, 0, 1] },
      {
        shape: [1, 1, 2, 2],
        opset: 19,
        weights: [
          floats('w', [1, 1, 1, 2], [1, 10]),
          floats('o', [1, 4, 2, 2], [0, 0.5, 0, -0.5, 0, 0, 0.25, 0, 0, 0, 0, 0, 1, 0, 0, 0]),
          floats('b', [1], [100]),
          floats('m', [1, 2, 2, 2], [1, 1, 0.5, 1, 1, 1, 1, 1]),
        ],
      },
      ['w', 'o', 'b', 'm'],
      [{ shape: [1, 1, 2, 2], data: [101, 103, 141.625, 103] }],
    ],
  ],
  blocks: [
    [
      'columns to an image',
      'Col2Im',
      { strides: [2, 1], pads: [0, 1, 0, 0] },
      { shape: [1, 4, 3], opset: 18, weights: [int64s('i', [2, 3]), int64s('k', [2, 2])] },
      ['i', 'k'],
      [{ shape: [1, 1, 2, 3], data: [6, 8, 6, 18, 20, 12] }],
    ],
    [
      'columns to a row',
      'Col2Im',
      { strides: [2] },
      { shape: [1, 3, 2], opset: 18, weights: [int64s('i', [5]), int64s('k', [3])] },
      ['i', 'k'],
      [{ shape: [1, 1, 5], data: [1, 3, 7, 4, 6] }],
    ],
    [
      'the middle, and zeros around it',
      'CenterCropPad',
      {},
      { shape: [5, 2], opset: 18, weights: [int64s('s', [2, 5])] },
      ['s'],
      [{ shape: [2, 5], data: [0, 3, 4, 0, 0, 0, 5, 6, 0, 0] }],
    ],
    [
      'the middle of one axis',
      'CenterCropPad',
      { axes: [-1] },
      { shape: [2, 3], type: 6, opset: 18, weights: [int64s('s', [2])] },
      ['s'],
      [{ shape: [2, 2], data: [1, 2, 4, 5] }],
    ],
  ],
  audio: [
    [
      'Hann',
      'HannWindow',
      {},
      { shape: [1], opset: 17, weights: [int64s('s', [5], [])] },
      ['s'],
      [{ shape: [5], data: [0, 0.3455, 0.9045, 0.9045, 0.3455] }],
    ],
    [
      'Hamming, symmetric',
      'HammingWindow',
      { periodic: 0 },
      { shape: [1], opset: 17, weights: [int64s('s', [5], [])] },
      ['s'],
      [{ shape: [5], data: [0.087, 0.5435, 1, 0.5435, 0.087] }],
    ],
    [
      'Blackman',
      'BlackmanWindow',
      {},
      { shape: [1], opset: 17, weights: [int64s('s', [5], [])] },
      ['s'],
      [{ shape: [5], data: [0, 0.2008, 0.8492, 0.8492, 0.2008] }],
    ],
    [
      'filters by pitch',
      'MelWeightMatrix',
      {},
      {
        shape: [1],
        opset: 17,
        weights: [...'abc']
          .map((name, i) => int64s(name, [[3, 16, 8000][i] as number], []))
          .concat(floats('d', [], [0]), floats('e', [], [4000])),
      },
      ['a', 'b', 'c', 'd', 'e'],
      [
        {
          shape: [9, 3],
          data: [1, 0, 0, 0, 1, 0, 0, 0.5, 0.5, 0, 0, 1, 0, 0, 0.5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        },
      ],
    ],
    [
      'a real transform',
      'DFT',
      {},
      { shape: [1, 5, 1], opset: 17 },
      [],
      [{ shape: [1, 5, 2], data: [15, 0, -2.5, 3.441, -2.5, 0.8123, -2.5, -0.8123, -2.5, -3.441] }],
    ],
    [
      'half of it',
      'DFT',
      { onesided: 1 },
      { shape: [1, 4, 1], opset: 17 },
      [],
      [{ shape: [1, 3, 2], data: [10, 0, -2, 2, -2, 0] }],
    ],
    [
      'back, along another axis',
      'DFT',
      { inverse: 1 },
      { shape: [2, 3, 2], opset: 20, weights: [int64s('a', [0], [])] },
      ['', 'a'],
      [{ shape: [2, 3, 2], data: [4, 5, 6, 7, 8, 9, -3, -3, -3, -3, -3, -3] }],
    ],
    [
      'of fewer elements',
      'DFT',
      {},
      { shape: [1, 4, 1], opset: 20, weights: [int64s('l', [3], [])] },
      ['l'],
      [{ shape: [1, 3, 2], data: [6, 0, -1.5, 0.866, -1.5, -0.866] }],
    ],
    [
      'of more elements',
      'DFT',
      {},
      { shape: [1, 2, 1], opset: 20, weights: [int64s('l', [4], [])] },
      ['l'],
      [{ shape: [1, 4, 2], data: [3, 0, 1, -2, -1, 0, 1, 2] }],
    ],
    [
      'frames',
      'STFT',
      {},
      { shape: [1, 6, 1], opset: 17, weights: [int64s('s', [2], []), floats('w', [4], [1, 2, 3, 4])] },
      ['s', 'w'],
      [{ shape: [1, 2, 3, 2], data: [30, 0, -8, 12, -10, 0, 50, 0, -12, 16, -14, 0] }],
    ],
    [
      'frames without a window',
      'STFT',
      { onesided: 0 },
      { shape: [1, 5, 1], opset: 17, weights: [int64s('s', [2], []), int64s('l', [3], [])] },
      ['s', '', 'l'],
      [{ shape: [1, 2, 3, 2], data: [6, 0, -1.5, 0.866, -1.5, -0.866, 12, 0, -1.5, 0.866, -1.5, -0.866] }],
    ],
  ],
};

for (const [group, rows] of Object.entries(ROWS)) {
  describe(group, () => {
    test.each(rows)('%s: %s', async (_, op, attributes, given, more, expected) => {
      const inputs = WITHOUT_X.test(op) ? more : ['x', ...more];
      const found = await run(
        [{ op, name: 'n', in: inputs, out: given.outputs ?? ['y'], attributes }],
        given,
      );
      const round = (value: number) => Math.round(value * 1e4) / 1e4 + 0;
      expect(found.map(({ shape, data }) => ({ shape, data: data.map(round) }))).toEqual(expected);
    });
  });
}

describe('long transforms', () => {
  /** Sums in float64. */
  function plain(values: readonly number[], parts: number, sign: number): number[] {
    const length = values.length / parts;
    return Array.from({ length }, (_, o) => {
      let [re, im] = [0, 0];
      for (let i = 0; i < length; i++) {
        const angle = (sign * 2 * Math.PI * ((i * o) % length)) / length;
        const [a, b] = [values[i * parts] as number, parts === 2 ? (values[i * 2 + 1] as number) : 0];
        re += a * Math.cos(angle) - b * Math.sin(angle);
        im += a * Math.sin(angle) + b * Math.cos(angle);
      }
      return [re, im];
    }).flat();
  }
  test.each([
    [512, 1, 0],
    [512, 2, 1],
    [1000, 1, 0],
    [257, 2, 0],
    [8192, 1, 0],
  ])('of %i elements of %i parts, inverse %i', async (length, parts, inverse) => {
    const values = Array.from({ length: length * parts }, (_, i) => Math.fround(Math.sin(i * i)));
    const { data } = await one('DFT', { inverse }, { shape: [1, length, parts], values, opset: 17 });
    const scale = inverse === 1 ? 1 / length : 1;
    const want = plain(values, parts, inverse === 1 ? 1 : -1).map((value) => value * scale);
    const most = Math.max(...want.map(Math.abs));
    const worst = data.reduce((found, value, i) => Math.max(found, Math.abs(value - want[i]!)), 0);
    expect(worst / most).toBeLessThan(1e-5);
  });
  test('half of a long one', async () => {
    const values = Array.from({ length: 1024 }, (_, i) => Math.fround(Math.cos(i * i)));
    const { shape, data } = await one('DFT', { onesided: 1 }, { shape: [1, 1024, 1], values, opset: 17 });
    expect(shape).toEqual([1, 513, 2]);
    const want = plain(values, 1, -1).slice(0, 1026);
    expect(Math.max(...data.map((value, i) => Math.abs(value - want[i]!)))).toBeLessThan(1e-3);
  });
});

describe('chance', () => {
  const drawn = async (op: string, attributes: Record<string, Attribute>, given: Case, without = false) => {
    const node = { op, name: 'n', in: without ? [] : ['x'], attributes };
    const [y] = await run([node], { opset: 15, ...given });
    return y!;
  };
  const meanOf = (data: number[]) => data.reduce((a, b) => a + b, 0) / data.length;
  const seed = { seed: new Float(7) };

  test('uniform and normal numbers: where they lie, and the same of one seed', async () => {
    const uniform = { ...seed, shape: [20, 500], low: new Float(2), high: new Float(4) };
    const { shape, data } = await drawn('RandomUniform', uniform, {}, true);
    expect(shape).toEqual([20, 500]);
    expect(Math.min(...data)).toBeGreaterThanOrEqual(2);
    expect(Math.max(...data)).toBeLessThan(4);
    expect(meanOf(data)).toBeCloseTo(3, 1);
    expect((await drawn('RandomUniform', uniform, {}, true)).data).toEqual(data);
    const other = { ...uniform, seed: new Float(8) };
    expect((await drawn('RandomUniform', other, {}, true)).data).not.toEqual(data);
    const normal = { ...seed, mean: new Float(5), scale: new Float(2) };
    const found = await drawn('RandomNormalLike', normal, { shape: [10, 1000] });
    expect(found.shape).toEqual([10, 1000]);
    expect(meanOf(found.data)).toBeCloseTo(5, 0);
    expect(Math.sqrt(meanOf(found.data.map((value) => (value - 5) ** 2)))).toBeCloseTo(2, 0);
    const whole = await drawn('RandomNormal', { ...normal, shape: [3], dtype: 6 }, {}, true);
    expect(whole.data.every(Number.isInteger)).toBe(true);
    const like = await drawn('RandomUniformLike', seed, { shape: [4] });
    expect(like.data.every((value) => value >= 0 && value < 1)).toBe(true);
  });
  test('without a seed, each run draws anew', async () => {
    const nodes = [{ op: 'RandomUniformLike', in: ['x'] }];
    const loaded = await loadModel(model({ nodes, inputs: { x: [[8]] } }));
    const x = tensor(new Array(8).fill(0));
    const draw = () => {
      const { y } = loaded.run({ x }) as { y: Tensor };
      const values = [...y.data];
      y.dispose();
      return values;
    };
    expect(draw()).not.toEqual(draw());
    x.dispose();
    loaded.dispose();
  });
  test('Bernoulli draws ones as often as it is told', async () => {
    const values = Array.from({ length: 4000 }, (_, i) => [0, 0.25, 0.75, 1][i % 4]!);
    const { data } = await drawn('Bernoulli', seed, { shape: [4000], values });
    const share = (k: number) => meanOf(data.filter((_, i) => i % 4 === k));
    expect([share(0), share(3)]).toEqual([0, 1]);
    expect(share(1)).toBeCloseTo(0.25, 1);
    expect(share(2)).toBeCloseTo(0.75, 1);
    const bool = await drawn('Bernoulli', { ...seed, dtype: 9 }, { shape: [4000], values });
    expect(bool.data).toEqual(data);
  });
  test('Multinomial draws classes by their logarithms', async () => {
    const values = [Math.log(0.1), Math.log(0.6), Math.log(0.3), 50, 0, 0];
    const given = { shape: [2, 3], values };
    const { shape, data } = await drawn('Multinomial', { ...seed, sample_size: 3000 }, given);
    expect(shape).toEqual([2, 3000]);
    const share = (k: number) => meanOf(data.slice(0, 3000).map((value) => Number(value === k)));
    expect(share(0)).toBeCloseTo(0.1, 1);
    expect(share(1)).toBeCloseTo(0.6, 1);
    expect(data.slice(3000).every((value) => value === 0)).toBe(true);
  });
});

describe('what is refused', () => {
  const square: Case = { shape: [1, 1, 2, 2], opset: 20 };
  const scalar = (name: string, value: number) => int64s(name, [value], []);
  const sized = (...values: number[]) => ({ weights: [int64s('s', values)] });
  const offsets = floats('o', [1, 2, 2, 2], new Array(8).fill(0));
  const mel = (bins: number, length: number, high: number) => ({
    weights: [
      scalar('a', bins),
      scalar('b', length),
      scalar('c', 8000),
      floats('d', [], [0]),
      floats('e', [], [high]),
    ],
  });
  const MEL = ['a', 'b', 'c', 'd', 'e'];
  const pooled = { kernel_shape: [2, 2], strides: [2, 2] };
  const indices = int64s('i', [0, 1, 2, 3], [1, 1, 2, 2]);
  const frames = (step: number, length: number) => ({
    shape: [1, 8, 1],
    weights: [scalar('s', step), scalar('l', length), floats('w', [3], [1, 1, 1])],
  });
  const cases: [string, Record<string, Attribute>, Case, string[], string][] = [
    [
      'GroupNormalization',
      { num_groups: 3 },
      { shape: [1, 4, 2], opset: 18, weights: [floats('s', [3], [1, 1, 1])] },
      ['s', 's'],
      'num_groups is 3, must divide 4, the channels of X',
    ],
    [
      'GroupNormalization',
      { num_groups: 2 },
      { shape: [1, 4, 2], opset: 18, weights: [floats('s', [3], [1, 1, 1])] },
      ['s', 's'],
      'input 1 has 3 values, must have 2',
    ],
    ['LpNormalization', { p: 3 }, {}, [], 'attribute p is 3, must be 1 or 2'],
    ['GlobalLpPool', { p: 0 }, {}, [], 'attribute p is 0, must be at least 1'],
    [
      'MaxUnpool',
      { kernel_shape: [2, 2], pads: [1, 1, 1, 1], strides: [0, 0] },
      { ...square, weights: [indices] },
      ['i'],
      'the output is 0x0, must not be empty',
    ],
    [
      'MaxUnpool',
      pooled,
      { ...square, weights: [indices, int64s('o', [1, 1, 3, 4])] },
      ['i', 'o'],
      'output_shape is 1x1x3x4, must be at least 1x1x4x4',
    ],
    [
      'AffineGrid',
      {},
      { shape: [1, 3, 3], ...sized(1, 1, 2, 2) },
      ['s'],
      'theta is 1x3x3 and size 1x1x2x2, must be Nx2x3 with 4 sizes, or Nx3x4 with 5',
    ],
    [
      'DeformConv',
      {},
      { shape: [1, 2, 2], weights: [floats('w', [1, 1, 1, 1], [1]), offsets] },
      ['w', 'o'],
      'the input is 1x2x2, must have 4 axes',
    ],
    [
      'DeformConv',
      { group: 2 },
      { ...square, weights: [floats('w', [1, 1, 1, 1], [1]), offsets] },
      ['w', 'o'],
      'group is 2, but the shapes say 1',
    ],
    [
      'DeformConv',
      { offset_group: 2 },
      { ...square, weights: [floats('w', [1, 1, 1, 1], [1]), offsets] },
      ['w', 'o'],
      'offset_group is 2, but the shapes say 1',
    ],
    [
      'Col2Im',
      {},
      { shape: [1, 8, 1], weights: [int64s('s', [2, 2, 2])] },
      ['s', 's'],
      'the input is 1x8x1, image_shape 2x2x2, block_shape 2x2x2; must have 3 axes, and 1 or 2 sizes',
    ],
    ['CenterCropPad', {}, { shape: [2, 2], ...sized(3) }, ['s'], 'shape is 3, must be 2 sizes'],
    ['Bernoulli', { dtype: 8 }, {}, [], 'attribute dtype is string, which is not supported'],
    ['Multinomial', {}, { shape: [3] }, [], 'the input is 3, must be batch x classes'],
    [
      'Multinomial',
      { sample_size: 0 },
      { shape: [1, 3] },
      [],
      'attribute sample_size is 0, must be at least 1',
    ],
    ['HannWindow', {}, { weights: [scalar('s', -1)] }, ['s'], 'size is -1, must be from 0 to 16777216'],
    [
      'HannWindow',
      { output_datatype: 8 },
      { weights: [scalar('s', 4)] },
      ['s'],
      'attribute output_datatype is string, which is not supported',
    ],
    ['MelWeightMatrix', {}, mel(4, 16, 9000), MEL, 'the filters reach from bin 0 to 11, must be within 9'],
    [
      'MelWeightMatrix',
      {},
      mel(10000, 16000, 4000),
      MEL,
      'the matrix is 8001x10000, must have at most 16777216 elements',
    ],
    [
      'DFT',
      {},
      { shape: [1, 4, 3] },
      [],
      'the input is 1x4x3, must end with an axis of 1 or 2, the real and the imaginary part',
    ],
    [
      'DFT',
      {},
      { shape: [1, 4, 1], weights: [scalar('s', -1)] },
      ['', 's'],
      'axis is -1, must not be the last one, of the parts',
    ],
    ['DFT', {}, { shape: [1, 0, 1] }, [], 'axis 1 of the input has no elements'],
    [
      'DFT',
      {},
      { shape: [1, 4, 1], weights: [scalar('l', 7919)] },
      ['l'],
      'a transform of length 7919 is too long: its matrices have more than 16777216 elements',
    ],
    [
      'DFT',
      { inverse: 1, onesided: 1 },
      { shape: [1, 4, 1] },
      [],
      'attributes inverse and onesided are both 1, must be one of them',
    ],
    [
      'STFT',
      {},
      { ...frames(1, 4), shape: [8] },
      ['s', '', 'l'],
      'the signal is 8, must be batch x samples x 1 or 2',
    ],
    ['STFT', {}, frames(1, 4), ['s'], 'frame_length and window are both missing, must be one of them'],
    ['STFT', {}, frames(1, 4), ['s', 'w', 'l'], 'window has 3 elements, must have frame_length, 4'],
    ['STFT', {}, frames(1, 9), ['s', '', 'l'], 'the signal has 8 samples, must have at least 9'],
    [
      'STFT',
      {},
      { ...frames(1, 4), shape: [1, 8, 2] },
      ['s', '', 'l'],
      'attribute onesided is 1, must be 0 for complex signals',
    ],
    [
      'STFT',
      {},
      { ...frames(1, 5000), shape: [1, 6000, 1] },
      ['s', '', 'l'],
      'frames of 5000 samples are too long: their matrix has more than 16777216 elements',
    ],
  ];
  test.each(cases)('%s %j', async (op, attributes, given, more, sentence) => {
    const inputs = WITHOUT_X.test(op) ? more : ['x', ...more];
    const found = run([{ op, name: 'n', in: inputs, attributes }], { opset: 20, ...given });
    await expect(found).rejects.toThrow(`model: node 'n' (${op}): ${sentence}`);
  });
});

test('negatives and magnitudes of integers', async () => {
  const given = { shape: [3], values: [-3, 0, 5], type: 7 };
  expect((await one('Neg', {}, given)).data.map((value) => value + 0)).toEqual([3, 0, -5]);
  expect((await one('Abs', {}, given)).data).toEqual([3, 0, 5]);
});
