/**
 * Forms: what programs make of constants once and read at each run (packed weights, folded biases, copies), found by
 * how they were made. The programs of one loaded model share theirs; a form goes with the last program that reads it.
 */
import { allocate, release, type Storage } from '../engine/memory.ts';
import type { Buffer, Step } from '../instructions/builder.ts';

interface Form {
  readonly storage: Storage;
  users: number;
}

export class Forms {
  readonly #forms = new Map<string, Form>();
  /** Whether the bytes count as cache: the constants themselves are kept elsewhere. */
  readonly #cache: boolean;

  constructor(cache: boolean) {
    this.#cache = cache;
  }

  /** The form of this key, and whether it must be made. @throws OutOfMemoryError */
  acquire(where: string, key: string, bytes: number): { storage: Storage; fresh: boolean } {
    const known = this.#forms.get(key);
    if (known !== undefined) {
      known.users += 1;
      return { storage: known.storage, fresh: false };
    }
    const storage = allocate(where, bytes, this.#cache);
    this.#forms.set(key, { storage, users: 1 });
    return { storage, fresh: true };
  }

  release(key: string): void {
    const form = this.#forms.get(key);
    if (form === undefined) return;
    form.users -= 1;
    if (form.users > 0) return;
    this.#forms.delete(key);
    release(form.storage);
  }
}

/** A text that two buffers share when the same steps made them of the same constants. */
export function formKeys(
  steps: readonly Step[],
  constantKey: (buffer: Buffer) => string,
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
      key = made === undefined ? constantKey(buffer) : made.map(call).join('+');
      keys.set(buffer, key);
    }
    return key;
  };
  return keyOf;
}
