/** Runs a block of tests in every variant that this runtime has; each test must end with nothing alive. */
import { disposeRuntime, init, memory } from 'striate';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { asUsual, inParts } from './threads.ts';

/** (func (result v128) i32.const 0 i8x16.splat three times, i32x4.relaxed_dot_i8x16_i7x16_add_s) */
const RELAXED_PROBE = Uint8Array.from([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0, 65, 0, 253, 15, 65, 0,
  253, 15, 65, 0, 253, 15, 253, 147, 2, 11,
]);

export type Variant = 'simd' | 'relaxed';

export const variants: Variant[] = WebAssembly.validate(RELAXED_PROBE) ? ['simd', 'relaxed'] : ['simd'];

/** Asserts that no tensor and no byte of the user's is alive. */
export function expectNothingLive(): void {
  const { liveBytes, liveTensors } = memory.stats();
  expect({ liveBytes, liveTensors }).toEqual({ liveBytes: 0, liveTensors: 0 });
}

/** The tests of `body` with the kernels loaded, once for each variant. */
export function inEachVariant(title: string, body: (variant: Variant) => void): void {
  withThreads([1], title, body);
}

/** The same with one thread, and with three, each step in as many parts. */
export function inThreads(title: string, body: (variant: Variant) => void): void {
  withThreads([1, 3], title, body);
}

function withThreads(counts: number[], title: string, body: (variant: Variant) => void): void {
  const ways = variants.flatMap((variant) => counts.map((threads) => ({ variant, threads })));
  describe.each(ways)(`${title} ($variant, threads: $threads)`, ({ variant, threads }) => {
    beforeAll(async () => {
      if (threads > 1) inParts();
      await init({ variant, threads });
    });
    afterEach(expectNothingLive);
    afterAll(() => {
      disposeRuntime();
      asUsual();
    });
    body(variant);
  });
}

/** The tests of `body` with the kernels loaded, in the best variant. */
export function withRuntime(title: string, body: () => void): void {
  describe(title, () => {
    beforeAll(async () => {
      await init();
    });
    afterEach(expectNothingLive);
    afterAll(disposeRuntime);
    body();
  });
}
