/** A program on the Rust side: decoded instructions and a table of bases, the addresses that operands count from. */
import { FAULT, TEAM } from '../base/boundary.ts';
import { faultError } from '../base/faults.ts';
import { type Engine, free, refresh, throwFault } from '../engine/engine.ts';
import { dropArena } from '../engine/memory.ts';
import { take } from '../engine/side.ts';
import { callWithWords, type Words } from '../instructions/words.ts';

/** The faults of a run that are its data's. */
const DATA: readonly number[] = [
  FAULT.indexOutside,
  FAULT.axisOutside,
  FAULT.classOutside,
  FAULT.targetOutside,
  FAULT.probabilityOutside,
];

/** A program that runs beside this thread. */
export interface Lent {
  readonly handle: number;
  /** Its bases, as they are bound here. */
  readonly table: Uint32Array<ArrayBuffer>;
  back(): void;
}

export class Instructions {
  /** Bytes that the Rust side keeps for it. */
  readonly bytes: number;
  readonly code: Words;
  /** By row: the operator that a fault of its data is named after. */
  readonly #operators: readonly string[];
  readonly #engine: Engine;
  #handle = 0;
  /** The handle that runs beside this thread; 0: none. */
  #lent = 0;
  /** Index of the base table in the memory's words. */
  #bases = 0;
  /** For each series of steps that are computed in as many parts: where it ends. Empty when one thread does all. */
  readonly #ends: number[] = [];

  constructor(on: Engine, where: string, code: Words, operators: readonly string[]) {
    this.#engine = on;
    this.code = code;
    this.#operators = operators;
    this.#load(where);
    this.bytes = on.exports.program_bytes(this.#handle) >>> 0;
    const { parts } = code;
    if (parts.some((count) => count > 1))
      this.#ends = parts.flatMap((count, step) => (count === parts[step + 1] ? [] : [step + 1]));
  }

  #load(where: string): void {
    const on = this.#engine;
    const { words, sides } = this.code;
    for (const name of sides) take(on, name);
    callWithWords(on, where, words, (address) => {
      this.#handle = on.exports.program_new(address, words.length) >>> 0;
      return this.#handle !== 0;
    });
    this.#bases = on.exports.program_bases(this.#handle) >>> 2;
  }

  /** Writes the address of one base. */
  bind(base: number, address: number): void {
    refresh(this.#engine).u32[this.#bases + base] = address;
  }

  /** The address of one base. */
  bound(base: number): number {
    return refresh(this.#engine).u32[this.#bases + base] as number;
  }

  /** The first of the steps `first..last` that touches what lies outside of bases of so many bytes; `last` where none does. */
  stray(where: string, bytes: Uint32Array, first: number, last: number): number {
    const { exports } = this.#engine;
    let step = first;
    callWithWords(this.#engine, where, bytes, (address) => {
      const fits = () =>
        exports.program_fits(this.#handle, step, this.code.parts[step] as number, address, bytes.length) !==
        0;
      while (step < last && fits()) step++;
      return true;
    });
    return step;
  }

  /** Runs every step; the bases have been bound. */
  run(where: string): void {
    const { exports, pool } = this.#engine;
    if (this.#ends.length === 0 || !pool?.stands) {
      if (exports.program_run(this.#handle, 0, 1) !== 0) this.#fail(where);
      return;
    }
    let first = 0;
    for (let i = 0; i < this.#ends.length; i++) {
      const last = this.#ends[i] as number;
      this.#runInParts(where, first, last);
      first = last;
    }
  }

  #runInParts(where: string, first: number, last: number): void {
    const status = this.#engine.pool!.run(this.#handle, first, last, this.code.parts[first] as number);
    if (status === TEAM.abandoned) this.#lost(where);
    if (status !== 0) this.#fail(where);
  }

  /** Runs one step. */
  runStep(where: string, step: number): void {
    const { exports, pool } = this.#engine;
    if (pool?.stands) this.#runInParts(where, step, step + 1);
    else if (exports.program_step(this.#handle, step, 0, 1) !== 0) this.#fail(where);
  }

  /** Has the program stay as it is until `back`: it runs beside this thread, with a table of bases of its own. */
  lend(): Lent {
    const handle = this.#handle;
    this.#lent = handle;
    const back = () => {
      this.#lent = 0;
      if (handle !== this.#handle) this.#release(handle);
    };
    return { handle, table: this.#table(), back };
  }

  #table(): Uint32Array<ArrayBuffer> {
    return refresh(this.#engine).u32.slice(this.#bases, this.#bases + (this.code.words[0] as number));
  }

  /** Leaves program and arena to workers that may still read and write them, and throws. */
  #lost(where: string): never {
    const bound = this.#table();
    this.free();
    dropArena();
    this.#load(where);
    refresh(this.#engine).u32.set(bound, this.#bases);
    throw new Error(
      `${where}: a worker died or hangs; the call did not end, the next ones have one thread until new workers stand`,
    );
  }

  /** Throws the fault that the last run left. */
  #fail(where: string): never {
    const { i32, result } = refresh(this.#engine);
    throwFault(this.#engine, this.#blamed(where, i32.subarray(result, result + 5)));
  }

  /** The error of a run's fault: its code, three values, and the step. */
  failure(where: string, words: Int32Array): Error {
    return faultError(this.#blamed(where, words), words[0] as number, words.subarray(1, 4));
  }

  /** A fault of an operator's data names the operator. */
  #blamed(where: string, words: Int32Array): string {
    const operator = DATA.includes(words[0] as number)
      ? this.#operators[this.code.rows[words[4] as number] as number]
      : null;
    return operator && operator !== where ? `${where}: ${operator}` : where;
  }

  free(): void {
    if (this.#handle !== this.#lent) this.#release(this.#handle);
  }

  #release(handle: number): void {
    const { alive, exports } = this.#engine;
    if (alive) free(this.#engine, () => exports.program_free(handle));
  }
}
