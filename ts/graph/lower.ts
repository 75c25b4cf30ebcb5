/**
 * From nodes to instructions: every value gets a buffer, every node is lowered by its operator. Calls with values, programs
 * and gradients come through here.
 */
import type { Buffer, Builder } from '../instructions/builder.ts';
import { typeBytes } from './resolve.ts';
import type { Node, Value } from './value.ts';

/** Where values lie. */
export class Buffers {
  readonly #to: Builder;
  readonly #bind: (value: Value) => Buffer;
  readonly #of = new Map<Value, Buffer>();

  /** `bind` gives the buffer of what no node makes. */
  constructor(to: Builder, bind: (value: Value) => Buffer) {
    this.#to = to;
    this.#bind = bind;
  }

  /** The buffer of a value; a node's result gets a temporary. */
  of(value: Value): Buffer {
    let buffer = this.#of.get(value);
    if (buffer === undefined) {
      buffer = this.#make(value);
      this.#of.set(value, buffer);
    }
    return buffer;
  }

  #make(value: Value): Buffer {
    const { kind, home } = value;
    if (home !== null) return this.#to.piece(this.of(home.within), home.offset, typeBytes(value));
    return kind === 'node' ? this.#to.buffer(value) : this.#bind(value);
  }

  set(value: Value, buffer: Buffer): void {
    this.#of.set(value, buffer);
  }
}

/** Emits the instructions of nodes, in their order; the first is number `first` of the program's rows. */
export function lower(to: Builder, nodes: readonly Node[], buffers: Buffers, first = 0): void {
  nodes.forEach((node, index) => {
    to.node = first + index;
    lowerNode(to, node, buffers);
  });
}

function lowerNode(to: Builder, node: Node, buffers: Buffers): void {
  const { entry, inputs, params, resolved, outputs, state, saved } = node;
  const reads = inputs.map((input) => input && buffers.of(input));
  if (entry.lower === undefined) {
    buffers.set(outputs[0] as Value, reads[0] as Buffer);
    return;
  }
  // A new version lies where the old one does.
  for (const version of state) buffers.set(version, buffers.of(version.before as Value));
  const made = entry.lower(to, {
    types: inputs,
    outputTypes: outputs,
    params,
    problem: resolved.problem,
    inputs: reads,
    outputs: entry.makes ? [] : outputs.map((output) => buffers.of(output)),
    saved: saved.length === 0 ? null : saved.map((value) => buffers.of(value)),
  });
  made?.forEach((buffer, i) => {
    if (buffer !== null) buffers.set(outputs[i] as Value, buffer);
  });
}
