/** Threads in tests: every step in parts, however little work it is. */
import { tuning } from '../../ts/engine/parts.ts';

const usual = { ...tuning };

/** What must be run before `init` so that each step has as many parts as there are threads. */
export function inParts(): void {
  tuning.grain = Number.MIN_VALUE;
}

/** As in programs. */
export function asUsual(): void {
  Object.assign(tuning, usual);
}

/** Milliseconds after which a worker is held to be dead. */
export function impatient(milliseconds: number): void {
  tuning.patience = milliseconds;
}
