/** Products of matrices. */
import * as striate from 'striate';
import { type Arguments, anyShape, bias, type Generator, options, text, times } from '../support/generate.ts';
import { broadcast, countOf, offset, type Plain, type Reference } from '../support/plain.ts';
import type { Choices } from '../support/random.ts';
import { any, type Wrong, x } from '../support/wrong.ts';

export const lines = `
rows | linear | "3x5", "4x5", "4"
without bias | linear | "3x5", "4x5"
bias left out | linear | "3x5", "4x5", null
a vector | linear | "6", "3x6", "3"
the last of four axes | linear | "2x3x4x5", "7x5", "7"
one feature | linear | "5x1", "3x1", "3"
one row | linear | "1x70", "33x70", "33"
two rows, row tiles that are left over | linear | "2x7", "46x7", "46"
three rows, row tiles that are left over | linear | "3x7", "31x7", "31"
four rows, row tiles that are left over | linear | "4x7", "21x7", "21"
five rows | linear | "5x7", "9x7", "9"
two rows of a very long sum | linear | "2x8321", "5x8321", "5"
nine rows of a very long sum | linear | "9x8195", "13x8195", "13"
many | linear | "9x17", "70x17", "70"
no rows | linear | "0x5", "4x5", "4"
no features | linear | "3x0", "4x0", "4"
no outputs | linear | "3x5", "0x5"
reals | linear | "3x5~", "4x5~", "4~"
rows, weight transposed | linear | "3x5", "5x4", "4", { "transposed": true }
without bias, weight transposed | linear | "3x5", "5x4", null, { "transposed": true }
a vector, weight transposed | linear | "6", "6x3", "3", { "transposed": true }
the last of four axes, weight transposed | linear | "2x3x4x5", "5x7", "7", { "transposed": true }
one feature, weight transposed | linear | "5x1", "1x3", "3", { "transposed": true }
one row, weight transposed | linear | "1x70", "70x33", "33", { "transposed": true }
many, weight transposed | linear | "9x17", "17x70", "70", { "transposed": true }
no rows, weight transposed | linear | "0x5", "5x4", "4", { "transposed": true }
no features, weight transposed | linear | "3x0", "0x4", "4", { "transposed": true }
no outputs, weight transposed | linear | "3x5", "5x0", null, { "transposed": true }
reals, weight transposed | linear | "3x5~", "5x4~", "4~", { "transposed": true }
weight not transposed | linear | "3x5", "4x5", "4", { "transposed": false }
matrices | matmul | "3x4", "4x5"
larger matrices | matmul | "13x70", "70x33"
reals | matmul | "5x7~", "7x6~"
vectors | matmul | "7", "7"
a vector and a matrix | matmul | "4", "4x5"
a matrix and a vector | matmul | "3x4", "4"
a vector and a batch | matmul | "4", "2x4x5"
a batch and a vector | matmul | "2x3x4", "4"
a batch and a matrix | matmul | "2x3x4", "4x5"
a matrix and a batch | matmul | "3x4", "2x4x5"
batches | matmul | "2x3x4", "2x4x5"
two batch axes | matmul | "2x3x4x5", "2x3x5x6"
batches that broadcast | matmul | "2x1x4x5", "3x5x6"
a batch of one on each side | matmul | "1x3x4", "1x4x5"
axes of one before a matrix | matmul | "2x3x4", "1x1x4x5"
one row, one column | matmul | "3x1x5", "3x5x1"
outer products | matmul | "3x4x1", "3x1x5"
one element | matmul | "1x1", "1x1"
nothing to sum | matmul | "2x0", "0x3"
no rows | matmul | "0x4", "4x5"
no columns | matmul | "2x3x4", "2x4x0"
no batches | matmul | "0x3x4", "0x4x5"
no batches against one | matmul | "3x4", "0x4x5"
one row, with integers | linear | "1x7", "1x7"
one feature, with integers | linear | "5x1", "3x1"
`;

function linear(x: Plain, weight: Plain, bias?: Plain | null, { transposed = false } = {}): Plain {
  const [outer, inner] = weight.shape as [number, number];
  const [outputs, features] = transposed ? [inner, outer] : [outer, inner];
  const place = (o: number, i: number) => (transposed ? i * outputs + o : o * features + i);
  const rows = countOf(x.shape.slice(0, -1));
  const data: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (let o = 0; o < outputs; o++) {
      let sum = bias?.data[o] ?? 0;
      for (let i = 0; i < features; i++) sum += x.data[row * features + i]! * weight.data[place(o, i)]!;
      data.push(sum);
    }
  }
  return { shape: [...x.shape.slice(0, -1), outputs], data, dtype: 'float32' };
}

function matmul(one: Plain, two: Plain): Plain {
  const [a, b] = [one.shape, two.shape];
  const [row, column] = [a.length === 1, b.length === 1];
  const [m, k] = row ? [1, a[0]!] : (a.slice(-2) as [number, number]);
  const n = column ? 1 : b.at(-1)!;
  const batch = broadcast(a.slice(0, -2), b.slice(0, -2));
  const data: number[] = [];
  for (let at = 0; at < countOf(batch); at++) {
    const left = offset(a.slice(0, -2), batch, at) * m * k;
    const right = offset(b.slice(0, -2), batch, at) * k * n;
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let l = 0; l < k; l++) sum += one.data[left + i * k + l]! * two.data[right + l * n + j]!;
        data.push(sum);
      }
    }
  }
  return { shape: [...batch, ...(row ? [] : [m]), ...(column ? [] : [n])], data, dtype: 'float32' };
}

export const references: Record<string, Reference> = {
  linear: { run: linear, tolerance: 0, linear: 'all' },
  matmul: { run: matmul, tolerance: 0, linear: 'all' },
};

function randomMatmul(choose: Choices): Arguments {
  const [m, k, n] = times(3, () => choose.integer(1, 9)) as [number, number, number];
  const [a, b] = choose.of<[number[], number[]]>([
    [[], []],
    [[2], [2]],
    [[3, 1], [2]],
    [[], [4]],
    [[2, 3], []],
  ]);
  return [text([...a, m, k]), text([...b, k, n])];
}

function randomLinear(choose: Choices): Arguments {
  const [features, out] = [choose.integer(1, 19), choose.integer(1, 19)];
  const transposed = choose.of([undefined, false, true]);
  const weight = text(transposed === true ? [features, out] : [out, features]);
  return [text([...anyShape(choose, 0, 3), features]), weight, bias(choose, out), options({ transposed })];
}

export const generators: Record<string, Generator> = {
  matmul: randomMatmul,
  linear: randomLinear,
};

export const layers = { matmul: null };

// biome-ignore format: a call a line.
export const wrong: Wrong[] = [
  ['linear without weight', () => any(striate.linear)(x()), TypeError, 'linear: weight is undefined, must be a Tensor'],
  ['matrices that do not fit', () => striate.matmul(striate.ones([2, 3]), striate.ones([4, 5])), RangeError, 'matmul: a of shape 2x3 has 3 columns, b of shape 4x5 has 4 rows'],
  ['a matrix and a vector that do not fit', () => striate.matmul(striate.ones([2, 3]), striate.ones([2])), RangeError, 'matmul: a of shape 2x3 has 3 columns, b of shape 2 has 2 rows'],
  ['a scalar as matrix', () => striate.matmul(striate.ones([2, 3]), striate.ones([])), RangeError, 'matmul: b is a scalar, must have at least 1 axis'],
  ['batches of matrices that do not broadcast', () => striate.matmul(striate.ones([2, 3, 4]), striate.ones([3, 4, 5])), RangeError, 'matmul: batch axes: a of shape 2 and b of shape 3 do not broadcast'],
  ['a product with a number', () => striate.matmul(striate.ones([2, 3]), any(2)), TypeError, 'matmul: b is 2, must be a Tensor'],
  ['matrices of integers', () => striate.matmul(any(striate.ones([2, 2], { dtype: 'int32' })), striate.ones([2, 2])), TypeError, 'matmul: a is int32, must be float32'],
  ['a product of 2^32 elements', () => striate.matmul(striate.ones([65536, 1]), striate.ones([1, 65536])), RangeError, 'matmul: shape 65536x65536 has more than 2^31 - 1 bytes'],
  ['linear of a scalar', () => striate.linear(striate.tensor(1), striate.ones([1, 1])), RangeError, 'linear: x is a scalar, must have at least 1 axis'],
  ['linear with a vector as weight', () => striate.linear(striate.ones([3]), striate.ones([3])), RangeError, 'linear: weight has shape 3, must have 2 axes'],
  ['linear of other features', () => striate.linear(striate.ones([2, 3]), striate.ones([5, 4])), RangeError, 'linear: the last axis of x is 3, weight [5, 4] expects 4'],
  ['linear of other features, transposed', () => striate.linear(striate.ones([2, 3]), striate.ones([4, 5]), null, { transposed: true }), RangeError, 'linear: the last axis of x is 3, weight [4, 5] expects 4'],
  ['linear with a word for transposed', () => striate.linear(striate.ones([2, 3]), striate.ones([4, 3]), null, { transposed: any('yes') }), TypeError, "linear: transposed is 'yes', must be true or false"],
  ['linear with an option that there is not', () => striate.linear(striate.ones([2, 3]), striate.ones([4, 3]), null, any({ transpose: true })), TypeError, "linear: there is no option 'transpose'; options are transposed"],
  ['linear with another bias', () => striate.linear(striate.ones([2, 4]), striate.ones([5, 4]), striate.ones([4])), RangeError, 'linear: bias has shape 4, must be [5]'],
  ['a bias that is no flag', () => new striate.Linear(1, 1, { bias: any(null) }), TypeError, 'Linear: bias is null, must be true or false'],
  ['a layer of 2^32 weights', () => new striate.Linear(2 ** 16, 2 ** 16), RangeError, 'random: shape 65536x65536 has more than 2^31 - 1 bytes'],
];
