/**
 * What a model knows before any run: its weights, and what static nodes make of them, computed once on loading by the
 * operators themselves. A weight that only such nodes read is given back; so a loaded model keeps each weight once. What is
 * large waits outside of the linear memory, weights as the file has them, until programs make what they read of it.
 */
import { bytesPer, type DType } from '../base/dtype.ts';
import { OutOfMemoryError } from '../base/errors.ts';
import { scope } from '../engine/memory.ts';
import { typeBytes } from '../graph/resolve.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { assign, type Body, compute, type Lookup, needed, type Plan, sharing, tensorsOf } from './build.ts';
import type { RunBody, Value } from './call.ts';
import type { CheckedGraph, GraphNode } from './handler.ts';
import type { GraphProto, ModelProto, TensorProto } from './protobuf.ts';
import { inputSpec } from './row.ts';
import type { Place } from './times.ts';
import { checkTensor, tensorFrom } from './weights.ts';

/** A result above so many bytes, and above those of what it is made of, is computed in programs instead. */
const MAX_RESULT = 1 << 20;

/** From so many bytes on constants wait outside. */
const LARGE = 1 << 12;

/** A graph whose static nodes are to be computed. */
interface Source {
  /** Names errors. */
  readonly file: string;
  readonly graph: CheckedGraph;
  readonly times: ReadonlyMap<GraphNode, Place>;
  /** The constants of the graphs around it. */
  readonly around: Lookup;
  /** Makes the graphs in a node's attributes ready, given the constants that they may read. */
  readonly bodies: (node: GraphNode, constants: Lookup) => ReadonlyMap<string, Body>;
}

/** Computes the static nodes. @throws ModelError, OutOfMemoryError */
export function computeConstants(source: Source): Plan {
  const constants = new Constants(source);
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
export function requireRoom({ file, graph }: ModelProto, maxMemoryBytes: number): void {
  let bytes = 0;
  const visit = ({ initializers, nodes }: GraphProto): void => {
    for (const proto of initializers) {
      const { dtype, count } = checkTensor(proto, weightText(file, proto));
      bytes += count * bytesPer(dtype);
    }
    for (const { attributes } of nodes)
      for (const inner of attributes.values()) if (inner.graph !== null) visit(inner.graph);
  };
  visit(graph);
  if (bytes > maxMemoryBytes) throw new OutOfMemoryError('loadModel', bytes, maxMemoryBytes);
}

const weightText = (file: string, { name }: TensorProto): string => `${file}: initializer '${name}'`;

class Constants {
  /** The static nodes that something needs. */
  readonly order: readonly GraphNode[];
  readonly #source: Source;
  readonly #values = new Map<string, Value>();
  /** Names that are read at a planning or a run, or asked for. */
  readonly #kept = new Set<string>();
  /** How many nodes that are still to be computed read a name. */
  readonly #readers = new Map<string, number>();
  /** Static nodes that become nodes of programs. */
  readonly #staying = new Set<GraphNode>();

  constructor(source: Source) {
    this.#source = source;
    const { graph, times } = source;
    for (const { name } of graph.proto.outputs) this.#kept.add(name);
    for (const node of graph.nodes)
      if (times.get(node)?.how !== 'static') for (const name of node.reads) this.#kept.add(name);
    const found = needed(graph.makers, this.#kept);
    this.order = graph.nodes.filter((node) => times.get(node)?.how === 'static' && found.has(node));
    for (const { reads } of this.order)
      for (const name of reads) this.#readers.set(name, (this.#readers.get(name) ?? 0) + 1);
  }

  /** Tensors of the initializers that are read. */
  makeWeights(): void {
    const { file, graph } = this.#source;
    for (const proto of graph.proto.initializers) {
      if (!this.#kept.has(proto.name) && !this.#readers.has(proto.name)) continue;
      this.#values.set(proto.name, tensorFrom(proto, weightText(file, proto)));
    }
  }

  compute(node: GraphNode): void {
    const written = weightOf(node);
    // In some files half of the nodes are such.
    if (written?.places === null) {
      const [name] = node.node.outputs as [string];
      this.#values.set(name, tensorFrom(written, `${node.label}: attribute value`));
      this.#release(name);
      return;
    }
    const lookup: Lookup = (name) => this.#values.get(name) ?? this.#source.around(name);
    const inputs = node.node.inputs.flatMap((name) => tensorsOf(lookup(name) ?? []));
    // Each name has a handle of its own, also where a result is an input as it was given.
    const results = scope(() => {
      const bodies = this.#source.bodies(node, lookup);
      const body: RunBody = (attribute, given) =>
        (bodies.get(attribute) as Body).inline('compute', given, lookup);
      return compute(node, lookup, body).map((one) =>
        tensorsOf(one).some((part) => inputs.includes(part)) ? sharing(one) : one,
      );
    });
    for (const { resources } of [...inputs, ...results.flatMap(tensorsOf)])
      if (resources.storage !== null && resources.storage.bytes >= LARGE) resources.storage.leave();
    assign(node, results, this.#values);
    for (const [i, result] of results.entries()) if (!node.node.outputs[i]) disposeAll(result);
    if (this.#stays(node, inputs, results)) {
      this.#staying.add(node);
      for (const name of node.node.outputs) this.#kept.delete(name);
      for (const name of node.reads) this.#kept.add(name);
    }
    for (const name of node.reads) this.#readers.set(name, (this.#readers.get(name) as number) - 1);
    for (const name of new Set([...node.reads, ...node.node.outputs])) this.#release(name);
  }

  /** Whether a node makes too much to be kept: more than it reads. Its value must not be needed for planning. */
  #stays(node: GraphNode, inputs: readonly Tensor<DType>[], results: readonly Value[]): boolean {
    const { outputs } = node.node;
    if (!outputs.some((name) => this.#kept.has(name))) return false;
    const storages = new Set(inputs.map((input) => input.resources.storage));
    const bytesOf = (tensors: readonly Tensor<DType>[]) =>
      tensors.reduce((sum, one) => sum + typeBytes(one), 0);
    const made = bytesOf(results.flatMap(tensorsOf).filter((one) => !storages.has(one.resources.storage)));
    if (node.handler.stays !== true && (made <= MAX_RESULT || made <= bytesOf(inputs))) return false;
    if (node.handler.between === true) return false;
    // What reads no tensor's elements makes its result while a program is planned: each program would have its own.
    if (!node.node.inputs.some((_, index) => inputSpec(node.handler, index)?.needs === undefined))
      return false;
    const isPlanned = (reader: GraphNode) =>
      this.#source.times.get(reader)?.how === 'planned' &&
      reader.reads.some((name) => outputs.includes(name));
    return !this.#source.graph.nodes.some(isPlanned);
  }

  #release(name: string): void {
    if (this.#kept.has(name) || (this.#readers.get(name) ?? 0) > 0) return;
    const value = this.#values.get(name);
    if (value !== undefined) disposeAll(value);
    this.#values.delete(name);
  }

  /** The nodes that are left, with what they read. */
  plan(): Plan {
    const { graph, times } = this.#source;
    const staying = this.#staying;
    const nodes = graph.nodes.filter((node) => times.get(node)?.how !== 'static' || staying.has(node));
    const makers = new Map<string, GraphNode>();
    for (const node of nodes) for (const name of node.node.outputs) if (name !== '') makers.set(name, node);
    const made = [...graph.makers.keys(), ...graph.proto.initializers.map(({ name }) => name)];
    const released = new Set(made.filter((name) => !makers.has(name) && !this.#values.has(name)));
    const weights = new Set(graph.proto.initializers.map(({ name }) => name));
    for (const node of this.order)
      if (isWeight(node) || node.reads.some((name) => weights.has(name)))
        for (const name of node.node.outputs) weights.add(name);
    return { nodes, makers, staying, constants: this.#values, weights, released };
  }

  dispose(): void {
    for (const one of this.#values.values()) disposeAll(one);
  }
}

/** The tensor that a node holds and gives, as PaddlePaddle's exporter writes weights. */
function weightOf({ node: { operator, attributes } }: GraphNode): TensorProto | undefined {
  return operator === 'Constant' ? (attributes.get('value')?.tensor ?? undefined) : undefined;
}

/** Whether a node is a constant of several elements. */
function isWeight(node: GraphNode): boolean {
  const dims = weightOf(node)?.dims;
  return dims !== undefined && dims.reduce((count, size) => count * size, 1) > 1;
}

function disposeAll(value: Value): void {
  for (const one of tensorsOf(value)) one.dispose();
}
