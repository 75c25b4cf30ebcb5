/**
 * A graph that can be rewritten: nodes in an order of execution, and for each value whoever reads it. Every change goes
 * through `add`, `replace` and `erase`, which keep both ends of a use; `settle` puts the nodes back into an order and drops
 * those that nothing needs.
 */
import { sameShape, type TensorType } from '../base/dtype.ts';
import { shapeText } from '../base/errors.ts';
import { refresh } from '../engine/engine.ts';
import type { Entry, Params, Resolved } from './entry.ts';
import { resolve } from './resolve.ts';
import type { Trace } from './trace.ts';
import {
  homeOf,
  makeValue,
  NO_ORIGINS,
  NO_VALUES,
  type Node,
  type Origin,
  readersOf,
  type Use,
  unshaped,
  type Value,
} from './value.ts';

export class Graph {
  #nodes: Node[];
  /** Nodes that were taken out, but for the list. */
  readonly #gone = new Set<Node>();
  readonly inputs: Value[];
  readonly results: Value[];
  /** The last version of each capture that a node writes. */
  readonly state: Map<Value, Value>;
  /** Each value that was replaced, and by which, in order; null where nobody wants to know. */
  replaced: [Value, Value][] | null = null;
  /** Whether captures that no node writes keep their values for ever: a model's weights do, a module's parameters do not. */
  readonly #isPinned: boolean;
  #values: number;
  readonly #fixed = new Map<Value, boolean>();

  /** The graph of these nodes; those that neither a result nor a last version needs are left out. */
  constructor(
    nodes: readonly Node[],
    inputs: readonly Value[],
    results: readonly Value[],
    state: ReadonlyMap<Value, Value>,
    values: number,
    isPinned = false,
  ) {
    this.#isPinned = isPinned;
    this.#nodes = [...nodes];
    this.inputs = [...inputs];
    this.results = [...results];
    this.state = new Map(state);
    this.#values = values;
    this.number();
    this.nodes.forEach(connect);
    for (const value of [...results, ...state.values()]) value.uses.push({ node: null });
    this.settle();
  }

  /** In an order of execution once it is settled. */
  get nodes(): Node[] {
    if (this.#gone.size > 0) {
      this.#nodes = this.#nodes.filter((node) => !this.#gone.has(node));
      this.#gone.clear();
    }
    return this.#nodes;
  }

  /** Has `settle` keep the nodes in the order in which they are. */
  number(): void {
    this.nodes.forEach((node, i) => {
      node.order = i;
    });
  }

  #value(
    type: TensorType,
    kind: Value['kind'],
    maker: Node | null = null,
    before: Value | null = null,
  ): Value {
    const value = makeValue(this.#values++, type, kind, maker, before);
    value.uses = [];
    return value;
  }

  /** A new input. */
  input(type: TensorType): Value {
    const made = this.#value(type, 'input');
    this.inputs.push(made);
    return made;
  }

  /** Appends a node; `order` says where `settle` puts it: behind what it reads, and else at the place of that number. */
  add(
    entry: Entry,
    inputs: readonly (Value | null)[],
    params: Params,
    origins: readonly Origin[] = NO_ORIGINS,
    order: number = this.nodes.length,
    resolved: Resolved = resolve(entry, inputs, params),
  ): Node {
    const state: Value[] = [];
    const node: Node = {
      entry,
      inputs: [...inputs],
      params,
      resolved,
      outputs: [],
      state,
      saved: NO_VALUES,
      path: '',
      origins,
      order,
    };
    for (const type of resolved.outputs) node.outputs.push(this.#value(type, 'node', node));
    for (const i of resolved.state ?? []) {
      const before = inputs[i];
      if (before) state.push(this.#version(before, node));
    }
    connect(node);
    this.#nodes.push(node);
    return node;
  }

  /** The next version of what a node writes in place, which stays when it is of a capture. */
  #version(before: Value, maker: Node): Value {
    const value = this.#value(before, 'node', maker, before);
    const home = homeOf(before);
    if (home.kind !== 'capture') return value;
    value.uses.push({ node: null });
    this.state.set(home, value);
    return value;
  }

  /** The node's saved values, made at the first call. */
  save(node: Node): readonly Value[] {
    const { saved } = node.resolved;
    if (node.saved.length === 0 && saved !== undefined)
      node.saved = saved.map((type) => this.#value(type, 'node', node));
    return node.saved;
  }

  /** Makes a value a result as well; gives its place among them. */
  give(value: Value): number {
    value.uses.push({ node: null });
    return this.results.push(value) - 1;
  }

  /** Takes back the last results that were given. */
  withdraw(count: number): void {
    for (const { uses } of this.results.splice(this.results.length - count)) {
      const own = uses.findIndex(({ node }) => node === null);
      uses.splice(own, 1);
    }
  }

  /** Has whoever reads `old` read `by`, but for the node `but`, which may make `by` of `old`. @throws where types differ */
  replace(old: Value, by: Value, but: Node | null = null): void {
    if (old === by) return;
    if (old.dtype !== by.dtype || !sameShape(old, by)) {
      throw new Error(
        `graph: ${old.dtype} ${shapeText(old.shape)} cannot be replaced by ${by.dtype} ${shapeText(by.shape)}`,
      );
    }
    this.replaced?.push([old, by]);
    const kept: Use[] = [];
    for (const use of old.uses) {
      if (use.node === null) {
        this.results.forEach((result, i) => {
          if (result === old) this.results[i] = by;
        });
      } else if (use.node === but) {
        kept.push(use);
        continue;
      } else use.node.inputs[use.slot] = by;
      by.uses.push(use);
    }
    old.uses = kept;
  }

  /** Has these nodes, where they read `old`, read `by` of the same type. */
  replaceIn(nodes: ReadonlySet<Node>, old: Value, by: Value): void {
    const isTheirs = ({ node }: Use) => node !== null && nodes.has(node);
    for (const use of old.uses.filter(isTheirs)) {
      if (use.node !== null) use.node.inputs[use.slot] = by;
      by.uses.push(use);
    }
    old.uses = old.uses.filter((use) => !isTheirs(use));
  }

  /** Has a node compute what it makes otherwise, or more than before: its values and whoever reads them stay. */
  amend(node: Node, entry: Entry, inputs: readonly (Value | null)[], params: Params = node.params): void {
    this.#disconnect(node);
    node.entry = entry;
    node.inputs.splice(0, node.inputs.length, ...inputs);
    node.params = params;
    node.resolved = resolve(entry, inputs, params);
    connect(node);
  }

  /** Takes a node out. @throws where one of its values is read */
  erase(node: Node): void {
    if (isNeeded(node)) throw new Error(`graph: ${node.entry.name} is read and cannot be erased`);
    this.#gone.add(node);
    this.#disconnect(node);
  }

  /** Takes nodes out of which nothing reads a value but they themselves. @throws where something does */
  eraseAll(nodes: readonly Node[]): void {
    for (let left = [...nodes]; left.length > 0; ) {
      const [read, unread] = [left.filter(isNeeded), left.filter((node) => !isNeeded(node))];
      for (const node of unread.length > 0 ? unread : read) this.erase(node);
      left = read;
    }
  }

  #disconnect(node: Node): void {
    for (const input of node.inputs) {
      if (input !== null) input.uses = input.uses.filter((use) => use.node !== node);
    }
  }

  /**
   * Sorts the nodes, as they are numbered where their values leave a choice: each behind what it reads, and a node that
   * writes a new version behind whoever reads the old one. Nodes that nothing needs are dropped.
   */
  settle(): void {
    for (let dropped = true; dropped; ) {
      dropped = false;
      for (const node of [...this.nodes].reverse()) {
        if (isNeeded(node)) continue;
        this.erase(node);
        dropped = true;
      }
    }
    const placed: Node[] = [];
    const seen = new Map<Node, 'open' | 'done'>();
    const visit = (node: Node): void => {
      const before = seen.get(node);
      if (before === 'done') return;
      if (before === 'open') throw new Error(`graph: ${node.entry.name} waits for its own result`);
      seen.set(node, 'open');
      for (const input of node.inputs) if (input?.maker) visit(input.maker);
      for (const { before } of node.state) {
        for (const reader of readersOf(unshaped(before as Value))) if (reader !== node) visit(reader);
      }
      seen.set(node, 'done');
      placed.push(node);
    };
    for (const node of [...this.nodes].sort((a, b) => a.order - b.order)) visit(node);
    this.#nodes = placed;
  }

  /** Whether a value is known before any run: made of captures that nothing writes, and of numbers. */
  isFixed(value: Value): boolean {
    if (value.kind === 'capture') return !this.state.has(value);
    if (value.kind !== 'node') return value.kind === 'number';
    let fixed = this.#fixed.get(value);
    if (fixed === undefined) {
      const { inputs, state } = value.maker as Node;
      fixed = state.length === 0 && inputs.every((input) => input === null || this.isFixed(input));
      this.#fixed.set(value, fixed);
    }
    return fixed;
  }

  /**
   * The number that a value of this dtype is, whenever the program runs; undefined where it holds more than one, or may
   * hold another. Bytes may be many that are the same.
   */
  numberOf(
    value: Value | null | undefined,
    of: 'float32' | 'uint8' | 'int8' = 'float32',
  ): number | undefined {
    if (!value) return undefined;
    const { kind, number, storage, dtype, shape } = unshaped(value);
    if (kind === 'number') return number;
    if (kind !== 'capture' || !this.#isPinned || this.state.size > 0 || dtype !== of) return undefined;
    if (storage === null) return undefined;
    if (of === 'float32') {
      if (shape.some((size) => size !== 1)) return undefined;
      const at = storage.address >>> 2;
      return refresh(storage.engine).f32[at];
    }
    const count = shape.reduce((product, size) => product * size, 1);
    const at = storage.address;
    const bytes = new Uint8Array(refresh(storage.engine).i32.buffer, at, count);
    const [first] = bytes;
    if (first === undefined || !bytes.every((byte) => byte === first)) return undefined;
    return of === 'int8' ? (first << 24) >> 24 : first;
  }

  /** The number that every element of a float32 constant is; undefined where they differ, or it is none. */
  fillOf({ kind, storage, dtype }: Value): number | undefined {
    if (kind !== 'capture' || !this.#isPinned || this.state.size > 0 || dtype !== 'float32') return undefined;
    if (storage === null || storage.bytes === 0) return undefined;
    // The first few tell of most.
    const first = oneNumber(storage.read(Math.min(FEW, storage.bytes)));
    return first === undefined || storage.bytes <= FEW ? first : oneNumber(storage.read());
  }

  /** @throws where uses, order or types are not what they must be */
  verify(): void {
    const wrong = (node: Node, what: string) => new Error(`graph: ${node.entry.name}: ${what}`);
    const made = new Set<Value>();
    for (const node of this.nodes) {
      node.inputs.forEach((input, slot) => {
        if (input === null) return;
        if (!input.uses.some((use) => use.node === node && use.slot === slot))
          throw wrong(node, `input ${slot} does not know it`);
        if (input.kind === 'node' && !made.has(input)) throw wrong(node, `input ${slot} is made behind it`);
      });
      const types = resolve(node.entry, node.inputs, node.params).outputs;
      node.outputs.forEach((output, i) => {
        const type = types[i] as TensorType;
        if (output.dtype !== type.dtype || !sameShape(output, type))
          throw wrong(node, `output ${i} is ${shapeText(output.shape)}, must be ${shapeText(type.shape)}`);
      });
      for (const value of [...node.outputs, ...node.state, ...node.saved]) {
        if (value.maker !== node) throw wrong(node, 'a value does not know it');
        for (const { node: reader } of value.uses)
          if (reader !== null && !this.nodes.includes(reader)) throw wrong(node, 'is read by what is gone');
        made.add(value);
      }
    }
    for (const result of this.results) {
      if (result.kind === 'node' && !made.has(result)) throw new Error('graph: a result is made by no node');
    }
  }

  /** A line per node: `%3 = relu(%2)[]`; captures are `@`, inputs `$`, numbers themselves. */
  print(): string {
    const names = new Map<Value, string>();
    const nameOf = (value: Value | null): string => {
      if (value === null) return '-';
      const { kind, number } = value;
      if (kind === 'number') return `${number}`;
      if (kind === 'input') return `$${this.inputs.indexOf(value)}`;
      const known = names.get(value) ?? `${kind === 'node' ? '%' : kind === 'draw' ? '?' : '@'}${names.size}`;
      names.set(value, known);
      return known;
    };
    const lines = this.nodes.map(({ entry, inputs, params, outputs }) => {
      const reads = inputs.map(nameOf).join(', ');
      return `${outputs.map(nameOf).join(', ')} = ${entry.name}(${reads})[${params.join(', ')}]`;
    });
    return [...lines, `give ${this.results.map(nameOf).join(', ')}`].join('\n');
  }
}

/** The graph of what a trace recorded; `isPinned`: what it met keeps its values. @throws TypeError for a symbol of another trace */
export function graphOf(trace: Trace, where: string, results: readonly Value[], isPinned = false): Graph {
  const { nodes, inputs, values, state } = trace;
  for (const value of [...results, ...nodes.flatMap((node) => node.inputs)]) {
    if (value !== null && values[value.id] !== value)
      throw new TypeError(`${where}: a symbolic tensor of another trace was used`);
  }
  for (const value of values) value.uses = [];
  return new Graph(nodes, inputs, results, state, values.length, isPinned);
}

/** Bytes. */
const FEW = 64;

/** The float that all of these bytes are, bit by bit; undefined where they differ. */
function oneNumber({ buffer }: Uint8Array<ArrayBuffer>): number | undefined {
  const [number] = new Float32Array(buffer);
  return areEqual(new Int32Array(buffer)) ? number : undefined;
}

function areEqual(words: Int32Array): boolean {
  const [first] = words;
  for (let i = 1; i < words.length; i++) if (words[i] !== first) return false;
  return true;
}

function connect(node: Node): void {
  node.inputs.forEach((input, slot) => {
    input?.uses.push({ node, slot });
  });
}

function isNeeded({ outputs, state, saved }: Node): boolean {
  const isRead = ({ uses }: Value) => uses.length > 0;
  return outputs.some(isRead) || state.some(isRead) || saved.some(isRead);
}
