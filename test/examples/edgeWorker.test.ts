/** The Worker that finds faces, in workerd: what it answers to a photograph, and to what is none. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Miniflare } from 'miniflare';
import { disposeRuntime, init, scope } from 'striate';
import { decodeImage, fromImage } from 'striate/image';
import { loadModel } from 'striate/onnx';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeFaces, makeAnchors } from '../../examples/faces/anchors.ts';
import { blend } from '../../examples/faces/nms.ts';
import { workerModules } from '../../runtimes/edge.mjs';
import { fetchData } from '../../scripts/fetch-data.mjs';
import { buildDist, root } from '../package/installed.ts';

let folder: string;
let worker: Miniflare;
let photo: Uint8Array<ArrayBuffer>;
let expected: { score: number }[];

const MOST_MEMORY = 128 * 2 ** 20;

beforeAll(async () => {
  await buildDist();
  const { models, photos } = fetchData();
  photo = new Uint8Array(readFileSync(photos.at(-1)!));
  // Inside the package, so that `striate` is found.
  mkdirSync(path.join(root, 'build'), { recursive: true });
  folder = mkdtempSync(path.join(root, 'build/edge-worker-'));
  for (const name of ['edge-worker', 'faces'])
    cpSync(path.join(root, 'examples', name), path.join(folder, name), { recursive: true });
  await init();
  const model = await loadModel(models.back);
  writeFileSync(path.join(folder, 'edge-worker/blazeface-back.striate'), model.save({ weights: 'float16' }));
  expected = await facesByOnnx(model);
  disposeRuntime();
  const modules = await workerModules(path.join(folder, 'edge-worker'), './worker.ts');
  worker = new Miniflare({ compatibilityDate: '2026-04-01', modules: modules as never });
  await worker.ready;
}, 300_000);
afterAll(async () => {
  await worker?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

/** The same by the ONNX file, in Node. */
async function facesByOnnx(model: Awaited<ReturnType<typeof loadModel>>) {
  const picture = await decodeImage(photo);
  return scope(() => {
    const x = fromImage(picture, {
      ...({ size: [256, 256], fit: 'contain', layout: 'NHWC' } as const),
      ...{ scale: 1 / 127.5, mean: 1, std: 1 },
    });
    const results = Object.values(model.run(x));
    const collect = (perAnchor: number) =>
      Float32Array.from(
        results
          .filter(({ shape }) => shape[2] === perAnchor)
          .sort((a, b) => b.size - a.size)
          .flatMap(({ data }) => [...data]),
      );
    return blend(decodeFaces(collect(1), collect(16), makeAnchors(), 256, 0.5));
  });
}

const post = (body: Uint8Array<ArrayBuffer>) =>
  worker.dispatchFetch('http://localhost/', { method: 'POST', body });

test('faces of a photograph, at the first request and at later ones', async () => {
  const answers = [];
  for (let i = 0; i < 3; i++) {
    const response = await post(photo);
    if (response.status !== 200) expect.fail(await response.text());
    answers.push(
      (await response.json()) as { faces: { score: number; box: number[] }[] } & Record<string, number>,
    );
  }
  const [first, second] = answers as [(typeof answers)[0], (typeof answers)[0]];
  expect(first).toMatchObject({ cold: true });
  expect(second).toMatchObject({ cold: false, faces: first.faces });
  expect(expected.length).toBeGreaterThan(0);
  expect(first.faces.map(({ score }) => score.toFixed(2))).toEqual(
    expected.map(({ score }) => score.toFixed(2)),
  );
  for (const { box } of first.faces) {
    const [left, top, right, bottom] = box as [number, number, number, number];
    expect(right - left).toBeGreaterThan(10);
    expect(bottom - top).toBeGreaterThan(10);
    expect(right).toBeLessThan((first.width as number) * 1.1);
  }
  expect(answers.at(-1)!.memoryBytes).toBeLessThan(MOST_MEMORY);
});

test('what is no picture is told so, and the next request is answered', async () => {
  const get = await worker.dispatchFetch('http://localhost/');
  expect([get.status, await get.json()]).toEqual([
    405,
    { error: 'post a picture: JPEG, PNG, WebP, GIF or BMP' },
  ]);
  const text = await post(new TextEncoder().encode('no picture'));
  expect(text.status).toBe(415);
  expect(((await text.json()) as { error: string }).error).toMatch(/^decodeImage: /);
  const cut = await post(photo.slice(0, 300));
  expect(cut.status).toBe(415);
  const large = await post(new Uint8Array(10 * 2 ** 20 + 1));
  expect([large.status, await large.json()]).toEqual([
    413,
    { error: 'the picture must have at most 10485760 bytes' },
  ]);
  expect((await post(photo)).status).toBe(200);
});
