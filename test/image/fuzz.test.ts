/** Some of what `npm run fuzz -- --images N` tries. */
import { expect, test } from 'vitest';
import { fuzzImages } from '../support/fuzzImages.ts';
import { fileOf, names } from './pictures.ts';

test('mutated files are decoded or refused with a sentence', async () => {
  const { ran, wrong } = await fuzzImages(names.map(fileOf), { images: 400, seed: 1 });
  expect(wrong).toEqual([]);
  expect(ran).toBeGreaterThan(40);
  expect(ran).toBeLessThan(360);
}, 60_000);
