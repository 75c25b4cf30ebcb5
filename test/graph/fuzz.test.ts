import { compile, memory, scope, type Tensor, tensor } from 'striate';
import { expect, test } from 'vitest';
import { spoilArena } from '../support/arena.ts';
import { expectSame } from '../support/compare.ts';
import { Choices } from '../support/random.ts';
import { RandomGraph, tensors } from '../support/randomGraph.ts';
import { inEachVariant } from '../support/runtime.ts';
import { sample } from '../support/sample.ts';

const SEEDS = Array.from({ length: 25 }, (_, i) => i);
const PER_SEED = 8;

/** Runs one random function on values and compiled, twice with other inputs. */
function check(seed: number): void {
  scope(() => {
    const graph = new RandomGraph(seed, tensors, 'integers');
    const shapes = RandomGraph.shapes(seed, 'integers');
    const choose = new Choices(seed + 1000);
    const inputs = () => shapes.map((shape) => tensor(choose.integers(shape, -5, 5), shape));
    const first = inputs();
    const eager = graph.run(first).map((t) => t.clone());
    const program = compile((...xs: Tensor[]) => graph.run(xs), { inputs: shapes });
    const before = first.map((x) => x.toTypedArray());
    const compare = (results: Tensor[], expected: Tensor[]) => {
      expect(results.map((t) => t.shape)).toEqual(expected.map((t) => t.shape));
      for (const [i, t] of results.entries()) expectSame(t.data, (expected[i] as Tensor).data);
    };
    spoilArena(program.arenaBytes);
    const results = program.run(first);
    compare(results, eager);
    for (const [i, x] of first.entries()) expectSame(x.data, before[i] as Float32Array);

    const second = inputs();
    const expected = graph.run(second);
    spoilArena(program.arenaBytes);
    const live = memory.stats();
    expect(program.run(second, { into: results })).toBe(results);
    expect(memory.stats()).toEqual(live);
    compare(results, expected);
  });
}

inEachVariant('random graphs', () => {
  test.each(sample(SEEDS, 8))('compiled as eager, seeds from %i x 8', (group) => {
    for (let seed = group * PER_SEED; seed < (group + 1) * PER_SEED; seed++) {
      try {
        check(seed);
      } catch (error) {
        throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
      }
    }
  });
});
