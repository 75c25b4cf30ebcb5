/**
 * What this machine could do at best: multiply-accumulates that never leave the registers, of floats and of bytes, and bytes copied
 * near the processor and far from it, each measured when it is first asked for. A step can need no less time than the longer of the
 * two takes.
 */
import { DTYPE } from '../base/boundary.ts';
import type { Engine } from '../engine/engine.ts';
import { ALGORITHM, BYTES, OP } from '../instructions/table.ts';
import { ARENA } from '../instructions/words.ts';
import { Instructions } from './instructions.ts';

/** Time enough for the optimising compiler to have come. */
const PEAK_MILLISECONDS = 40;
const COPY_MILLISECONDS = 10;
const ITERATIONS = 20_000;
const PRODUCTS = 1 << 21;
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

/** By what they are of, per millisecond of one thread. */
const rates = new WeakMap<Engine, Map<string, number>>();

/** A rate of an engine, which is measured once. */
function rateOf(on: Engine, what: string, measure: () => number): number {
  const known = rates.get(on) ?? new Map<string, number>();
  rates.set(on, known);
  const rate = known.get(what) ?? measure();
  known.set(what, rate);
  return rate;
}

function floats(on: Engine): number {
  const { exports } = on;
  return rateOf(on, 'floats', () => {
    const each = exports.peak(1, 0.5);
    return best(PEAK_MILLISECONDS, each * ITERATIONS, () => exports.peak(ITERATIONS, 0.5));
  });
}

/** The engine's fastest way to multiply bytes, and that through 16 bits. */
const FASTEST = 0;
const WIDE = 2;

/** Only where the engine holds their side module. */
function bytesBy(on: Engine, way: number): number {
  return rateOf(on, `bytes, ${way}`, () => {
    const words = [ARENA + 2, 1, OP.quantizedPeak, 1, ARENA + 1, 0, 3, DTYPE.uint8, PRODUCTS, way];
    const code = { words, sides: [], arenaBytes: 0, rows: [0], algorithms: [0], parts: [1] };
    const program = new Instructions(on, 'profile', code, []);
    // Room for four words that nobody reads.
    program.bind(ARENA + 1, on.exports.result());
    const found = best(PEAK_MILLISECONDS, PRODUCTS, () => program.run('profile'));
    program.free();
    return found;
  });
}

/** Of the smallest set that is no less than a quarter of what is copied. */
function copies(on: Engine, bytes: number): number {
  const set = SETS.find((set) => bytes <= set * 4) ?? SETS[SETS.length - 1]!;
  return rateOf(on, `copies, ${set}`, () => {
    const [from, to] = [new Uint8Array(set / 2).fill(1), new Uint8Array(set / 2)];
    return best(COPY_MILLISECONDS, set, () => to.set(from));
  });
}

/** Multiply-accumulates of the definition: F(4x4, 3x3) has 36 products where that has 144, F(2x2, 3x3) 16 where it has 36. */
function products(on: Engine, algorithm: number): number {
  if (algorithm === ALGORITHM.winograd) return floats(on) * (144 / 36);
  // A file may say anything: only the module of bytes has their peak.
  if (algorithm < BYTES.bytes || !(on.whole || on.sides.has('bytes'))) return floats(on);
  const fastest = bytesBy(on, FASTEST);
  return algorithm === BYTES['bytes-3x3'] ? Math.max(fastest, bytesBy(on, WIDE) * (36 / 16)) : fastest;
}

/** The least milliseconds of `macs` by an algorithm over `bytes` of operands; 0 where the clock stands still. */
export function limitOf(
  on: Engine,
  { macs, bytes, algorithm }: { readonly macs: number; readonly bytes: number; readonly algorithm: number },
): number {
  const per = (amount: number, rate: number) => (rate > 0 ? amount / (rate * on.info.threads) : 0);
  return Math.max(macs > 0 ? per(macs, products(on, algorithm)) : 0, per(bytes, copies(on, bytes)));
}
