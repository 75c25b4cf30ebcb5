/** Pseudo-random choices from a seed, so that a failing case can be run again (mulberry32). */
export class Choices {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** A number in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer from `low` to `high`, both included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  /** One of a list. */
  of<T>(list: readonly T[]): T {
    return list[this.integer(0, list.length - 1)] as T;
  }

  /** Small integers, as many as a shape has elements. */
  integers(shape: readonly number[], low: number, high: number): number[] {
    const size = shape.reduce((product, axis) => product * axis, 1);
    return Array.from({ length: size }, () => this.integer(low, high));
  }
}
