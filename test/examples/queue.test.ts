/**
 * examples/edge-queue under miniflare: 200 pictures, some of which come twice, one that is damaged, and a Worker that ends half way, at its
 * two worst moments: before a row is written, and after that but before the message is acknowledged. Each picture has its row once, the
 * damaged one lies in the dead-letter queue, and nothing else does.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { disposeRuntime, init, loadCompiled } from 'striate';
import { loadModel } from 'striate/onnx';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decoded, facesIn } from '../../examples/faces/compiled.ts';
import { withQueue } from '../../runtimes/queue.mjs';
import { bring } from '../../runtimes/servers.mjs';
import { fetchData } from '../../scripts/fetch-data.mjs';
import { buildDist, root } from '../package/installed.ts';

const PICTURES = 200;
const keyOf = (i: number) => `photo-${i}.jpg`;
const TWICE = [0, 7, 120].map(keyOf);

/** The example's Worker in one that ends twice while it writes, and counts. What has ended goes on no more. */
const AROUND = `import worker from './worker.ts';
const deliveries = {};
const written = {};
let inserts = 0;
const never = () => new Promise(() => {});
export default {
  queue(batch, env) {
    let end;
    const ended = new Promise((resolve, reject) => {
      end = () => (reject(new Error('the Worker ends')), never());
    });
    if (batch.queue === 'pictures')
      for (const { body } of batch.messages) deliveries[body.object.key] = (deliveries[body.object.key] ?? 0) + 1;
    const DB = {
      prepare(query) {
        const isInsert = query.includes('INTO results');
        const watched = (statement, key) => ({
          bind: (...values) => watched(statement.bind(...values), values[0]),
          first: () => statement.first(),
          async run() {
            if (isInsert && ++inserts === ${PICTURES / 4}) return end();
            const result = await statement.run();
            if (isInsert) written[key] = (written[key] ?? 0) + result.meta.changes;
            return isInsert && inserts === ${PICTURES / 2} ? end() : result;
          },
        });
        return watched(env.DB.prepare(query));
      },
    };
    return Promise.race([worker.queue(batch, { ...env, DB }), ended]);
  },
  fetch: () => Response.json({ deliveries, written }),
};
`;

let folder: string;
let model: Uint8Array<ArrayBuffer>;
let photos: Uint8Array<ArrayBuffer>[];

beforeAll(async () => {
  await buildDist();
  const data = fetchData();
  photos = await Promise.all(
    Array.from({ length: PICTURES }, async (_, i) => {
      const file = data.photos[i % data.photos.length]!;
      return new Uint8Array(
        await sharp(file)
          .resize(200 + i)
          .jpeg()
          .toBuffer(),
      );
    }),
  );
  await init();
  model = (await loadModel(data.models.back)).save({ weights: 'float16' });
  mkdirSync(path.join(root, 'build'), { recursive: true });
  folder = mkdtempSync(path.join(root, 'build/queue-'));
  bring(folder, { floats: model, integers: model });
  writeFileSync(path.join(folder, 'edge-queue/around.ts'), AROUND);
}, 300_000);
afterAll(() => {
  disposeRuntime();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

interface Row {
  readonly key: string;
  readonly width: number;
  readonly faces: string;
}
interface Failure {
  readonly key: string;
  readonly error: string;
  readonly dead: number;
}

test('nothing is lost, nothing is there twice, what is damaged is put aside', async () => {
  await withQueue(folder, './around.ts', async ({ put, tell, rows, ask }) => {
    for (const [i, photo] of photos.entries()) {
      const stored = await put(keyOf(i), photo);
      if (TWICE.includes(stored.key)) await tell(stored);
    }
    await put('damaged.jpg', photos[0]!.slice(0, 2000));
    const counts =
      'SELECT (SELECT count(*) FROM results) AS done, (SELECT count(*) FROM failures WHERE dead) AS dead';
    for (let waited = 0; ; waited++) {
      const [{ done, dead }] = (await rows<{ done: number; dead: number }>(counts)) as [
        { done: number; dead: number },
      ];
      if (done >= PICTURES && dead > 0) break;
      if (waited > 400)
        expect.fail(`after ${waited / 4} s ${done} pictures have rows, ${dead} are put aside`);
      await sleep(250);
    }
    // Time for what comes too often to show itself.
    await sleep(3000);
    const found = await rows<Row>('SELECT * FROM results');
    expect(found.map(({ key }) => key).sort()).toEqual(photos.map((_, i) => keyOf(i)).sort());
    expect(await rows<Failure>('SELECT key, error, dead FROM failures')).toEqual([
      {
        key: 'damaged.jpg',
        error: expect.stringMatching(/^decodeImage: bytes is a JPEG file that ends early/),
        dead: 1,
      },
    ]);
    const { deliveries, written } = await ask<Record<'deliveries' | 'written', Record<string, number>>>('');
    expect(Object.values(written)).toEqual(photos.map(() => 1));
    for (const key of TWICE) expect(deliveries[key]).toBeGreaterThanOrEqual(2);
    expect(deliveries['damaged.jpg']).toBe(4);
    // Two batches were delivered again.
    expect(Object.values(deliveries).filter((times) => times > 1).length).toBeGreaterThan(10);
    await expectFaces(found);
  });
}, 300_000);

/** Of every tenth picture the same faces as here. */
async function expectFaces(found: readonly Row[]): Promise<void> {
  const own = await loadCompiled(model);
  let faces = 0;
  for (const { key, width, faces: text } of found) {
    const i = Number(/\d+/.exec(key)![0]);
    expect(width).toBe(200 + i);
    if (i % 10 > 0) continue;
    const expected = facesIn(await decoded(photos[i]!), own);
    const got = JSON.parse(text) as typeof expected;
    faces += expected.length;
    expect(got.map(({ score }) => score.toFixed(1))).toEqual(expected.map(({ score }) => score.toFixed(1)));
  }
  expect(faces).toBeGreaterThan(20);
  own.dispose();
}
