import {
  type BatchNormOptions,
  batchNorm,
  type DType,
  flatten,
  linear,
  reshape,
  scope,
  split,
  type Tensor,
} from 'striate';
import { test } from 'vitest';
import { numbers, type Problem, readProblems } from '../support/problems.ts';
import { channelMoments, gather, indices, mapValues, stored, type Values } from '../support/reference.ts';
import { inThreads } from '../support/runtime.ts';
import { dtypeOf, expectTensor, inEachWay, operandOf, place, valuesOf } from '../support/values.ts';

/** One tensor in, some out. */
function one(
  problem: Problem,
  call: (x: Tensor) => Tensor<DType>[],
  expected: Values[],
  dtype: string = dtypeOf(problem),
): void {
  inEachWay(
    [operandOf(problem, 'x', 0)],
    dtypeOf(problem),
    ([x]) => call(x as Tensor),
    (results) => {
      for (const [i, y] of results.entries()) expectTensor(y, expected[i] as Values, dtype);
    },
  );
}

const given = (problem: Problem, key: string, t: number, shape: readonly number[]) =>
  problem.values.get(key) === '1' ? valuesOf(problem, t, shape) : null;

const solvers: Record<string, (problem: Problem) => void> = {
  linear(problem) {
    const [x, weight] = [operandOf(problem, 'x', 0), operandOf(problem, 'weight', 1)];
    const [outputs, features] = weight.shape as [number, number];
    const bias = given(problem, 'bias', 2, [outputs]);
    const shape = [...x.shape.slice(0, -1), outputs];
    const rows = shape.slice(0, -1).reduce((product, axis) => product * axis, 1);
    const data = Array.from(indices([rows, outputs]), ([row, o]) => {
      let sum = bias === null ? 0 : (bias.data[o!] as number);
      for (let i = 0; i < features; i++)
        sum += (x.data[row! * features + i] as number) * (weight.data[o! * features + i] as number);
      return sum;
    });
    const inputs = [x, weight, ...(bias === null ? [] : [bias])];
    inEachWay(
      inputs,
      'float32',
      ([a, w, b]) => [linear(a as Tensor, w as Tensor, b)],
      ([y]) => expectTensor(y!, { shape, data }, 'float32'),
    );
    scope(() => {
      const [w, b] = [place(weight), bias && place(bias)];
      inEachWay(
        [x],
        'float32',
        ([a]) => [linear(a as Tensor, w, b)],
        ([y]) => expectTensor(y!, { shape, data }, 'float32'),
      );
    });
  },

  batchNorm(problem) {
    const x = operandOf(problem, 'x', 0);
    const channels = [x.shape[1] as number];
    const mean = valuesOf(problem, 1, channels);
    // Squares: the root is exact.
    const variance = mapValues(mean, (v) => (v + 6) ** 2);
    const [weight, bias] = [given(problem, 'weight', 3, channels), given(problem, 'bias', 4, channels)];
    const training = problem.values.get('training') === '1';
    const momentum = numbers(problem, 'momentum', [0.1])[0] as number;
    const options: BatchNormOptions = { training, momentum, ...(training ? {} : { eps: 0 }) };
    const moments = Array.from(mean.data, (m, c) =>
      training ? channelMoments(x, c) : { count: 0, mean: m, variance: variance.data[c] as number },
    );
    const expected = gather(x, x.shape, (index) => index);
    const data = Array.from(indices(x.shape), ([, c], i) => {
      const { mean: m, variance: v } = moments[c!]!;
      const normal = ((x.data[i] as number) - m) / Math.sqrt(v + (training ? 1e-5 : 0));
      return (
        normal * ((weight?.data[c!] as number | undefined) ?? 1) +
        ((bias?.data[c!] as number | undefined) ?? 0)
      );
    });
    scope(() => {
      const constants = () => [mean, variance, weight, bias].map((values) => values && place(values));
      const check = (running: (Tensor | null)[], run: (running: (Tensor | null)[]) => Tensor<DType>) => {
        expectTensor(run(running), { ...expected, data }, 'float32', 1e-5);
        const moved = (key: 'mean' | 'variance', old: Values) =>
          Array.from(old.data, (v, c) => {
            const { count, [key]: batch } = moments[c]!;
            const unbiased = key === 'variance' ? count / (count - 1) : 1;
            return training ? (1 - momentum) * v + momentum * batch * unbiased : v;
          });
        expectTensor(running[0]!, { shape: channels, data: moved('mean', mean) }, 'float32', 1e-6);
        expectTensor(running[1]!, { shape: channels, data: moved('variance', variance) }, 'float32', 1e-6);
      };
      const a = place(x);
      check(constants(), ([m, v, w, b]) => batchNorm(a, m!, v!, w, b, options));
      if (training) return;
      const [m, v, w, b] = constants();
      inEachWay(
        [x],
        'float32',
        ([s]) => [batchNorm(s as Tensor, m!, v!, w, b, options)],
        ([y]) => expectTensor(y!, { ...expected, data }, 'float32', 1e-5),
      );
    });
  },

  clone: (problem) => one(problem, (x) => [x.clone()], [operandOf(problem, 'x', 0)]),

  cast(problem) {
    const to = problem.values.get('to') as DType;
    // Floats saturate, integers wrap.
    const low = dtypeOf(problem) === 'float32' && to === 'uint8' ? 0 : -Infinity;
    const expected = mapValues(operandOf(problem, 'x', 0), (v) => stored(Math.max(v, low), to));
    one(problem, (x) => [x.cast(to)], [expected], to);
  },

  reshape(problem) {
    const [x, shape] = [operandOf(problem, 'x', 0), numbers(problem, 'shape')];
    const known = shape.filter((axis) => axis !== -1).reduce((product, axis) => product * axis, 1);
    const full = shape.map((axis) => (axis === -1 ? x.data.length / known : axis));
    one(
      problem,
      (a) => [reshape(a, shape), a.reshape(shape)],
      [0, 1].map(() => ({ shape: full, data: x.data })),
    );
  },

  flatten(problem) {
    const x = operandOf(problem, 'x', 0);
    const [start, end] = [numbers(problem, 'startDim', [0])[0]!, numbers(problem, 'endDim', [-1])[0]!];
    const until = (end < 0 ? end + x.shape.length : end) + 1;
    const merged = x.shape.slice(start, until).reduce((product, axis) => product * axis, 1);
    const shape = [...x.shape.slice(0, start), merged, ...x.shape.slice(until)];
    one(
      problem,
      (a) => [flatten(a, start, end), a.flatten(start, end)],
      [0, 1].map(() => ({ shape, data: x.data })),
    );
  },

  split(problem) {
    const x = operandOf(problem, 'x', 0);
    const dim = numbers(problem, 'dim')[0]!;
    const axis = dim < 0 ? dim + x.shape.length : dim;
    const whole = x.shape[axis] as number;
    const size = numbers(problem, 'size')[0];
    const sizes =
      size === undefined
        ? numbers(problem, 'sizes')
        : Array.from({ length: Math.ceil(whole / size) }, (_, i) => Math.min(size, whole - i * size));
    let before = 0;
    const expected = sizes.map((part) => {
      const start = before;
      before += part;
      const shape = x.shape.map((extent, at) => (at === axis ? part : extent));
      return gather(x, shape, (index) => index.map((i, at) => (at === axis ? i + start : i)));
    });
    one(problem, (a) => split(a, size ?? sizes, dim), expected);
  },
};

inThreads('operators of the facade', () => {
  for (const problem of readProblems('facade')) {
    test(`${problem.name}: ${problem.op}`, () => {
      const solver = solvers[problem.op];
      if (solver === undefined) throw new Error(`no operator is called ${problem.op}`);
      solver(problem);
    });
  }
});
