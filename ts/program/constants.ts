/** Which steps of a program run once: those that depend on constants alone. */
import { type Buffer, root, type Step } from '../instructions/builder.ts';

/** The steps that depend on constants alone, and the others. */
export function splitConstants(steps: readonly Step[]): { before: Step[]; main: Step[] } {
  settle(steps);
  return { before: steps.filter((step) => step.constant), main: steps.filter((step) => !step.constant) };
}

/** A step is constant when all it reads is, and when nobody else writes, at each run, what it writes. */
function settle(steps: readonly Step[]): void {
  let changed = true;
  while (changed) {
    changed = false;
    const running = new Set<Buffer>();
    for (const step of steps)
      if (!step.constant) for (const write of step.writes) if (write) running.add(root(write));
    for (const step of steps) {
      const touches = (buffer: Buffer | null) => buffer !== null && running.has(root(buffer));
      const outside = step.writes.some((write) => write && root(write).place === 'external');
      if (step.constant && (outside || step.reads.some(touches) || step.writes.some(touches))) {
        step.constant = false;
        changed = true;
      }
    }
  }
}
