/**
 * The only way in which passes change a graph: a rule looks at a node, names the nodes in front of it that it would do away
 * with, and makes new ones in their place. It is refused where anything else reads what it would do away with.
 */
import { atOnce, NODES, type Steps } from '../base/steps.ts';
import type { Entry, Params, Resolved } from './entry.ts';
import type { Graph } from './graph.ts';
import { type Node, type Origin, originsOf, readersOf, unshaped, type Value } from './value.ts';

/**
 * Adds a node at the place of those that are rewritten; it stands for the same calls. `resolved`: what the call makes, where
 * another node tells.
 */
export type Add = (
  entry: Entry,
  inputs: readonly (Value | null)[],
  params: Params,
  resolved?: Resolved,
) => readonly Value[];

interface Rewrite {
  /** The nodes before the matched one that go with it. */
  readonly inner: readonly Node[];
  /** Adds nodes; gives a value for each output of the matched node. */
  make(add: Add): readonly Value[];
}

export interface Rule {
  readonly name: string;
  /** The operators of the nodes that it looks at; without a list any. */
  readonly on?: readonly string[];
  /** What is to be done with this node; null: nothing. */
  match(root: Node, graph: Graph): Rewrite | null;
}

/** Rules that are applied together until none of them matches; then, where a pass does more than that, `run`. */
export interface Pass {
  readonly name: string;
  readonly rules?: readonly Rule[];
  run?(graph: Graph): void;
}

/** A pass that has changed a graph so often for each of its nodes would never end. */
const MAX_CHANGES = 16;

/** How many rules were applied, and which were refused and why. */
interface Optimized {
  readonly applied: number;
  readonly refused: string[];
}

/** Applies passes in their order, at most `limit` rules. */
export function optimize(graph: Graph, passes: readonly Pass[], limit?: number): Optimized {
  return atOnce(optimizing(graph, passes, limit));
}

/** The same in steps. */
export function* optimizing(
  graph: Graph,
  passes: readonly Pass[],
  limit: number = Number.POSITIVE_INFINITY,
): Steps<Optimized> {
  const refused = new Set<string>();
  let applied = 0;
  for (const pass of passes) {
    if (pass.rules !== undefined) applied += yield* rewriteAll(graph, pass, limit - applied, refused);
    pass.run?.(graph);
    yield;
  }
  return { applied, refused: [...refused] };
}

/** A pass' rules for the nodes of each operator, found once. */
const rulesByName = /*#__PURE__*/ new WeakMap<Pass, Map<string, readonly Rule[]>>();

function rulesOf(pass: Pass): (name: string) => readonly Rule[] {
  const known = rulesByName.get(pass) ?? new Map<string, readonly Rule[]>();
  rulesByName.set(pass, known);
  return (name) => {
    let own = known.get(name);
    if (own === undefined) {
      own = (pass.rules ?? []).filter(({ on }) => on === undefined || on.includes(name));
      known.set(name, own);
    }
    return own;
  };
}

/** Applies a pass' rules until none of them matches; gives how often. */
function* rewriteAll(graph: Graph, pass: Pass, limit: number, refused: Set<string>): Steps<number> {
  const most = MAX_CHANGES * (graph.nodes.length + 1);
  const writes = graph.nodes.some(({ state }) => state.length > 0);
  const rulesFor = rulesOf(pass);
  let applied = 0;
  for (let before = -1; before !== applied; ) {
    before = applied;
    const gone = new Set<Node>();
    // What is made is looked at in its turn.
    const queue = [...graph.nodes];
    for (const node of queue) {
      for (const rule of rulesFor(node.entry.name)) {
        if (gone.has(node) || applied === limit) break;
        const rewrite = rule.match(node, graph);
        if (rewrite === null) continue;
        const reader = readerOf(node, rewrite.inner) ?? (writes ? writerOf(node, rewrite.inner) : null);
        if (reader !== null) {
          refused.add(`${rule.name} at ${node.entry.name}: what it would do away with is ${reader}`);
          continue;
        }
        queue.push(...apply(graph, node, rewrite));
        for (const one of [node, ...rewrite.inner]) gone.add(one);
        applied += 1;
        if (applied % NODES === 0) yield;
        if (applied > most) throw new Error(`${pass.name}: it changes the graph without end`);
      }
    }
    if (before !== applied) graph.settle();
    yield;
  }
  return applied;
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

/** What writes over a value that these nodes read or make: what is put in their place may stand behind that. */
function writerOf(root: Node, inner: readonly Node[]): string | null {
  for (const { inputs, outputs } of [root, ...inner]) {
    for (const value of [...inputs, ...outputs]) {
      const writer = value && readersOf(unshaped(value)).find(({ state }) => isBefore(value, state));
      if (writer) return `of what ${writer.entry.name} writes over`;
    }
  }
  return null;
}

/** Whether a value is an older version of one of these. */
function isBefore(value: Value, state: readonly Value[]): boolean {
  return state.some(({ before }) => before !== null && unshaped(before) === unshaped(value));
}

/** The calls that a node stands for are named up to so many: thousands may become one. */
const MAX_ORIGINS = 32;

/** The calls that stand behind nodes which become one. */
export const originsOfAll = (nodes: readonly Node[]): readonly Origin[] =>
  [...new Set(nodes.flatMap(originsOf))].slice(0, MAX_ORIGINS);

/** Does what was found for a node; gives the nodes that it makes. */
function apply(graph: Graph, root: Node, { inner, make }: Rewrite): Node[] {
  const inOrder = [...inner].sort((a, b) => a.order - b.order);
  const origins = originsOfAll([...inOrder, root]);
  const made: Node[] = [];
  const values = make((entry, inputs, params, resolved) => {
    const node = graph.add(entry, inputs, params, origins, root.order, resolved);
    made.push(node);
    return node.outputs;
  });
  root.outputs.forEach((output, i) => {
    graph.replace(output, values[i] as Value);
  });
  graph.eraseAll([root, ...inner]);
  return made;
}

/** The node that makes a value, where it fits. */
export function makerOf(value: Value | null | undefined, fits: (node: Node) => boolean): Node | null {
  const maker = value?.maker ?? null;
  return maker !== null && fits(maker) ? maker : null;
}
