/** The built package in hosts whose realm is not Node's: jest with a page of jsdom, a page with a frame. */
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { distName, ENTRIES } from '../../scripts/lib/entries.mjs';
import { inChromium } from './browser.ts';
import { buildDist, here, output, root } from './installed.ts';

const dist = (file: string): string => path.join(root, 'dist', file);

beforeAll(async () => {
  await buildDist();
}, 300_000);

test('jest, with jsdom', async () => {
  const config = {
    rootDir: path.join(here, 'jest'),
    testMatch: ['**/*.test.mjs'],
    testEnvironment: 'jsdom',
    transform: {},
    moduleNameMapper: Object.fromEntries(
      Object.keys(ENTRIES).map((entry) => [`^${entry}$`, dist(`${distName(entry)}.js`)]),
    ),
    cacheDirectory: path.join(root, 'build/jest'),
  };
  const text = await output(
    process.execPath,
    [
      '--experimental-vm-modules',
      path.join(root, 'node_modules/jest/bin/jest.js'),
      '--json',
      `--config=${JSON.stringify(config)}`,
    ],
    root,
    { WASM: dist('simd.wasm') },
  );
  const { success, numPassedTests } = JSON.parse(text);
  expect({ success, numPassedTests }).toEqual({ success: true, numPassedTests: 8 });
}, 120_000);

const page = (policy: string, code: string) => `<!doctype html><link rel="icon" href="data:,">
<meta http-equiv="Content-Security-Policy" content="script-src 'self' 'unsafe-inline' ${policy}">
<body><iframe></iframe>
<script type="module">
import { add, init, tensor } from '/dist/index.js';
${code}
</script>`;

test('headless Chromium: values of a frame', async () => {
  const code = `
    const { Float32Array: Floats, Response, WebAssembly } = document.querySelector('iframe').contentWindow;
    const foreign = Floats.of(1, 2);
    const { variant } = await init({ wasm: new Response(await (await fetch('/dist/simd.wasm')).arrayBuffer()) });
    done([foreign instanceof Float32Array, variant, add(tensor(foreign), 1)].join(' '));`;
  expect(await inChromium(root, page("'wasm-unsafe-eval'", code))).toBe(
    'false simd Tensor float32 [2] [2, 3]',
  );
}, 600_000);

test('headless Chromium whose policy refuses WebAssembly, from the package and from a file', async () => {
  const code = `
    const said = (options) => init(options).then(String, ({ message }) => message);
    done([await said(), await said({ wasm: '/dist/simd.wasm' })].join('\\n'));`;
  const sentence =
    "init: striate's WebAssembly was refused (a content security policy needs 'wasm-unsafe-eval'): WebAssembly.compile(): ";
  const said = await inChromium(root, page('', code), {}, /Content Security Policy/i);
  for (const one of said.split('\n')) expect(one.slice(0, sentence.length)).toBe(sentence);
}, 600_000);
