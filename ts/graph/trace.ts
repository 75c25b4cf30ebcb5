/**
 * An open trace: operators that are given a symbolic or followed tensor record a node here instead of running.
 * Modules are known by path while it is open, so that a result can be asked for by its module's name.
 */
import { type DType, sameShape, type TensorType } from '../base/dtype.ts';
import { atOnce, inOne, type Steps } from '../base/steps.ts';
import { release, type Storage } from '../engine/memory.ts';
import { CLONE, RESHAPE } from './builtin.ts';
import { DRAW_TYPE, Draw } from './draw.ts';
import type { Entry, Params, Resolved } from './entry.ts';
import { resolve } from './resolve.ts';
import {
  type Handle,
  homeOf,
  isHandle,
  makeValue,
  NO_ORIGINS,
  NO_VALUES,
  type Node,
  type Operand,
  scalarType,
  unshaped,
  type Value,
} from './value.ts';

let current: Trace | null = null;

/** The trace that is open, if any. */
export function currentTrace(): Trace | null {
  return current;
}

/** Knows the nodes of traces that were seen before. */
export interface CallCache {
  /** What a call that was recorded at this place before made; null where there was none. */
  next(trace: Trace, entry: Entry, inputs: readonly (Value | null)[], params: Params): Resolved | null;
}

export class Trace {
  readonly inputs: Value[] = [];
  /** What was recorded. */
  readonly nodes: Node[] = [];
  /** Everything that the nodes read or make, by id. */
  readonly values: Value[] = [];
  /** Results by the path of the module that gave them. */
  readonly named = new Map<string, Value>();
  /** The last version of each capture that was written. */
  readonly state = new Map<Value, Value>();
  readonly #followed: ReadonlySet<Handle>;
  /** The last versions of followed tensors, which are known by identity, and of other storage. */
  readonly #known = new Map<Storage | Handle, Value>();
  readonly #retained: Storage[] = [];
  /** What operators read that ran at once, and what nodes write. */
  readonly #read = new Set<Storage>();
  readonly #written = new Set<Storage>();
  /** Something was written that an operator had read at once: its result is no constant. */
  #isStale = false;
  readonly #cache: CallCache | null;
  #where = '';
  #path = '';

  constructor(followed: Iterable<Handle> = [], cache: CallCache | null = null) {
    this.#followed = new Set(followed);
    this.#cache = cache;
  }

  /**
   * Runs `body` with this trace open; once more where it writes what operators had read at once, which are recorded then.
   * @throws TypeError when another is open
   */
  run<T>(where: string, body: () => T): T {
    return atOnce(this.steps(where, () => inOne(body)));
  }

  /** `run` of a body in steps: between them the trace is not open. */
  *steps<T>(where: string, body: () => Steps<T>): Steps<T> {
    this.#where = where;
    const [known, count] = [[...this.#known], this.values.length];
    for (;;) {
      this.#isStale = false;
      const work = body();
      for (;;) {
        const { done, value } = this.#opened(() => work.next());
        if (!done) yield;
        else if (this.#isStale) break;
        else return value;
      }
      this.nodes.length = 0;
      this.values.length = count;
      for (const all of [this.named, this.state, this.#known, this.#read, this.#written]) all.clear();
      for (const [key, value] of known) this.#known.set(key, value);
    }
  }

  #opened<T>(body: () => T): T {
    if (current !== null)
      throw new TypeError(`${this.#where}: a traced function cannot be traced inside another`);
    current = this;
    try {
      return body();
    } finally {
      current = null;
    }
  }

  #value(type: TensorType, kind: Value['kind'], maker?: Node, before?: Value): Value {
    const value = makeValue(this.values.length, type, kind, maker, before);
    this.values.push(value);
    return value;
  }

  /** A new symbolic input. */
  input(type: TensorType): Value {
    const value = this.#value(type, 'input');
    this.inputs.push(value);
    return value;
  }

  /** Whether a call with this tensor is recorded. */
  follows(tensor: Handle): boolean {
    return tensor.symbol !== null || this.#followed.has(tensor) || tensor.resources.storage?.written === true;
  }

  /** An operator that runs at once reads this. */
  reads({ resources: { storage } }: Handle): void {
    if (storage !== null) this.#read.add(storage);
  }

  /** Whether a node writes this storage, so that its values are not known. */
  writes(storage: Storage): boolean {
    return this.#written.has(storage);
  }

  /** The value that stands for what a function was given or gave. @throws TypeError for a tensor that is disposed */
  valueOf(operand: Handle | number | Draw, dtype: DType = 'float32'): Value {
    if (typeof operand === 'number') {
      const value = this.#value({ shape: [], dtype }, 'number');
      value.number = operand;
      return value;
    }
    if (operand instanceof Draw) {
      const value = this.#value(DRAW_TYPE, 'draw');
      value.draw = operand;
      return value;
    }
    if (operand.symbol !== null) return this.#latest(operand.symbol);
    const { storage } = operand.resources;
    if (storage === null) throw new TypeError(`${this.#where}: a tensor that the function uses is disposed`);
    const key = this.#followed.has(operand) ? operand : storage;
    const known = this.#known.get(key);
    if (known !== undefined) return sameShape(known, operand) ? known : this.#under(known, operand.shape);
    const value = this.#value(operand, 'capture');
    value.storage = storage;
    this.#known.set(key, value);
    storage.references += 1;
    this.#retained.push(storage);
    return value;
  }

  /** What a capture under some shape is by then: it has the capture's storage, which may have been written. */
  #latest(value: Value): Value {
    if (this.state.size === 0) return value;
    const latest = this.state.get(homeOf(value));
    if (latest === undefined || unshaped(latest) === unshaped(value)) return value;
    return sameShape(latest, value) ? latest : this.#under(latest, value.shape);
  }

  /** A capture's value under another shape. */
  #under(value: Value, shape: readonly number[]): Value {
    return this.#append(RESHAPE, [value], shape)[0] as Value;
  }

  /** Appends the node of a call and gives its outputs. */
  record(entry: Entry, inputs: readonly Operand[], params: Params): readonly Value[] {
    const dtype = scalarType(inputs);
    const values = inputs.map((input) => (input === null ? null : this.valueOf(input, dtype)));
    return this.#append(entry, values, params);
  }

  #append(entry: Entry, inputs: (Value | null)[], params: Params): readonly Value[] {
    const resolved = this.#cache?.next(this, entry, inputs, params) ?? resolve(entry, inputs, params);
    const written = resolved.state;
    // What is not the function's to write is written as a copy.
    for (const i of written ?? []) {
      const before = inputs[i];
      if (before && homeOf(before).kind !== 'capture') inputs[i] = this.#append(CLONE, [before], [])[0]!;
    }
    const state: Value[] | typeof NO_VALUES = written === undefined ? NO_VALUES : [];
    const outputs: Value[] = [];
    const node: Node = {
      entry,
      inputs,
      params,
      resolved,
      outputs,
      state,
      saved: NO_VALUES,
      path: this.#path,
      origins: NO_ORIGINS,
      order: this.nodes.length,
    };
    this.nodes.push(node);
    for (const type of resolved.outputs) outputs.push(this.#value(type, 'node', node));
    for (const i of written ?? []) {
      const before = inputs[i];
      if (before) (state as Value[]).push(this.#version(before, node));
    }
    return outputs;
  }

  /** The next version of what a node writes in place. */
  #version(before: Value, maker: Node): Value {
    const value = this.#value(before, 'node', maker, before);
    const home = homeOf(before);
    if (home.kind === 'capture') {
      const storage = home.storage as Storage;
      if (this.#read.has(storage)) this.#isStale = true;
      this.#written.add(storage);
      storage.written = true;
      this.state.set(home, value);
      for (const [key, known] of this.#known) if (homeOf(known) === home) this.#known.set(key, value);
    }
    return value;
  }

  /** Runs a module's forward under its path and remembers what it gave. */
  inside<T>(path: string, body: () => T): T {
    const outer = this.#path;
    this.#path = path;
    try {
      const result = body();
      if (isHandle(result)) this.named.set(path, this.valueOf(result));
      return result;
    } finally {
      this.#path = outer;
    }
  }

  /** Has a result known by one more name, where nothing else has it. */
  alsoNamed(name: string, result: Handle): void {
    if (!this.named.has(name)) this.named.set(name, this.valueOf(result));
  }

  /** Gives the storage back that it kept alive: what was bound to it by now holds it itself. */
  close(): void {
    for (const storage of this.#retained.splice(0)) release(storage);
  }
}
