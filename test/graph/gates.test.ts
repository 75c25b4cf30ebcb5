/** Activations that were written in parts. */
import {
  add,
  clip,
  conv2d,
  div,
  erf,
  exp,
  hardSigmoid,
  log,
  maximum,
  minimum,
  mul,
  neg,
  pow,
  randn,
  reciprocal,
  relu,
  relu6,
  scope,
  sigmoid,
  softplus,
  sub,
  type Tensor,
  tanh,
  tensor,
} from 'striate';
import { expect, test } from 'vitest';
import { type Body, expectRewritten } from '../support/rewritten.ts';
import { inEachVariant } from '../support/runtime.ts';

const held = (x: Tensor) => clip(add(x, 3), 0, 6);
const cubic = (x: Tensor) => mul(add(x, mul(pow(x, 3), 0.044715)), Math.sqrt(2 / Math.PI));

/** What the parts are, the function of x [1, 3, 5, 4], and the names of what is computed; bounds are exact. */
const exact: [string, Body, string[]][] = [
  ['the larger of x and 0', (x) => maximum(x, 0), ['relu']],
  ['the larger of 0 and x', (x) => maximum(0, x), ['relu']],
  ['between two bounds', (x) => minimum(maximum(x, -1), 2), ['maximum + minimum']],
  ['bounds the other way round', (x) => maximum(minimum(x, 2), -1), ['minimum + maximum']],
  ['relu6 of relu', (x) => relu6(relu(x)), ['relu + relu6']],
  ['bounds that do not meet', (x) => clip(clip(x, 1, 2), -2, -1), ['clip + clip']],
  ['a bound that is no number', (x) => maximum(x, NaN), ['maximum']],
  ['leaky relu', (x) => maximum(x, mul(x, 0.5)), ['mul + maximum']],
  ['leaky relu, the slope a quotient', (x) => maximum(div(x, 4), x), ['div + maximum']],
  ['a slope above 1 stays', (x) => maximum(x, mul(x, 2)), ['mul', 'maximum']],
  ['bounds end a convolution', (x) => maximum(conv2d(x, weight()), 0), ['conv2d + maximum']],
];

/** As above; each is within a few units in the last place. */
const rounded: [string, Body, string[]][] = [
  ['hard-swish, divided last', (x) => div(mul(x, held(x)), 6), ['add + clip + mul + div']],
  [
    'hard-swish, the gate first',
    (x) => mul(mul(clip(add(3, x), 0, 6), x), 1 / 6),
    ['add + clip + mul + mul'],
  ],
  ['hard-swish, divided first', (x) => mul(x, div(held(x), 6)), ['add + clip + div + mul']],
  ['hard-swish, x divided', (x) => mul(mul(x, 1 / 6), held(x)), ['mul + add + clip + mul']],
  ['hard-swish by relu6', (x) => div(mul(relu6(add(x, 3)), x), 6), ['add + relu6 + mul + div']],
  [
    'hard-swish by min and max',
    (x) => mul(x, div(minimum(maximum(add(x, 3), 0), 6), 6)),
    ['add + maximum + minimum + div + mul'],
  ],
  ['hard-swish by hard-sigmoid', (x) => mul(x, hardSigmoid(x)), ['hardSigmoid + mul']],
  [
    'hard-swish of a line between 0 and 1',
    (x) => mul(x, clip(add(mul(x, 1 / 6), 0.5), 0, 1)),
    ['mul + add + clip + mul'],
  ],
  ['twice hard-swish', (x) => div(mul(x, held(x)), 3), ['add', 'clip', 'mul', 'div']],
  ['another slope', (x) => mul(x, hardSigmoid(x, { alpha: 0.2 })), ['hardSigmoid', 'mul']],
  ['hard-sigmoid', (x) => div(held(x), 6), ['add + clip + div']],
  ['hard-sigmoid of a line', (x) => mul(clip(sub(mul(x, 2), 1), 0, 4), 0.25), ['mul + sub + clip + mul']],
  ['silu', (x) => mul(sigmoid(x), x), ['sigmoid + mul']],
  ['silu of a convolution', (x) => gated(conv2d(x, weight())), ['conv2d', 'sigmoid + mul']],
  ['silu of another value stays', (x) => mul(sigmoid(x), add(x, 1)), ['sigmoid', 'add', 'mul']],
  ['sigmoid', (x) => div(1, add(exp(neg(x)), 1)), ['neg + exp + add + div']],
  ['sigmoid as a reciprocal', (x) => reciprocal(add(1, exp(neg(x)))), ['neg + exp + add + reciprocal']],
  ['silu as a quotient', (x) => div(x, add(1, exp(neg(x)))), ['neg + exp + add + div']],
  ['mish', (x) => mul(x, tanh(softplus(x))), ['softplus + tanh + mul']],
  ['mish with a logarithm', (x) => mul(x, tanh(log(add(exp(x), 1)))), ['exp + add + log + tanh + mul']],
  ['a sharper softplus', (x) => mul(x, tanh(softplus(x, { beta: 2 }))), ['softplus', 'tanh', 'mul']],
  ['gelu', (x) => mul(mul(x, add(erf(div(x, Math.SQRT2)), 1)), 0.5), ['div + erf + add + mul + mul']],
  [
    'gelu, half of x first',
    (x) => mul(mul(x, 0.5), add(1, erf(mul(x, Math.SQRT1_2)))),
    ['mul + mul + erf + add + mul'],
  ],
  [
    'gelu, half of the gate',
    (x) => mul(x, mul(0.5, add(1, erf(mul(x, Math.SQRT1_2))))),
    ['mul + erf + add + mul + mul'],
  ],
  [
    'gelu by tanh',
    (x) => mul(mul(x, add(tanh(cubic(x)), 1)), 0.5),
    ['pow + mul + add + mul + tanh + add + mul + mul'],
  ],
  [
    'gelu by tanh, x taken out',
    (x) => {
      const root = mul(x, Math.sqrt(2 / Math.PI));
      return mul(mul(x, 0.5), add(tanh(mul(root, add(mul(mul(x, x), 0.044715), 1))), 1));
    },
    ['mul + mul + mul + mul + add + mul + tanh + add + mul'],
  ],
  [
    'another cubic',
    (x) => mul(mul(x, add(tanh(add(x, pow(x, 3))), 1)), 0.5),
    ['pow', 'add', 'tanh', 'add', 'mul', 'mul'],
  ],
];

const weight = () => randn([3, 3, 1, 1], { seed: 5 });
const gated = (x: Tensor) => mul(x, sigmoid(x));
/** Each kink, both sides of it, and far from it. */
const values = Array.from({ length: 60 }, (_, i) => (i < 40 ? (i - 20) / 4 : (i - 50) * 3));

inEachVariant('activations in parts', () => {
  test.each(exact)('%s', (_, body, rows) => {
    scope(() => expectRewritten(body, [tensor(values, [1, 3, 5, 4])], rows));
  });

  test.each(rounded)('%s', (_, body, rows) => {
    scope(() => expectRewritten(body, [tensor(values, [1, 3, 5, 4])], rows, 4e-7));
  });

  test('what something else reads is computed', () => {
    scope(() => {
      const body = (x: Tensor) => {
        const gate = sigmoid(x);
        return [mul(x, gate), relu(gate)];
      };
      expectRewritten(body, [randn([2, 3], { seed: 1 })], ['sigmoid', 'mul', 'relu']);
    });
  });

  test('a tensor of one element may change, so that it is no number', () => {
    scope(() => {
      const six = tensor([6]);
      const body = (x: Tensor) => div(mul(x, held(x)), six);
      expectRewritten(body, [randn([2, 3], { seed: 1 })], ['add', 'clip', 'mul', 'div']);
    });
  });

  test('a gate that stretches x stays', () => {
    scope(() => {
      const body = (x: Tensor) => mul(x, sigmoid(x.reshape([2, 1, 3])));
      expectRewritten(body, [randn([2, 3], { seed: 1 })], ['reshape', 'sigmoid', 'mul']);
      expect(body(randn([2, 3], { seed: 1 })).shape).toEqual([2, 2, 3]);
    });
  });
});
