/**
 * What a model knows before any run: its weights, and what static nodes make of them, computed once on loading by the
 * operators themselves. A weight that only such nodes read is given back; so a loaded model keeps each weight once.
 */
import { bytesPer, type DType } from '../base/dtype.ts';
import { OutOfMemoryError } from '../base/errors.ts';
import { scope } from '../engine/memory.ts';
import { typeBytes } from '../graph/resolve.ts';
import { reshape } from '../ops/reshape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { assign, compute, needed, type Plan } from './build.ts';
import type { CheckedGraph } from './graph.ts';
import type { GraphNode } from './nodes.ts';
import type { ModelProto, TensorProto } from './protobuf.ts';
import { inputSpec } from './row.ts';
import type { Time } from './times.ts';
import { checkTensor, copied, tensorValues } from './weights.ts';

/** A result above so many bytes, and above those of what it is made of, is computed in programs instead. */
const MAX_RESULT = 1 << 20;

/** Computes the static nodes; what is left holds nothing of the file's bytes. @throws ModelError, OutOfMemoryError */
export function computeConstants(
  model: ModelProto,
  graph: CheckedGraph,
  times: ReadonlyMap<GraphNode, Time>,
): Plan {
  const constants = new Constants(model, graph, times);
  try {
    constants.makeWeights();
    for (const node of constants.order) constants.compute(node);
  } catch (error) {
    constants.dispose();
    throw error;
  }
  return constants.plan();
}

/**
 * Checks every initializer, and that all of them together may fit in the memory: before anything is allocated, or files of
 * weights are read. @throws ModelError, OutOfMemoryError
 */
export function requireRoom(model: ModelProto, maxMemoryBytes: number): void {
  let bytes = 0;
  for (const proto of model.graph.initializers) {
    const { dtype, count } = checkTensor(proto, weightText(model, proto));
    bytes += count * bytesPer(dtype);
  }
  if (bytes > maxMemoryBytes) throw new OutOfMemoryError('loadModel', bytes, maxMemoryBytes);
}

const weightText = ({ file }: ModelProto, { name }: TensorProto): string => `${file}: initializer '${name}'`;

class Constants {
  /** The static nodes that something needs. */
  readonly order: readonly GraphNode[];
  readonly #model: ModelProto;
  readonly #graph: CheckedGraph;
  readonly #times: ReadonlyMap<GraphNode, Time>;
  readonly #values = new Map<string, Tensor<DType>>();
  /** Names that are read at a planning or a run, or asked for. */
  readonly #kept = new Set<string>();
  /** How many nodes that are still to be computed read a name. */
  readonly #readers = new Map<string, number>();
  /** Static nodes that become nodes of programs. */
  readonly #staying = new Set<GraphNode>();

  constructor(model: ModelProto, graph: CheckedGraph, times: ReadonlyMap<GraphNode, Time>) {
    this.#model = model;
    this.#graph = graph;
    this.#times = times;
    for (const { name } of model.graph.outputs) this.#kept.add(name);
    for (const node of graph.nodes)
      if (times.get(node) !== 'static') for (const name of node.reads) this.#kept.add(name);
    const found = needed(graph.makers, this.#kept);
    this.order = graph.nodes.filter((node) => times.get(node) === 'static' && found.has(node));
    for (const { reads } of this.order)
      for (const name of reads) this.#readers.set(name, (this.#readers.get(name) ?? 0) + 1);
  }

  /** Tensors of the initializers that are read. */
  makeWeights(): void {
    for (const proto of this.#model.graph.initializers) {
      if (!this.#kept.has(proto.name) && !this.#readers.has(proto.name)) continue;
      this.#values.set(proto.name, copied('loadModel', tensorValues(proto, weightText(this.#model, proto))));
    }
  }

  compute(node: GraphNode): void {
    const inputs = node.node.inputs.map((name) => this.#values.get(name));
    // Each name has a handle of its own, also where a result is an input as it was given.
    const results = scope(() =>
      compute(node, this.#values).map((one) => (inputs.includes(one) ? reshape(one, one.shape) : one)),
    );
    assign(node, results, this.#values);
    for (const [i, result] of results.entries()) if (!node.node.outputs[i]) result.dispose();
    if (this.#stays(node, inputs, results)) {
      this.#staying.add(node);
      for (const name of node.node.outputs) this.#kept.delete(name);
      for (const name of node.reads) this.#kept.add(name);
    }
    for (const name of node.reads) this.#readers.set(name, (this.#readers.get(name) as number) - 1);
    for (const name of new Set([...node.reads, ...node.node.outputs])) this.#release(name);
  }

  /** Whether a node makes too much to be kept: more than it reads. Its value must not be needed for planning. */
  #stays(
    node: GraphNode,
    inputs: readonly (Tensor<DType> | undefined)[],
    results: readonly Tensor<DType>[],
  ): boolean {
    const { outputs } = node.node;
    if (!outputs.some((name) => this.#kept.has(name))) return false;
    const storages = new Set(inputs.map((input) => input?.resources.storage));
    const bytesOf = (tensors: readonly (Tensor<DType> | undefined)[]) =>
      tensors.reduce((sum, one) => sum + (one === undefined ? 0 : typeBytes(one)), 0);
    const made = bytesOf(results.filter((result) => !storages.has(result.resources.storage)));
    if (made <= MAX_RESULT || made <= bytesOf(inputs)) return false;
    // What reads no tensor's elements makes its result while a program is planned: each program would have its own.
    if (!node.node.inputs.some((_, index) => inputSpec(node.handler, index)?.needs === undefined))
      return false;
    const isPlanned = (reader: GraphNode) =>
      this.#times.get(reader) === 'planned' && reader.reads.some((name) => outputs.includes(name));
    return !this.#graph.nodes.some(isPlanned);
  }

  #release(name: string): void {
    if (this.#kept.has(name) || (this.#readers.get(name) ?? 0) > 0) return;
    this.#values.get(name)?.dispose();
    this.#values.delete(name);
  }

  /** The nodes that are left, with what they read. */
  plan(): Plan {
    const times = new Map<GraphNode, Time>();
    for (const [node, time] of this.#times) {
      if (time !== 'static') times.set(node, time);
      else if (this.#staying.has(node)) times.set(node, 'run');
    }
    const nodes = this.#graph.nodes.filter((node) => times.has(node));
    const makers = new Map<string, GraphNode>();
    for (const node of nodes) for (const name of node.node.outputs) if (name !== '') makers.set(name, node);
    for (const { node } of nodes)
      for (const { tensor } of node.attributes.values()) if (tensor !== null) detach(tensor);
    const made = [...this.#graph.makers.keys(), ...this.#model.graph.initializers.map(({ name }) => name)];
    const released = new Set(made.filter((name) => !makers.has(name) && !this.#values.has(name)));
    return { nodes, makers, times, constants: this.#values, released };
  }

  dispose(): void {
    for (const one of this.#values.values()) one.dispose();
  }
}

/** Has a tensor in an attribute hold bytes of its own, not those of the file. */
function detach(tensor: TensorProto): void {
  tensor.raw = tensor.raw?.slice() ?? null;
  tensor.floats = tensor.floats.map((piece) => piece.slice());
  tensor.doubles = tensor.doubles.map((piece) => piece.slice());
}
