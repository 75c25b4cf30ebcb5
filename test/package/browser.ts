/** A page of headless Chromium that runs an installed application, served from 127.0.0.1 as plain files. */
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { chromium as playwright } from 'playwright-core';
import { chromium } from '../../scripts/lib/browser.mjs';

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

/** With these a page is cross-origin isolated. */
export const ISOLATED: Record<string, string> = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

/** Headers of every answer, or of each path. */
type Headers = Record<string, string> | ((pathname: string) => Record<string, string>);

/** Serves the files under `folder`, and `page` at `/`. */
export function serve(folder: string, page: string, headers: Headers): Promise<http.Server> {
  const server = http.createServer(({ url }, response) => {
    const { pathname } = new URL(url!, 'http://127.0.0.1');
    const file = path.join(folder, pathname);
    const found = pathname !== '/' && fs.statSync(file, { throwIfNoEntry: false })?.isFile();
    const type = types[pathname === '/' ? '.html' : path.extname(file)] ?? 'application/octet-stream';
    const more = typeof headers === 'function' ? headers(pathname) : headers;
    response.writeHead(pathname === '/' || found ? 200 : 404, { 'content-type': type, ...more });
    response.end(pathname === '/' ? page : found ? fs.readFileSync(file) : '');
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

/**
 * What the page of HTML `page` hands to `done(text)`. The page may use what its content security policy allows, and what
 * it may not load or says on its console as an error must be `expected`.
 */
export async function inChromium(
  folder: string,
  page: string,
  headers: Headers = {},
  expected = /^$/,
): Promise<string> {
  const server = await serve(folder, page, headers);
  const root = process.getuid?.() === 0;
  const browser = await playwright.launch({
    executablePath: await chromium(),
    args: ['--disable-gpu', '--disable-background-networking', ...(root ? ['--no-sandbox'] : [])],
  });
  try {
    const tab = await browser.newPage();
    const result = new Promise<string>((resolve, reject) => {
      tab.on('pageerror', (error) => reject(error));
      tab.on('requestfailed', (request) => {
        if (!expected.test(request.url())) reject(new Error(`not loaded: ${request.url()}`));
      });
      tab.on('console', (message) => {
        if (message.type() === 'error' && !expected.test(message.text())) reject(new Error(message.text()));
      });
      tab.exposeFunction('done', resolve).then(async () => {
        await tab.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      }, reject);
    });
    return await result;
  } finally {
    await browser.close();
    server.close();
  }
}
