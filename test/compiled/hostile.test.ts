/** Files of any numbers, whose checksums fit: nobody is to write one, but whoever loads one is not to suffer. */
import { disposeRuntime, type Feed, init, loadCompiled, scope } from 'striate';
import { describe, expect, test } from 'vitest';
import { calls } from '../support/families.ts';
import { compiledFiles, fuzzCompiled } from '../support/fuzzCompiled.ts';
import { expectNothingLive, variants } from '../support/runtime.ts';

describe.each(variants)('hostile files (%s)', (variant) => {
  test('are refused, or run within their own memory', async () => {
    await init({ variant, maxMemoryBytes: 64 * 2 ** 20 });
    const files = await compiledFiles(calls);
    expect(files.length).toBeGreaterThan(100);
    // As they are, all of them run: nothing of what is saved is taken for hostile.
    for (const { bytes, feeds } of files) {
      const model = await loadCompiled(bytes);
      scope(() => void model.run(feeds as unknown as Feed));
      model.dispose();
    }
    const { loaded, ran, wrong } = await fuzzCompiled(files, { compiled: 400, seed: 1 });
    expect(wrong).toEqual([]);
    expect(loaded).toBeGreaterThan(30);
    expect(ran).toBeGreaterThan(20);
    for (const { feeds } of files) for (const feed of feeds) feed.dispose();
    expectNothingLive();
    disposeRuntime();
  }, 120_000);
});
