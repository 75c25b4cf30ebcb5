/**
 * The graph inputs from whose values a shape, an axis, a pad or a scale is computed: a program holds for one value of
 * them only. Walks from the inputs that operators must know when importing back to where their values come from; where
 * only the shape of something is read, its values do not matter.
 */
import type { CheckedGraph } from './graph.ts';

export function hostInputs({ nodes, makers }: CheckedGraph, inputs: Iterable<string>): Set<string> {
  const graphInputs = new Set(inputs);
  const found = new Set<string>();
  const seen = new Set<string>();
  const pending = nodes.flatMap(({ node, handler }) =>
    (handler.host ?? []).map((index) => node.inputs[index] ?? ''),
  );
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (name === '' || seen.has(name)) continue;
    seen.add(name);
    if (graphInputs.has(name)) found.add(name);
    const maker = makers.get(name);
    if (maker !== undefined && maker.handler.shapeOnly !== true) pending.push(...maker.node.inputs);
  }
  return found;
}
