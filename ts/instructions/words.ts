/** Word lists on their way to the Rust side: where their bases begin, and a call that has them in its memory. */
import { FAULT } from '../base/boundary.ts';
import { type Engine, faultCode, refresh, throwFault } from '../engine/engine.ts';
import { releaseCaches, withRoom } from '../engine/memory.ts';

/** The base of the shared arena; externals follow. */
export const ARENA = 0;

/** A list of instructions. */
export interface Words {
  /** The side modules that hold some of them. */
  readonly sides: readonly string[];
  readonly words: ArrayLike<number>;
  /** Bytes of the shared arena that it uses. */
  readonly arenaBytes: number;
  /** The row and the algorithm of each step. */
  readonly rows: readonly number[];
  readonly algorithms: readonly number[];
  /** In how many parts each step is computed. */
  readonly parts: readonly number[];
}

/**
 * Calls the Rust side with the address of a copy of these words; `call` says whether it went well. When there was no
 * memory for it, the caches are released and it is called again.
 * @throws OutOfMemoryError, and the fault's sentence
 */
export function callWithWords(
  on: Engine,
  where: string,
  words: ArrayLike<number>,
  call: (address: number) => boolean,
): void {
  const bytes = words.length * 4;
  const address = withRoom(where, bytes, () => on.exports.alloc(bytes));
  try {
    refresh(on).u32.set(words, address >>> 2);
    if (call(address)) return;
    if (faultCode(on) === FAULT.outOfMemory) {
      releaseCaches();
      if (call(address)) return;
    }
    throwFault(on, where);
  } finally {
    on.exports.release(address);
  }
}
