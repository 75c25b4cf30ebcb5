// Who is how fast: runs take turns, so that a change of the machine's pace meets all of them, and medians are compared.
//
// A round takes one sample of each racer, forwards in even rounds and backwards in odd ones, so that nobody always
// follows the same one. A sample is as many runs as fill SAMPLE_MS. Before that each racer warms up alone until its
// time falls no more: V8 compiles WebAssembly with its optimising compiler while it runs.
import { setTimeout as sleep } from 'node:timers/promises';

const SAMPLE_MS = 20; // the clock has a resolution of microseconds
const WARM_UP_MS = 40; // of one step
const MOST_STEPS = 30;
const FALLS = 0.97; // a step that is not faster by this factor than the best one before was no progress

/** Milliseconds per run of `runs` runs in a row. */
async function sample(run, runs) {
  const start = performance.now();
  for (let i = 0; i < runs; i++) {
    const pending = run();
    if (pending instanceof Promise) await pending;
  }
  return (performance.now() - start) / runs;
}

/** Runs until two steps in a row bring nothing; gives the milliseconds of the best step. */
async function warmUp(run, stepMs) {
  let best = await sample(run, 1);
  let idle = 0;
  for (let step = 0; step < MOST_STEPS && idle < 2; step++) {
    const time = await sample(run, Math.max(1, Math.round(stepMs / best)));
    idle = time < best * FALLS ? 0 : idle + 1;
    best = Math.min(best, time);
  }
  return best;
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export const geomean = (values) =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

/**
 * The median milliseconds of each function, in their order. `run` may be asynchronous.
 * `restMs` passes before each sample: workers of the one before spin for a while when there are several threads.
 */
export async function race(runs, { rounds, restMs = 0, sampleMs = SAMPLE_MS, warmUpMs = WARM_UP_MS }) {
  const counts = [];
  for (const run of runs) counts.push(Math.max(1, Math.ceil(sampleMs / (await warmUp(run, warmUpMs)))));
  const times = runs.map(() => []);
  const order = runs.map((_, i) => i);
  for (let round = 0; round < rounds; round++) {
    for (const i of order) {
      if (restMs > 0) await sleep(restMs);
      times[i].push(await sample(runs[i], counts[i]));
    }
    order.reverse();
  }
  return times.map(median);
}
