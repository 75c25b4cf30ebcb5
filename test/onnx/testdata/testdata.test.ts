/** ONNX's own tests of operators (nodes.pack, from onnx 1.12, licence Apache-2.0; `npm run onnx-testdata -- --write` makes it). */
import { fileURLToPath } from 'node:url';
import { disposeRuntime, init } from 'striate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { leftOut } from './leftOut.ts';
import { readPack } from './pack.ts';
import { runTest } from './runner.ts';

const tests = [...readPack(fileURLToPath(new URL('nodes.pack', import.meta.url)))];

beforeAll(async () => {
  await init();
});
afterAll(disposeRuntime);

describe("ONNX's tests of operators", () => {
  test('are nearly all there', () => {
    expect(tests.length).toBeGreaterThan(900);
  });

  const wanted = tests.filter(([name]) => leftOut(name) === null);
  test.each(wanted)('%s', async (name, files) => {
    expect(await runTest(name, files)).toBe(null);
  });

  test('what is left out for a reason does fail', async () => {
    const passing: string[] = [];
    for (const [name, files] of tests)
      if (leftOut(name) !== null && (await runTest(name, files)) === null) passing.push(name);
    expect(passing).toEqual([]);
  });
});
