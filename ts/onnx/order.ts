/** The order of a graph's nodes: each after those whose outputs it reads. */
import { ModelError } from '../base/errors.ts';
import type { GraphNode } from './handler.ts';

/** How many nodes of a cycle are named. */
const NAMED = 5;

/** Kahn's algorithm; among the nodes that are ready the file's order is kept. */
export function sorted(
  file: string,
  nodes: readonly GraphNode[],
  makers: ReadonlyMap<string, GraphNode>,
): GraphNode[] {
  if (isSorted(nodes, makers)) return [...nodes];
  const readers = new Map<GraphNode, GraphNode[]>();
  const waiting = new Map<GraphNode, number>();
  for (const reader of nodes) {
    const before = new Set(
      reader.reads.map((name) => makers.get(name)).filter((maker) => maker !== undefined),
    );
    waiting.set(reader, before.size);
    for (const maker of before) {
      const list = readers.get(maker);
      if (list === undefined) readers.set(maker, [reader]);
      else list.push(reader);
    }
  }
  const order = nodes.filter((node) => waiting.get(node) === 0);
  for (const node of order) {
    for (const reader of readers.get(node) ?? []) {
      const left = (waiting.get(reader) as number) - 1;
      waiting.set(reader, left);
      if (left === 0) order.push(reader);
    }
  }
  if (order.length < nodes.length) {
    const stuck = nodes.filter((node) => (waiting.get(node) as number) > 0).slice(0, NAMED);
    throw new ModelError(
      `${file}: nodes wait for each other's outputs in a cycle: ${stuck.map(({ name }) => `'${name}'`).join(', ')}`,
    );
  }
  return order;
}

function isSorted(nodes: readonly GraphNode[], makers: ReadonlyMap<string, GraphNode>): boolean {
  const done = new Set<GraphNode>();
  for (const node of nodes) {
    for (const name of node.reads) {
      const maker = makers.get(name);
      if (maker !== undefined && !done.has(maker)) return false;
    }
    done.add(node);
  }
  return true;
}
