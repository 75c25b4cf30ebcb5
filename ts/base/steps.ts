/** Work that is done at once, or in steps between which other tasks run: a generator that yields where it may wait. */
import { Pauses } from './pause.ts';

/**
 * Nodes of a graph that are one step: each takes a fraction of a millisecond, and between two steps everything that waits for
 * the innermost is left and entered again.
 */
export const NODES = 8;

/** Work in steps. */
export type Steps<T> = Generator<undefined, T, unknown>;

/** All of it is one step. */
// biome-ignore lint/correctness/useYield: it never waits
export function* inOne<T>(body: () => T): Steps<T> {
  return body();
}

/** Does it at once. */
export function atOnce<T>(work: Steps<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

/** Milliseconds of a task: steps are not all of a length, and a machine may be a third as fast. */
export const TASK = 16;

/** Does it while other tasks run from time to time; `check` throws where nobody asks for it any more. */
export async function withPauses<T>(work: Steps<T>, check: () => void): Promise<T> {
  const pauses = new Pauses(TASK);
  try {
    for (;;) {
      const { done, value } = work.next();
      if (done) return value;
      const pause = pauses.maybe();
      if (pause === undefined) continue;
      await pause;
      check();
    }
  } finally {
    // What is half done gives back what it holds.
    work.return(undefined as never);
    pauses.end();
  }
}
