/**
 * Gradient programs by the structure of the trace that they were made of: operators, options, wiring, shapes, dtypes,
 * results and wanted gradients, compared in full. While a function is traced again its calls are recognised one by one,
 * so that a known structure costs neither shape rules nor lowering. The latest structures are kept.
 */
import type { TensorType } from '../base/dtype.ts';
import { onDisposeRuntime } from '../engine/engine.ts';
import { onLowMemory } from '../engine/memory.ts';
import type { Entry, Params, Resolved } from '../graph/entry.ts';
import type { CallCache, Trace } from '../graph/trace.ts';
import type { Value } from '../graph/value.ts';
import type { Loaded } from './loaded.ts';

const MAX_STRUCTURES = 64;

/** A recorded call: its inputs by their values' ids, -1 where one was left out. */
interface Call {
  readonly entry: Entry;
  readonly params: Params;
  readonly inputs: readonly number[];
  readonly resolved: Resolved;
}

/** A program, and which of a trace's values its captures and slots are. */
export interface Found {
  readonly loaded: Loaded;
  readonly captures: readonly number[];
  /** The captures that a pullback reads. */
  readonly late: readonly number[];
  readonly slots: readonly number[];
}

interface Structure {
  /** Which function asked. */
  readonly where: string;
  readonly values: readonly (TensorType & Pick<Value, 'kind'>)[];
  readonly calls: readonly Call[];
  readonly xs: readonly number[];
  readonly results: readonly number[];
  readonly found: Found;
}

/** The one that was used last comes first. */
const structures: Structure[] = [];

/** Recognises one trace while it is recorded. */
export class TraceCache implements CallCache {
  readonly #where: string;
  /** A structure that the trace has followed so far; null where there is none. */
  #candidate: Structure | null;

  constructor(where: string) {
    this.#where = where;
    this.#candidate = structures.find((one) => one.where === where) ?? null;
  }

  next(trace: Trace, entry: Entry, inputs: readonly (Value | null)[], params: Params): Resolved | null {
    if (this.#candidate === null) return null;
    const index = trace.nodes.length;
    const fits = (one: Structure) => {
      const call = one.calls[index];
      return call !== undefined && sameCall(one, call, entry, inputs, params);
    };
    if (!fits(this.#candidate)) {
      this.#candidate =
        structures.find((one) => one.where === this.#where && fits(one) && follows(one, trace)) ?? null;
    }
    return this.#candidate?.calls[index]?.resolved ?? null;
  }

  /** The program of a trace that is complete; null where its structure is new. */
  find(trace: Trace, xs: readonly Value[], results: readonly Value[]): Found | null {
    const fits = (one: Structure) =>
      one.where === this.#where &&
      one.calls.length === trace.nodes.length &&
      one.values.length === trace.values.length &&
      sameIds(one.xs, xs) &&
      sameIds(one.results, results) &&
      xs.every((x) => sameValue(one, x)) &&
      results.every((result) => sameValue(one, result));
    let found = this.#candidate;
    if (found === null || !fits(found)) {
      if (trace.nodes.length > 0 && found === null) return null;
      found = structures.find((one) => fits(one) && follows(one, trace)) ?? null;
    }
    if (found === null) return null;
    const place = structures.indexOf(found);
    structures.splice(place, 1);
    structures.unshift(found);
    return found.found;
  }

  /** Keeps the program of a new structure. */
  keep(trace: Trace, xs: readonly Value[], results: readonly Value[], found: Found): void {
    const ids = (values: readonly (Value | null)[]) => values.map((value) => value?.id ?? -1);
    register();
    found.loaded.retain();
    structures.unshift({
      where: this.#where,
      values: trace.values.map(({ kind, shape, dtype }) => ({ kind, shape, dtype })),
      calls: trace.nodes.map(({ entry, params, inputs, resolved }) => ({
        entry,
        params,
        inputs: ids(inputs),
        resolved,
      })),
      xs: ids(xs),
      results: ids(results),
      found,
    });
    while (structures.length > MAX_STRUCTURES) structures.pop()?.found.loaded.release();
  }
}

/** Whether a trace's calls so far are the structure's first ones. */
function follows(one: Structure, trace: Trace): boolean {
  return trace.nodes.every(({ entry, inputs, params }, index) =>
    sameCall(one, one.calls[index] as Call, entry, inputs, params),
  );
}

function sameCall(
  one: Structure,
  call: Call,
  entry: Entry,
  inputs: readonly (Value | null)[],
  params: Params,
): boolean {
  if (call.entry !== entry || call.params.length !== params.length || call.inputs.length !== inputs.length)
    return false;
  for (let i = 0; i < params.length; i++) if (!Object.is(call.params[i], params[i])) return false;
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i] as Value | null;
    if (call.inputs[i] !== (input === null ? -1 : input.id)) return false;
    if (input !== null && !sameValue(one, input)) return false;
  }
  return true;
}

function sameValue(one: Structure, value: Value): boolean {
  const known = one.values[value.id];
  if (known === undefined || known.kind !== value.kind || known.dtype !== value.dtype) return false;
  const [a, b] = [known.shape, value.shape];
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let axis = 0; axis < a.length; axis++) if (a[axis] !== b[axis]) return false;
  return true;
}

function sameIds(ids: readonly number[], values: readonly Value[]): boolean {
  return ids.length === values.length && values.every((value, i) => value.id === ids[i]);
}

let isRegistered = false;

/** Has the structures go when memory is short or the runtime ends; at the first one, so that nothing runs at import. */
function register(): void {
  if (isRegistered) return;
  isRegistered = true;
  onLowMemory(() => {
    for (const { found } of structures.splice(0)) found.loaded.release();
  });
  onDisposeRuntime(() => {
    structures.length = 0;
  });
}
