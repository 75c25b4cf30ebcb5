/**
 * What this machine could do at best: multiply-accumulates that never leave the registers, and bytes copied near the processor
 * and far from it, each measured once. A step can need no less time than the longer of the two takes.
 */
import type { Engine } from '../engine/engine.ts';
import { ALGORITHM } from '../instructions/table.ts';

/** One thread's, per millisecond. */
interface Machine {
  readonly macs: number;
  /** Bytes read and written, of working sets of at most so many bytes. */
  readonly speeds: readonly { readonly upTo: number; readonly bytes: number }[];
}

const machines = new WeakMap<Engine, Machine>();

/** Time enough for the optimising compiler to have come. */
const PEAK_MILLISECONDS = 40;
const COPY_MILLISECONDS = 10;
const ITERATIONS = 20_000;
/** Working sets: of a first or second cache, of a shared one, of memory. */
const SETS = [1 << 18, 1 << 22, 1 << 25] as const;

/** The most of something that a millisecond saw; 0 where the clock stands still, as it does in some edge hosts. */
function best(milliseconds: number, amount: number, run: () => void): number {
  let found = 0;
  const end = performance.now() + milliseconds;
  for (let left = 10_000; left > 0; left--) {
    const start = performance.now();
    if (start >= end) break;
    run();
    const took = performance.now() - start;
    if (took > 0) found = Math.max(found, amount / took);
  }
  return found;
}

function measured({ exports }: Engine): Machine {
  const each = exports.peak(1, 0.5);
  const macs = best(PEAK_MILLISECONDS, each * ITERATIONS, () => exports.peak(ITERATIONS, 0.5));
  const speeds = SETS.map((set) => {
    const [from, to] = [new Uint8Array(set / 2).fill(1), new Uint8Array(set / 2)];
    // Up to a quarter of the next one.
    return { upTo: set * 4, bytes: best(COPY_MILLISECONDS, set, () => to.set(from)) };
  });
  return { macs, speeds };
}

/** Of F(4x4, 3x3): 36 products where the definition has 144. */
const WINOGRAD_SHARE = 36 / 144;

/** The least milliseconds of `macs` by an algorithm over `bytes` of operands; 0 where the clock stands still. */
export function limitOf(
  on: Engine,
  { macs, bytes, algorithm }: { readonly macs: number; readonly bytes: number; readonly algorithm: number },
): number {
  let machine = machines.get(on);
  if (machine === undefined) {
    machine = measured(on);
    machines.set(on, machine);
  }
  const { speeds } = machine;
  const speed = speeds.find(({ upTo }) => bytes <= upTo) ?? speeds[speeds.length - 1]!;
  const products = algorithm === ALGORITHM.winograd ? macs * WINOGRAD_SHARE : macs;
  const per = (amount: number, rate: number) => (rate > 0 ? amount / (rate * on.info.threads) : 0);
  return Math.max(per(products, machine.macs), per(bytes, speed.bytes));
}
