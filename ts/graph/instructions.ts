/** A program on the Rust side: decoded instructions and a table of bases, the addresses that operands count from. */
import { type Engine, faultCode, refresh, throwFault } from '../engine.ts';
import { FAULT_INDEX_OUTSIDE, FAULT_OUT_OF_MEMORY } from '../errors.ts';
import { releaseCaches, withRoom } from '../memory.ts';

/** One word list, and what must be known about it: see lowering.ts. */
export interface Code {
  readonly words: readonly number[];
  /** Bytes of the shared arena that it uses. */
  readonly arenaBytes: number;
  /** The node and the algorithm of each step. */
  readonly nodes: readonly number[];
  readonly algorithms: readonly number[];
  /** The operator whose data each step judges. */
  readonly judges: readonly (string | null)[];
}

/** The base of the shared arena; externals follow. */
export const ARENA = 0;

export class Instructions {
  /** Bytes that the Rust side keeps for it. */
  readonly bytes: number;
  readonly code: Code;
  readonly #handle: number;
  /** Index of the base table in the memory's words. */
  readonly #bases: number;
  readonly #engine: Engine;

  constructor(on: Engine, where: string, code: Code) {
    this.#engine = on;
    this.code = code;
    let handle = 0;
    callWithWords(on, where, code.words, (address) => {
      handle = on.exports.program_new(address, code.words.length) >>> 0;
      return handle !== 0;
    });
    this.#handle = handle;
    this.#bases = on.exports.program_bases(this.#handle) >>> 2;
    this.bytes = on.exports.program_bytes(this.#handle) >>> 0;
  }

  /** Writes the address of one base. */
  bind(base: number, address: number): void {
    refresh(this.#engine).u32[this.#bases + base] = address;
  }

  /** Runs every step; the bases have been bound. */
  run(where: string): void {
    if (this.#engine.exports.program_run(this.#handle, 0, 1) !== 0) this.#fail(where);
  }

  /** Runs one step. */
  runStep(where: string, step: number): void {
    if (this.#engine.exports.program_step(this.#handle, step, 0, 1) !== 0) this.#fail(where);
  }

  /** Throws a run's fault; one of an operator's data names the operator. */
  #fail(where: string): never {
    const { i32, result } = refresh(this.#engine);
    const atFault = faultCode(this.#engine) === FAULT_INDEX_OUTSIDE;
    const judge = atFault ? this.code.judges[i32[result + 3] as number] : null;
    throwFault(this.#engine, judge && judge !== where ? `${where}: ${judge}` : where);
  }

  free(): void {
    if (this.#engine.alive) this.#engine.exports.program_free(this.#handle);
  }
}

/**
 * Calls the Rust side with the address of a copy of these words; `call` says whether it went well. When there was no
 * memory for it, the caches are released and it is called again.
 * @throws OutOfMemoryError, and the fault's sentence
 */
export function callWithWords(
  on: Engine,
  where: string,
  words: readonly number[],
  call: (address: number) => boolean,
): void {
  const bytes = words.length * 4;
  const address = withRoom(where, bytes, () => on.exports.alloc(bytes));
  try {
    refresh(on).u32.set(words, address >>> 2);
    if (call(address)) return;
    if (faultCode(on) === FAULT_OUT_OF_MEMORY) {
      releaseCaches();
      if (call(address)) return;
    }
    throwFault(on, where);
  } finally {
    on.exports.release(address);
  }
}
