// Runtimes that are a command: Node in each line that is supported, Deno, Bun.
import path from 'node:path';
import { nodeOf } from '../scripts/lib/node.mjs';
import { root, run } from '../scripts/lib/report.mjs';

const COLD_STARTS = 5;

const MAIN = `import { report } from './report.mjs';
console.log(JSON.stringify(await report()));
`;

const COLD = `import { cold } from './cold.mjs';
console.log(await cold());
`;

/** Where files can be read: every kind of source of the kernels, and workers from the package's own file. */
const LOADING = `import fs from 'node:fs';
import { pathToFileURL } from 'node:url';
import { loading } from './loading.mjs';
import { threads } from './threads.mjs';

const at = (name) => \`files/\${name}\`;
const url = (name) => pathToFileURL(at(name));
const bytes = fs.readFileSync(at('simd.wasm'));
const buffer = Uint8Array.from(bytes).buffer;
const loaded = await loading({
  path: () => at('relaxed.wasm'),
  URL: () => url('simd.wasm'),
  'URL as a string': () => url('simd.wasm').href,
  'data URL': () => \`data:application/wasm;base64,\${bytes.toString('base64')}\`,
  bytes: () => bytes,
  ArrayBuffer: () => buffer,
  DataView: () => new DataView(buffer),
  Response: () => new Response(buffer),
  Module: () => new WebAssembly.Module(buffer),
  'a page': () => at('page.html'),
  'a page in a Response': () => new Response(fs.readFileSync(at('page.html')), { headers: { 'content-type': 'text/html' } }),
  'no such file': () => at('none.wasm'),
  'status 404': () => new Response('<!doctype html>', { status: 404 }),
  'cut short': () => at('short.wasm'),
  'another version': () => at('old.wasm'),
});
const hosted = await threads(2, { workerUrl: new URL(import.meta.resolve('striate/worker.js')) });
console.log(JSON.stringify({ loading: loaded, hosted }));
`;

export const programs = { 'main.mjs': MAIN, 'main-cold.mjs': COLD, 'loading-files.mjs': LOADING };

async function printed(command, args, cwd) {
  const { stdout } = await run(command, args, { cwd });
  return JSON.parse(stdout);
}

/** Of a few starts the shortest is this machine's; the others waited for something else. */
export const shortest = (starts) => Math.min(...starts);

async function inProcess(place, command, args, mayRead = args) {
  const cwd = place.processes;
  const starts = [];
  for (let i = 0; i < COLD_STARTS; i++) starts.push(await printed(command, [...args, 'main-cold.mjs'], cwd));
  const results = await printed(command, [...args, 'main.mjs'], cwd);
  const files = await printed(command, [...mayRead, 'loading-files.mjs'], cwd);
  return { ...results, coldStart: shortest(starts), ...files };
}

const bin = (name) =>
  path.join(root, 'node_modules/.bin', process.platform === 'win32' ? `${name}.cmd` : name);

const node = (line, flags = []) => ({
  name: `Node ${line}${flags.length > 0 ? ', relaxed SIMD by a flag' : ''}`,
  variant: line === 20 && flags.length === 0 ? 'simd' : 'relaxed',
  threads: 2,
  run: async (place) => inProcess(place, await nodeOf(line), flags),
});

const deno = ['run', '--quiet', '--no-prompt', '--cached-only'];

export const processes = [
  node(20),
  node(20, ['--experimental-wasm-relaxed-simd']),
  node(22),
  node(24),
  node(26),
  {
    name: 'Deno, without any permission',
    variant: 'relaxed',
    threads: 2,
    run: (place) => inProcess(place, bin('deno'), deno, [...deno, '--allow-read']),
  },
  { name: 'Bun', variant: 'relaxed', threads: 2, run: (place) => inProcess(place, bin('bun'), []) },
];
