// Edge runtimes: workerd by miniflare and by `wrangler dev`, Vercel's edge-runtime. They import the modules of the conditions
// `workerd` and `edge-light`, and compile nothing.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { nodeOf } from '../scripts/lib/node.mjs';
import { Problem, run } from '../scripts/lib/report.mjs';
import { shortest } from './processes.mjs';
import { weigh } from './weight.mjs';

export const COMPATIBILITY_DATE = '2026-04-01';
const COLD_STARTS = 3;

/** What init makes of a module, and of bytes, which workerd does not compile. */
const LOADING = (bytes) => `
const loadingHere = async () => {
  const { loading } = await import('./loading.mjs');
  return loading({
    Module: () => hosted,
    '${bytes}': () => bytes,
    'another version': () => other,
  });
};`;

const WORKER = `import bytes from './files/simd.bin';
import other from './files/old.wasm';
import hosted from './files/simd.wasm';
import { report } from './report.mjs';
${LOADING('bytes, which may not be compiled')}
export default {
  async fetch() {
    try {
      return Response.json({ ...(await report()), loading: await loadingHere() });
    } catch (error) {
      return Response.json({ thrown: error.stack });
    }
  },
};
`;

/** A worker as wrangler bundles it: what is no JavaScript becomes a module of its own. Gives miniflare's `modules`. */
export async function workerModules(folder, entry) {
  const modules = new Map();
  const plugin = {
    name: 'modules-of-their-own',
    setup({ onResolve, resolve }) {
      onResolve(
        { filter: /\.(wasm|bin|onnx|striate)$/ },
        async ({ path: file, resolveDir, pluginData, kind }) => {
          if (pluginData === 'seen') return undefined;
          const found = await resolve(file, { resolveDir, kind, pluginData: 'seen' });
          const type = found.path.endsWith('.wasm') ? 'CompiledWasm' : 'Data';
          const name = `${path.basename(path.dirname(found.path))}/${path.basename(found.path)}`;
          if (!modules.has(name))
            modules.set(name, { type, path: name, contents: fs.readFileSync(found.path) });
          return { path: `./${name}`, external: true };
        },
      );
    },
  };
  const { outputFiles } = await build({
    absWorkingDir: folder,
    entryPoints: [entry],
    bundle: true,
    format: 'esm',
    conditions: ['workerd'],
    // The package as it is installed, not its sources, which the repository's own settings name.
    tsconfigRaw: {},
    write: false,
    outfile: path.join(folder, 'out.mjs'),
    logLevel: 'error',
    plugins: [plugin],
  });
  return [{ type: 'ESModule', path: 'worker.mjs', contents: outputFiles[0].text }, ...modules.values()];
}

/** The processes under one, which may have ended. */
export function descendants(pid) {
  const tasks = `/proc/${pid}/task`;
  if (!fs.existsSync(tasks)) return [];
  return fs.readdirSync(tasks).flatMap((task) => {
    const text = fs.readFileSync(`${tasks}/${task}/children`, 'utf8').trim();
    return text === '' ? [] : text.split(' ').flatMap((child) => [Number(child), ...descendants(child)]);
  });
}

/** The workerds that miniflare has started. */
export const workerdProcesses = () =>
  descendants(process.pid).filter((pid) =>
    fs.readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('workerd'),
  );

/** Milliseconds that processes, all of their threads, have computed. */
export const cpuOf = (processes) =>
  processes
    .flatMap((pid) =>
      fs.readdirSync(`/proc/${pid}/task`).map((task) => `/proc/${pid}/task/${task}/schedstat`),
    )
    .reduce((sum, file) => sum + Number(fs.readFileSync(file, 'utf8').split(' ')[0]) / 1e6, 0);

/** A Miniflare that stands, and its processes. */
export async function startWorkerd(options) {
  const { Miniflare } = await import('miniflare');
  const others = workerdProcesses();
  const worker = new Miniflare({ compatibilityDate: COMPATIBILITY_DATE, ...options });
  await worker.ready;
  return { worker, processes: workerdProcesses().filter((pid) => !others.includes(pid)) };
}

/**
 * CPU time of a workerd from when it stands to its first answer, in milliseconds: its own clock stands still while it computes.
 */
async function cpuToFirst(modules) {
  const { worker, processes } = await startWorkerd({ modules });
  try {
    const start = cpuOf(processes);
    await (await worker.dispatchFetch('http://localhost/')).text();
    return cpuOf(processes) - start;
  } finally {
    await worker.dispose();
  }
}

const FIRST = `export default {
  async fetch() {
    const { first } = await import('./first.mjs');
    await first();
    return new Response('');
  },
};
`;

async function workerd(place) {
  const folder = place.edge;
  const first = await workerModules(folder, 'worker-first.mjs');
  const starts = [];
  for (let i = 0; i < COLD_STARTS; i++) starts.push(await cpuToFirst(first));
  const { worker } = await startWorkerd({ modules: await workerModules(folder, 'worker.mjs') });
  try {
    const results = await (await worker.dispatchFetch('http://localhost/')).json();
    return { ...results, coldStart: shortest(starts) };
  } finally {
    await worker.dispose();
  }
}

/** Starts a server's command and gives its address once it says that it listens there, and its process; ends it after `use`. */
export async function withServer(command, args, { cwd, env = {}, says, seconds = 120 }, use) {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, NO_COLOR: '1', CI: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // so that what it starts can be ended with it
  });
  let output = '';
  const ended = new Promise((resolve) => child.on('close', resolve));
  try {
    const address = await new Promise((resolve, reject) => {
      const take = (chunk) => {
        output += chunk;
        const [, found] = says.exec(output) ?? [];
        if (found !== undefined) resolve(found);
      };
      child.stdout.setEncoding('utf8').on('data', take);
      child.stderr.setEncoding('utf8').on('data', take);
      const fail = (why) =>
        reject(new Problem(`${path.basename(command)} ${args.join(' ')} ${why}:\n${output}`));
      child.on('error', ({ message }) => fail(message));
      child.on('close', (code) => fail(`ended with ${code}`));
      setTimeout(fail, seconds * 1000, `said nothing in ${seconds} s`).unref();
    });
    return await use(address, child.pid);
  } finally {
    try {
      process.kill(-child.pid, 'SIGTERM');
    } catch {}
    await Promise.race([ended, sleep(5000)]);
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {}
  }
}

const WRANGLER = `name = "smoke"
main = "worker.mjs"
compatibility_date = "${COMPATIBILITY_DATE}"
`;

const wranglerSettings = (place) => ({ WRANGLER_SEND_METRICS: 'false', XDG_CONFIG_HOME: place.edge });

/** wrangler needs a newer Node than the oldest that the package supports. */
async function wranglerDev(place) {
  const args = [place.tool('wrangler/bin/wrangler.js'), 'dev', '--port=0', '--ip=127.0.0.1'];
  const env = wranglerSettings(place);
  const says = /Ready on (http:\/\/\S+)/;
  return withServer(await nodeOf(24), args, { cwd: place.edge, env, says }, async (address) =>
    (await fetch(address)).json(),
  );
}

const TYPES = { '.js': 'ESModule', '.wasm': 'CompiledWasm', '.bin': 'Data' };

/** What `wrangler deploy` would upload, run in workerd, and what it weighs. */
export async function wranglerBuild(place) {
  const { Miniflare } = await import('miniflare');
  const wrangler = place.tool('wrangler/bin/wrangler.js');
  await run(await nodeOf(24), [wrangler, 'deploy', '--dry-run', '--minify', '--outdir=out'], {
    cwd: place.edge,
    env: wranglerSettings(place),
  });
  const out = path.join(place.edge, 'out');
  const modules = fs
    .readdirSync(out)
    .filter((file) => TYPES[path.extname(file)] !== undefined)
    .sort((a, b) => b.endsWith('.js') - a.endsWith('.js')) // what runs comes first
    .map((file) => ({
      type: TYPES[path.extname(file)],
      path: file,
      contents: fs.readFileSync(path.join(out, file)),
    }));
  const worker = new Miniflare({
    compatibilityDate: COMPATIBILITY_DATE,
    modules: modules.map((one) =>
      one.type === 'ESModule' ? { ...one, contents: String(one.contents) } : one,
    ),
  });
  try {
    const results = await (await worker.dispatchFetch('http://localhost/')).json();
    // The worker of the smoke has a second copy of the kernels, to be refused or loaded.
    const own = modules.filter(({ path: file }) => !/-(old\.wasm|simd\.bin)$/.test(file));
    return { ...results, ...weigh(own.map(({ contents }) => contents)) };
  } finally {
    await worker.dispose();
  }
}

const EDGE = `import hosted from './files/simd.wasm?module';
import other from './files/old.wasm?module';
import { cold } from './cold.mjs';
${LOADING('bytes')}
globalThis.result = (async () => {
  const coldStart = await cold();
  const { report } = await import('./report.mjs');
  return JSON.stringify({ coldStart, ...(await report()), loading: await loadingHere() });
})();
`;

export const edgePrograms = {
  'worker.mjs': WORKER,
  'worker-first.mjs': FIRST,
  'edge.mjs': EDGE,
  'wrangler.toml': WRANGLER,
};

async function edgeRuntime(place) {
  const { EdgeRuntime } = await import('edge-runtime');
  const files = [];
  const folder = place.edge;
  const plugin = {
    name: 'modules-of-the-host',
    setup({ onResolve, onLoad, resolve }) {
      onResolve({ filter: /\.wasm\?module$/ }, async ({ path: file, resolveDir, kind }) => {
        const found = await resolve(file.replace('?module', ''), { resolveDir, kind });
        return { path: found.path, namespace: 'host' };
      });
      onLoad({ filter: /./, namespace: 'host' }, ({ path: file }) => {
        if (!files.includes(file)) files.push(file);
        return { contents: `export default hostModules[${files.indexOf(file)}];` };
      });
    },
  };
  const { outputFiles } = await build({
    absWorkingDir: folder,
    entryPoints: ['edge.mjs'],
    bundle: true,
    format: 'iife',
    platform: 'neutral',
    conditions: ['edge-light'],
    write: false,
    logLevel: 'error',
    plugins: [plugin],
    banner: { js: 'const bytes = new Uint8Array(hostBytes);' },
  });
  const hostModules = files.map((file) => new WebAssembly.Module(fs.readFileSync(file)));
  const hostBytes = fs.readFileSync(path.join(folder, 'files/simd.wasm'));
  const runtime = new EdgeRuntime({
    extend: (context) => Object.assign(context, { hostModules, hostBytes }),
  });
  runtime.evaluate(outputFiles[0].text);
  return JSON.parse(await runtime.evaluate('result'));
}

/** What memory may grow to, where an isolate has 128 MB. */
export const MEMORY = 96 * 2 ** 20;

export const edges = [
  {
    name: 'workerd (Cloudflare), by miniflare',
    variant: 'relaxed',
    threads: 1,
    memory: MEMORY,
    run: workerd,
  },
  { name: 'workerd, by `wrangler dev`', variant: 'relaxed', threads: 1, memory: MEMORY, run: wranglerDev },
  { name: 'edge-runtime (Vercel)', variant: 'simd', threads: 1, memory: MEMORY, run: edgeRuntime },
];
