/** A graph's nodes as rows for summaries, profiles and faults. */
import type { Graph } from '../graph/graph.ts';
import { type Node, originsOf, type Value } from '../graph/value.ts';
import type { Row } from './executable.ts';

export function rowsOf(graph: Graph): Row[] {
  const counted = new Set<Value>();
  return graph.nodes.map((node) => {
    const { entry, outputs, state, resolved } = node;
    const origins = originsOf(node);
    const fixed = [...outputs, ...state].every((value) => graph.isFixed(value));
    return {
      path: origins[0]?.path ?? '',
      operator: origins.length > 1 ? origins.map(({ operator }) => operator).join(' + ') : entry.name,
      blamed: origins[0]?.operator ?? entry.name,
      outputs: outputs.map(({ shape, dtype }) => ({ shape, dtype })),
      parameters: fixed ? 0 : parametersOf(graph, node, counted),
      macs: resolved.macs ?? 0,
      fixed,
    };
  });
}

/** Elements of the captures that a node reads, also through what is computed of them once. */
function parametersOf(graph: Graph, { inputs }: Node, counted: Set<Value>): number {
  let total = 0;
  const pending = [...inputs];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (value === null || counted.has(value)) continue;
    if (value.kind === 'capture') total += value.shape.reduce((product, axis) => product * axis, 1);
    else if (value.kind !== 'node' || !graph.isFixed(value)) continue;
    else pending.push(...(value.maker as Node).inputs);
    counted.add(value);
  }
  return total;
}
