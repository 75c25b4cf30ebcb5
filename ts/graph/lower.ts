/**
 * From nodes to instructions: every value gets a buffer, every node is lowered by its operator. Calls with values, programs
 * and gradients come through here.
 */
import type { Buffer, Builder } from '../instructions/builder.ts';
import type { Node, Value } from './value.ts';

/** Where values lie. */
export interface Buffers {
  /** The buffer of a value; one that it makes is kept. */
  of(value: Value): Buffer;
  set(value: Value, buffer: Buffer): void;
}

/** Buffers that are kept as `make` makes them. */
export function buffersBy(make: (value: Value) => Buffer): Buffers {
  const known = new Map<Value, Buffer>();
  return {
    of(value) {
      const buffer = known.get(value) ?? make(value);
      known.set(value, buffer);
      return buffer;
    },
    set: (value, buffer) => known.set(value, buffer),
  };
}

/** Emits the instructions of nodes, in their order; the first is number `first` of the program's rows. */
export function lower(to: Builder, nodes: readonly Node[], buffers: Buffers, first = 0): void {
  nodes.forEach(({ entry, inputs, params, resolved, outputs, state, saved }, index) => {
    to.node = first + index;
    const reads = inputs.map((input) => input && buffers.of(input));
    const give = (buffer: Buffer | null, i: number) => buffer && buffers.set(outputs[i] as Value, buffer);
    if (entry.lower === undefined) {
      give(reads[0] as Buffer, 0);
      return;
    }
    // A new version lies where the old one does.
    for (const version of state) buffers.set(version, buffers.of(version.before as Value));
    const made = entry.lower(to, {
      ...{ types: inputs, outputTypes: outputs, params, problem: resolved.problem, inputs: reads },
      outputs: entry.makes ? [] : outputs.map(buffers.of),
      saved: saved.length === 0 ? null : saved.map(buffers.of),
    });
    made?.forEach(give);
  });
}
