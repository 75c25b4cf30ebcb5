/** An ONNX graph that is changed: its nodes and constants by name, who reads what, and names that are not taken. */
import type { GraphProto, ModelProto, NodeProto, TensorProto, ValueInfo } from '../onnx/protobuf.ts';
import { tensorProto, type Values } from './protos.ts';

/** A constant of floats. */
export interface Weight {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** The nodes that read each name; null: it is an output. */
export type Readers = ReadonlyMap<string, readonly (NodeProto | null)[]>;

export class Editing {
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  nodes: NodeProto[];
  readonly #model: ModelProto;
  readonly #initializers: Map<string, TensorProto>;
  /** Floats that were made, or read of what the model keeps. */
  readonly #weights = new Map<string, Weight | null>();
  readonly #constant: (name: string) => Weight | null;
  readonly #names = new Set<string>();

  /** `constant` finds the floats of the model's names that are the same at each run. */
  constructor(model: ModelProto, constant: (name: string) => Weight | null) {
    const { nodes, initializers, inputs, outputs } = model.graph;
    this.#model = model;
    this.#constant = constant;
    const stored = new Set(initializers.map(({ name }) => name));
    // Before version 4 of the format, initializers were inputs as well.
    this.inputs = inputs.filter(({ name }) => !stored.has(name));
    this.outputs = outputs;
    this.nodes = nodes.map((node) => ({ ...node, inputs: [...node.inputs], outputs: [...node.outputs] }));
    this.#initializers = new Map(initializers.map((one) => [one.name, one]));
    for (const { name } of [...inputs, ...initializers]) this.#names.add(name);
    for (const { outputs } of nodes) for (const name of outputs) this.#names.add(name);
  }

  get opset(): number {
    return this.#model.opsets.get('') as number;
  }

  /** `wanted`, or that with a number behind it where it is taken. */
  unique(wanted: string): string {
    let name = wanted;
    for (let i = 1; this.#names.has(name); i++) name = `${wanted}_${i}`;
    this.#names.add(name);
    return name;
  }

  /** A new constant; gives its name. */
  constant(wanted: string, shape: readonly number[], values: Values): string {
    const name = this.unique(wanted);
    this.#initializers.set(name, tensorProto(name, shape, values));
    if (values instanceof Float32Array) this.#weights.set(name, { shape, data: values });
    return name;
  }

  /** The floats of a constant; null for what is none. */
  weight(name: string | undefined): Weight | null {
    if (name === undefined || name === '') return null;
    let found = this.#weights.get(name);
    if (found === undefined) {
      found = this.#constant(name);
      this.#weights.set(name, found);
    }
    return found;
  }

  /** Whether a name is the same at each run, of whatever type. */
  isStored(name: string): boolean {
    return this.#initializers.has(name);
  }

  /** Which node makes each name. */
  makers(): Map<string, NodeProto> {
    return new Map(
      this.nodes.flatMap((node) => node.outputs.map((name): [string, NodeProto] => [name, node])),
    );
  }

  /** The nodes that read each name, those in whose attributes a graph does among them; and the model's outputs, as null. */
  readers(): Map<string, (NodeProto | null)[]> {
    const found = new Map<string, (NodeProto | null)[]>();
    const read = (name: string, node: NodeProto | null) => {
      const list = found.get(name);
      if (list === undefined) found.set(name, [node]);
      else list.push(node);
    };
    for (const node of this.nodes) {
      for (const name of node.inputs) if (name !== '') read(name, node);
      for (const name of innerReads(node)) read(name, node);
    }
    for (const { name } of this.outputs) read(name, null);
    return found;
  }

  remove(gone: ReadonlySet<NodeProto>): void {
    this.nodes = this.nodes.filter((node) => !gone.has(node));
  }

  /** The model without nodes and constants that nothing reads, but for what makes the names in `asked`. */
  model(asked: readonly string[] = []): ModelProto {
    const makers = this.makers();
    const needed = new Set<string>();
    const kept = new Set<NodeProto>();
    const waiting = [...asked, ...this.outputs.map(({ name }) => name)];
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      if (needed.has(name)) continue;
      needed.add(name);
      const node = makers.get(name);
      if (node === undefined || kept.has(node)) continue;
      kept.add(node);
      waiting.push(...node.inputs, ...innerReads(node));
    }
    const graph: GraphProto = {
      nodes: this.nodes.filter((node) => kept.has(node)),
      initializers: [...this.#initializers.values()].filter(({ name }) => needed.has(name)),
      inputs: [...this.inputs],
      outputs: [...this.outputs],
    };
    return { ...this.#model, functions: new Map(), graph };
  }
}

/** The names that graphs in a node's attributes read; those that they make themselves may be among them. */
function innerReads({ attributes }: NodeProto): string[] {
  return [...attributes.values()].flatMap(({ graph }) =>
    graph === null
      ? []
      : [
          ...graph.nodes.flatMap((node) => [...node.inputs, ...innerReads(node)]),
          ...graph.outputs.map(({ name }) => name),
        ],
  );
}
