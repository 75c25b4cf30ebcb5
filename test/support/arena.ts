/** What programs leave behind: nothing that the next run may read. */
import { engine, refresh } from '../../ts/engine/engine.ts';
import { sharedArena } from '../../ts/engine/memory.ts';

/** Fills the arena that all programs share, as far as `bytes`, with NaN. */
export function spoilArena(bytes: number): void {
  const from = sharedArena('test', bytes) >>> 2;
  refresh(engine('test')).f32.fill(Number.NaN, from, from + (bytes >>> 2));
}
