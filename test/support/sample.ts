/**
 * The inner loop (npm run test:fast) runs a part of the long lists of cases: it sets STRIATE_FAST to the families that
 * were changed, which are run whole. Without it everything is run.
 */
import type { Call } from './calls.ts';
import { callsOf, families } from './families.ts';

const fast = process.env.STRIATE_FAST;

/** Every `each`th of a list where a part is enough. */
export const sample = <T>(list: readonly T[], each: number): readonly T[] =>
  fast === undefined ? list : list.filter((_, i) => i % each === 0);

/** The lines of a family that are run: of each operator the first, and some of the others. */
export function callsToRun(family: string): readonly Call[] {
  const all = callsOf(families[family]!);
  if (fast === undefined || fast.split(',').includes(family)) return all;
  const ops = [...new Set(all.map(({ op }) => op))];
  return ops.flatMap((op) =>
    sample(
      all.filter((call) => call.op === op),
      8,
    ),
  );
}

export const allCallsToRun: readonly Call[] = Object.keys(families).flatMap(callsToRun);
