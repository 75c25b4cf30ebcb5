/** Which steps of a program are computed in parts, and by how many threads. */
import { builtin } from '../base/builtin.ts';

/** What tests change. */
export const tuning = {
  /**
   * The work that makes a part worth its meeting, in multiply-accumulates or half bytes moved: some 25 microseconds. A
   * meeting costs 0.2, waking a worker that has fallen asleep 50.
   */
  grain: 1 << 19,
  /** Milliseconds without progress after which a worker is held to be dead. */
  patience: 10_000,
  /** Milliseconds in which new workers must stand. */
  starting: 10_000,
};

const MAX_AUTO = 8;

/** The parts that a step of so much work is computed in. */
export function partsOf(work: number, threads: number): number {
  return Math.max(1, Math.min(threads, Math.floor(work / tuning.grain)));
}

/** The threads of `threads: 'auto'`. */
export function processors(): number {
  const os = builtin<{ availableParallelism?(): number }>('node:os');
  const { navigator } = globalThis as { navigator?: { hardwareConcurrency?: number } };
  return Math.min(MAX_AUTO, os?.availableParallelism?.() ?? navigator?.hardwareConcurrency ?? 1);
}
