/**
 * Random graphs of reals, a fixed number of them from fixed seeds: values at once, compiled and of vjp against the
 * references in double precision, and the gradients of all inputs and weights against their differences. Branches, values
 * used twice, results given twice, results that are inputs, and what training writes are among them.
 */
import { add, compile, mul, scope, sum, type Tensor, tensor, valueAndGrad, vjp } from 'striate';
import { expect, test } from 'vitest';
import { difference, expectSame } from '../support/compare.ts';
import type { Plain } from '../support/plain.ts';
import { Choices } from '../support/random.ts';
import { plain, RandomGraph, tensors } from '../support/randomGraph.ts';
import { withRuntime } from '../support/runtime.ts';
import { sample } from '../support/sample.ts';

const SEEDS = Array.from({ length: 25 }, (_, i) => i);
const PER_SEED = 8;
/** Of float32 graphs of up to 30 operators against double precision. */
const ROUNDING = 2e-5;
const DIRECTIONS = 3;
const STEP = 1e-6;

const reals = (choose: Choices, count: number) =>
  Array.from({ length: count }, () => Math.fround(2 * choose.next() - 1));

function dot(as: readonly ArrayLike<number>[], bs: readonly ArrayLike<number>[]): number {
  let total = 0;
  for (const [i, a] of as.entries()) {
    const b = bs[i] as ArrayLike<number>;
    for (let j = 0; j < a.length; j++) total += (a[j] as number) * (b[j] as number);
  }
  return total;
}

const place = ({ data, shape }: Plain): Tensor => tensor(data, shape);
const values = (ts: readonly Tensor[]) => ts.map((t) => t.toTypedArray());

function compare(
  what: string,
  results: readonly Tensor[],
  expected: readonly { shape: readonly number[]; data: ArrayLike<number> }[],
): void {
  expect(results.map(({ shape }) => shape)).toEqual(expected.map(({ shape }) => shape));
  for (const [i, t] of results.entries()) {
    const found = difference(t.data, expected[i]!.data, ROUNDING, 0.1);
    if (found !== null) throw new Error(`${what}, ${i}: ${found}`);
  }
}

/** The derivative of <dys, results> as all tensors go along `way`, by differences of the references. */
function slope(
  graph: RandomGraph<Plain>,
  inputs: readonly Plain[],
  dys: readonly ArrayLike<number>[],
  way: readonly number[][],
): number {
  const xs = [...inputs, ...graph.constants];
  const before = xs.map(({ data }) => data);
  const at = (step: number) => {
    for (const [i, x] of xs.entries()) x.data = before[i]!.map((value, j) => value + step * way[i]![j]!);
    return dot(
      dys,
      graph.run(inputs).map(({ data }) => data),
    );
  };
  const found = (at(STEP) - at(-STEP)) / (2 * STEP);
  for (const [i, x] of xs.entries()) x.data = before[i] as number[];
  return found;
}

function check(seed: number): void {
  scope(() => {
    const choose = new Choices(seed + 2000);
    const shapes = RandomGraph.shapes(seed, 'reals');
    const inputs = shapes.map((shape): Plain => {
      const size = shape.reduce((product, axis) => product * axis, 1);
      return { shape, dtype: 'float32', data: reals(choose, size) };
    });
    const reference = new RandomGraph(seed, plain, 'reals');
    const expected = reference.run(inputs);
    const dys = expected.map(({ shape, data }): Plain => {
      return { shape, dtype: 'float32', data: reals(choose, data.length) };
    });

    const graph = new RandomGraph(seed, tensors, 'reals');
    const leading = inputs.map(place);
    const states = (what: string) => compare(`${what}: states`, graph.states, reference.states);
    compare('at once', graph.run(leading), expected);
    states('at once');
    const program = compile((...xs: Tensor[]) => graph.run(xs), { inputs: shapes });
    reference.run(inputs);
    compare('compiled', program.run(leading), expected);
    states('compiled');

    // The constants are followed wherever the function meets them.
    const xs = [...leading, ...graph.constants];
    const body = (...ts: Tensor[]) => graph.run(ts.slice(0, leading.length));
    reference.run(inputs);
    const { value, pullback } = vjp(body, ...xs);
    compare('vjp', value, expected);
    states('vjp');
    const flows = dys.map(place);
    const gradients = values(pullback(flows));
    for (const [i, again] of pullback(flows).entries())
      expectSame(again.data, gradients[i]!, 0, `gradient ${i}, the second time`);

    for (let k = 0; k < DIRECTIONS; k++) {
      const way = gradients.map(({ length }) => reals(choose, length));
      const given = dys.map(({ data }) => data);
      const [is, must] = [dot(gradients, way), slope(reference, inputs, given, way)];
      const scale = dot(
        gradients.map((g) => g.map(Math.abs)),
        way.map((w) => w.map(Math.abs)),
      );
      if (!(Math.abs(is - must) <= ROUNDING * (scale + 1)))
        throw new Error(`direction ${k}: <gradient, way> is ${is}, differences give ${must}`);
    }

    const some = xs.map((_, i) => i).filter(() => choose.next() < 0.5);
    const chosen = some.map((i) => xs[i] as Tensor);
    const loss = () =>
      graph.run(leading).reduce((all, y, i) => add(all, sum(mul(y, flows[i]!))), tensor(0) as Tensor);
    for (const [i, g] of valueAndGrad(loss, ...chosen).grads.entries())
      expectSame(g.data, gradients[some[i]!]!, ROUNDING, `gradient ${some[i]} of valueAndGrad`);
  });
}

withRuntime('random graphs of reals', () => {
  test.each(sample(SEEDS, 8))('values and gradients, seeds from %i x 8', (group) => {
    for (let seed = group * PER_SEED; seed < (group + 1) * PER_SEED; seed++) {
      try {
        check(seed);
      } catch (error) {
        throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
      }
    }
  });
});
