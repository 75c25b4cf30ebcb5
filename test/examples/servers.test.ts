/** What finds faces in workerd, Next.js, Deno, Bun, a Lambda's Node and a page: of photographs, and of what is none. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';
import puppeteer from 'puppeteer-core';
import sharp from 'sharp';
import { type CompiledModel, disposeRuntime, init, loadCompiled, scope } from 'striate';
import { decodeImage, fromImage } from 'striate/image';
import { loadModel, type Model } from 'striate/onnx';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { facesOf, options } from '../../examples/faces/whole.ts';
import { cpuOf, workerModules } from '../../runtimes/edge.mjs';
import { residentOf } from '../../runtimes/long.mjs';
import { Place, toolsFolder } from '../../runtimes/place.mjs';
import {
  bring,
  type CompiledModels,
  compiledModels,
  isOfIntegers,
  nextEdge,
  SERVERS,
  type Send,
} from '../../runtimes/servers.mjs';
import { fetchData } from '../../scripts/fetch-data.mjs';
import { chromium, chromiumFlags } from '../../scripts/lib/browser.mjs';
import { serveFolder } from '../../scripts/lib/serve.mjs';
import { buildDist, type Installed, install, root } from '../package/installed.ts';

let inside: string;
let installed: Installed;
let compiled: CompiledModels;
let photo: Uint8Array<ArrayBuffer>;
let largest: Uint8Array<ArrayBuffer>;
/** By floats, and by integers. */
let expected: { score: number }[][];

const MOST_MEMORY = 128 * 2 ** 20;

beforeAll(async () => {
  await buildDist();
  const data = fetchData();
  const { models, photos } = data;
  compiled = compiledModels(data);
  photo = new Uint8Array(readFileSync(photos.at(-1)!));
  largest = new Uint8Array(await sharp(photo).resize(3000, 2000, { fit: 'fill' }).jpeg().toBuffer());
  await init();
  expected = [
    await facesBy(await loadModel(models.back)),
    await facesBy(await loadCompiled(compiled.integers)),
  ];
  disposeRuntime();
  installed = await install();
  bring(installed.folder, compiled);
  // Inside the repository, where esbuild finds the package by its own name.
  mkdirSync(path.join(root, 'build'), { recursive: true });
  inside = mkdtempSync(path.join(root, 'build/servers-'));
  bring(inside, compiled);
}, 300_000);
afterAll(() => {
  for (const folder of [inside, installed?.folder])
    if (folder) rmSync(folder, { recursive: true, force: true });
});

/** The same in Node. */
async function facesBy(model: Model | CompiledModel) {
  const picture = await decodeImage(photo);
  return scope(() => facesOf(picture, model.run(fromImage(picture, options))));
}

async function check(send: Send, processes: number[], name: string): Promise<void> {
  const expectedFaces = expected[isOfIntegers(name) ? 1 : 0]!;
  const resident = () => processes.reduce((sum, pid) => sum + residentOf(pid), 0);
  const [before, atFirst] = [cpuOf(processes), resident()];
  const answers = [];
  for (let i = 0; i < 3; i++) {
    const { status, json } = await send(photo);
    if (status !== 200) expect.fail(JSON.stringify(json));
    answers.push(json as { faces: { score: number; box: number[] }[] } & Record<string, number | null>);
  }
  const [first, second] = answers as [(typeof answers)[0], (typeof answers)[0]];
  expect(first).toMatchObject({ cold: true });
  expect(second).toMatchObject({ cold: false, faces: first.faces });
  // What requests cost: told by the answers where the runtime can, seen from outside everywhere.
  for (const { cpuMs, ms } of answers) {
    if (cpuMs !== null) expect(cpuMs).toBeGreaterThan(1);
    if (cpuMs !== null) expect(ms).toBeGreaterThan(1);
  }
  expect(cpuOf(processes) - before).toBeGreaterThan(10);
  expect(expectedFaces.length).toBeGreaterThan(0);
  expect(first.faces.map(({ score }) => score.toFixed(2))).toEqual(
    expectedFaces.map(({ score }) => score.toFixed(2)),
  );
  for (const { box } of first.faces) {
    const [left, top, right, bottom] = box as [number, number, number, number];
    expect(right - left).toBeGreaterThan(10);
    expect(bottom - top).toBeGreaterThan(10);
    expect(right).toBeLessThan(first.width! * 1.1);
  }
  expect(answers.at(-1)!.memoryBytes).toBeLessThan(MOST_MEMORY);

  // What is no picture is told so, and the next request is answered.
  expect(await send()).toEqual({
    status: 405,
    json: { error: 'post a picture: JPEG, PNG, WebP, GIF or BMP' },
  });
  const text = await send(new TextEncoder().encode('no picture'));
  expect(text).toEqual({ status: 415, json: { error: expect.stringMatching(/^decodeImage: /) } });
  expect(await send(photo.slice(0, 300))).toMatchObject({ status: 415 });
  expect(await send(new Uint8Array(10 * 2 ** 20 + 1))).toEqual({
    status: 413,
    json: { error: 'the picture must have at most 10485760 bytes' },
  });
  // The largest that is taken: what workerd takes for all of this is less than an isolate has.
  expect(await send(largest)).toMatchObject({ status: 200, json: { width: 3000, height: 2000 } });
  expect(await send(photo)).toMatchObject({ status: 200 });
  if (name.startsWith('edge-worker')) expect(resident() - atFirst).toBeLessThan(MOST_MEMORY / 1e6);
}

test.each(Object.keys(SERVERS))('%s', async (name) => {
  const folder = name.endsWith('.ts') ? installed.folder : inside;
  await SERVERS[name]!(folder, (send, processes) => check(send, processes, name));
});

test('next-edge, built for production', async () => {
  const place = new Place(await toolsFolder());
  try {
    await place.install();
    const withServer = await nextEdge(place, compiled);
    await withServer((send, processes) => check(send, processes, 'next-edge'));
  } finally {
    place.remove();
  }
}, 300_000);

test('edge-worker without its model in R2 or KV says so', async () => {
  const modules = await workerModules(path.join(inside, 'edge-worker'), './stored.ts');
  const worker = new Miniflare({
    compatibilityDate: '2026-04-01',
    modules: modules as never,
    r2Buckets: ['MODELS'],
  });
  try {
    const response = await worker.dispatchFetch('http://localhost/', { method: 'POST', body: photo });
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({
      error: 'blazeface-back.striate is neither in R2 (MODELS) nor in KV (MODELS_KV)',
    });
  } finally {
    await worker.dispose();
  }
});

test('browser: a chosen picture, one that is none, the camera', async () => {
  const folder = path.join(inside, 'browser');
  await build({
    ...({ platform: 'browser', format: 'esm', bundle: true, minify: true } as const),
    ...{
      entryPoints: [path.join(folder, 'page.ts')],
      outfile: path.join(folder, 'page.js'),
      tsconfigRaw: {},
    },
  });
  const photoFile = path.join(folder, 'photo.jpg');
  writeFileSync(photoFile, photo);
  const server = await serveFolder(folder, { prefix: '/some/folder/' });
  const browser = await puppeteer.launch({
    executablePath: await chromium(),
    args: [...chromiumFlags, '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream'],
  });
  try {
    const page = await browser.newPage();
    const wrong: string[] = [];
    page.on('pageerror', (error) => wrong.push(String(error)));
    await page.goto(`${server.address}index.html`);
    const says = (text: string) =>
      page.waitForFunction(
        (part) => document.querySelector('[role=status]')?.textContent?.includes(part),
        {},
        text,
      );
    await says('Ready');
    const input = (await page.$('input'))!;
    await input.uploadFile(photoFile);
    const { length } = expected[0]!;
    await says(length === 1 ? '1 face,' : `${length} faces,`);
    expect(await page.$eval('canvas', ({ width }) => width)).toBeGreaterThan(100);
    await input.uploadFile(path.join(folder, 'page.ts'));
    await says('page.ts: ');
    await page.click('button');
    await says(' faces,');
    expect(await page.$eval('canvas', ({ width, height }) => [width, height])).toEqual([640, 480]);
    await page.click('button');
    expect(await page.$eval('button', (button) => button.getAttribute('aria-pressed'))).toBe('false');
    expect(wrong).toEqual([]);
  } finally {
    await browser.close();
    server.close();
  }
});
