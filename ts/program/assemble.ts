/**
 * From a graph to an executable: nodes are lowered; results become memory of the caller's; what depends on constants alone
 * goes into the prologue (prologue.ts), what the second half reads of the first into the record; buffers get places.
 */
import type { TensorType } from '../base/dtype.ts';
import { atOnce, NODES, type Steps } from '../base/steps.ts';
import type { Engine } from '../engine/engine.ts';
import type { Graph } from '../graph/graph.ts';
import { type Buffers, buffersBy, lower } from '../graph/lower.ts';
import { typeBytes } from '../graph/resolve.ts';
import type { Node, Value } from '../graph/value.ts';
import { align, type Buffer, Builder, type Choosing, type Step } from '../instructions/builder.ts';
import { writeFill } from '../instructions/copy.ts';
import type { Words } from '../instructions/words.ts';
import { splitConstants } from './constants.ts';
import { type Binding, type Executable, SLOT } from './executable.ts';
import { inPieces } from './pieces.ts';
import { assignOffsets, shareInPlace } from './placement.ts';
import type { Claim } from './prepacked.ts';
import { Prologue } from './prologue.ts';
import { rowsOf } from './rows.ts';

/** What a graph's captures, numbers and draws are to its program. */
export type Constants =
  /** Read at each run where they are then. */
  | { readonly kind: 'late' }
  /** Fixed: what follows from them alone is made by the prologue. */
  | {
      readonly kind: 'fixed';
      /** Where what was made already is found. */
      readonly prepacked: Claim;
    };

export interface Plan {
  readonly constants: Constants;
  readonly choosing?: Choosing | undefined;
  /** The number of nodes of the first half and of its results, where the second one is a list of its own. */
  readonly half?: { readonly nodes: number; readonly results: number };
}

/** The executable, and which values its bindings stand for: captures by index, slots in their order. */
interface Assembled {
  readonly executable: Executable;
  readonly captures: readonly Value[];
  /** The captures that the second half reads. */
  readonly late: readonly Value[];
  readonly slots: readonly Value[];
}

export function assemble(on: Engine, where: string, graph: Graph, plan: Plan): Assembled {
  return atOnce(assembling(on, where, graph, plan));
}

/** The same in steps. */
export function* assembling(on: Engine, where: string, graph: Graph, plan: Plan): Steps<Assembled> {
  const assembly = new Assembly(on, where, graph, plan);
  yield* assembly.lower();
  return yield* assembly.assembled();
}

class Assembly {
  readonly #graph: Graph;
  readonly #plan: Plan;
  readonly #to: Builder;
  readonly #buffers: Buffers<Value>;
  readonly #bindings: Binding[] = [];
  readonly #captures: Value[] = [];
  readonly #slots: Value[] = [];
  /** What becomes of constants; null where nothing is known before a run. */
  readonly #prologue: Prologue | null;
  /** The first step of the second half. */
  #middle = 0;
  #recordBytes = 0;

  constructor(on: Engine, where: string, graph: Graph, plan: Plan) {
    this.#graph = graph;
    this.#plan = plan;
    this.#to = new Builder(on, where, plan.choosing);
    this.#buffers = buffersBy((value) => this.#make(value));
    this.#prologue =
      plan.constants.kind === 'fixed'
        ? new Prologue(graph, this.#to, this.#buffers, plan.constants.prepacked)
        : null;
    for (const [index, value] of graph.inputs.entries()) {
      this.#buffers.set(value, this.#external(value, { kind: 'input', index }));
    }
  }

  /** Every node that does not wait, in both halves, and what they give. */
  *lower(): Steps<void> {
    const graph = this.#graph;
    const { half = { nodes: graph.nodes.length, results: graph.results.length } } = this.#plan;
    const { nodes, results } = half;
    yield* this.#emit(0, nodes);
    const first = graph.results.slice(0, results).map((value) => this.#buffers.of(value));
    this.#middle = this.#to.steps.length;
    yield* this.#emit(nodes, graph.nodes.length);
    this.#give('first', first, 0);
    const second = graph.results.slice(results).map((value) => this.#buffers.of(value));
    this.#give('second', second, results);
  }

  *#emit(from: number, end: number): Steps<void> {
    const { nodes } = this.#graph;
    for (let i = from; i < end; i++) {
      if (i % NODES === 0) yield;
      const node = nodes[i] as Node;
      if (!this.#prologue?.waits(node)) lower(this.#to, node, this.#buffers, i);
    }
  }

  #external(type: TensorType, binding: Binding): Buffer {
    this.#bindings.push(binding);
    return this.#to.external(typeBytes(type));
  }

  #make(value: Value): Buffer {
    const { kind, home } = value;
    if (home !== null) return this.#to.piece(this.#buffers.of(home.within), home.offset, typeBytes(value));
    const promised = this.#prologue?.promise(value) ?? null;
    if (promised !== null) return promised;
    return kind === 'node' ? this.#to.buffer(value) : this.#bind(value);
  }

  /** The buffer of what no node makes. */
  #bind(value: Value): Buffer {
    if (value.kind === 'capture')
      return this.#external(value, { kind: 'capture', index: this.#captures.push(value) - 1 });
    if (value.kind === 'number' && this.#prologue !== null) return this.#number(value);
    const offset = SLOT * (this.#slots.push(value) - 1);
    return this.#external(value, { kind: 'slot', offset });
  }

  #number({ dtype, number }: Value): Buffer {
    const buffer = this.#to.temporary(4);
    writeFill(
      this.#to,
      { y: buffer },
      { dtype: dtype === 'float32' ? dtype : 'int32', count: 1, value: number },
    );
    this.#prologue?.begins();
    return buffer;
  }

  /**
   * Has results written where the caller wants them: a temporary that nothing of the other half touches becomes the
   * caller's memory; anything else (an input, a capture, what was given before) is copied at the end of its half.
   */
  #give(half: 'first' | 'second', buffers: readonly Buffer[], from: number): void {
    if (buffers.length === 0) return;
    const { steps } = this.#to;
    const isFirst = half === 'first';
    const others = isFirst ? steps.slice(this.#middle) : steps.slice(0, this.#middle);
    const touched = new Set(others.flatMap(({ reads, writes }) => [...reads, ...writes]));
    buffers.forEach((buffer, i) => {
      const binding = { kind: 'output', index: from + i } as const;
      if (buffer.place === 'arena' && !touched.has(buffer) && !this.#prologue?.promised(buffer)) {
        this.#to.externalize(buffer);
        this.#bindings.push(binding);
        return;
      }
      const type = this.#graph.results[from + i] as Value;
      if (typeBytes(type) === 0) return;
      this.#to.copy(buffer, this.#external(type, binding));
      if (isFirst) steps.splice(this.#middle++, 0, steps.pop() as Step);
    });
  }

  *assembled(): Steps<Assembled> {
    const { steps } = this.#to;
    const halves = this.#plan.half !== undefined;
    let main: readonly Step[] = halves ? steps.slice(0, this.#middle) : steps;
    let constant: readonly Step[] = [];
    if (this.#prologue !== null) {
      const split = splitConstants(main);
      main = split.main;
      constant = yield* this.#made(this.#prologue, split.before, main);
    }
    const second = halves ? steps.slice(this.#middle) : null;
    if (second !== null) this.#record(main, second);
    yield;
    const { steps: prologue, pieces } = inPieces(this.#to, constant, (step) => this.#brought(step));
    yield;
    const encoded = (own: readonly Step[]): Words => {
      shareInPlace(own);
      return this.#to.encode(own, assignOffsets(own));
    };
    const executable: Executable = {
      prologue: constant.length > 0 ? this.#to.encode(prologue, 0) : null,
      pieces,
      main: encoded(main),
      second: second === null ? null : encoded(second),
      bindings: this.#bindings,
      recordBytes: this.#recordBytes,
      slotBytes: SLOT * this.#slots.length,
      outputs: this.#graph.results.map(({ shape, dtype }) => ({ shape, dtype })),
      rows: rowsOf(this.#graph, main),
    };
    const late = this.#capturesOf(second ?? []);
    return { executable, captures: this.#captures, late, slots: this.#slots };
  }

  /** The index of the capture that a step brings in; undefined where it computes. */
  #brought(step: Step): number | undefined {
    const value = this.#prologue?.brought(step);
    if (value === undefined) return undefined;
    const known = this.#captures.indexOf(value);
    return known < 0 ? this.#captures.push(value) - 1 : known;
  }

  /** The captures that steps read. */
  #capturesOf(steps: readonly Step[]): Value[] {
    const read = new Set(steps.flatMap(({ reads }) => reads));
    return this.#to.externals.flatMap((buffer, i) => {
      const binding = this.#bindings[i];
      return binding?.kind === 'capture' && read.has(buffer) ? [this.#captures[binding.index] as Value] : [];
    });
  }

  /** What the main list reads of constants becomes memory of its own; gives the steps that make what is not made. */
  *#made(prologue: Prologue, before: readonly Step[], main: readonly Step[]): Steps<Step[]> {
    const wanted = prologue.wanted(before, main);
    for (const [buffer, key] of wanted) {
      this.#to.externalize(buffer);
      this.#bindings.push({ kind: 'made', key, bytes: buffer.bytes });
    }
    yield;
    return yield* prologue.steps(before, wanted);
  }

  /** What the second half touches of the first one's temporaries lies in the record. */
  #record(first: readonly Step[], second: readonly Step[]): void {
    const made = new Set(first.flatMap((step) => step.writes));
    for (const buffer of second.flatMap((step) => [...step.reads, ...step.writes])) {
      if (buffer === null || buffer.place !== 'arena' || !made.has(buffer)) continue;
      this.#to.externalize(buffer);
      this.#bindings.push({ kind: 'record', offset: this.#recordBytes });
      this.#recordBytes += align(buffer.bytes);
    }
  }
}
