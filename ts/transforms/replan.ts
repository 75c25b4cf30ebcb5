/**
 * Plans for other shapes without rewriting again: the graph that was made of a trace, given the types of a later trace of
 * the same function. Rules ask for operators, constants, numbers, equal shapes and axes of 1; so they would do the same
 * where the traces are alike in all of that, what was rewritten had the same params, and each value that stands for another
 * still has its type. Where anything differs the new trace is rewritten as any.
 */
import { sameShape } from '../base/dtype.ts';
import type { Steps } from '../base/steps.ts';
import type { Entry } from '../graph/entry.ts';
import { type Graph, graphOf } from '../graph/graph.ts';
import { resolve } from '../graph/resolve.ts';
import { optimizing, type Pass } from '../graph/rewrite.ts';
import type { Trace } from '../graph/trace.ts';
import type { Node, Value } from '../graph/value.ts';
import { PASSES } from './passes/index.ts';
import { giveHomes } from './passes/views.ts';

/** What a trace was before its graph was rewritten. */
interface Seen {
  readonly nodes: readonly Node[];
  /** By node: the ids of what it reads, -1 where an input is left out. */
  readonly reads: readonly (readonly number[])[];
  readonly values: readonly Value[];
  /** By value: which axes are 1, and how many there are. */
  readonly ones: readonly number[];
  /** By node: whether its first output has its first input's shape. */
  readonly keeps: readonly boolean[];
  readonly results: readonly number[];
}

/** A graph that was rewritten, and of what. */
interface Rewritten {
  readonly seen: Seen;
  readonly graph: Graph;
  /** Its nodes that depend on more than constants. */
  readonly running: readonly Node[];
  /** The places in the trace of those nodes that are left. */
  readonly places: ReadonlyMap<Node, number>;
  /** Values of the graph, and the ids of those of the trace whose type they have. */
  readonly types: readonly (readonly [Value, number])[];
}

/** A graph to plan by, and what leaves it to the next plan. */
interface Planned {
  readonly graph: Graph;
  keep(): void;
}

interface Rewriting {
  /** Where the graph is to note what is replaced. */
  readonly notes?: Graph['replaced'];
  /** Adds to the graph before the passes see it. */
  readonly extend?: ((graph: Graph) => void) | undefined;
  /** What is done before the passes that every program has. */
  readonly first?: readonly Pass[] | undefined;
}

/** The graph of a trace, rewritten by the passes; `isPinned`: what it met keeps its values. */
export function* rewritten(
  trace: Trace,
  where: string,
  results: readonly Value[],
  isPinned: boolean,
  { notes, extend, first = [] }: Rewriting = {},
): Steps<Graph> {
  const graph = graphOf(trace, where, results, isPinned);
  if (notes !== undefined) graph.replaced = notes;
  extend?.(graph);
  yield* optimizing(graph, [...first, ...PASSES]);
  return graph;
}

/** Remembers the graph of the last trace of one function, whose captures keep their values. */
export class Replan {
  #last: Rewritten | null = null;
  readonly #first: readonly Pass[];
  readonly #isOnce: boolean;

  /** With passes before those that every program has; `isOnce`: there will be no other trace. */
  constructor(first: readonly Pass[] = [], isOnce = false) {
    this.#first = first;
    this.#isOnce = isOnce;
  }

  /**
   * The graph of a trace, rewritten by the passes: a new one, or the last one with other types. It is the caller's until `keep`: other
   * plans that are made meanwhile have graphs of their own.
   */
  *graphOf(trace: Trace, where: string, results: readonly Value[]): Steps<Planned> {
    const last = this.#last;
    this.#last = null;
    const isComparable = !this.#isOnce && !holdsMore(trace);
    if (last !== null && isComparable && isAlike(last, trace, results)) {
      yield;
      if (retype(last, trace)) {
        giveHomes(last.graph, last.running);
        return this.#planned(last.graph, last);
      }
    }
    const seen = isComparable ? seenOf(trace, results) : null;
    const noted = seen === null ? {} : { notes: [] };
    const graph = yield* rewritten(trace, where, results, true, { ...noted, first: this.#first });
    return this.#planned(graph, seen && madeOf(seen, graph));
  }

  #planned(graph: Graph, made: Rewritten | null): Planned {
    const keep = () => {
      this.#last = made;
    };
    return { graph, keep };
  }
}

function madeOf(seen: Seen, graph: Graph): Rewritten {
  const left = new Set(graph.nodes);
  const places = new Map(
    seen.nodes.flatMap((node, i): [Node, number][] => (left.has(node) ? [[node, i]] : [])),
  );
  const isRunning = ({ outputs: [output] }: Node) =>
    output !== undefined && (!graph.isFixed(output) || output.home !== null);
  return { seen, graph, running: graph.nodes.filter(isRunning), places, types: typesOf(graph, seen) };
}

/** Whether a trace writes or draws, or holds something without elements. */
const holdsMore = ({ values, state }: Trace): boolean =>
  state.size > 0 || values.some(({ kind, shape }) => kind === 'draw' || shape.includes(0));

const seenOf = ({ nodes, values }: Trace, results: readonly Value[]): Seen => ({
  nodes: [...nodes],
  reads: nodes.map(({ inputs }) => inputs.map(idOf)),
  values: [...values],
  ones: values.map(onesOf),
  keeps: nodes.map(keepsShape),
  results: results.map(({ id }) => id),
});

const idOf = (value: Value | null): number => value?.id ?? -1;

const onesOf = ({ shape }: Value): number =>
  shape.reduce((bits, size, axis) => (size === 1 ? bits | (1 << axis) : bits), shape.length << 8);

const keepsShape = ({ inputs: [x], outputs: [y] }: Node): boolean => !!x && !!y && sameShape(x, y);

const same = (a: readonly number[], b: readonly number[]) =>
  a.length === b.length && a.every((one, i) => Object.is(one, b[i]));

/** Whether an operator's params may differ as long as no rule did away with it: none looks at them in passing. */
const mayDiffer = ({ traits }: Entry) => traits?.surrounds === undefined && traits?.permutes === undefined;

/** Whether two traces are of the same calls on the same constants, and what was rewritten of the first had the same params. */
function isAlike({ seen, places }: Rewritten, next: Trace, results: readonly Value[]): boolean {
  if (seen.nodes.length !== next.nodes.length || seen.values.length !== next.values.length) return false;
  if (results.length !== seen.results.length || !results.every(({ id }, i) => id === seen.results[i]))
    return false;
  const isValueAlike = (value: Value, i: number) => {
    const now = next.values[i] as Value;
    return (
      value.kind === now.kind &&
      value.dtype === now.dtype &&
      value.storage === now.storage &&
      Object.is(value.number, now.number) &&
      seen.ones[i] === onesOf(now)
    );
  };
  const isNodeAlike = (node: Node, i: number) => {
    const now = next.nodes[i] as Node;
    const { entry, params, inputs } = now;
    const reads = seen.reads[i]!;
    if (node.entry !== entry || seen.keeps[i] !== keepsShape(now)) return false;
    if (reads.length !== inputs.length || !inputs.every((input, k) => idOf(input) === reads[k])) return false;
    return entry.alias === true || (places.has(node) && mayDiffer(entry)) || same(node.params, params);
  };
  return seen.values.every(isValueAlike) && seen.nodes.every(isNodeAlike);
}

/** The values of a graph that have the type of one of the trace: those of the trace that are left, and what replaced others. */
function typesOf(graph: Graph, { values }: Seen): [Value, number][] {
  const of = new Map<Value, number[]>(values.map((value, id) => [value, [id]]));
  for (const [old, by] of graph.replaced ?? []) {
    const ids = of.get(by);
    if (ids === undefined) of.set(by, [...(of.get(old) ?? [])]);
    else ids.push(...(of.get(old) ?? []));
  }
  graph.replaced = null;
  const left = new Set<Value | null>([...graph.inputs, ...graph.nodes.flatMap(({ outputs }) => outputs)]);
  return [...of].flatMap(([value, ids]) =>
    left.has(value) ? ids.map((id): [Value, number] => [value, id]) : [],
  );
}

/** Gives a graph the types of a later trace; false where a value would have another than it must. */
function retype({ graph, running, places, types }: Rewritten, next: Trace): boolean {
  const shapes = new Map(types.map(([value, id]) => [value, (next.values[id] as Value).shape]));
  for (const input of graph.inputs) input.shape = shapes.get(input)!;
  for (const node of running) {
    const place = places.get(node);
    if (place !== undefined) {
      // What it reads has the types that the trace says, or the graph is not taken.
      const { params, resolved } = next.nodes[place] as Node;
      [node.params, node.resolved] = [params, resolved];
    } else {
      const own = node.entry.alias ? shapes.get(node.outputs[0] as Value) : node.params;
      if (own === undefined) return false;
      node.params = own;
      try {
        node.resolved = resolve(node.entry, node.inputs, own);
      } catch {
        return false;
      }
    }
    node.resolved.outputs.forEach(({ shape }, i) => {
      const value = node.outputs[i] as Value;
      value.shape = shape;
      value.home = null;
    });
  }
  return types.every(([value, id]) => sameShape(value, next.values[id] as Value)) && hasResiduals(running);
}

/** Whether whatever is added at the end of a node has the shape of its output. */
function hasResiduals(nodes: readonly Node[]): boolean {
  return nodes.every(({ entry, inputs, outputs }) => {
    const residual = entry.traits?.epilogue && inputs[entry.traits.epilogue.residual];
    return !residual || sameShape(residual, outputs[0]!);
  });
}
