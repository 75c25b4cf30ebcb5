/** Pages that host the package's files themselves: one file without a bundler, a .wasm of their own, a worker's file. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { build as vite } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packed } from '../../build/kernels.js';
import { ISOLATED, inChromium } from './browser.ts';
import { buildDist, EMBEDDED, filesUnder, root } from './installed.ts';

let folder: string;
beforeAll(async () => {
  await buildDist();
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'striate-hosted-'));
  fs.cpSync(path.join(root, 'dist'), folder, { recursive: true });
  fs.copyFileSync(path.join(root, 'runtimes/app/threads.mjs'), path.join(folder, 'threads.mjs'));
}, 300_000);
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

const page = (policy: string, script: string, imports = {}) => `<!doctype html><link rel="icon" href="data:,">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; ${policy}">
<script type="importmap">${JSON.stringify({ imports })}</script>
<script type="module">
${script}
</script>`;

test('striate.min.js: everything in one file', async () => {
  const code = fs.readFileSync(path.join(folder, 'striate.min.js'), 'utf8');
  console.log(`striate.min.js: ${code.length} bytes, gzip ${gzipSync(code, { level: 9 }).length}`);
  expect(code).toMatch(EMBEDDED);
  const script = `
import { conv2d, init, loadModel, runtime, tensor } from './striate.min.js';
const before = Object.keys(globalThis);
await init();
const y = conv2d(tensor([0, 1, 2, 3, 4, 5, 6, 7, 8], [1, 1, 3, 3]), tensor([0, 1, 2, 3], [1, 1, 2, 2]));
const error = await loadModel(new Uint8Array(3)).catch(({ name }) => name);
const loaded = performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname);
const added = Object.keys(globalThis).filter((name) => !before.includes(name));
done(JSON.stringify({ y: y.toArray(), error, loaded, added }));`;
  const result = JSON.parse(await inChromium(folder, page('', script)));
  expect(result).toEqual({
    y: [
      [
        [
          [19, 25],
          [37, 43],
        ],
      ],
    ],
    error: 'ModelError',
    loaded: ['/striate.min.js'],
    added: [],
  });
}, 600_000);

test('striate/slim: the .wasm that the page hosts, and no second copy', async () => {
  const script = `
import { disposeRuntime, init, relu, runtime, tensor } from 'striate/slim';
import { loadModel } from 'striate/onnx';
const refused = await init().catch(String);
const bytes = await (await fetch('/simd.wasm')).arrayBuffer();
const sources = ['/simd.wasm', new URL('/relaxed.wasm', location.href), await fetch('/simd.wasm'), bytes,
  new Uint8Array(bytes), await WebAssembly.compile(bytes)];
const ran = [];
for (const wasm of sources) {
  await init({ wasm });
  ran.push(runtime().variant + ' ' + relu(tensor([-1, 2])).toArray());
  disposeRuntime();
}
const loaded = performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname);
done(JSON.stringify({ refused, ran, loaded, model: typeof loadModel }));`;
  const imports = { 'striate/slim': '/slim.js', 'striate/onnx': '/onnx.js' };
  const { refused, ran, loaded, model } = JSON.parse(
    await inChromium(folder, page("connect-src 'self'", script, imports)),
  );
  expect(refused).toBe(
    'Error: init: striate/slim holds no WebAssembly: give { wasm }, the URL or the bytes of simd.wasm or relaxed.wasm of striate',
  );
  expect(ran).toEqual(['simd', 'relaxed', 'simd', 'simd', 'simd', 'simd'].map((variant) => `${variant} 0,2`));
  expect(model).toBe('function');
  const scripts = (loaded as string[]).filter((name) => name.endsWith('.js'));
  expect(scripts).toContain('/slim.js');
  // The core's bytes begin so in base64.
  const core = packed.relaxed.slice(0, 200);
  expect(fs.readFileSync(path.join(root, 'dist/shared/embedded.js'), 'utf8')).toContain(core);
  for (const name of scripts) expect(fs.readFileSync(path.join(folder, name), 'utf8')).not.toContain(core);
}, 600_000);

test('striate/slim: a bundle of what needs no side module holds no WebAssembly', async () => {
  const contents = `import { init, tensor, conv2d, maxPool2d } from './dist/slim.js';\nconsole.log(init, tensor, conv2d, maxPool2d);`;
  const stdin = { contents, resolveDir: root };
  const { outputFiles } = await build({ stdin, bundle: true, format: 'esm', minify: true, write: false });
  expect(outputFiles[0]!.text).not.toMatch(EMBEDDED);
});

describe('workers under a policy that refuses blobs', () => {
  const stands = { threads: 2, after: 2, same: true, notes: [] };
  const alone = (note: unknown) => ({ threads: 1, after: 1, same: true, notes: [note] });
  const cannot = (url: string, why: string) =>
    alone(expect.stringMatching(`^one thread: workers cannot be had: workerUrl is '${url}': ${why}$`));

  /** What each workerUrl gives in one page; '' stands for none. */
  async function threadsWith(
    urls: string[],
    expected: RegExp,
    from = "'self'",
  ): Promise<Record<string, unknown>> {
    const script = `
import { disposeRuntime } from 'striate';
import { threads } from './threads.mjs';
const results = {};
for (const url of ${JSON.stringify(urls)}) {
  results[url] = await threads(2, url === '' ? {} : { workerUrl: url.startsWith('/') ? url : new URL(url, location.href) });
  disposeRuntime();
}
done(JSON.stringify(results));`;
    const policy = `worker-src ${from}; connect-src 'self'`;
    const headers = (pathname: string) => (pathname === '/bare.js' ? {} : ISOLATED);
    return JSON.parse(
      await inChromium(folder, page(policy, script, { striate: '/index.js' }), headers, expected),
    );
  }

  test('with workerUrl they run; without it one thread, and the reason', async () => {
    const results = await threadsWith(['/worker.js', 'worker.js', ''], /blob:/);
    expect(results).toEqual({
      '/worker.js': stands,
      'worker.js': stands,
      '': alone(
        'one thread: workers cannot be had: a worker from a blob was refused, as by a content security policy; ' +
          'host worker.js of striate, and give its address as workerUrl',
      ),
    });
  }, 600_000);

  test('workers of no kind', async () => {
    expect(await threadsWith(['/worker.js'], /worker/, "'none'")).toEqual({
      '/worker.js': cannot('/worker.js', 'it was refused, as by a content security policy'),
    });
  }, 600_000);

  test('one that is something else: one thread, and what came from where', async () => {
    const worker = fs.readFileSync(path.join(folder, 'worker.js'), 'utf8');
    fs.writeFileSync(path.join(folder, 'bare.js'), worker);
    fs.writeFileSync(path.join(folder, 'old.js'), worker.replaceAll(/\d+\.\d+\.\d+/g, '0.0.1'));
    fs.writeFileSync(path.join(folder, 'broken.js'), 'nothing.at.all();');
    const elsewhere = 'https://example.com/worker.js';
    const urls = ['/none.js', '/', '/bare.js', '/old.js', '/broken.js', elsewhere];
    expect(await threadsWith(urls, /none\.js|404|MIME|bare\.js|127\.0\.0\.1:\d+\/$/)).toEqual({
      '/none.js': cannot('/none.js', 'it was answered with status 404'),
      '/': cannot('/', 'it is text/html; charset=utf-8, must be JavaScript'),
      '/bare.js': cannot(
        '/bare.js',
        'it was answered without the header Cross-Origin-Embedder-Policy, which .*',
      ),
      '/old.js': cannot('/old.js', String.raw`it is of striate 0\.0\.1, must be of \d+\.\d+\.\d+`),
      [elsewhere]: cannot(elsewhere, "Failed to construct 'Worker': .*"),
      '/broken.js': cannot('/broken.js', '.*nothing is not defined'),
    });
  }, 600_000);
});

test('Vite: striate/slim with the addresses of simd.wasm and worker.js', async () => {
  const app = path.join(folder, 'app');
  fs.mkdirSync(path.join(app, 'node_modules'), { recursive: true });
  const striate = path.join(app, 'node_modules/striate');
  fs.cpSync(path.join(root, 'dist'), path.join(striate, 'dist'), { recursive: true });
  fs.copyFileSync(path.join(root, 'package.json'), path.join(striate, 'package.json'));
  const main = `
import { init, relu, runtime, tensor } from 'striate/slim';
import wasm from 'striate/simd.wasm?url';
import workerUrl from 'striate/worker.js?worker&url';

await init({ wasm, workerUrl, threads: 2 });
const { threads, notes } = runtime();
done(JSON.stringify({ threads, notes, y: relu(tensor([-1, 2])).toArray() }));`;
  fs.writeFileSync(path.join(app, 'main.js'), main);
  const policy =
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'";
  fs.writeFileSync(
    path.join(app, 'index.html'),
    `<!doctype html><head><link rel="icon" href="data:,"><meta http-equiv="Content-Security-Policy" content="${policy}">
<script type="module" src="/main.js"></script></head>`,
  );
  await vite({ root: app, configFile: false, logLevel: 'error', build: { target: 'es2022' } });
  const built = path.join(app, 'dist');
  const bytes = filesUnder(built).map((name) => [name, fs.statSync(path.join(built, name)).size]);
  console.log(bytes.map(([name, size]) => `${name}: ${size} bytes`).join('\n'));
  const result = await inChromium(built, fs.readFileSync(path.join(built, 'index.html'), 'utf8'), ISOLATED);
  expect(JSON.parse(result)).toEqual({ threads: 2, notes: [], y: [0, 2] });
}, 600_000);
