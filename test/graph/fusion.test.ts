import {
  add,
  batchNorm,
  compile,
  conv2d,
  gelu,
  linear,
  maxPool2d,
  mish,
  mul,
  prelu,
  relu,
  relu6,
  reshape,
  scope,
  sigmoid,
  softmax,
  softplus,
  sub,
  type Tensor,
  tensor,
} from 'striate';
import { expect, test } from 'vitest';
import { integersOf } from '../support/calls.ts';
import { expectSame } from '../support/compare.ts';
import { inEachVariant } from '../support/runtime.ts';

type Parts = { x: Tensor; w: Tensor; v: Tensor; bias: Tensor; mean: Tensor; variance: Tensor; slope: Tensor };

const shape = [2, 3, 5, 4];

function parts(): Parts {
  const made = (t: number, of: number[]) => tensor(integersOf(t, of), of);
  return {
    x: made(0, shape),
    w: made(1, [3, 3, 3, 3]),
    v: made(2, [3, 3, 1, 1]),
    bias: made(3, [3]),
    mean: made(4, [3]),
    // Square roots are exact and dividing by them is.
    variance: tensor([1, 4, 0.25]),
    slope: tensor([0.5, 2, -1]),
  };
}

const PADDED = { padding: 1 };
const conv = (x: Tensor, { w, bias }: Parts) => conv2d(x, w, bias, PADDED);
/** With results of a few units. */
const gentle = (x: Tensor, { v }: Parts) => conv2d(x, mul(v, 0.0625));
const norm = (x: Tensor, { mean, variance, slope, bias }: Parts) =>
  batchNorm(x, mean, variance, slope, bias, { eps: 0 });

/** What is fused: a column of summary(). */
const operators = (text: string) =>
  text
    .split('\n')
    .slice(1)
    .filter((line) => line.startsWith('-'))
    .map((line) => line.split(/ {2,}/)[1]);

const cases: Record<string, [(x: Tensor, p: Parts) => Tensor | Tensor[], string[]]> = {
  'conv, batch norm, add, relu': [
    (x, p) => relu(add(norm(conv(x, p), p), x)),
    ['conv2d + batchNorm + add + relu'],
  ],
  'the residual is the left operand': [
    (x, p) => relu(add(x, norm(conv(x, p), p))),
    ['conv2d + batchNorm + add + relu'],
  ],
  'conv without bias, batch norm': [
    (x, p) => norm(conv2d(x, p.w, null, { padding: 1 }), p),
    ['conv2d + batchNorm'],
  ],
  'a slope per channel': [(x, p) => prelu(add(conv(x, p), x), p.slope), ['conv2d + add + prelu']],
  'one slope for all is not the epilogue': [(x, p) => prelu(conv(x, p), tensor([0.5])), ['conv2d', 'prelu']],
  'functions that cost more are quicker apart': [
    (x, p) => softplus(mish(gelu(add(gelu(gentle(x, p)), 1))), { beta: 2, threshold: 1 }),
    ['conv2d', 'gelu', 'add', 'gelu', 'mish', 'softplus'],
  ],
  'softmax is no ending': [(x, p) => softmax(gentle(x, p), { dim: 1 }), ['conv2d', 'softmax']],
  'nothing follows an activation': [(x, p) => norm(relu(conv(x, p)), p), ['conv2d + relu', 'batchNorm']],
  'one of two activations': [(x, p) => sigmoid(relu(gentle(x, p))), ['conv2d + relu', 'sigmoid']],
  'two bounds that are one': [(x, p) => relu6(relu(conv(x, p))), ['conv2d + relu + relu6']],
  'batch norm behind the addition stays': [
    (x, p) => norm(add(conv(x, p), x), p),
    ['conv2d + add', 'batchNorm'],
  ],
  'the second addition stays': [(x, p) => add(add(conv(x, p), x), x), ['conv2d + add', 'add']],
  'two batch norms': [(x, p) => norm(norm(conv(x, p), p), p), ['conv2d + batchNorm + batchNorm']],
  'a subtraction is no residual': [(x, p) => sub(conv(x, p), x), ['conv2d', 'sub']],
  'a number goes into the bias': [(x, p) => relu(add(conv(x, p), 3)), ['conv2d + add + relu']],
  'a number per channel goes into the bias': [
    (x, p) => add(reshape(p.slope, [3, 1, 1]), conv(x, p)),
    ['conv2d + add'],
  ],
  'a number per channel is subtracted from the bias': [
    (x, p) => sub(conv(x, p), reshape(p.slope, [1, 3, 1, 1])),
    ['conv2d + sub'],
  ],
  'what is subtracted from goes into weights and bias': [(x, p) => sub(1, conv(x, p)), ['conv2d + sub']],
  'a factor per channel goes into weights and bias': [
    (x, p) => mul(add(conv(x, p), 1), reshape(p.slope, [3, 1, 1])),
    ['conv2d + add + mul'],
  ],
  'a factor per row stays': [(x, p) => mul(conv(x, p), tensor([1, 2, 3, 4])), ['conv2d', 'mul']],
  'a factor of the input stays': [
    (x, p) => mul(conv(x, p), maxPool2d(x, [5, 4]).reshape([2, 3, 1, 1])),
    ['conv2d', 'maxPool2d', 'mul'],
  ],
  'a value per feature goes into the bias of a linear layer': [
    (x, p) => relu(add(linear(x, tensor(integersOf(5, [3, 4]), [3, 4])), p.slope)),
    ['linear + add + relu'],
  ],
  'a value per channel, which is not the last axis, stays': [
    (x, p) => add(linear(x, tensor(integersOf(5, [7, 4]), [7, 4])), reshape(p.slope, [3, 1, 1])),
    ['linear', 'add'],
  ],
  'a constant residual': [(x, p) => add(tensor(integersOf(6, shape), shape), conv(x, p)), ['conv2d + add']],
  'a value added to itself': [
    (x, p) => {
      const y = conv(x, p);
      return add(y, y);
    },
    ['conv2d', 'add'],
  ],
  'two convolutions added: one ends with the other': [
    (x, p) => relu(add(conv(x, p), conv2d(x, p.v))),
    ['conv2d', 'conv2d + add + relu'],
  ],
  'four convolutions added in a tree': [
    (x, p) => add(add(conv(x, p), conv2d(x, p.v)), add(conv2d(x, p.v, p.bias), conv2d(x, p.w, null, PADDED))),
    ['conv2d', 'conv2d + add', 'conv2d', 'conv2d + add', 'add'],
  ],
  'a convolution added to what it reads': [
    (x, p) => {
      const y = conv(x, p);
      return relu(add(conv2d(y, p.v), y));
    },
    ['conv2d', 'conv2d + add + relu'],
  ],
  'the residual is made after the convolution': [
    (x, p) => {
      const y = conv(x, p);
      return relu(add(y, sigmoid(maxPool2d(x, 3, { stride: 1, padding: 1 }))));
    },
    ['maxPool2d', 'sigmoid', 'conv2d + add + relu'],
  ],
  'a value that is used twice is written': [
    (x, p) => {
      const y = conv(x, p);
      return mul(relu(y), y);
    },
    ['conv2d', 'relu', 'mul'],
  ],
  'a value that is an output too is written': [
    (x, p) => {
      const y = norm(conv(x, p), p);
      return [relu(y), y];
    },
    ['conv2d + batchNorm', 'relu'],
  ],
  'a linear layer of two axes': [
    (x, p) => {
      const y = linear(reshape(x, [10, 12]), tensor(integersOf(5, [3, 12]), [3, 12]), p.bias);
      return relu(norm(y, p));
    },
    ['reshape', 'linear + batchNorm + relu'],
  ],
  'a linear layer of a transposed weight': [
    (x, p) => {
      const weight = tensor(integersOf(5, [12, 3]), [12, 3]);
      const y = linear(reshape(x, [10, 12]), weight, p.bias, { transposed: true });
      return relu(norm(y, p));
    },
    ['reshape', 'linear + batchNorm + relu'],
  ],
  'a factor, a bias and a slope per feature go into a linear layer of a transposed weight': [
    (x, p) => {
      const weight = tensor(integersOf(5, [12, 3]), [12, 3]);
      const y = linear(reshape(x, [10, 12]), weight, null, { transposed: true });
      return prelu(add(mul(y, p.slope), p.bias), p.slope);
    },
    ['reshape', 'linear + mul + add + prelu'],
  ],
  'a factor per feature of a transposed weight with as many inputs': [
    (x) => {
      const weight = tensor(integersOf(5, [4, 4]), [4, 4]);
      const y = linear(x, weight, tensor([1, 2, 3, 4]), { transposed: true });
      return relu(add(mul(y, tensor([0.5, 2, -1, 3])), x));
    },
    ['linear + mul + add + relu'],
  ],
  'a linear layer whose channels are the last axis, not axis 1': [
    (x, p) => prelu(norm(linear(x, tensor(integersOf(5, [7, 4]), [7, 4])), p), p.slope),
    ['linear', 'batchNorm', 'prelu'],
  ],
  'a linear layer with an activation that knows no channels': [
    (x) => relu(add(linear(x, tensor(integersOf(5, [4, 4]), [4, 4])), x)),
    ['linear + add + relu'],
  ],
  'weights that depend on the input are not folded': [
    (x, p) =>
      norm(conv2d(x, reshape(maxPool2d(x, [5, 4]), [2, 3, 1, 1])), {
        ...p,
        mean: tensor([1, 2]),
        variance: tensor([1, 4]),
        slope: tensor([1, 2]),
        bias: tensor([3, 4]),
      }),
    ['maxPool2d', 'conv2d', 'batchNorm'],
  ],
};

inEachVariant('fusion', () => {
  test.each(Object.entries(cases))('%s', (_, [body, rows]) => {
    scope(() => {
      const p = parts();
      const eager = [body(p.x, p)].flat();
      const program = compile((x) => [body(x!, p)].flat(), { inputs: [shape] });
      expect(operators(program.summary())).toEqual(rows);
      for (const [i, y] of program.run(p.x).entries()) expectSame(y.data, (eager[i] as Tensor).data, 1e-6);
      expectSame(p.x.data, integersOf(0, shape));
    });
  });
});
