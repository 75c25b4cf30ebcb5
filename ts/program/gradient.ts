/**
 * Reverse mode: a traced function's forward instructions, then each node's gradient rule in reverse order. `vjp` runs the
 * two halves apart, and what the second reads of the first lies in the record; `valueAndGrad` runs them as one list.
 */
import type { TensorType } from '../dtype.ts';
import type { Engine } from '../engine/engine.ts';
import { countCache } from '../engine/memory.ts';
import type { Graph, Node, Value } from '../graph/graph.ts';
import { align, type Buffer, Builder, root, type Step } from '../instructions/builder.ts';
import { countOf, emitBinary, emitFill } from '../instructions/emit.ts';
import { BINARY } from '../instructions/table.ts';
import { typeBytes } from './eager.ts';
import { Instructions } from './instructions.ts';
import { assignOffsets, shareInPlace } from './placement.ts';

/** What each external base of the instructions is bound to at a run. */
export type Place =
  /** A value that the trace met, by its id. */
  | { readonly kind: 'value'; readonly id: number }
  /** A result, what flows into it, the gradient of an x. */
  | { readonly kind: 'output' | 'seed' | 'gradient'; readonly index: number }
  | { readonly kind: 'record'; readonly offset: number };

/** Bytes that a number or a draw takes. */
export const SLOT = 16;

/** The instructions of a function's results and of the gradients of `xs`. Freed when nobody holds it. */
export class GradientProgram {
  /** Both halves, where they run as one, else the first. */
  readonly forward: Instructions;
  readonly backward: Instructions | null;
  readonly places: readonly Place[];
  readonly recordBytes: number;
  /** Bytes of room that numbers and draws need at a run. */
  readonly slotBytes: number;
  readonly outputs: readonly TensorType[];
  readonly #engine: Engine;
  #holders = 0;

  /** With `seeded` one list of instructions, in which 1 flows into the one result. */
  constructor(on: Engine, where: string, graph: Graph, xs: readonly Value[], seeded: boolean) {
    this.#engine = on;
    const { lowering, places, middle, slots, keep } = new Reverse(on, where, graph, xs, seeded);
    const load = (steps: readonly Step[]): Instructions => {
      shareInPlace(steps);
      const made = new Instructions(on, where, lowering.encode(steps, assignOffsets(steps)));
      countCache(made.bytes);
      return made;
    };
    const first = seeded ? lowering.steps : lowering.steps.slice(0, middle);
    const second = seeded ? [] : lowering.steps.slice(middle);
    this.recordBytes = keep(first, second);
    this.places = places;
    this.slotBytes = SLOT * slots;
    this.outputs = graph.outputs.map(({ shape, dtype }) => ({ shape, dtype }));
    this.forward = load(first);
    try {
      this.backward = seeded ? null : load(second);
    } catch (error) {
      this.#free(this.forward);
      throw error;
    }
  }

  #free(instructions: Instructions): void {
    instructions.free();
    if (this.#engine.alive) countCache(-instructions.bytes);
  }

  retain(): this {
    this.#holders += 1;
    return this;
  }

  release(): void {
    this.#holders -= 1;
    if (this.#holders > 0) return;
    this.#free(this.forward);
    if (this.backward !== null) this.#free(this.backward);
  }
}

class Reverse {
  readonly lowering: Builder;
  /** One for each external buffer. */
  readonly places: Place[] = [];
  /** The first step of the second half. */
  middle: number;
  /** How many numbers and draws are read. */
  slots = 0;
  readonly #graph: Graph;
  readonly #where: string;
  /** Values whose gradient is asked for, or needed on the way. */
  readonly #needed = new Set<Value>();
  readonly #buffers = new Map<Value, Buffer>();
  readonly #saved = new Map<Node, Buffer[]>();
  readonly #gradients = new Map<Value, Buffer>();

  constructor(on: Engine, where: string, graph: Graph, xs: readonly Value[], seeded: boolean) {
    this.lowering = new Builder(on, where);
    this.#where = where;
    this.#graph = graph;
    this.#findNeeded(xs);
    graph.nodes.forEach((node, index) => {
      this.lowering.node = index;
      this.#forward(node);
    });
    const results = graph.outputs.map((value) => this.#bufferOf(value));
    this.middle = this.lowering.steps.length;
    graph.outputs.forEach((value, index) => {
      if (!this.#needed.has(value)) return;
      const flows = seeded
        ? emitFill(this.lowering, value.shape, 1).buffer
        : this.#external(value, { kind: 'seed', index });
      this.#contribute(value, flows);
    });
    for (let index = graph.nodes.length - 1; index >= 0; index--) {
      this.lowering.node = index;
      this.#backward(graph.nodes[index] as Node);
    }
    const gradients = xs.map((x) => this.#gradients.get(x) ?? emitFill(this.lowering, x.shape, 0).buffer);
    const { steps } = this.lowering;
    const late = new Set(
      seeded ? [] : steps.slice(this.middle).flatMap(({ reads, writes }) => [...reads, ...writes]),
    );
    this.#give(graph.outputs, results, 'output', (buffer) => !late.has(buffer));
    const early = new Set(steps.slice(0, this.middle).flatMap((step) => step.writes));
    this.#give(xs, gradients, 'gradient', (buffer) => !early.has(buffer));
  }

  /** A node's results are needed where an input's are, and where they are float32. */
  #findNeeded(xs: readonly Value[]): void {
    for (const x of xs) this.#needed.add(x);
    for (const { inputs, outputs } of this.#graph.nodes) {
      if (!inputs.some((input) => input !== null && this.#needed.has(input))) continue;
      for (const output of outputs) if (output.dtype === 'float32') this.#needed.add(output);
    }
  }

  #external(type: TensorType, place: Place): Buffer {
    this.places.push(place);
    return this.lowering.external(typeBytes(type));
  }

  #bufferOf(value: Value): Buffer {
    let buffer = this.#buffers.get(value);
    if (buffer === undefined) {
      buffer = this.#external(value, { kind: 'value', id: value.id });
      if (value.tensor === null) this.slots += 1;
      this.#buffers.set(value, buffer);
    }
    return buffer;
  }

  #wanted(node: Node): boolean[] {
    return node.inputs.map((input) => input !== null && this.#needed.has(input));
  }

  #forward(node: Node): void {
    const { entry, inputs, outputs, params } = node;
    if (entry.lower === undefined) {
      this.#buffers.set(outputs[0] as Value, this.#bufferOf(inputs[0] as Value));
      return;
    }
    if (this.#wanted(node).includes(true) && entry.saves !== undefined) {
      const types = entry.saves(inputs, params);
      this.#saved.set(
        node,
        types.map((type) => this.lowering.buffer(type)),
      );
    }
    const reads = inputs.map((input) => input && this.#bufferOf(input));
    for (const output of outputs) this.#buffers.set(output, this.lowering.buffer(output));
    entry.lower(this.lowering, {
      types: inputs,
      outputTypes: outputs,
      params,
      inputs: reads,
      outputs: outputs.map((output) => this.#bufferOf(output)),
      saved: this.#saved.get(node) ?? null,
    });
  }

  #backward(node: Node): void {
    const { entry, inputs, outputs, params } = node;
    const wanted = this.#wanted(node);
    if (!wanted.includes(true) || !outputs.some((output) => this.#gradients.has(output))) return;
    if (entry.lower === undefined) {
      this.#contribute(inputs[0] as Value, this.#gradients.get(outputs[0] as Value) as Buffer);
      return;
    }
    if (entry.gradient === undefined) throw new TypeError(`${this.#where}: ${entry.name} has no gradient`);
    const gradients = outputs.map((output) => {
      if (output.dtype !== 'float32') return null;
      return this.#gradients.get(output) ?? emitFill(this.lowering, output.shape, 0).buffer;
    });
    const found = entry.gradient(this.lowering, {
      types: inputs,
      outputTypes: outputs,
      params,
      inputs: inputs.map((input) => input && this.#bufferOf(input)),
      outputs: outputs.map((output) => this.#bufferOf(output)),
      saved: this.#saved.get(node) ?? [],
      gradients,
      wanted,
    });
    inputs.forEach((input, i) => {
      const gradient = found[i];
      if (input !== null && wanted[i] && gradient) this.#contribute(input, gradient);
    });
  }

  /** Adds to what flows back into a value. */
  #contribute(value: Value, buffer: Buffer): void {
    const before = this.#gradients.get(value);
    const shape = [countOf(value.shape)];
    const sum =
      before === undefined
        ? buffer
        : emitBinary(this.lowering, BINARY.add, { buffer: before, shape }, { buffer, shape }).buffer;
    this.#gradients.set(value, sum);
  }

  /**
   * Has results written where the caller wants them: a temporary that `alone` says nothing else has a use for becomes the
   * caller's memory, anything else is copied, results at the end of the first half.
   */
  #give(
    types: readonly TensorType[],
    from: readonly Buffer[],
    kind: 'output' | 'gradient',
    alone: (buffer: Buffer) => boolean,
  ): void {
    types.forEach((type, index) => {
      const buffer = from[index] as Buffer;
      if (buffer.place === 'arena' && alone(buffer)) {
        this.lowering.externalize(buffer);
        this.places.push({ kind, index });
      } else if (typeBytes(type) > 0) {
        this.lowering.copy(buffer, this.#external(type, { kind, index }));
        const { steps } = this.lowering;
        if (kind === 'output') steps.splice(this.middle++, 0, steps.pop() as Step);
      }
    });
  }

  /** Moves what the first half leaves to the second into the record; gives its bytes. */
  readonly keep = (first: readonly Step[], second: readonly Step[]): number => {
    const made = new Set(first.flatMap((step) => step.writes.map((write) => write && root(write))));
    let bytes = 0;
    for (const buffer of second.flatMap((step) => [...step.reads, ...step.writes])) {
      if (buffer === null || buffer.place !== 'arena' || !made.has(buffer)) continue;
      this.lowering.externalize(buffer);
      this.places.push({ kind: 'record', offset: bytes });
      bytes += align(buffer.bytes);
    }
    return bytes;
  };
}
