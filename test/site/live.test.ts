/** Blocks of the book in Chromium: they run when edited, stop, say the line of an error, and come back from a link. */
import { rmSync } from 'node:fs';
import type http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { build } from 'esbuild';
import { type Browser, type Page, chromium as playwright } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromium } from '../../scripts/lib/browser.mjs';
import { writeLive } from '../../scripts/site/build.mjs';
import { blockHtml } from '../../scripts/site/theme/show.mjs';
import { root } from '../docs/markdown.ts';
import { serve } from '../package/browser.ts';

const folder = path.join(root, 'build/site-test');
const CODE = `import { conv2d, init, tensor } from 'striate';

await init();
console.log(conv2d(tensor([0, 1, 2, 3, 4, 5, 6, 7, 8], [1, 1, 3, 3]), tensor([0, 1, 2, 3], [1, 1, 2, 2])));`;
const blocks = [
  { id: 'code-1', code: CODE, outputs: [{ kind: 'text', text: 'still' }] },
  {
    id: 'code-2',
    code: 'const x = 1;',
    check: "if (x !== 2) throw new Error('not 2');\nconsole.log('Right.');",
    answer: 'const x = 2;',
    outputs: [],
  },
];
const page = `<!doctype html><html lang="en"><title>Blocks</title>${blocks.map(blockHtml).join('\n')}
<script type="module">import { enliven } from '/live.js'; enliven(document, '/live/worker.js');</script></html>`;

describe('a block of the book in Chromium', () => {
  let server: http.Server;
  let browser: Browser;
  let tab: Page;
  let address = '';

  beforeAll(async () => {
    await writeLive(folder);
    const entryPoints = [path.join(root, 'scripts/site/theme/live.mjs')];
    await build({
      entryPoints,
      outfile: path.join(folder, 'live.js'),
      bundle: true,
      format: 'esm',
      logLevel: 'error',
    });
    server = await serve(folder, page, {});
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const isRoot = process.getuid?.() === 0;
    browser = await playwright.launch({
      executablePath: await chromium(),
      args: ['--disable-gpu', '--disable-background-networking', ...(isRoot ? ['--no-sandbox'] : [])],
    });
    tab = await browser.newPage();
    await tab.goto(address);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const block = (id = 'code-1') => tab.locator(`#${id}`);
  const output = (id?: string) => block(id).locator('.live-output');
  const run = async (code: string, id = 'code-1') => {
    await block(id).locator('textarea').fill(code);
    await block(id)
      .getByRole('button', { name: /^(Run|Check)$/ })
      .click();
    await block(id).locator('.live-status', { hasText: /ms$/ }).waitFor();
  };

  test('runs as it is, then edited; its reset brings back what stood there', async () => {
    expect(await output().innerText()).toBe('still');
    await run(CODE);
    expect(await output().locator('td').allInnerTexts()).toEqual(['19', '25', '37', '43']);
    await run(CODE.replace('[0, 1, 2, 3]', '[0, 1, 2, 4]'));
    expect(await output().locator('td').allInnerTexts()).toEqual(['23', '30', '44', '51']);
    await block().getByRole('button', { name: 'Reset' }).click();
    expect(await output().innerText()).toBe('still');
    expect(await block().locator('textarea').inputValue()).toBe(CODE);
  });

  test('an error says its sentence and its line', async () => {
    await run(`${CODE}\nconv2d(1);`);
    expect(await output().locator('.live-error').innerText()).toMatch(/^TypeError: conv2d: .*\(line 5\)$/);
    await run('const a = 1;\nconst b = ;');
    expect(await output().locator('.live-error').innerText()).toMatch(/^SyntaxError: .*\(line 2\)$/);
  });

  test('pictures and charts are shown', async () => {
    await run(
      "import { init, ones } from 'striate';\nimport { pictureGrid } from 'striate/analyze';\nawait init();\nconsole.log(pictureGrid(ones([1, 1, 4, 4])));",
    );
    expect(await output().locator('img').getAttribute('alt')).toBe('A picture, 4 x 4 pixels');
  });

  test('a loop without an end is stopped, and the next run goes on', async () => {
    await block().locator('textarea').fill("console.log('begun');\nwhile (true);");
    await block().getByRole('button', { name: 'Run' }).click();
    await output().locator('pre', { hasText: 'begun' }).waitFor();
    await block().getByRole('button', { name: 'Stop' }).click();
    expect(await block().locator('.live-status').innerText()).toBe('Stopped.');
    await run('console.log(1 + 1);');
    expect(await output().innerText()).toBe('2');
  });

  test('an exercise refuses what is wrong and accepts the answer', async () => {
    await run('const x = 1;', 'code-2');
    expect(await output('code-2').innerText()).toBe('Error: not 2');
    await block('code-2').getByRole('button', { name: 'Show an answer' }).click();
    await block('code-2').getByRole('button', { name: 'Check' }).click();
    await output('code-2').locator('pre', { hasText: 'Right.' }).waitFor();
  });

  test('a link restores the code', async () => {
    const code = "console.log('from a link: é, <b>');";
    await block().locator('textarea').fill(code);
    await block().getByRole('button', { name: 'Link' }).click();
    await tab.waitForURL(/#run=code-1\./);
    const other = await browser.newPage();
    await other.goto(tab.url());
    await other.locator('#code-1 .live-status', { hasText: 'The code is from the link.' }).waitFor();
    expect(await other.locator('#code-1 textarea').inputValue()).toBe(code);
    expect(await other.locator('#code-2 textarea').inputValue()).toBe('const x = 1;');
    await other.close();
  });
});
