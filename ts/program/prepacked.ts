/**
 * What programs make of constants once and read at each run (prepacked weights, folded biases, copies), found by how it is
 * made (keys.ts). The programs of one loaded model share theirs; each goes with the last program that reads it.
 */
import { allocate, release, type Storage } from '../engine/memory.ts';

interface Made {
  storage: Storage;
  users: number;
}

/** Long texts that are remembered: what depends on shapes adds to them with each new shape. */
const MAX_TEXTS = 1 << 16;

export class Prepacked {
  readonly #made = new Map<string, Made>();
  readonly #texts = new Map<string, string>();
  #last = 0;
  /** Whether the bytes count as cache: the constants themselves are kept elsewhere. */
  readonly #cache: boolean;

  constructor(cache: boolean) {
    this.#cache = cache;
  }

  /** A short text for a long one; where that was forgotten a new one, and what has the old key is made again. */
  shorten(text: string): string {
    let short = this.#texts.get(text);
    if (short === undefined) {
      if (this.#texts.size === MAX_TEXTS) this.#texts.clear();
      short = `%${++this.#last}`;
      this.#texts.set(text, short);
    }
    return short;
  }

  has(key: string): boolean {
    return this.#made.has(key);
  }

  /** For a plan. */
  claim(): Claim {
    return new Claim(this);
  }

  /** Has what a key stands for stay until it is released. */
  hold(key: string): void {
    (this.#made.get(key) as Made).users += 1;
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

  /** The storage of a key to be written anew: another one where a run beside still reads what it holds. @throws OutOfMemoryError */
  renew(where: string, key: string): Storage {
    const made = this.#made.get(key) as Made;
    if (made.storage.references > 1) {
      const fresh = allocate(where, made.storage.bytes, this.#cache);
      release(made.storage);
      made.storage = fresh;
    }
    return made.storage;
  }

  /** What lies under these keys. */
  storagesOf(keys: readonly string[]): Storage[] {
    return keys.map((key) => (this.#made.get(key) as Made).storage);
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

/** What a plan counts on: it stays until the program that is planned holds it itself. */
export class Claim {
  readonly #prepacked: Prepacked;
  readonly #keys: string[] = [];

  constructor(prepacked: Prepacked) {
    this.#prepacked = prepacked;
  }

  shorten(text: string): string {
    return this.#prepacked.shorten(text);
  }

  /** Whether it is there, and then to stay. */
  has(key: string): boolean {
    if (!this.#prepacked.has(key)) return false;
    this.#prepacked.hold(key);
    this.#keys.push(key);
    return true;
  }

  /** The plan has its program, or none. */
  end(): void {
    for (const key of this.#keys.splice(0)) this.#prepacked.release(key);
  }
}
