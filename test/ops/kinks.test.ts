/** Gradients where a function has a corner, a pole or no value: PyTorch's, literally. */
import * as striate from 'striate';
import { scope, type Tensor, tensor, vjp } from 'striate';
import { expect, test } from 'vitest';
import { inEachVariant } from '../support/runtime.ts';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

/** What flows back into xs where 1 flows into the result. */
function gradients(body: (...xs: Tensor[]) => Tensor, ...xs: number[][]): number[][] {
  return scope(() => {
    const { value, pullback } = vjp(body, ...xs.map((x) => tensor(x) as Tensor));
    return pullback(striate.ones(value.shape)).map((gradient) => Array.from(gradient.data));
  });
}

type Case = [name: string, body: (x: Tensor) => Tensor, x: number[], gradient: number[]];
const cases: Case[] = [
  ['relu', striate.relu, [-1, -0, 0, 1, inf, -inf, nan], [0, 0, 0, 1, 1, 0, 1]],
  ['relu6', striate.relu6, [-1, 0, 3, 6, 7, inf], [0, 0, 1, 0, 0, 0]],
  ['clip', (x) => striate.clip(x, -1, 2), [-2, -1, 0, 2, 3, nan], [0, 1, 1, 1, 0, 0]],
  ['clip, crossed', (x) => striate.clip(x, 1, -1), [-1, 0, 1], [0, 0, 0]],
  ['leakyRelu', (x) => striate.leakyRelu(x, { negativeSlope: 0.5 }), [-1, 0, 1, nan], [0.5, 0.5, 1, 0.5]],
  ['elu', (x) => striate.elu(x, { alpha: 0.5 }), [-inf, 0, 1, inf, nan], [0, 0.5, 1, 1, nan]],
  [
    'selu',
    striate.selu,
    [-inf, 0, inf, nan],
    [0, Math.fround(1.7580993175506592), Math.fround(1.0507010221481323), nan],
  ],
  ['hardSigmoid', striate.hardSigmoid, [-4, -3, 0, 3, 4, nan], [0, 0, Math.fround(1 / 6), 0, 0, 0]],
  ['hardSwish', striate.hardSwish, [-4, -3, 0, 3, 4, nan, -inf, inf], [0, -0.5, 0.5, 1.5, 1, nan, 0, 1]],
  ['abs', striate.abs, [-2, -0, 0, 2, nan, -inf], [-1, 0, 0, 1, 0, -1]],
  ['sqrt', striate.sqrt, [0, 4, inf, -1, nan], [inf, 0.25, 0, nan, nan]],
  ['log', striate.log, [0, 2, -1, inf, nan], [inf, 0.5, -1, 0, nan]],
  ['exp', striate.exp, [0, -inf, inf, nan], [1, 0, inf, nan]],
  ['floor', striate.floor, [-1, 0, 0.5, inf, nan], [0, 0, 0, 0, 0]],
  ['ceil', striate.ceil, [-1, 0, 0.5, inf, nan], [0, 0, 0, 0, 0]],
  ['round', striate.round, [-1, 0, 0.5, inf, nan], [0, 0, 0, 0, 0]],
  ['sign', striate.sign, [-1, 0, 0.5, inf, nan], [0, 0, 0, 0, 0]],
  ['erf', striate.erf, [0, inf, nan], [Math.fround(2 / Math.sqrt(Math.PI)), 0, nan]],
  ['sin', striate.sin, [0, inf, nan], [1, nan, nan]],
  ['cos', striate.cos, [0, -inf, nan], [0, nan, nan]],
  ['tan', striate.tan, [0, inf, nan], [1, nan, nan]],
  ['asin', striate.asin, [-1, 0, 1, 2, nan], [inf, 1, inf, nan, nan]],
  ['acos', striate.acos, [-1, 0, 1, 2, nan], [-inf, -1, -inf, nan, nan]],
  ['atan', striate.atan, [0, 1, -inf, nan], [1, 0.5, 0, nan]],
  ['acosh', striate.acosh, [1, 1.25, inf, nan], [inf, Math.fround(4 / 3), 0, nan]],
  ['atanh', striate.atanh, [-1, 0, 0.5, nan], [inf, 1, Math.fround(4 / 3), nan]],
  ['reciprocal', striate.reciprocal, [0, -0, 2, -inf, nan], [-inf, -inf, -0.25, 0, nan]],
  ['sigmoid', striate.sigmoid, [0, -inf, inf, nan], [0.25, 0, 0, nan]],
  ['tanh', striate.tanh, [0, -inf, inf, nan], [1, 0, 0, nan]],
  ['silu', striate.silu, [0, 100, -200, nan], [0.5, 1, 0, nan]],
  ['gelu', (x) => striate.gelu(x), [0, 100, -100, nan], [0.5, 1, 0, nan]],
  ['gelu by tanh', (x) => striate.gelu(x, { approximate: 'tanh' }), [0, 100, -100, nan], [0.5, 1, 0, nan]],
  ['mish', striate.mish, [0, 100, -200, nan], [Math.fround(0.6), 1, 0, nan]],
  ['softplus', (x) => striate.softplus(x), [0, 21, inf, -inf, nan], [0.5, 1, 1, 0, nan]],
  ['pow, squares', (x) => striate.pow(x, 2), [0, -1, 2, nan], [0, -2, 4, nan]],
  ['pow, to the first', (x) => striate.pow(x, 1), [0, -1, 2, nan], [1, 1, 1, 1]],
  ['pow, to the zeroth', (x) => striate.pow(x, 0), [0, -1, 2, nan], [0, 0, 0, 0]],
  ['pow, roots', (x) => striate.pow(x, 0.5), [0, -1, 4, nan], [inf, nan, 0.25, nan]],
  ['pow, inverses', (x) => striate.pow(x, -1), [0, -1, 2, nan], [-inf, -1, -0.25, nan]],
  ['pow of 0', (x) => striate.pow(0, x), [0, -1, 2, nan], [0, -inf, 0, nan]],
  ['pow of 1', (x) => striate.pow(1, x), [0, -1, 2], [0, 0, 0]],
  ['pow of -1', (x) => striate.pow(-1, x), [0, 2], [nan, nan]],
  [
    'where, by a comparison',
    (x) => striate.where(striate.greater(x, 0), x, striate.mul(x, 0.5)),
    [-1, 0, 1, nan],
    [0.5, 0.5, 1, 0.5],
  ],
  ['where, instead of NaN', (x) => striate.where(striate.isNaN(x), 0, x), [1, nan], [1, 0]],
  ['maximum with a number', (x) => striate.maximum(x, 1), [0, 1, 2, nan], [0, 0.5, 1, 1]],
  ['minimum with a number', (x) => striate.minimum(1, x), [0, 1, 2, nan], [1, 0.5, 0, 1]],
  [
    'softmax of -inf',
    (x) => striate.mul(striate.softmax(x), tensor([0, 1, 0]) as Tensor),
    [-inf, 0, 0],
    [0, 0.25, -0.25],
  ],
];

type Pair = [
  name: string,
  body: (a: Tensor, b: Tensor) => Tensor,
  a: number[],
  b: number[],
  gradients: number[][],
];
const pairs: Pair[] = [
  [
    'maximum',
    (a, b) => striate.maximum(a, b),
    [1, 2, 2, nan, 1, inf],
    [2, 2, 1, 1, nan, inf],
    [
      [0, 0.5, 1, 1, 1, 0.5],
      [1, 0.5, 0, 1, 1, 0.5],
    ],
  ],
  [
    'minimum',
    (a, b) => striate.minimum(a, b),
    [1, 2, 2, nan, 1, inf],
    [2, 2, 1, 1, nan, inf],
    [
      [1, 0.5, 0, 1, 1, 0.5],
      [0, 0.5, 1, 1, 1, 0.5],
    ],
  ],
  [
    'pow',
    (a, b) => striate.pow(a, b),
    [0, 0, 0, 1, -2, -2, nan, 1],
    [0, 2, -1, 0, 2, 0.5, 0, nan],
    [
      [0, 0, -inf, 0, -4, nan, 0, nan],
      [0, 0, -inf, 0, nan, nan, nan, 0],
    ],
  ],
  [
    'div',
    (a, b) => striate.div(a, b),
    [1, 0, 4],
    [0, 0, 2],
    [
      [inf, inf, 0.5],
      [-inf, nan, -1],
    ],
  ],
  ['prelu', (a, b) => striate.prelu(a, b), [-1, 0, 2, -4], [0.5], [[0.5, 0.5, 1, 0.5], [-5]]],
];

inEachVariant('gradients at kinks', () => {
  test.each(cases)('%s', (name, body, x, gradient) => {
    // Alone, and in vectors.
    const [alone] = gradients(body, x);
    expect(alone!.map((value) => value + 0)).toEqual(gradient);
    if (!name.startsWith('softmax')) {
      const [wide] = gradients(
        body,
        x.flatMap((value) => [value, value, value, value]),
      );
      expect(wide!.map((value) => value + 0)).toEqual(gradient.flatMap((g) => [g, g, g, g]));
    }
  });

  test.each(pairs)('%s of two', (_, body, a, b, expected) => {
    const found = gradients(body as (...xs: Tensor[]) => Tensor, a, b);
    expect(found.map((values) => values.map((value) => value + 0))).toEqual(expected);
  });

  test('what flows into the side that was not taken is lost, also when it is infinite', () => {
    const body = (x: Tensor) => striate.mul(striate.maximum(x, 1), Number.POSITIVE_INFINITY);
    expect(gradients(body as (...xs: Tensor[]) => Tensor, [0, 2])).toEqual([[0, inf]]);
  });

  test('integers have no gradient, and do not disturb those of floats', () => {
    scope(() => {
      const whole = tensor(Int32Array.of(1, 2)) as striate.Tensor<striate.DType>;
      const body = (x: Tensor) => striate.mul(x, striate.mul(whole, 3).cast('float32') as unknown as Tensor);
      const { value, pullback } = vjp(body, tensor([1, 1]) as Tensor);
      expect(pullback(striate.ones(value.shape))[0]!.toArray()).toEqual([3, 6]);
    });
  });
});
