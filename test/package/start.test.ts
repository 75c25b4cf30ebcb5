/** What a start must not do: Node loads a module of its own when it is asked for, node:zlib in 2 ms. */
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { buildDist, here, output } from './installed.ts';

beforeAll(async () => {
  await buildDist();
}, 300_000);

test('the first result needs no further module of Node', async () => {
  expect(JSON.parse(await output(process.execPath, [path.join(here, 'start.mjs')]))).toEqual([]);
});
