/**
 * Reverse mode over a graph: for each node, in reverse order, a node that computes the gradients of its inputs from those
 * of its outputs and from what the operator's rule reads. What flows into a value from several places is added.
 */
import type { TensorType } from '../base/dtype.ts';
import type { Buffer } from '../instructions/builder.ts';
import { emitFill } from '../instructions/emit.ts';
import { FILL, RESHAPE, SUM } from './builtin.ts';
import type { Entry } from './entry.ts';
import type { Graph } from './graph.ts';
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
    const read = <T>(values: readonly T[], which: readonly number[] | undefined) =>
      which === undefined ? values : values.map((value, i) => (which.includes(i) ? value : null));
    const made = this.#graph.add(
      gradientEntry(node, wanted),
      [...read(inputs, entry.reads?.inputs), ...read(outputs, entry.reads?.outputs), ...saved, ...dys],
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
 * rule reads them, what it saved, its outputs' gradients; params: its own.
 */
function gradientEntry(node: Node, wanted: readonly boolean[]): Entry {
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
        gradients: next(outputs.length),
        wanted,
      });
      return types.flatMap((type, i) =>
        wanted[i] ? [gradients[i] ?? emitFill(to, type!.shape, 0).buffer] : [],
      );
    },
  };
}
