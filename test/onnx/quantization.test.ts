/**
 * Operators on small integers. Values of single operators follow from their definitions; sums of products are
 * compared with sums in integers, element by element.
 */
import { describe, expect, test } from 'vitest';
import { type Attribute, Float, floats, type NodeSpec, rawTensor, TYPE } from './encode.ts';
import { type Case, list, one, run } from './run.ts';

type Values = Uint8Array | Int8Array | Int32Array;
const scalar = (name: string, value: number) => floats(name, [], [value]);
const integers = (name: string, values: Values, dims: number[] = []) =>
  rawTensor(
    name,
    values instanceof Uint8Array ? TYPE.uint8 : values instanceof Int8Array ? TYPE.int8 : TYPE.int32,
    dims,
    values,
  );
const u8 = (name: string, ...values: number[]) =>
  integers(name, Uint8Array.from(values), values.length === 1 ? [] : [values.length]);
const i8 = (name: string, ...values: number[]) =>
  integers(name, Int8Array.from(values), values.length === 1 ? [] : [values.length]);

/** The values of an operator of onnxruntime's own on x and these. */
async function microsoft(
  op: string,
  more: string[],
  given: Case,
  attributes: Record<string, Attribute> = {},
) {
  const [y] = await run([{ op, domain: 'com.microsoft', in: ['x', ...more], attributes }], given);
  return y!.data;
}

describe('to integers', () => {
  test('half to even, and the nearest end of what lies beyond', async () => {
    const weights = [scalar('s', 1), i8('z', 3)];
    const given = list([0.5, 1.5, 2.5, -0.5, -1.5, 1000, -1000, 3], { weights });
    expect((await one('QuantizeLinear', {}, given, ['s', 'z'])).data).toEqual([3, 5, 5, 3, 1, 127, -128, 6]);
    expect((await one('QuantizeLinear', {}, { ...given, opset: 21 }, ['s'])).data).toEqual([
      0, 2, 2, 0, 0, 255, 0, 3,
    ]);
  });

  test('the type of 21 without a zero point; a divisor, not a factor', async () => {
    const given = list([-1, 5.5, 0.35], { weights: [scalar('s', 0.7)], opset: 21 });
    expect((await one('QuantizeLinear', { output_dtype: TYPE.int8 }, given, ['s'])).data).toEqual([-1, 8, 0]);
  });

  test('a scale per place along an axis, and per block of places', async () => {
    const weights = [floats('s', [3], [1, 2, 0.5]), i8('z', 1, -2, 3)];
    const x = { shape: [2, 3], values: [10, 10, 10, -3, -3, -300], weights };
    expect((await one('QuantizeLinear', { axis: -1 }, x, ['s', 'z'])).data).toEqual([
      11, 3, 23, -2, -4, -128,
    ]);
    const blocks = [floats('s', [2, 2], [1, 2, 0.5, 4]), integers('z', Int8Array.of(0, 1, 2, 3), [2, 2])];
    const given = { ...x, weights: blocks, opset: 21 };
    expect((await one('QuantizeLinear', { axis: 1, block_size: 2 }, given, ['s', 'z'])).data).toEqual([
      10, 10, 6, -4, -4, -72,
    ]);
  });

  test('of a range that is found at the run and holds 0', async () => {
    const dynamic = (values: number[]) =>
      run([{ op: 'DynamicQuantizeLinear', out: ['y', 's', 'z'] }], {
        ...list(values),
        outputs: ['y', 's', 'z'],
      });
    const found = async (values: number[]) => (await dynamic(values)).map(({ data }) => data);
    expect(await found([1, 2, 3])).toEqual([[85, 170, 255], [Math.fround(3 / 255)], [0]]);
    expect(await found([-1, 0, 1.5])).toEqual([[0, 102, 255], [Math.fround(2.5 / 255)], [102]]);
    expect(await found([0, 0])).toEqual([[0, 0], [1], [0]]);
  });
});

describe('from integers', () => {
  test('less the zero point, times the scale', async () => {
    const given = list([200, 0, 77], { type: TYPE.uint8, weights: [scalar('s', 0.5), u8('z', 77)] });
    expect((await one('DequantizeLinear', {}, given, ['s', 'z'])).data).toEqual([61.5, -38.5, 0]);
  });

  test('32 bits are subtracted before they are rounded to a float', async () => {
    const weights = [scalar('s', 1), integers('z', Int32Array.of(16777216))];
    const given = list([16777217, 16777219], { type: TYPE.int32, weights });
    expect((await one('DequantizeLinear', {}, given, ['s', 'z'])).data).toEqual([1, 3]);
  });

  test('per place and per block along the first axis', async () => {
    const x = { shape: [3, 2], values: [1, 2, 3, 4, 5, 6], type: TYPE.int8 };
    const places = { ...x, weights: [floats('s', [3], [1, 2, 3]), i8('z', 0, 1, 2)] };
    expect((await one('DequantizeLinear', { axis: 0 }, places, ['s', 'z'])).data).toEqual([
      1, 2, 4, 6, 9, 12,
    ]);
    const blocks = { ...x, weights: [floats('s', [2, 2], [1, 2, 3, 4])], opset: 21 };
    expect((await one('DequantizeLinear', { axis: 0, block_size: 2 }, blocks, ['s'])).data).toEqual([
      1, 4, 3, 8, 15, 24,
    ]);
  });
});

/** Numbers from `low` to `high`, the same at each run. */
function some(size: number, low: number, high: number): number[] {
  let state = 7;
  return Array.from({ length: size }, () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return low + ((state >>> 8) % (high - low + 1));
  });
}

describe('sums are exact', () => {
  const K = 4096;

  test('of 4096 products at the ends of the types', async () => {
    const y = async (values: number[], a: number, b: Values, zero: Uint8Array) => {
      const weights = [u8('za', a), integers('b', b, [K, 1]), zero];
      const given = { shape: [1, K], values, type: TYPE.uint8, weights };
      return (await one('MatMulInteger', {}, given, ['b', 'za', 'zb'])).data;
    };
    const [full, odd] = [new Array<number>(K).fill(255), new Array<number>(K).fill(255)];
    odd[0] = 254;
    expect(await y(full, 0, new Int8Array(K).fill(127), i8('zb', 0))).toEqual([K * 255 * 127]);
    expect(await y(odd, 0, new Int8Array(K).fill(127), i8('zb', 0))).toEqual([K * 255 * 127 - 127]);
    expect(await y(odd, 0, new Int8Array(K).fill(-128), i8('zb', 127))).toEqual([-(K * 255 * 255 - 255)]);
    expect(await y(odd, 0, new Uint8Array(K).fill(255), u8('zb', 0))).toEqual([K * 255 * 255 - 255]);
  });

  test('zero points of each row and column, which may come with the run', async () => {
    const [a, b] = [some(6, 0, 255), some(9, -128, 127)];
    const weights = [u8('za', 3, 200), integers('b', Int8Array.from(b), [3, 3]), i8('zb', 5, -7, 0)];
    const given = { shape: [2, 3], values: a, type: TYPE.uint8, weights };
    const y = await one('MatMulInteger', {}, given, ['b', 'za', 'zb']);
    const expected = [0, 1].flatMap((m) =>
      [0, 1, 2].map((n) =>
        [0, 1, 2].reduce(
          (sum, k) => sum + (a[3 * m + k]! - [3, 200][m]!) * (b[3 * k + n]! - [5, -7, 0][n]!),
          0,
        ),
      ),
    );
    expect(y).toEqual({ shape: [2, 3], data: expected });
  });

  /** The integers of a convolution of 3x3 with padding 1 by plain loops. */
  function convolved(
    x: number[],
    w: number[],
    size: { c: number; o: number; groups: number; h: number },
  ): number[] {
    const { c, o, groups, h } = size;
    return Array.from({ length: o * h * h }, (_, at) => {
      const [out, row, column] = [Math.floor(at / h / h), Math.floor(at / h) % h, at % h];
      const first = Math.floor(out / (o / groups)) * c;
      let sum = 0;
      for (let k = 0; k < c * 9; k++) {
        const [i, j] = [row + (Math.floor(k / 3) % 3) - 1, column + (k % 3) - 1];
        if (i < 0 || j < 0 || i >= h || j >= h) continue;
        sum += x[((first + Math.floor(k / 9)) * h + i) * h + j]! * w[out * c * 9 + k]!;
      }
      return sum;
    });
  }

  test.each([
    ['a kernel that is else transformed', 32, 16, 1],
    ['weights so large that a float has no room for all channels', 240, 8, 1],
    ['channels of which a float has room for all with these weights', 80, 8, 1],
    ['groups of many channels', 240, 4, 2],
  ])('%s', async (_, c, o, groups) => {
    const h = 9;
    const [x, w] = [some(groups * c * h * h, 0, 255), some(o * c * 9, -128, 127)];
    const weights = [integers('w', Int8Array.from(w), [o, c, 3, 3]), u8('zx', 100)];
    const given = { shape: [1, groups * c, h, h], values: x, type: TYPE.uint8, weights };
    const y = await one('ConvInteger', { pads: [1, 1, 1, 1], group: groups }, given, ['w', 'zx']);
    const less = x.map((value) => value - 100);
    expect(y.data).toEqual(convolved(less, w, { c, o, groups, h }));
  });

  test('a convolution without padding that is quantised again, with bias and a scale for each output', async () => {
    const weights = [
      ...[scalar('xs', 0.5), u8('xz', 10), integers('w', Int8Array.of(1, -2, 3, 4), [2, 2, 1])],
      ...[floats('ws', [2], [0.5, 0.25]), i8('wz', 0, 1), scalar('ys', 0.5), u8('yz', 100)],
      integers('b', Int32Array.of(7, -9), [2]),
    ];
    const given = { shape: [1, 2, 3], values: [10, 20, 255, 0, 11, 12], type: TYPE.uint8, weights };
    const names = ['xs', 'xz', 'w', 'ws', 'wz', 'ys', 'yz', 'b'];
    // Sums 27, 15, 248 and -39, 14, 487, of which 0.5 and 0.25 are counted.
    expect((await one('QLinearConv', {}, given, names)).data).toEqual([114, 108, 224, 90, 104, 222]);
  });

  test('a product that is quantised again', async () => {
    const weights = [
      ...[scalar('as', 0.5), u8('az', 1), integers('b', Int8Array.of(1, 2, 3, -4), [2, 2]), scalar('bs', 2)],
      ...[i8('bz', 0), scalar('ys', 4), i8('yz', -3)],
    ];
    const given = { shape: [2, 2], values: [1, 2, 3, 4], type: TYPE.uint8, weights };
    const names = ['as', 'az', 'b', 'bs', 'bz', 'ys', 'yz'];
    expect((await one('QLinearMatMul', {}, given, names)).data).toEqual([-2, -4, 0, -5]);
  });
});

describe("onnxruntime's own", () => {
  const two = (more: Uint8Array[]): Case =>
    list([0, 100, 200, 255], { type: TYPE.uint8, weights: [scalar('xs', 0.1), u8('xz', 50), ...more] });
  const out = (scale: number, zero: number) => [scalar('ys', scale), u8('yz', zero)];
  const b = [u8('b', 10, 20, 30, 40), scalar('bs', 0.5), u8('bz', 20)];

  test('sums and products of two', async () => {
    const names = ['xs', 'xz', 'b', 'bs', 'bz', 'ys', 'yz'];
    expect(await microsoft('QLinearAdd', names, two([...b, ...out(0.25, 100)]))).toEqual([60, 120, 180, 222]);
    expect(await microsoft('QLinearMul', names, two([...b, ...out(1, 100)]))).toEqual([125, 100, 175, 255]);
    expect(await microsoft('QLinearMul', names.slice(0, 6), two([...b, ...out(1, 0)]))).toEqual([
      25, 0, 75, 205,
    ]);
  });

  test('functions of one', async () => {
    const names = ['xs', 'xz', 'ys', 'yz'];
    expect(await microsoft('QLinearSigmoid', names, two(out(1 / 256, 0)))).toEqual([2, 254, 255, 255]);
    const leaky = { alpha: new Float(0.5) };
    expect(await microsoft('QLinearLeakyRelu', names, two(out(0.1, 50)), leaky)).toEqual([25, 100, 200, 255]);
  });

  test.each([
    [13, [128, 128, 128, 128]],
    [12, [1, 1, 127, 127]],
  ])('softmax of set %i', async (opset, expected) => {
    const weights = [scalar('xs', 0.1), u8('xz', 50), ...out(1 / 256, 0)];
    const given = { shape: [2, 2, 1], values: [50, 50, 100, 100], type: TYPE.uint8, weights };
    const names = ['xs', 'xz', 'ys', 'yz'];
    const flat = { ...given, shape: [1, 2, 2, 1] };
    expect(await microsoft('QLinearSoftmax', names, opset < 13 ? flat : given, { axis: 1, opset })).toEqual(
      expected,
    );
  });

  test('averages', async () => {
    const weights = [scalar('xs', 0.5), u8('xz', 0), ...out(0.5, 10)];
    const given = { shape: [1, 1, 2, 4], values: [1, 2, 3, 4, 5, 6, 7, 10], type: TYPE.uint8, weights };
    const names = ['xs', 'xz', 'ys', 'yz'];
    expect(await microsoft('QLinearGlobalAveragePool', names, given)).toEqual([15]);
    expect(
      await microsoft('QLinearAveragePool', names, given, { kernel_shape: [2, 2], strides: [2, 2] }),
    ).toEqual([14, 16]);
  });

  test('pieces of several scales', async () => {
    const weights = [...out(0.25, 10), scalar('xs', 0.5), u8('xz', 0), ...b];
    const given = list([1, 2, 3, 4], { type: TYPE.uint8, weights });
    const nodes: NodeSpec[] = [
      {
        op: 'QLinearConcat',
        domain: 'com.microsoft',
        in: ['ys', 'yz', 'x', 'xs', 'xz', 'b', 'bs', 'bz'],
        attributes: { axis: 0 },
      },
    ];
    expect((await run(nodes, given))[0]!.data).toEqual([12, 14, 16, 18, 0, 10, 30, 50]);
  });

  test('products as floats, of integers and of what is quantised at the run', async () => {
    const w = [integers('w', Int8Array.of(1, 2, 3, 4), [2, 2]), floats('ws', [2], [0.5, 2]), i8('wz', 1, 0)];
    const bias = floats('b', [2], [10, 20]);
    const given = {
      shape: [1, 2],
      values: [3, 5],
      type: TYPE.uint8,
      weights: [...w, bias, scalar('xs', 0.5), u8('xz', 1)],
    };
    const names = ['w', 'xs', 'ws', 'xz', 'wz', 'b'];
    expect(await microsoft('MatMulIntegerToFloat', names, given)).toEqual([12, 40]);
    const dynamic = { shape: [1, 2], values: [-1, 254], weights: [...w, bias] };
    expect(await microsoft('DynamicQuantizeMatMul', ['w', 'ws', 'wz', 'b'], dynamic)).toEqual([264, 2048]);
    expect(await microsoft('DynamicQuantizeMatMul', ['w', 'ws'], dynamic)).toEqual([380.5, 2028]);
  });
});

describe('what is refused', () => {
  const fails = async (op: string, more: string[], given: Case, sentence: string, attributes = {}) =>
    expect(one(op, attributes, given, more)).rejects.toThrow(`model: node 'n' (${op}): ${sentence}`);

  test('scales of another number, and of other blocks', async () => {
    const x = { shape: [2, 3], values: [1, 2, 3, 4, 5, 6] };
    const weights = [floats('s', [4], [1, 2, 3, 4])];
    await fails(
      'QuantizeLinear',
      ['s'],
      { ...x, weights },
      'input 1 is 4, must be one value, or 3 along axis 1 of 2x3',
    );
    await fails(
      'QuantizeLinear',
      ['s'],
      { ...x, weights, opset: 21 },
      'input 1 is 4, must be 2x2: a value for each 2 places along axis 1',
      { block_size: 2 },
    );
  });

  test('products of what is no 8-bit integer; a concatenation that lacks an input', async () => {
    const weights = [u8('b', 1, 2)];
    await fails(
      'MatMulInteger',
      ['b'],
      list([1, 2], { weights }),
      'input 0 is float32, must be uint8 or int8',
    );
    const given = list([1, 2], { type: TYPE.uint8, weights: [scalar('s', 1), u8('z', 0)] });
    await expect(
      run(
        [{ op: 'QLinearConcat', domain: 'com.microsoft', in: ['s', 'z', 'x', 's'], attributes: { axis: 0 } }],
        given,
      ),
    ).rejects.toThrow('it has 2 inputs behind the zero point, must have three for each tensor');
  });
});
