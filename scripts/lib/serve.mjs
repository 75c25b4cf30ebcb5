// A folder as plain files at an address of this machine, as any static server would give them.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.jpg': 'image/jpeg',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

/** What a page posts to /done, from this origin or another one. */
async function take(request, response, post) {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  response.writeHead(204).end();
  post(text);
}

/**
 * Serves `folder` under `prefix` ('/' or '/some/path/'), each answer with the given headers (or those of its path); port 0 is any
 * free one. `post` gets what is posted. Gives the address, the files that were asked for, and what ends it.
 */
export async function serveFolder(folder, { port = 0, prefix = '/', headers = {}, post } = {}) {
  const files = new Set();
  const server = http.createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    if (request.method === 'POST' && post) return take(request, response, post);
    const inside = decodeURIComponent(pathname).startsWith(prefix)
      ? decodeURIComponent(pathname).slice(prefix.length)
      : null;
    const file =
      inside === null
        ? null
        : path.join(folder, path.normalize(`/${/(^|\/)$/.test(inside) ? `${inside}index.html` : inside}`));
    const more = typeof headers === 'function' ? headers(pathname) : headers;
    if (file === null || !fs.statSync(file, { throwIfNoEntry: false })?.isFile()) {
      response.writeHead(404, { 'content-type': 'text/plain', ...more });
      response.end('not found');
      return;
    }
    files.add(path.relative(folder, file));
    response.writeHead(200, {
      'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream',
      'cache-control': 'no-cache',
      ...more,
    });
    fs.createReadStream(file).pipe(response);
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, 'localhost', resolve);
  });
  return {
    address: `http://localhost:${server.address().port}${prefix}`,
    files,
    close: () => server.close(),
  };
}
