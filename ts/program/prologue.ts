/**
 * What depends on constants alone. A node that does is not lowered with the others: its results are promised, as buffers
 * that say how they are made, and only what the run reads and is not there yet is lowered, behind them. So the second
 * program of a model lowers none of what its weights were folded and packed by. A constant itself is promised too: it is
 * brought in right before its first reader, and its memory is another's after the last one.
 */
import { NODES, type Steps } from '../base/steps.ts';
import type { Graph } from '../graph/graph.ts';
import { type Buffers, lower } from '../graph/lower.ts';
import type { Node, Value } from '../graph/value.ts';
import type { Buffer, Builder, Step } from '../instructions/builder.ts';
import { bufferKeys, valueKeys } from './keys.ts';
import type { Claim } from './prepacked.ts';

export class Prologue {
  readonly #graph: Graph;
  readonly #to: Builder;
  readonly #buffers: Buffers<Value>;
  readonly #prepacked: Claim;
  readonly #promised = new Map<Buffer, Value>();
  /** Nodes that are lowered only where their results are wanted. */
  readonly #waiting: ReadonlySet<Node>;
  /** Steps that write numbers. */
  readonly #first = new Set<Step>();
  /** What stands in the list for the writing of a capture's values. */
  readonly #brought = new Map<Step, Value>();

  constructor(graph: Graph, to: Builder, buffers: Buffers<Value>, prepacked: Claim) {
    this.#graph = graph;
    this.#to = to;
    this.#buffers = buffers;
    this.#prepacked = prepacked;
    this.#waiting = waitingNodes(graph);
  }

  /** Whether a node is lowered only where its results are wanted. */
  waits(node: Node): boolean {
    return this.#waiting.has(node);
  }

  /** The buffer of a constant, or of a value whose node waits; null for any other. */
  promise(value: Value): Buffer | null {
    const { kind, maker } = value;
    const isPromised = kind === 'capture' ? this.#graph.isFixed(value) : maker !== null && this.waits(maker);
    if (!isPromised) return null;
    const buffer = this.#to.buffer(value);
    buffer.constant = true;
    this.#promised.set(buffer, value);
    return buffer;
  }

  promised(buffer: Buffer): boolean {
    return this.#promised.has(buffer);
  }

  /** The constant that this step brings in; undefined for any other step. */
  brought(step: Step): Value | undefined {
    return this.#brought.get(step);
  }

  /** The step that was appended last writes a number. */
  begins(): void {
    this.#first.add(this.#to.steps.at(-1) as Step);
  }

  /** What the main list reads of constants, and how it is made. */
  wanted(before: readonly Step[], main: readonly Step[]): Map<Buffer, string> {
    const shorten = (text: string) => this.#prepacked.shorten(text);
    const keyOfValue = valueKeys(shorten);
    const given = (buffer: Buffer) => {
      const value = this.#promised.get(buffer);
      if (value === undefined) return undefined;
      return value.kind === 'capture' ? `@${value.storage!.id}` : keyOfValue(value);
    };
    const keyOf = bufferKeys(before, given, shorten);
    const makes = new Set(before.flatMap((step) => step.writes));
    const wanted = new Map<Buffer, string>();
    for (const { reads } of main) {
      for (const read of reads) {
        if (read === null || read.place !== 'arena' || !(makes.has(read) || this.promised(read))) continue;
        if (!wanted.has(read)) wanted.set(read, keyOf(read));
      }
    }
    return wanted;
  }

  /** The steps that make what is wanted and not there yet. */
  *steps(before: readonly Step[], wanted: ReadonlyMap<Buffer, string>): Steps<Step[]> {
    const missing = [...wanted].flatMap(([buffer, key]) => (this.#prepacked.has(key) ? [] : [buffer]));
    const needed = needs(before, missing);
    const late = yield* this.#lowered(needed.buffers);
    const all = late.length === 0 ? needed.steps : inOrder(this.#first, [...before, ...late]);
    return this.#withCaptures(needs(all, missing).steps, missing);
  }

  /** The same steps, and before the first reader of each capture what brings it in. */
  #withCaptures(steps: readonly Step[], wanted: readonly Buffer[]): Step[] {
    const all: Step[] = [];
    const there = new Set<Buffer>();
    const bring = (buffer: Buffer | null) => {
      const value = buffer === null ? undefined : this.#promised.get(buffer);
      if (value?.kind !== 'capture' || there.has(buffer as Buffer)) return;
      there.add(buffer as Buffer);
      const step = bringing(buffer as Buffer);
      this.#brought.set(step, value);
      all.push(step);
    };
    for (const step of steps) {
      step.reads.forEach(bring);
      all.push(step);
    }
    wanted.forEach(bring);
    return all;
  }

  /** Lowers what makes these buffers, and whatever that is made of, in the nodes' order. */
  *#lowered(buffers: ReadonlySet<Buffer | null>): Steps<Step[]> {
    const found = new Set<Node>();
    const pending: (Value | null)[] = [];
    for (const buffer of buffers) pending.push(this.#promised.get(buffer as Buffer) ?? null);
    for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
      const maker = value?.maker ?? null;
      if (maker === null || found.has(maker)) continue;
      found.add(maker);
      pending.push(...maker.inputs);
    }
    if (found.size === 0) return [];
    const start = this.#to.steps.length;
    const { nodes } = this.#graph;
    for (let row = 0; row < nodes.length; row++) {
      if (row % NODES === 0) yield;
      const node = nodes[row] as Node;
      if (found.has(node) && this.waits(node)) lower(this.#to, node, this.#buffers, row);
    }
    return this.#to.steps.slice(start);
  }
}

function bringing(buffer: Buffer): Step {
  const none = { opcode: 0, reads: [], scratch: null, params: [], node: 0, algorithm: 0, parts: 1 };
  return { ...none, writes: [buffer], constant: true, inPlace: -1 };
}

/** By graph, which may be planned again: which of its values are constant stays. */
const waiting = /*#__PURE__*/ new WeakMap<Graph, ReadonlySet<Node>>();

/** All that they make is constant, and so in memory of its own. */
function waitingNodes(graph: Graph): ReadonlySet<Node> {
  const known = waiting.get(graph);
  if (known !== undefined) return known;
  const isApart = (value: Value) =>
    graph.isFixed(value) && value.home === null && value.uses.every(({ node }) => node !== null);
  const found = new Set(
    graph.nodes.filter(
      ({ entry, state, outputs }) =>
        entry.lower !== undefined && !entry.makes && state.length === 0 && outputs.every(isApart),
    ),
  );
  waiting.set(graph, found);
  return found;
}

/** The steps that these buffers need, in their order, and all buffers that they need. */
function needs(steps: readonly Step[], buffers: readonly Buffer[]) {
  const needed = new Set<Buffer | null>(buffers);
  const found: Step[] = [];
  for (let i = steps.length - 1; i >= 0; i--) {
    const step = steps[i] as Step;
    if (!step.writes.some((write) => needed.has(write))) continue;
    found.push(step);
    for (const read of step.reads) needed.add(read);
  }
  return { steps: found.reverse(), buffers: needed };
}

/** The steps of nodes in the nodes' order, and what brings constants in right before it is read. */
function inOrder(first: ReadonlySet<Step>, steps: readonly Step[]): Step[] {
  const brings = new Map<Buffer | null, Step>();
  for (const step of first) for (const write of step.writes) brings.set(write, step);
  const ordered: Step[] = [];
  for (const step of steps.filter((one) => !first.has(one)).sort((a, b) => a.node - b.node)) {
    for (const read of step.reads) {
      const bring = brings.get(read);
      if (bring === undefined) continue;
      ordered.push(bring);
      brings.delete(read);
    }
    ordered.push(step);
  }
  return [...ordered, ...brings.values()];
}
