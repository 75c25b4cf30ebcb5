/** Which constants are the weights of products, and nothing else. */
import type { Graph } from '../graph/graph.ts';
import type { Value } from '../graph/value.ts';

/** Whether whatever reads a constant, also through what is computed of it once, multiplies and accumulates. */
export function isFactor(graph: Graph, constant: Value): boolean {
  const seen = new Set<Value>();
  const pending = [constant];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (seen.has(value)) continue;
    seen.add(value);
    for (const { node } of value.uses) {
      if (node === null) return false;
      if (node.outputs.every((output) => graph.isFixed(output))) pending.push(...node.outputs);
      else if (!node.resolved.macs) return false;
    }
  }
  return true;
}
