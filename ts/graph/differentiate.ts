/**
 * Reverse mode over a graph: for each node, in reverse order, a node that computes the gradients of its inputs from those
 * of its outputs and from what the operator's rule reads. What flows into a value from several places is added.
 */
import { emitFill } from '../instructions/emit.ts';
import { FILL, RESHAPE, SUM } from './builtin.ts';
import type { Backward, Entry, Params } from './entry.ts';
import type { Graph } from './graph.ts';
import { resolve } from './resolve.ts';
import { type Node, originsOf, type Value } from './value.ts';

/**
 * Appends the nodes that make the gradients of `xs` from what flows into the results (`seeds`; null: nothing does).
 * @throws TypeError for an operator without a gradient
 */
export function differentiate(
  where: string,
  graph: Graph,
  results: readonly Value[],
  seeds: readonly (Value | null)[],
  xs: readonly Value[],
): Value[] {
  const nodes = [...graph.nodes];
  const reverse = new Reverse(where, graph, neededBy(nodes, xs));
  for (const node of nodes) reverse.save(node);
  results.forEach((result, i) => {
    const seed = seeds[i];
    if (seed) reverse.flow(result, seed);
  });
  for (const node of nodes.reverse()) reverse.node(node);
  return xs.map((x) => reverse.gradientOf(x));
}

/** A value's gradient is needed where it is asked for, or on the way to one that is; only float32 has gradients. */
export function neededBy(nodes: readonly Node[], xs: readonly Value[]): Set<Value> {
  const needed = new Set(xs);
  for (const { inputs, outputs } of nodes) {
    if (!inputs.some((input) => input !== null && needed.has(input))) continue;
    for (const output of outputs) if (output.dtype === 'float32') needed.add(output);
  }
  return needed;
}

class Reverse {
  readonly #where: string;
  readonly #graph: Graph;
  readonly #needed: ReadonlySet<Value>;
  readonly #flows = new Map<Value, Value>();

  constructor(where: string, graph: Graph, needed: ReadonlySet<Value>) {
    this.#where = where;
    this.#graph = graph;
    this.#needed = needed;
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
    if (!wanted.includes(true) || !outputs.some((output) => this.#flows.has(output))) return;
    if (entry.lower === undefined) {
      const [x, dy] = [inputs[0] as Value, this.#flows.get(outputs[0] as Value) as Value];
      this.flow(x, this.#graph.add(RESHAPE, [dy], x.shape, origins).outputs[0] as Value, origins);
      return;
    }
    if (entry.gradient === undefined) throw new TypeError(`${this.#where}: ${entry.name} has no gradient`);
    const dys = outputs.map((output) => (output.dtype === 'float32' ? this.gradientOf(output) : null));
    const made = this.#graph.add(
      gradientEntry(entry),
      [...inputs, ...outputs, ...saved, ...dys],
      [inputs.length, outputs.length, saved.length, ...wanted.map(Number), ...params],
      origins,
    );
    let next = 0;
    inputs.forEach((input, i) => {
      if (wanted[i]) this.flow(input as Value, made.outputs[next++] as Value, origins);
    });
  }
}

const derived = new WeakMap<Entry, Entry>();

/**
 * The operator that computes an operator's gradient. inputs: the operator's inputs, its outputs, what it saved, the outputs'
 * gradients; outputs: the gradients that are wanted. params: how many of the first three, which inputs' gradients are
 * wanted, the operator's own.
 */
function gradientEntry(entry: Entry): Entry {
  let made = derived.get(entry);
  if (made === undefined) {
    made = {
      name: `gradient of ${entry.name}`,
      torch: entry.torch,
      onnx: [],
      args: entry.args,
      resolve(types, params) {
        const { wanted, inputs, own } = parts(types, params);
        const { problem, macs = 0 } = resolve(entry, inputs, own);
        const outputs = wanted.flatMap((one, i) =>
          one ? [{ shape: [...types[i]!.shape], dtype: types[i]!.dtype }] : [],
        );
        return { outputs, problem, macs: macs * outputs.length };
      },
      makes: true,
      lower(to, { types, params, problem, inputs }) {
        const known = parts(types, params);
        const values = parts(inputs, params);
        const node: Backward = {
          types: known.inputs,
          outputTypes: known.outputs as Backward['outputTypes'],
          params: known.own,
          problem,
          inputs: values.inputs,
          outputs: values.outputs as Backward['outputs'],
          saved: values.saved as Backward['saved'],
          gradients: values.dys,
          wanted: known.wanted,
        };
        const found = entry.gradient!(to, node);
        return known.wanted.flatMap((one, i) =>
          one ? [found[i] ?? emitFill(to, types[i]!.shape, 0).buffer] : [],
        );
      },
    };
    derived.set(entry, made);
  }
  return made;
}

/** A gradient node's inputs by what they are. */
function parts<T>(all: readonly T[], params: Params) {
  const [inputs, outputs, saved] = params as [number, number, number];
  const cut = (from: number, count: number) => all.slice(from, from + count);
  return {
    inputs: cut(0, inputs),
    outputs: cut(inputs, outputs),
    saved: cut(inputs + outputs, saved),
    dys: cut(inputs + outputs + saved, outputs),
    wanted: params.slice(3, 3 + inputs).map((one) => one === 1),
    own: params.slice(3 + inputs),
  };
}
