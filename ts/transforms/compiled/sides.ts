/** The side modules that a file's instructions are in: those that the application does not hold come as chunks of their own. */
import type { Engine } from '../../engine/engine.ts';
import type { Packed } from '../../engine/packed.ts';
import { holds, prepare, side } from '../../engine/side.ts';
import type { Executable } from '../../program/executable.ts';

const SIDES: ReadonlyMap<string, () => Promise<{ packed: Packed }>> = /*#__PURE__*/ new Map([
  ['bytes', () => import('../../../build/sides/alone/bytes.js')],
  ['gradients', () => import('../../../build/sides/alone/gradients.js')],
  ['sampling', () => import('../../../build/sides/alone/sampling.js')],
  ['resampling', () => import('../../../build/sides/alone/resampling.js')],
  ['selection', () => import('../../../build/sides/alone/selection.js')],
  ['axes', () => import('../../../build/sides/alone/axes.js')],
  ['recurrent', () => import('../../../build/sides/alone/recurrent.js')],
  ['pictures', () => import('../../../build/sides/alone/pictures.js')],
]);

export const isSide = (name: string): boolean => SIDES.has(name);

/** Has the application hold what these need. */
export async function bring(on: Engine, executables: readonly Executable[]): Promise<void> {
  if (on.whole) return;
  const lists = executables.flatMap(({ main, prologue }) => [main, prologue]);
  const names = new Set(lists.flatMap((list) => list?.sides ?? []));
  for (const name of names) if (!holds(name)) side(name, (await SIDES.get(name)!()).packed);
  await prepare(on);
}
