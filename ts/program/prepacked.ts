/**
 * What programs make of constants once and read at each run (prepacked weights, folded biases, copies), found by how it is
 * made. The programs of one loaded model share theirs; each goes with the last program that reads it.
 */
import { allocate, release, type Storage } from '../engine/memory.ts';
import type { Buffer, Step } from '../instructions/builder.ts';

interface Made {
  readonly storage: Storage;
  users: number;
}

export class Prepacked {
  readonly #made = new Map<string, Made>();
  /** Whether the bytes count as cache: the constants themselves are kept elsewhere. */
  readonly #cache: boolean;

  constructor(cache: boolean) {
    this.#cache = cache;
  }

  has(key: string): boolean {
    return this.#made.has(key);
  }

  /** The storage of this key, which is to be written where it is new. @throws OutOfMemoryError */
  acquire(where: string, key: string, bytes: number): Storage {
    let made = this.#made.get(key);
    if (made === undefined) {
      made = { storage: allocate(where, bytes, this.#cache), users: 0 };
      this.#made.set(key, made);
    }
    made.users += 1;
    return made.storage;
  }

  release(key: string): void {
    const made = this.#made.get(key);
    if (made === undefined) return;
    made.users -= 1;
    if (made.users > 0) return;
    this.#made.delete(key);
    release(made.storage);
  }
}

/** A text that two buffers share when the same steps make them of the same constants, whose texts are given. */
export function keysOf(
  steps: readonly Step[],
  constants: ReadonlyMap<Buffer, string>,
): (buffer: Buffer) => string {
  const writers = new Map<Buffer, Step[]>();
  for (const step of steps) {
    for (const write of step.writes)
      if (write !== null) writers.set(write, [...(writers.get(write) ?? []), step]);
  }
  const keys = new Map<Buffer, string>();
  const keyOf = (buffer: Buffer): string => {
    let key = keys.get(buffer);
    if (key === undefined) {
      const made = writers.get(buffer);
      const call = ({ opcode, reads, writes, params }: Step) => {
        const operands = reads.map((read) => (read === null ? '' : keyOf(read)));
        return `${opcode}.${writes.indexOf(buffer)}[${params.join()}](${operands.join()})`;
      };
      key = made === undefined ? (constants.get(buffer) ?? '?') : made.map(call).join('+');
      keys.set(buffer, key);
    }
    return key;
  };
  return keyOf;
}
