// The servers of examples/, each started as its users start it: test/examples asks them, `npm run bench -- servers` measures them.
// `use` is given what sends a picture, or nothing, and gives the answer's status and JSON; the server's processes; and when they were
// started.
import { execFileSync, fork } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { build } from 'esbuild';
import { nodeOf } from '../scripts/lib/node.mjs';
import { root } from '../scripts/lib/report.mjs';
import { descendants, startWorkerd, withServer, workerModules } from './edge.mjs';
import { buildNext, withNext } from './next.mjs';

const MODEL = 'blazeface-back.striate';
const APPLICATIONS = ['edge-worker', 'edge-queue', 'next-edge', 'aws-lambda', 'browser'];

/** The examples whose model is one of integers. */
export const isOfIntegers = (name) => name.startsWith('edge-worker');

/** The model compiled as the examples say, of floats and of integers. */
export function compiledModels({ models, photos }) {
  const folder = fs.mkdtempSync(path.join(tmpdir(), 'striate-models-'));
  try {
    const made = (command, ...args) => {
      const file = path.join(folder, MODEL);
      const given = [path.join(root, 'dist/cli.js'), command, models.back, '--output', file, ...args];
      execFileSync(process.execPath, given, { stdio: ['ignore', 'ignore', 'inherit'] });
      return new Uint8Array(fs.readFileSync(file));
    };
    const pictures = ['--images', ...photos, '--preset', 'signed', '--fit', 'contain', '--runs', '1'];
    const weights = ['--weights', 'float16'];
    return { floats: made('compile', ...weights), integers: made('quantize', ...pictures, ...weights) };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** Brings the examples into a folder in which `striate` is found, with their compiled model beside each. */
export function bring(folder, { floats, integers }) {
  for (const name of ['faces', 'deno.ts', 'bun.ts', ...APPLICATIONS])
    fs.cpSync(path.join(root, 'examples', name), path.join(folder, name), { recursive: true });
  for (const name of [...APPLICATIONS, '.'])
    fs.writeFileSync(path.join(folder, name, MODEL), isOfIntegers(name) ? integers : floats);
}

const sender = (ask) => async (body) => {
  const response = await ask(body === undefined ? {} : { method: 'POST', body });
  return { status: response.status, json: await response.json() };
};

/** `store` brings the model to where the Worker looks for it. */
const onWorkerd = (entry, bindings, store) => async (folder, use) => {
  const own = path.join(folder, 'edge-worker');
  const modules = await workerModules(own, entry);
  const began = performance.now();
  const { worker, processes } = await startWorkerd({ modules, ...bindings });
  try {
    await store?.(worker, new Uint8Array(fs.readFileSync(path.join(own, MODEL))));
    return await use(
      sender((how) => worker.dispatchFetch('http://localhost/', how)),
      processes,
      began,
    );
  } finally {
    await worker.dispose();
  }
};

const ofCommand = (name, args) => (folder, use) => {
  const server = { cwd: folder, says: /http:\/\/[^ ]*:(\d+)/ };
  const began = performance.now();
  return withServer(path.join(root, 'node_modules/.bin', name), [...args, MODEL, '0'], server, (port, pid) =>
    use(
      sender((how) => fetch(`http://localhost:${port}/`, how)),
      [pid, ...descendants(pid)],
      began,
    ),
  );
};

/** What a Lambda's runtime does: it imports the handler, and calls it for each event. */
const HOST = `process.on('message', async (event) => {
  const { handler } = await import('./handler.mjs');
  process.send(await handler(event));
});
`;

/** Bundles the handler as its first lines say. */
async function bundleLambda(folder) {
  await build({
    ...{ platform: 'node', format: 'esm', bundle: true, tsconfigRaw: {}, logLevel: 'error' },
    ...{ entryPoints: [path.join(folder, 'handler.ts')], outfile: path.join(folder, 'handler.mjs') },
  });
  fs.writeFileSync(path.join(folder, 'host.mjs'), HOST);
}

async function lambda(folder, use) {
  const own = path.join(folder, 'aws-lambda');
  if (!fs.existsSync(path.join(own, 'host.mjs'))) await bundleLambda(own);
  const began = performance.now();
  const child = fork(path.join(own, 'host.mjs'), { execPath: await nodeOf(24), execArgv: [] });
  const ended = new Promise((_, reject) => {
    child.once('exit', (code) => reject(new Error(`the Lambda ended with ${code}`)));
  });
  ended.catch(() => {}); // of no interest when nobody waits for an answer
  const answer = (event) => {
    const said = new Promise((resolve) => {
      child.once('message', resolve);
      child.send(event);
    });
    return Promise.race([said, ended]);
  };
  const send = async (body) => {
    const requestContext = { http: { method: body === undefined ? 'GET' : 'POST' } };
    const encoded = body && { body: Buffer.from(body).toString('base64'), isBase64Encoded: true };
    const { statusCode, body: text } = await answer({ ...encoded, requestContext });
    return { status: statusCode, json: JSON.parse(text) };
  };
  try {
    return await use(send, [child.pid], began);
  } finally {
    child.kill();
  }
}

const deno = ['run', '--no-prompt', '--cached-only', '--allow-net', '--allow-read'];

/** By name, what starts each in a folder that `bring` has filled. */
export const SERVERS = {
  'edge-worker': onWorkerd('./worker.ts'),
  'edge-worker, model in R2': onWorkerd('./stored.ts', { r2Buckets: ['MODELS'] }, async (worker, model) =>
    (await worker.getR2Bucket('MODELS')).put(MODEL, model),
  ),
  'edge-worker, model in KV': onWorkerd(
    './stored.ts',
    { kvNamespaces: ['MODELS_KV'] },
    async (worker, model) => (await worker.getKVNamespace('MODELS_KV')).put(MODEL, model),
  ),
  'deno.ts': ofCommand('deno', [...deno, 'deno.ts']),
  'bun.ts': ofCommand('bun', ['bun.ts']),
  'aws-lambda': lambda,
};

/** Builds `next-edge` among the tools of runtimes/place.mjs, with the packed package; gives what starts it. */
export async function nextEdge(place, compiled) {
  const folder = place.app('examples');
  bring(folder, compiled);
  const app = path.join(folder, 'next-edge');
  // The tools are above what the example itself calls the root.
  const config = (name) => path.join(app, name);
  fs.renameSync(config('next.config.mjs'), config('own.config.mjs'));
  fs.writeFileSync(
    config('next.config.mjs'),
    `import own from './own.config.mjs';
export default { ...own, turbopack: { root: ${JSON.stringify(place.tools)} } };
`,
  );
  await buildNext(place, app);
  return (use) => {
    const began = performance.now();
    return withNext(place, app, (address, pid) =>
      use(
        sender((how) => fetch(`${address}/api/faces`, how)),
        [pid, ...descendants(pid)],
        began,
      ),
    );
  };
}
