/** A page of Chromium answers while text is detected in pictures: what of it is planned and run beside the page's thread. */
import { beforeAll, expect, test } from 'vitest';
import { textDetection } from '../../bench/parts/responsive.mjs';
import { buildDist } from '../package/installed.ts';

beforeAll(buildDist, 180_000);

test('no task of the page computes for 50 ms while a model is loaded, planned and run by runAsync', async () => {
  const found = await textDetection();
  const direct = found.pop();
  expect(direct?.name).toMatch(/^run,/);
  // A run takes longer: the tasks are seen.
  expect(direct?.tasks[0]).toBeGreaterThan(50);
  for (const { name, tasks } of found) {
    expect(tasks.length, name).toBeGreaterThan(0);
    expect(tasks[0], name).toBeLessThan(50);
  }
}, 120_000);
