// A folder as plain files at an address of this machine, as any static server would give them.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.jpg': 'image/jpeg',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

/** Serves `folder` under `prefix` ('/' or '/some/path/'); port 0 is any free one. Gives the address and what ends it. */
export async function serveFolder(folder, { port = 0, prefix = '/' } = {}) {
  const server = http.createServer(({ url }, response) => {
    const { pathname } = new URL(url, 'http://localhost');
    const inside = decodeURIComponent(pathname).startsWith(prefix)
      ? decodeURIComponent(pathname).slice(prefix.length)
      : null;
    const file = inside === null ? null : path.join(folder, path.normalize(`/${inside || 'index.html'}`));
    if (file === null || !fs.statSync(file, { throwIfNoEntry: false })?.isFile()) {
      response.writeHead(404, { 'content-type': 'text/plain' });
      response.end('not found');
      return;
    }
    response.writeHead(200, {
      'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream',
      'cache-control': 'no-cache',
    });
    fs.createReadStream(file).pipe(response);
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, 'localhost', resolve);
  });
  return { address: `http://localhost:${server.address().port}${prefix}`, close: () => server.close() };
}
