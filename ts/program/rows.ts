/** A graph's nodes as rows for summaries, profiles and faults. */
import type { Graph } from '../graph/graph.ts';
import { type Node, originsOf, type Value } from '../graph/value.ts';
import { type Buffer, root, type Step } from '../instructions/builder.ts';
import type { Row } from './executable.ts';

/** What of a row does not depend on shapes: all of it, where the node is computed once. */
type Kept = Row | Omit<Row, 'outputs' | 'macs' | 'bytes'>;

/** By graph, which may be planned again for other shapes. */
const kept = /*#__PURE__*/ new WeakMap<Graph, readonly Kept[]>();

export function rowsOf(graph: Graph, main: readonly Step[]): Row[] {
  const bytes = bytesOf(main);
  let known = kept.get(graph);
  if (known === undefined) {
    known = keptOf(graph, bytes);
    kept.set(graph, known);
  }
  const { nodes } = graph;
  return known.map((row, index) =>
    'bytes' in row ? row : { ...row, ...sizesOf(nodes[index] as Node), bytes: bytes.get(index) ?? 0 },
  );
}

const sizesOf = ({ outputs, resolved }: Node) => ({
  outputs: outputs.map(({ shape, dtype }) => ({ shape, dtype })),
  macs: resolved.macs ?? 0,
});

function keptOf(graph: Graph, bytes: ReadonlyMap<number, number>): Kept[] {
  const counted = new Set<Value>();
  return graph.nodes.map((node, index) => {
    const { entry, outputs, state } = node;
    const origins = originsOf(node);
    const fixed = [...outputs, ...state].every((value) => graph.isFixed(value) && value.home === null);
    const kept = {
      path: origins[0]?.path ?? '',
      operator: origins.length > 1 ? origins.map(({ operator }) => operator).join(' + ') : entry.name,
      blamed: origins[0]?.operator ?? entry.name,
      parameters: fixed ? 0 : parametersOf(graph, node, counted),
      fixed,
    };
    return fixed ? { ...kept, ...sizesOf(node), bytes: bytes.get(index) ?? 0 } : kept;
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

const SEVERAL = -1;

/** By row: the bytes that its steps read, but for what they made themselves, and write, but for what only they read. */
function bytesOf(steps: readonly Step[]): Map<number, number> {
  /** The node that alone reads a buffer; several are SEVERAL. */
  const readers = new Map<Buffer, number>();
  for (const { node, reads } of steps) {
    for (const read of reads) {
      if (read === null) continue;
      const home = root(read);
      readers.set(home, (readers.get(home) ?? node) === node ? node : SEVERAL);
    }
  }
  const own = (buffer: Buffer, node: number): boolean =>
    buffer.place !== 'external' && readers.get(root(buffer)) === node;
  const writers = new Map<Buffer, number>();
  const bytes = new Map<number, number>();
  for (const { node, reads, writes } of steps) {
    let sum = bytes.get(node) ?? 0;
    for (const read of reads) if (read !== null && writers.get(root(read)) !== node) sum += read.bytes;
    for (const write of writes) {
      if (write === null) continue;
      writers.set(root(write), node);
      if (!own(write, node)) sum += write.bytes;
    }
    bytes.set(node, sum);
  }
  return bytes;
}
