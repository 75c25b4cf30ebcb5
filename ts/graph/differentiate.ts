/**
 * Reverse mode over a graph: for each node, in reverse order, a node that computes the gradients of its inputs from those
 * of its outputs and from what the operator's rule reads. What flows into a value from several places is added.
 */
import type { TensorType } from '../base/dtype.ts';
import { engineOrNull } from '../engine/engine.ts';
import { take } from '../engine/side.ts';
import { axes } from '../engine/sides/axes.ts';
import { gradients } from '../engine/sides/gradients.ts';
import { selection } from '../engine/sides/selection.ts';
import type { Buffer } from '../instructions/builder.ts';
import { emitFill } from '../instructions/emit.ts';
import { CLONE, FILL, RESHAPE, SUM } from './builtin.ts';
import type { Entry, Taken } from './entry.ts';
import type { Graph } from './graph.ts';
import { type Node, originsOf, unshaped, type Value } from './value.ts';

/**
 * Appends the nodes that make the gradients of `xs` from what flows into the results (`seeds`; null: nothing does). `copies`:
 * what rules read in the place of values that are overwritten by then.
 * @throws TypeError for an operator without a gradient
 */
export function differentiate(
  where: string,
  graph: Graph,
  results: readonly Value[],
  seeds: readonly (Value | null)[],
  xs: readonly Value[],
  copies: ReadonlyMap<Value, Value> = new Map(),
): Value[] {
  const on = engineOrNull();
  if (on) for (const { name } of [axes, gradients, selection]) take(on, name);
  const nodes = [...graph.nodes];
  const reverse = new Reverse(where, graph, neededBy(nodes, xs), copies);
  for (const node of nodes) reverse.save(node);
  results.forEach((result, i) => {
    const seed = seeds[i];
    if (seed) reverse.flow(result, seed);
  });
  for (const node of nodes.reverse()) reverse.node(node);
  return xs.map((x) => reverse.gradientOf(x));
}

/** A value's gradient is needed where it is asked for, or on the way to one that is; only float32 has gradients. */
function neededBy(nodes: readonly Node[], xs: readonly Value[]): Set<Value> {
  const needed = new Set(xs);
  for (const node of nodes) {
    if (!node.inputs.some((input) => input !== null && needed.has(input))) continue;
    for (const value of madeBy(node)) if (value.dtype === 'float32') needed.add(value);
  }
  return needed;
}

/** The values that gradients flow back through to a node's inputs. */
function madeBy({ entry, outputs, state }: Node): readonly Value[] {
  return entry.flows ? [...outputs, ...state] : outputs;
}

/**
 * Copies of the values that gradient rules read of what nodes write: of an old version right before it is overwritten, of the
 * last one at the end, for the next run overwrites it, perhaps before a pullback.
 */
export function copiesOfOverwritten(graph: Graph, xs: readonly Value[]): Map<Value, Value> {
  const copies = new Map<Value, Value>();
  const writers = new Map<Value, Node>();
  for (const node of graph.nodes)
    for (const { before } of node.state) writers.set(unshaped(before as Value), node);
  if (writers.size === 0) return copies;
  const written = new Set([...writers.keys(), ...[...graph.state.values()].map(unshaped)]);
  const needed = neededBy(graph.nodes, xs);
  for (const { entry, inputs } of [...graph.nodes]) {
    if (entry.gradient === undefined || !inputs.some((input) => input && needed.has(input))) continue;
    for (const input of reading(inputs, entry.reads?.inputs)) {
      if (input === null || copies.has(input) || !written.has(unshaped(input))) continue;
      const copy = graph.add(CLONE, [input], []);
      const writer = writers.get(unshaped(input));
      if (writer) graph.nodes.splice(graph.nodes.indexOf(writer), 0, graph.nodes.pop() as Node);
      copies.set(input, copy.outputs[0] as Value);
    }
  }
  return copies;
}

/** The values of these places, null in others; without places all. */
function reading(values: readonly (Value | null)[], which: readonly number[] | undefined) {
  return which === undefined ? values : values.map((value, i) => (which.includes(i) ? value : null));
}

class Reverse {
  readonly #where: string;
  readonly #graph: Graph;
  readonly #needed: ReadonlySet<Value>;
  readonly #copies: ReadonlyMap<Value, Value>;
  readonly #flows = new Map<Value, Value>();

  constructor(where: string, graph: Graph, needed: ReadonlySet<Value>, copies: ReadonlyMap<Value, Value>) {
    this.#where = where;
    this.#graph = graph;
    this.#needed = needed;
    this.#copies = copies;
  }

  #wanted({ inputs }: Node): boolean[] {
    return inputs.map((input) => input !== null && this.#needed.has(input));
  }

  /** Has the forward run leave what the node's rule reads besides inputs and outputs. */
  save(node: Node): void {
    if (this.#wanted(node).includes(true)) this.#graph.save(node);
  }

  /** Adds to what flows into a value. */
  flow(value: Value, gradient: Value, origins: Node['origins'] = []): void {
    if (!this.#needed.has(value)) return;
    const before = this.#flows.get(value);
    const sum =
      before === undefined ? gradient : this.#graph.add(SUM, [before, gradient], [], origins).outputs[0]!;
    this.#flows.set(value, sum);
  }

  /** What flows into a value; zeros where nothing does. */
  gradientOf(value: Value): Value {
    const known = this.#flows.get(value);
    return known ?? (this.#graph.add(FILL, [], [0, ...value.shape], []).outputs[0] as Value);
  }

  node(node: Node): void {
    const { entry, inputs, outputs, params, saved } = node;
    const origins = originsOf(node);
    const wanted = this.#wanted(node);
    const results = madeBy(node);
    if (!wanted.includes(true) || !results.some((result) => this.#flows.has(result))) return;
    if (entry.lower === undefined) {
      const [x, dy] = [inputs[0] as Value, this.#flows.get(outputs[0] as Value) as Value];
      this.flow(x, this.#graph.add(RESHAPE, [dy], x.shape, origins).outputs[0] as Value, origins);
      return;
    }
    if (entry.gradient === undefined) throw new TypeError(`${this.#where}: ${entry.name} has no gradient`);
    const dys = results.map((result) => (result.dtype === 'float32' ? this.gradientOf(result) : null));
    const reads = reading(inputs, entry.reads?.inputs).map(
      (input) => input && (this.#copies.get(input) ?? input),
    );
    const made = this.#graph.add(
      gradientEntry(node, wanted),
      [...reads, ...reading(outputs, entry.reads?.outputs), ...saved, ...dys],
      params,
      origins,
    );
    let next = 0;
    inputs.forEach((input, i) => {
      if (wanted[i]) this.flow(input as Value, made.outputs[next++] as Value, origins);
    });
  }
}

/**
 * The operator that computes a node's gradients: those that are wanted. inputs: the node's inputs and outputs, as far as its
 * rule reads them, what it saved, its outputs' gradients, and what it takes besides (`after`, `added`); params: its own.
 */
export function gradientEntry(node: Node, wanted: readonly boolean[], taken: Taken = {}): Entry {
  const { entry, params, resolved, outputs, saved } = node;
  const types = [...node.inputs];
  const found = types.filter((_, i) => wanted[i]) as TensorType[];
  return {
    name: `gradient of ${entry.name}`,
    torch: entry.torch,
    onnx: [],
    args: entry.args,
    resolve: () => ({
      outputs: found.map(({ shape, dtype }) => ({ shape, dtype })),
      problem: resolved.problem,
      macs: (resolved.macs ?? 0) * found.length,
    }),
    makes: true,
    gradientOf: { node, wanted, ...taken },
    lower(to, { problem, inputs }) {
      let at = 0;
      const next = (count: number) => {
        at += count;
        return inputs.slice(at - count, at);
      };
      const gradients = entry.gradient!(to, {
        types,
        outputTypes: resolved.outputs,
        params,
        problem,
        inputs: next(types.length),
        outputs: next(outputs.length) as Buffer[],
        saved: next(saved.length) as Buffer[],
        gradients: next(madeBy(node).length),
        wanted,
        after: taken.after ? next(1)[0]! : null,
        added: taken.added ? next(1)[0]! : null,
      });
      return types.flatMap((type, i) =>
        wanted[i] ? [gradients[i] ?? emitFill(to, type!.shape, 0).buffer] : [],
      );
    },
  };
}
