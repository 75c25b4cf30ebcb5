/**
 * From nodes to instructions: every value gets a buffer, every node is lowered by its operator. Calls with values, programs
 * and gradients come through here.
 */
import type { TensorType } from '../base/dtype.ts';
import type { Buffer, Builder } from '../instructions/builder.ts';
import type { Entry, Params, Resolved } from './entry.ts';

/** What lowering must know of a node; a value is known by identity. */
interface Lowerable<V> {
  readonly entry: Entry;
  readonly inputs: readonly (V | null)[];
  readonly params: Params;
  readonly resolved: Resolved;
  readonly outputs: readonly V[];
  readonly state?: readonly (V & { readonly before: V | null })[];
  readonly saved?: readonly V[];
}

/** Where values lie. */
export interface Buffers<V> {
  /** The buffer of a value; one that it makes is kept. */
  of(value: V): Buffer;
  set(value: V, buffer: Buffer): void;
}

/** Buffers that are kept as `make` makes them. */
export function buffersBy<V>(make: (value: V) => Buffer): Buffers<V> {
  const known = new Map<V, Buffer>();
  const set = (value: V, buffer: Buffer) => known.set(value, buffer);
  return {
    of(value) {
      const buffer = known.get(value) ?? make(value);
      set(value, buffer);
      return buffer;
    },
    set,
  };
}

/** Emits the instructions of a node, which is number `row` of the program's rows. */
export function lower<V extends TensorType>(
  to: Builder,
  node: Lowerable<V>,
  buffers: Buffers<V>,
  row = 0,
): void {
  const { entry, inputs, params, resolved, outputs, state, saved } = node;
  to.node = row;
  const reads = inputs.map((input) => input && buffers.of(input));
  const give = (buffer: Buffer | null, i: number) => buffer && buffers.set(outputs[i] as V, buffer);
  if (entry.lower === undefined) {
    give(reads[0] as Buffer, 0);
    return;
  }
  // A new version lies where the old one does.
  for (const version of state ?? []) buffers.set(version, buffers.of(version.before as V));
  const made = entry.lower(to, {
    types: inputs,
    outputTypes: outputs,
    params,
    problem: resolved.problem,
    inputs: reads,
    outputs: entry.makes ? [] : outputs.map(buffers.of),
    saved: saved?.length ? saved.map(buffers.of) : null,
  });
  made?.forEach(give);
}
