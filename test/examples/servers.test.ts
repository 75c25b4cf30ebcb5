/** What finds faces in workerd, Deno, Bun, a Lambda's Node and a page: of photographs, and of what is none. */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';
import puppeteer from 'puppeteer-core';
import { disposeRuntime, init, scope } from 'striate';
import { decodeImage, fromImage } from 'striate/image';
import { loadModel, type Model } from 'striate/onnx';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type * as Lambda from '../../examples/aws-lambda/handler.ts';
import { facesOf, options } from '../../examples/faces/whole.ts';
import { workerModules } from '../../runtimes/edge.mjs';
import { fetchData } from '../../scripts/fetch-data.mjs';
import { chromium, chromiumFlags } from '../../scripts/lib/browser.mjs';
import { serveFolder } from '../../scripts/lib/serve.mjs';
import { buildDist, type Installed, install, root } from '../package/installed.ts';

let inside: string;
let installed: Installed;
let model: Uint8Array<ArrayBuffer>;
let photo: Uint8Array<ArrayBuffer>;
let expected: { score: number }[];

const MOST_MEMORY = 128 * 2 ** 20;
const examples = ['edge-worker', 'aws-lambda', 'browser', 'faces', 'deno.ts', 'bun.ts'];
const bring = (folder: string) => {
  for (const name of examples)
    cpSync(path.join(root, 'examples', name), path.join(folder, name), { recursive: true });
  for (const name of ['edge-worker', 'aws-lambda', 'browser', '.'])
    writeFileSync(path.join(folder, name, 'blazeface-back.striate'), model);
};

beforeAll(async () => {
  await buildDist();
  const { models, photos } = fetchData();
  photo = new Uint8Array(readFileSync(photos.at(-1)!));
  await init();
  const source = await loadModel(models.back);
  model = source.save({ weights: 'float16' });
  expected = await facesByOnnx(source);
  disposeRuntime();
  installed = await install();
  bring(installed.folder);
  // Inside the repository, where esbuild finds the package by its own name.
  mkdirSync(path.join(root, 'build'), { recursive: true });
  inside = mkdtempSync(path.join(root, 'build/servers-'));
  bring(inside);
}, 300_000);
afterAll(() => {
  for (const folder of [inside, installed?.folder])
    if (folder) rmSync(folder, { recursive: true, force: true });
});

/** The same by the ONNX file, in Node. */
async function facesByOnnx(model: Model) {
  const picture = await decodeImage(photo);
  return scope(() => facesOf(picture, model.run(fromImage(picture, options))));
}

interface Reply {
  readonly status: number;
  readonly json: Record<string, unknown>;
}
/** Posts to a server, or asks it without a body. */
type Send = (body?: Uint8Array<ArrayBuffer>) => Promise<Reply>;

async function check(send: Send): Promise<void> {
  const answers = [];
  for (let i = 0; i < 3; i++) {
    const { status, json } = await send(photo);
    if (status !== 200) expect.fail(JSON.stringify(json));
    answers.push(json as { faces: { score: number; box: number[] }[] } & Record<string, number>);
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
  expect(await send(photo)).toMatchObject({ status: 200 });
}

test('edge-worker, in workerd', async () => {
  const modules = await workerModules(path.join(inside, 'edge-worker'), './worker.ts');
  const worker = new Miniflare({ compatibilityDate: '2026-04-01', modules: modules as never });
  try {
    await check(async (body) => {
      const how = body === undefined ? {} : { method: 'POST', body };
      const response = await worker.dispatchFetch('http://localhost/', how);
      return { status: response.status, json: (await response.json()) as Reply['json'] };
    });
  } finally {
    await worker.dispose();
  }
});

test.each([
  ['deno', ['run', '--no-prompt', '--cached-only', '--allow-net', '--allow-read', 'deno.ts']],
  ['bun', ['bun.ts']],
])('%s', async (name, args) => {
  const bin = path.join(root, 'node_modules/.bin', name);
  const server = spawn(bin, [...args, 'blazeface-back.striate', '0'], { cwd: installed.folder });
  try {
    const port = await new Promise<string>((resolve, reject) => {
      let text = '';
      const hear = (chunk: Buffer) => {
        text += chunk;
        const found = /http:\/\/[^ ]*:(\d+)/.exec(text);
        if (found) resolve(found[1] as string);
      };
      server.stdout.on('data', hear);
      server.stderr.on('data', hear);
      server.once('exit', (code) => reject(new Error(`${name} ended with ${code}: ${text}`)));
    });
    await check(async (body) => {
      const how = body === undefined ? {} : { method: 'POST', body };
      const response = await fetch(`http://localhost:${port}/`, how);
      return { status: response.status, json: (await response.json()) as Reply['json'] };
    });
  } finally {
    server.kill();
  }
});

test('aws-lambda, bundled for Node', async () => {
  const folder = path.join(inside, 'aws-lambda');
  const outfile = path.join(folder, 'handler.mjs');
  await build({
    ...({ platform: 'node', format: 'esm', bundle: true } as const),
    ...{ entryPoints: [path.join(folder, 'handler.ts')], outfile, tsconfigRaw: {} },
  });
  const { handler } = (await import(/* @vite-ignore */ pathToFileURL(outfile).href)) as typeof Lambda;
  await check(async (body) => {
    const requestContext = { http: { method: body === undefined ? 'GET' : 'POST' } };
    const event =
      body === undefined ? {} : { body: Buffer.from(body).toString('base64'), isBase64Encoded: true };
    const answer = await handler({ ...event, requestContext });
    return { status: answer.statusCode, json: JSON.parse(answer.body) };
  });
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
    await says(expected.length === 1 ? '1 face,' : `${expected.length} faces,`);
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
