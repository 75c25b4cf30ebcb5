import { compile, init, scope, type Tensor, tensor } from 'striate';
import { test } from 'vitest';
import { Choices } from '../support/random.ts';
import { RandomGraph } from '../support/randomGraph.ts';
test('d', async () => {
  await init();
  for (const seed of [111, 162, 182]) scope(() => {
    const graph = new RandomGraph(seed);
    const shapes = RandomGraph.shapes(seed);
    const choose = new Choices(seed + 1000);
    const first = shapes.map((shape) => tensor(choose.integers(shape, -5, 5), shape));
    const eager = graph.call(first);
    const program = compile((...xs: Tensor[]) => graph.call(xs), { inputs: shapes });
    console.log(seed, graph.steps.join(' '), '\n' + program.summary());
    program.run(first).forEach((r, i) => { let bad = -1; r.data.forEach((v, k) => { if (bad < 0 && v !== eager[i]!.data[k]) bad = k; }); console.log(i, r.shape, bad); });
  });
});
