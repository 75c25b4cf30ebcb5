/** README's recipes for pages, web workers and edge functions do, as they stand there, what they say. */
import fs from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';
import { build as bundle } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fetchData } from '../../scripts/fetch-data.mjs';
import { blocksOf, readText } from '../docs/markdown.ts';
import { inChromium } from './browser.ts';
import { type Installed, install } from './installed.ts';

let installed: Installed;
beforeAll(async () => {
  installed = await install();
  const { models, photos } = fetchData({ log: () => {} });
  for (const { marks, text } of blocksOf(readText('README.md'))) {
    const file = marks.find((mark) => mark.startsWith('file='))?.slice('file='.length);
    if (file === undefined) continue;
    const target = path.join(installed.folder, file);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.writeFileSync(target, text);
  }
  for (const folder of ['', 'vite/public', 'edge']) {
    fs.mkdirSync(path.join(installed.folder, folder), { recursive: true });
    fs.copyFileSync(models.front, path.join(installed.folder, folder, 'model.onnx'));
  }
  fs.copyFileSync(photos[0]!, path.join(installed.folder, 'photo.jpg'));
}, 300_000);
afterAll(() => fs.rmSync(installed.folder, { recursive: true, force: true }));

const read = (file: string) => fs.readFileSync(path.join(installed.folder, file), 'utf8');

/** The page, which gives what one of its elements says as soon as it says something. */
const watched = (page: string, selector: string) => `<!doctype html><link rel="icon" href="data:,"><script>
const timer = setInterval(() => {
  const text = document.querySelector('${selector}')?.textContent.trim();
  if (text) { clearInterval(timer); done(text); }
}, 20);
</script>${page}`;

test('a page', async () => {
  const text = await inChromium(installed.folder, watched(read('page/index.html'), 'output'));
  expect(text).toBe('a face: true');
}, 120_000);

test('a web worker, with Vite', async () => {
  const folder = path.join(installed.folder, 'vite');
  fs.writeFileSync(
    path.join(folder, 'index.html'),
    '<!doctype html><body></body><script type="module" src="/main.ts"></script>',
  );
  await bundle({ root: folder, logLevel: 'error', configFile: false });
  const dist = path.join(folder, 'dist');
  const text = await inChromium(
    dist,
    watched(fs.readFileSync(path.join(dist, 'index.html'), 'utf8'), 'body'),
  );
  expect(text).toMatch(/^512 scores, the best -\d+\.\d$/);
}, 120_000);

test('an edge function, in workerd', async () => {
  const folder = path.join(installed.folder, 'edge');
  // As wrangler does it: what is no JavaScript becomes a module of its own.
  const { outputFiles } = await build({
    absWorkingDir: folder,
    entryPoints: ['worker.ts'],
    bundle: true,
    format: 'esm',
    conditions: ['workerd'],
    external: ['*.wasm', '*.onnx'],
    write: false,
    outfile: path.join(folder, 'out.mjs'),
    logLevel: 'error',
  });
  const data = (name: string) => fs.readFileSync(name);
  const dist = path.join(installed.striate, 'dist');
  const workerd = new Miniflare({
    compatibilityDate: read('edge/wrangler.toml').match(/compatibility_date = "(.*)"/)![1]!,
    modules: [
      { type: 'ESModule', path: 'worker.mjs', contents: outputFiles[0]!.text },
      { type: 'CompiledWasm', path: 'simd.wasm', contents: data(path.join(dist, 'simd.wasm')) },
      { type: 'CompiledWasm', path: 'relaxed.wasm', contents: data(path.join(dist, 'relaxed.wasm')) },
      { type: 'Data', path: 'model.onnx', contents: data(path.join(folder, 'model.onnx')) },
    ],
  });
  try {
    const body = new Uint8Array(128 * 128 * 3);
    const response = await workerd.dispatchFetch('http://localhost/', { method: 'POST', body });
    expect(await response.text()).toBe('{"face":false}');
  } finally {
    await workerd.dispose();
  }
}, 120_000);
