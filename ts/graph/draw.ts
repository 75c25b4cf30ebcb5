/** The generator behind all random numbers: a seed, and a stream of it for each call that has no seed of its own. */
import { integer } from '../base/checks.ts';

let seed = 0;
let stream = 0;
let seeded = false;

/**
 * Seeds the generator behind rand, randn, dropout and the layers' initial values. Not for secrets.
 * @throws TypeError, RangeError for an n that is no integer from 0
 */
export function manualSeed(n: number): void {
  seed = integer('manualSeed', 'n', n, 0, Number.MAX_SAFE_INTEGER);
  stream = 0;
  seeded = true;
}

/** Where the generator stands: its seed, which is drawn where there is none yet, and the streams that were taken of it. */
export function generatorState(): { readonly seed: number; readonly stream: number } {
  if (!seeded) seedByChance();
  return { seed, stream };
}

/** Has the generator go on from there. */
export function setGeneratorState(state: ReturnType<typeof generatorState>): void {
  manualSeed(state.seed);
  stream = state.stream;
}

function seedByChance(): void {
  manualSeed(Math.floor(Math.random() * Number.MAX_SAFE_INTEGER));
}

/**
 * Stands where an operator reads the state of the generator, int32 [3]: key, key, stream. Each run draws anew: the stream
 * of a seed that was given, else the generator's next.
 */
export class Draw {
  readonly #seed: number | undefined;
  readonly #stream: number;

  /** @throws what `integer` throws for a seed that is none */
  constructor(where: string, own?: number, ownStream = 0) {
    if (own !== undefined) integer(where, 'seed', own, 0, Number.MAX_SAFE_INTEGER);
    this.#seed = own;
    this.#stream = ownStream;
  }

  /** The seed that was given, null where it is the generator's, and the stream. */
  saved(): readonly [seed: number | null, stream: number] {
    return [this.#seed ?? null, this.#stream];
  }

  /** The state for one run. */
  next(): [number, number, number] {
    const own = this.#seed;
    if (own !== undefined) return [own | 0, (own / 2 ** 32) | 0, this.#stream];
    if (!seeded) seedByChance();
    stream += 1;
    return [seed | 0, (seed / 2 ** 32) | 0, stream];
  }
}

/** What instructions read of it. */
export const DRAW_TYPE = { shape: [3], dtype: 'int32' } as const;
