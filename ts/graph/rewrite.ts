/**
 * The only way in which passes change a graph: a rule looks at a node, names the nodes in front of it that it would do away
 * with, and makes new ones in their place. It is refused where anything else reads what it would do away with.
 */
import type { Entry, Params } from './entry.ts';
import type { Graph } from './graph.ts';
import { type Node, originsOf, type Value } from './value.ts';

/** Adds a node at the place of those that are rewritten; it stands for the same calls. */
export type Add = (entry: Entry, inputs: readonly (Value | null)[], params: Params) => readonly Value[];

interface Rewrite {
  /** The nodes before the matched one that go with it. */
  readonly inner: readonly Node[];
  /** Adds nodes; gives a value for each output of the matched node. */
  make(add: Add): readonly Value[];
}

export interface Rule {
  readonly name: string;
  /** What is to be done with this node; null: nothing. */
  match(root: Node, graph: Graph): Rewrite | null;
}

/** Rules that are applied together until none of them matches; then, where a pass does more than that, `run`. */
export interface Pass {
  readonly name: string;
  readonly rules?: readonly Rule[];
  run?(graph: Graph): void;
}

/** A pass that still changes something after so many rounds would never end. */
const MAX_ROUNDS = 8;

/** Applies passes in their order, at most `limit` rules; gives how many, and which were refused and why. */
export function optimize(
  graph: Graph,
  passes: readonly Pass[],
  limit = Number.POSITIVE_INFINITY,
): { applied: number; refused: string[] } {
  const refused = new Set<string>();
  let applied = 0;
  for (const pass of passes) {
    for (let round = 0, changed = pass.rules !== undefined; changed; round++) {
      if (round === MAX_ROUNDS) throw new Error(`${pass.name}: it changes the graph without end`);
      changed = false;
      const gone = new Set<Node>();
      for (const node of [...graph.nodes]) {
        for (const rule of pass.rules ?? []) {
          if (gone.has(node) || applied === limit) break;
          const rewrite = rule.match(node, graph);
          if (rewrite === null) continue;
          const reader = readerOf(node, rewrite.inner);
          if (reader !== null) {
            refused.add(`${rule.name} at ${node.entry.name}: what it would do away with is ${reader}`);
            continue;
          }
          apply(graph, node, rewrite);
          for (const one of [node, ...rewrite.inner]) gone.add(one);
          applied += 1;
          changed = true;
        }
      }
      graph.settle();
    }
    pass.run?.(graph);
  }
  return { applied, refused: [...refused] };
}

/** What else reads a value of the inner nodes; null where nothing does. */
function readerOf(root: Node, inner: readonly Node[]): string | null {
  for (const node of inner) {
    for (const value of [...node.outputs, ...node.state, ...node.saved]) {
      for (const { node: reader } of value.uses) {
        if (reader === null) return 'a result';
        if (reader !== root && !inner.includes(reader)) return `read by ${reader.entry.name}`;
      }
    }
  }
  return null;
}

function apply(graph: Graph, root: Node, { inner, make }: Rewrite): void {
  const origins = [...inner, root].flatMap(originsOf);
  const values = make(
    (entry, inputs, params) => graph.add(entry, inputs, params, origins, root.order).outputs,
  );
  root.outputs.forEach((output, i) => {
    graph.replace(output, values[i] as Value);
  });
  graph.erase(root);
  for (const node of [...inner].reverse()) graph.erase(node);
}

/** The node that makes a value, where it fits. */
export function makerOf(value: Value | null | undefined, fits: (node: Node) => boolean): Node | null {
  const maker = value?.maker ?? null;
  return maker !== null && fits(maker) ? maker : null;
}
