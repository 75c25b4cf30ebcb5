// Pages: an application's files from a plain server, opened in a browser, and what its script posts to /done.

import { Problem } from '../scripts/lib/report.mjs';
import { serveFolder } from '../scripts/lib/serve.mjs';

const PATIENCE = 120; // seconds

/** With these a page is cross-origin isolated. */
export const ISOLATED = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

/** What a page does first: whatever goes wrong in it is what it posts. */
export const WATCH = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script>
  globalThis.done = (value) => fetch('/done', { method: 'POST', body: JSON.stringify(value) });
  addEventListener('error', ({ message, error }) => done({ thrown: String(error?.stack ?? message) }));
  addEventListener('unhandledrejection', ({ reason }) => done({ thrown: String(reason?.stack ?? reason) }));
</script>`;

/**
 * What a page posts, and the files that were asked for, in order. The page is one of the folder's files, or at an address elsewhere,
 * which `page` makes of where it is to post.
 */
export async function posted(browser, folder, page = '', headers = ISOLATED) {
  let post;
  const value = new Promise((resolve) => {
    post = resolve;
  });
  const server = await serveFolder(folder, { headers, post });
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(reject, PATIENCE * 1000, new Problem(`the page posted nothing in ${PATIENCE} s`));
  });
  let close;
  try {
    const { address } = server;
    close = await browser.open(typeof page === 'string' ? address + page : page(`${address}done`));
    return { value: JSON.parse(await Promise.race([value, late])), files: server.files };
  } finally {
    clearTimeout(timer);
    await close?.();
    server.close();
  }
}
