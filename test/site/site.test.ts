/**
 * The site as it is served, under a folder, in Chromium: what is found by its search, that its text is there without scripts, that
 * nothing is loaded from elsewhere, that all code runs, that axe finds nothing, and that a link to nowhere fails the build.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, type Page, chromium as playwright } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromium } from '../../scripts/lib/browser.mjs';
import { documented } from '../../scripts/lib/declarations.mjs';
import { serveFolder } from '../../scripts/lib/serve.mjs';
import { builtSite } from '../../scripts/site/build.mjs';
import { allPages } from '../../scripts/site/pages.mjs';
import { root } from '../docs/markdown.ts';
import { CHINESE, WORDS } from './words.ts';

const { resolve } = createRequire(import.meta.url);
const axe = readFileSync(resolve('axe-core/axe.min.js'), 'utf8');
const pages = allPages() as [file: string, place: string][];
const BASE = '/some/folder/';

let folder: string;
let server: Awaited<ReturnType<typeof serveFolder>>;
let browser: Browser;
const wrong: string[] = [];

beforeAll(async () => {
  folder = await builtSite({ base: BASE });
  server = await serveFolder(folder, { prefix: BASE });
  const isRoot = process.getuid?.() === 0;
  browser = await playwright.launch({
    executablePath: await chromium(),
    args: ['--disable-gpu', '--disable-background-networking', ...(isRoot ? ['--no-sandbox'] : [])],
  });
}, 600_000);
afterAll(async () => {
  await browser?.close();
  server?.close();
});

const at = (place: string) =>
  `${server.address}${place.replace(/(^|\/)index$/, '$1')}${/index$/.test(place) ? '' : '.html'}`;

/** A page that reports what goes wrong in it, and what it asks of elsewhere. */
async function opened(place: string, options: { javaScriptEnabled?: boolean } = {}): Promise<Page> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.on('pageerror', (error) => wrong.push(`${place}: ${error}`));
  page.on('request', (request) => {
    if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(server.address))
      wrong.push(`${place}: from elsewhere: ${request.url()}`);
  });
  const response = await page.goto(at(place));
  expect(response?.status(), place).toBe(200);
  return page;
}

/** Whether the page's scripts have taken it over. */
const isAlive = () => '__vue_app__' in (document.querySelector('#app') as object);

interface Index {
  search(word: string, options: object): { id: string }[];
}

/** The search of a language as VPLocalSearchBox makes it. */
async function indexOf(locale: string): Promise<(word: string) => string[]> {
  const chunks = path.join(folder, 'assets/chunks');
  const file = readdirSync(chunks).find((name) => name.startsWith(`@localSearchIndex${locale}.`)) as string;
  const { default: json } = await import(/* @vite-ignore */ pathToFileURL(path.join(chunks, file)).href);
  const config = await import(
    /* @vite-ignore */ pathToFileURL(path.join(root, 'build/site/.vitepress/config.mjs')).href
  );
  const { options, searchOptions } = config.default.themeConfig.search.options.miniSearch;
  const { default: MiniSearch } = await import(/* @vite-ignore */ pathToFileURL(resolve('minisearch')).href);
  const index: Index = MiniSearch.loadJSON(json, {
    fields: ['title', 'titles', 'text'],
    storeFields: ['title', 'titles'],
    searchOptions: { fuzzy: 0.2, prefix: true, boost: { title: 4, text: 2, titles: 1 }, ...searchOptions },
    ...options,
  });
  return (word) =>
    index.search(word, {}).map(({ id }) => decodeURIComponent(id).slice(BASE.length).replace('.html', ''));
}

describe('what is searched is found', () => {
  test('each of these words finds the right page first', async () => {
    expect(WORDS.length).toBeGreaterThanOrEqual(40);
    const find = await indexOf('root');
    const missed = WORDS.flatMap(([word, ...wanted]) => {
      const [first = 'nothing'] = find(word);
      return wanted.includes(first.split('#')[0] as string)
        ? []
        : [`${word}: ${first}, must be ${wanted.join(' or ')}`];
    });
    expect(missed).toEqual([]);
  });

  test('in Chinese, which has no spaces, too', async () => {
    const find = await indexOf('zh');
    const missed = CHINESE.flatMap(([word, anchor]) => {
      const [first = 'nothing'] = find(word);
      return first.startsWith('zh/') && first.includes(anchor) ? [] : [`${word}: ${first}`];
    });
    expect(missed).toEqual([]);
  });

  test('in the page: by keys, in the language of the page', async () => {
    const page = await opened('guide/start');
    await page.waitForFunction(isAlive);
    await page.keyboard.press('Control+k');
    await page.locator('#localsearch-input').fill('output size');
    await page.locator('.result').first().waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(/book\/padding\.html#output-size/);
    await page.context().close();
    const chinese = await opened('zh/index');
    expect(await chinese.locator('html').getAttribute('lang')).toBe('zh-Hans');
    await chinese.waitForFunction(isAlive);
    await chinese.getByRole('button', { name: '搜索' }).first().click();
    await chinese.locator('#localsearch-input').fill('转置卷积');
    await chinese.locator('.result', { hasText: '转置卷积' }).first().waitFor();
    await chinese.context().close();
  });
});

describe('every page', () => {
  test('can be read without scripts: its text, its code, and what that printed', async () => {
    for (const [, place] of pages) {
      const page = await opened(place, { javaScriptEnabled: false });
      const text = await page.locator('body').innerText();
      expect(text.length, place).toBeGreaterThan(200);
      if (place.startsWith('book/')) {
        expect(await page.locator('.live-code').first().isVisible(), place).toBe(true);
        expect((await page.locator('.live-output').first().innerHTML()).length, place).toBeGreaterThan(20);
      }
      await page.context().close();
    }
    expect(wrong).toEqual([]);
  }, 120_000);

  test('runs its code in the page, and prints what the build has printed', async () => {
    let count = 0;
    for (const [, place] of pages) {
      const page = await opened(place);
      const blocks = page.locator('.live[data-alive]:not([data-check])');
      await page.waitForFunction(() => document.querySelectorAll('.live:not([data-alive])').length === 0);
      for (let i = 0; i < (await blocks.count()); i++) {
        const block = blocks.nth(i);
        const shape = () =>
          block
            .locator('.live-output')
            .evaluate((output) => [...output.querySelectorAll('*')].map((one) => one.localName).join(' '));
        const before = await shape();
        await block.getByRole('button', { name: 'Run' }).click();
        await block.locator('.live-status', { hasText: /ms$/ }).waitFor({ timeout: 60_000 });
        expect(await block.locator('.live-error').allInnerTexts(), `${place}, block ${i}`).toEqual([]);
        expect(await shape(), `${place}, block ${i}`).toBe(before);
        count++;
      }
      await page.context().close();
    }
    console.log(`${count} blocks of ${pages.length} pages ran in Chromium`);
    expect(count).toBeGreaterThan(40);
    expect(wrong).toEqual([]);
  }, 600_000);

  test('has the version of the package in its header', async () => {
    const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
    const page = await opened('guide/start');
    expect(await page.locator('.VPNavBarTitle').innerText()).toContain(version);
    await page.context().close();
  });
});

describe('axe', () => {
  const places = [
    'index',
    'guide/start',
    'guide/seeing',
    'book/correlation',
    'book/visualising',
    'gallery/index',
    'zh/index',
  ];
  for (const theme of ['light', 'dark'] as const)
    test.each([...places, 'reference/analyze'])(
      `finds nothing in %s, ${theme}`,
      async (place) => {
        const page = await opened(place);
        await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
        await page.evaluate(axe);
        const found = await page.evaluate(async () => {
          const { axe: run } = globalThis as unknown as {
            axe: {
              run(options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>;
            };
          };
          const { violations } = await run.run({
            runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
            // What axe itself calls experimental: the search's button names its keys besides.
            rules: { 'label-content-name-mismatch': { enabled: false } },
          });
          return violations.map(
            ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).slice(0, 3)}`,
          );
        });
        await page.context().close();
        expect(found).toEqual([]);
      },
      60_000,
    );
});

describe('the reference', () => {
  test('has every public name of every entry, with what it says', () => {
    const reference = readdirSync(path.join(folder, 'reference'))
      .filter((file) => file.endsWith('.md'))
      .map((file) => readFileSync(path.join(folder, 'reference', file), 'utf8'))
      .join('\n');
    const names = documented(path.join(root, 'dist')).flatMap(([, rows]) => rows);
    expect(names.length).toBeGreaterThan(300);
    expect(names.filter(({ name }) => !reference.includes(`\n## ${name}\n`)).map(({ name }) => name)).toEqual(
      [],
    );
    const documentedNames = new Set(names.filter(({ docs }) => docs !== '').map(({ name }) => name));
    expect(names.filter(({ name }) => !documentedNames.has(name)).map(({ name }) => name)).toEqual([]);
  });
});

test('a link that leads nowhere fails the build', async () => {
  const source = mkdtempSync(path.join(root, 'build/site-broken-'));
  try {
    const settings = path.join(source, '.vitepress');
    mkdirSync(settings);
    writeFileSync(
      path.join(settings, 'config.mjs'),
      readFileSync(path.join(root, 'scripts/site/config.mjs')),
    );
    writeFileSync(
      path.join(settings, 'site.json'),
      JSON.stringify({ version: '0', nav: [], blocks: {}, base: '/' }),
    );
    writeFileSync(path.join(source, 'index.md'), '# A page\n\n[nowhere](./nowhere.md)\n');
    const { build } = await import('vitepress');
    await expect(
      build(source, { outDir: path.join(source, 'out'), logLevel: 'silent' } as never),
    ).rejects.toThrow(/dead link/);
  } finally {
    rmSync(source, { recursive: true, force: true });
  }
}, 120_000);
