/** All passes on random graphs: what they leave is a graph as it must be, in which they find nothing more to do. */
import { init, scope, type Tensor } from 'striate';
import { beforeAll, test } from 'vitest';
import type { DType } from '../../ts/base/dtype.ts';
import { graphOf } from '../../ts/graph/graph.ts';
import { optimize } from '../../ts/graph/rewrite.ts';
import { Trace } from '../../ts/graph/trace.ts';
import { symbolOf } from '../../ts/tensor/tensor.ts';
import { PASSES } from '../../ts/transforms/passes/index.ts';
import { type Kind, RandomGraph, tensors } from '../support/randomGraph.ts';
import { sample } from '../support/sample.ts';

beforeAll(() => init());

function check(seed: number, kind: Kind): void {
  const made = new RandomGraph(seed, tensors, kind);
  const trace = new Trace();
  const xs = RandomGraph.shapes(seed, kind).map(
    (shape) => symbolOf(trace.input({ shape, dtype: 'float32' })) as Tensor<DType> as Tensor,
  );
  const results = trace.run('test', () => made.run(xs)).map((result) => trace.valueOf(result));
  // Nothing writes the constants, so that their numbers may be read.
  const graph = graphOf(trace, 'test', results, true);
  optimize(graph, PASSES);
  graph.verify();
  const before = graph.print();
  const { applied } = optimize(graph, PASSES);
  graph.verify();
  trace.close();
  if (applied > 0 || graph.print() !== before)
    throw new Error(`seed ${seed}, ${kind}: passes changed\n${before}\nto\n${graph.print()}`);
}

const SEEDS = Array.from({ length: 20 }, (_, i) => i);

test.each(sample(SEEDS, 10))('passes that ran have nothing to do, seeds from %i x 10', (group) => {
  for (let seed = 10 * group; seed < 10 * (group + 1); seed++) {
    for (const kind of ['integers', 'reals'] as const) scope(() => check(seed, kind));
  }
});
