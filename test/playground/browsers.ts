/**
 * Chromium and Firefox on the built playground, served as plain files under a folder of the address. Both are driven by puppeteer.
 * Whatever a page says on its console as an error, or may not load, fails the test.
 */
import path from 'node:path';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { chromium, firefox } from '../../scripts/lib/browser.mjs';
import { buildPlayground } from '../../scripts/lib/playground.mjs';
import { serveFolder } from '../../scripts/lib/serve.mjs';

const isRoot = process.getuid?.() === 0;

const LAUNCH = {
  chromium: async () =>
    puppeteer.launch({
      executablePath: await chromium(),
      args: [
        '--disable-gpu',
        '--disable-background-networking',
        '--use-fake-ui-for-media-stream',
        '--use-fake-device-for-media-stream',
        ...(isRoot ? ['--no-sandbox'] : []),
      ],
    }),
  firefox: async () => puppeteer.launch({ browser: 'firefox', executablePath: await firefox() }),
};

export type BrowserName = keyof typeof LAUNCH;

export interface Playground {
  /** The files that the server has given since the page was opened. */
  files(): readonly string[];
  /** A page at this address behind the #, when its tab is there. */
  open(hash: string, size?: { width: number; height: number }): Promise<Page>;
}

/** The tests of `body` in each browser. */
export function inBrowsers(title: string, body: (playground: Playground, name: BrowserName) => void): void {
  describe.each(Object.keys(LAUNCH) as BrowserName[])(`${title} (%s)`, (name) => {
    let browser: Browser;
    let server: Awaited<ReturnType<typeof serveFolder>>;
    let page: Page | null = null;
    const wrong: string[] = [];
    let folder: string;
    beforeAll(async () => {
      folder = await buildPlayground();
      server = await serveFolder(folder, { prefix: '/some/folder/' });
      browser = await LAUNCH[name]();
    }, 180_000);
    afterAll(async () => {
      await browser?.close();
      server?.close();
      expect(wrong).toEqual([]);
    });

    async function made(): Promise<Page> {
      const one = await browser.newPage();
      one.on('pageerror', (error) => wrong.push(`${error}`));
      one.on('console', (message) => {
        if (message.type() === 'error') wrong.push(message.text());
      });
      one.on('request', (request) => {
        if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(server.address))
          wrong.push(`from elsewhere: ${request.url()}`);
      });
      return one;
    }

    body(
      {
        files: () => [...server.files].map((file) => path.join(folder, file)),
        async open(hash, size = { width: 1280, height: 900 }) {
          // What a page still loads when it is left is an error in Firefox.
          await page?.waitForNetworkIdle({ idleTime: 100, timeout: 10_000 }).catch(() => {});
          page ??= await made();
          // Older Firefoxes set the size, and do not know of the orientation that is sent with it.
          await page.setViewport(size).catch((error: Error) => {
            if (!error.message.includes('setScreenOrientationOverride')) throw error;
          });
          // The same page in another state is another document here.
          await page.goto('about:blank');
          server.files.clear();
          await page.goto(`${server.address}${hash === '' ? '' : `#${hash}`}`);
          await page.waitForSelector('main h2');
          expect(wrong).toEqual([]);
          return page;
        },
      },
      name,
    );
  });
}
