import * as striate from 'striate';
import { type DType, outputShape, type Tensor } from 'striate';
import { expect, test } from 'vitest';
import { numbers, type Problem, readProblems } from '../support/problems.ts';
import { combine, mapValues, stored, type Values } from '../support/reference.ts';
import { inThreads } from '../support/runtime.ts';
import { dtypeOf, expectTensor, inEachWay, operandOf } from '../support/values.ts';

type Call = (...args: unknown[]) => Tensor;

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const elu = (alpha: number) => (x: number) => (x > 0 ? x : alpha * Math.expm1(x));
const selu = (x: number) => 1.0507009873554805 * elu(1.6732632423543772)(x);
const clamp = (x: number, low: number, high: number) => Math.min(Math.max(x, low), high);

/** exp, log and their like are within two units of the last place; what is made of them within a few. */
const SMOOTH = 1e-6;

/** Each activation: its definition for the line's options, and the tolerance of what takes an exponential. */
const activations: Record<
  string,
  [(option: (key: string, otherwise: number) => number) => (x: number) => number, number]
> = {
  relu: [() => (x) => Math.max(x, 0), 0],
  relu6: [() => (x) => clamp(x, 0, 6), 0],
  clip: [(option) => (x) => clamp(x, option('min', -Infinity), option('max', Infinity)), 0],
  leakyRelu: [(option) => (x) => (x > 0 ? x : x * option('negativeSlope', 0.01)), 0],
  hardSigmoid: [() => (x) => clamp(x / 6 + 0.5, 0, 1), SMOOTH],
  hardSwish: [() => (x) => (x * clamp(x + 3, 0, 6)) / 6, SMOOTH],
  sigmoid: [() => sigmoid, SMOOTH],
  tanh: [() => Math.tanh, SMOOTH],
  silu: [() => (x) => x * sigmoid(x), SMOOTH],
  elu: [(option) => elu(option('alpha', 1)), SMOOTH],
  selu: [() => selu, SMOOTH],
  exp: [() => Math.exp, SMOOTH],
  log: [() => Math.log, SMOOTH],
  sqrt: [() => Math.sqrt, SMOOTH],
  abs: [() => Math.abs, 0],
  neg: [() => (x) => -x, 0],
};

/** Each operator of two operands; integers truncate, and what a division by 0 or a power gives no number for is 0. */
const arithmetic: Record<string, (a: number, b: number, whole: boolean) => number> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b, whole) => (!whole ? a / b : b === 0 ? 0 : Math.trunc(a / b)),
  pow: (a, b, whole) => (!whole ? a ** b : Number.isFinite(a ** b) ? Math.trunc(a ** b) : 0),
  maximum: (a, b) => Math.max(a, b),
  minimum: (a, b) => Math.min(a, b),
  prelu: (a, b) => (a > 0 ? a : a * b),
};

function activate(problem: Problem): void {
  const [define, tolerance] = activations[problem.op]!;
  const dtype = dtypeOf(problem);
  const option = (key: string) => numbers(problem, key)[0];
  const x = operandOf(problem, 'x', 0);
  const f = define((key, otherwise) => option(key) ?? otherwise);
  const expected = mapValues(x, (value) => stored(f(value), dtype));
  const operator = (striate as unknown as Record<string, Call>)[problem.op] as Call;
  const options = Object.fromEntries(
    ['negativeSlope', 'alpha'].flatMap((key) => (option(key) === undefined ? [] : [[key, option(key)]])),
  );
  const rest =
    problem.op === 'clip' ? [option('min'), option('max')] : Object.keys(options).length > 0 ? [options] : [];
  inEachWay(
    [x],
    dtype,
    ([a]) => [operator(a, ...rest)],
    ([y]) => expectTensor(y!, expected, dtype, tolerance),
  );
}

function combined(problem: Problem): void {
  const f = arithmetic[problem.op]!;
  const prelu = problem.op === 'prelu';
  const dtype = dtypeOf(problem);
  const [a, b] = [operandOf(problem, prelu ? 'x' : 'a', 0), operandOf(problem, prelu ? 'weight' : 'b', 1)];
  // A slope per channel stands along axis 1.
  const beside: Values =
    prelu && b.shape[0] !== 1 ? { ...b, shape: [...b.shape, ...a.shape.slice(2).map(() => 1)] } : b;
  const expected = combine(a, beside, (left, right) => stored(f(left, right, dtype !== 'float32'), dtype));
  const operator = (striate as unknown as Record<string, Call & { entry: never }>)[problem.op]!;
  inEachWay(
    [a, b],
    dtype,
    ([x, y]) => [operator(x, y)],
    ([y]) => expectTensor(y!, expected, dtype),
  );
  if (dtype === 'float32') expect(outputShape(operator, [a.shape, b.shape])).toEqual(expected.shape);
  if (b.data.length === 1 && !prelu) {
    const number = (flip: boolean) =>
      combine(flip ? b : a, flip ? a : b, (l, r) => stored(f(l, r, dtype !== 'float32'), dtype));
    inEachWay(
      [a],
      dtype,
      ([x]) => [operator(x, b.data[0])],
      ([y]) => expectTensor(y!, { ...number(false), shape: a.shape }, dtype),
    );
    inEachWay(
      [a],
      dtype,
      ([x]) => [operator(b.data[0], x)],
      ([y]) => expectTensor(y!, { ...number(true), shape: a.shape }, dtype),
    );
  }
}

inThreads('elementwise', () => {
  for (const problem of readProblems('elementwise')) {
    test(`${problem.name}: ${problem.op}`, () =>
      problem.op in activations ? activate(problem) : combined(problem));
  }

  test('NaN passes through what PyTorch lets it through, infinity ends where it should', () => {
    striate.scope(() => {
      const x = striate.tensor([Number.NaN, Infinity, -Infinity]);
      const cases: [Tensor, number[]][] = [
        [striate.relu(x), [Number.NaN, Infinity, 0]],
        [striate.relu6(x), [Number.NaN, 6, 0]],
        [striate.clip(x, -1, 1), [Number.NaN, 1, -1]],
        [striate.sigmoid(x), [Number.NaN, 1, 0]],
        [striate.maximum(x, 0), [Number.NaN, Infinity, 0]],
        [striate.minimum(0, x), [Number.NaN, 0, -Infinity]],
        [striate.sub(x, x), [Number.NaN, Number.NaN, Number.NaN]],
      ];
      for (const [y, values] of cases) expectTensor(y, { shape: [3], data: values }, 'float32');
    });
  });

  test("a power of another dtype's exponent has the base's dtype", () => {
    const power = striate.pow as unknown as (a: Tensor<DType>, b: Tensor<DType> | number) => Tensor<DType>;
    const whole = (values: number[]) => striate.tensor(Int32Array.from(values)) as Tensor<DType>;
    const real = (values: number[]) => striate.tensor(values) as unknown as Tensor<DType>;
    const cases: [Tensor<DType>, () => Tensor<DType> | number, number[], DType][] = [
      [real([2.5, -2]), () => whole([2, 3]), [6.25, -8], 'float32'],
      [whole([4, 9]), () => real([0.5, 1]), [2, 9], 'int32'],
      [whole([4, 9]), () => 0.5, [2, 3], 'int32'],
    ];
    for (const [base, exponent, values, dtype] of cases) {
      striate.scope(() => {
        const program = striate.compile<Tensor<DType>>((a) => power(a, exponent()), {
          inputs: [{ shape: [2], dtype }],
        });
        const given = exponent();
        for (const y of [power(base, given), program.run(base)])
          expectTensor(y, { shape: [2], data: values }, dtype);
      });
      base.dispose();
    }
  });

  test('a bound beyond the dtype of integers is its last value', () => {
    striate.scope(() => {
      const x = striate.tensor(Int32Array.of(-7, 7));
      expectTensor(striate.clip(x, -Infinity, 3e9), { shape: [2], data: [-7, 7] }, 'int32');
      expectTensor(striate.clip(x, 0, Infinity), { shape: [2], data: [0, 7] }, 'int32');
      expectTensor(
        striate.clip(striate.tensor(Uint8Array.of(1, 200)), -5, 300),
        { shape: [2], data: [1, 200] },
        'uint8',
      );
      expectTensor(striate.clip(striate.tensor(Uint8Array.of(1)), 300), { shape: [1], data: [255] }, 'uint8');
    });
  });

  test('NaN can be filled in', () => {
    striate.scope(() => {
      const x = striate.full([1, 1, 1], Number.NaN);
      expectTensor(
        striate.pad1d(x, 1, { value: Number.NaN }),
        { shape: [1, 1, 3], data: Array(3).fill(Number.NaN) },
        'float32',
      );
    });
  });
});
