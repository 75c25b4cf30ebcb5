/** Mutations of the two BlazeFace models, of a branch, a loop and a scan, and of models on bytes: each runs or is an error of the library, and leaves nothing. */
import { readFileSync } from 'node:fs';
import { init } from 'striate';
import { beforeAll, expect, test } from 'vitest';
import { fetchData } from '../../scripts/fetch-data.mjs';
import { controlModels } from '../support/controlModels.ts';
import { fuzzModels } from '../support/fuzzModels.ts';
import { quantizedModels } from '../support/quantized.ts';

beforeAll(async () => {
  await init({ maxMemoryBytes: 64 * 2 ** 20 });
});

test('300 mutations', async () => {
  const { models } = fetchData({ log: () => {} });
  const files = [models.front, models.back].map((file) => new Uint8Array(readFileSync(file)));
  const { ran, wrong, liveBytes } = await fuzzModels(files, { models: 300, seed: 1 });
  expect(wrong).toEqual([]);
  expect(liveBytes).toBe(0);
  expect(ran).toBeGreaterThan(20);
});

test('300 mutations of graphs within nodes', async () => {
  const { ran, wrong, liveBytes } = await fuzzModels(controlModels, { models: 300, seed: 2 });
  expect(wrong).toEqual([]);
  expect(liveBytes).toBe(0);
  // In files this small nearly every change breaks something.
  expect(ran).toBeGreaterThan(5);
});

test('300 mutations of models on bytes', async () => {
  const { ran, wrong, liveBytes } = await fuzzModels(quantizedModels, { models: 300, seed: 3 });
  expect(wrong).toEqual([]);
  expect(liveBytes).toBe(0);
  expect(ran).toBeGreaterThan(5);
});
