// Next.js, built for production: a route of the edge runtime, a route of Node's, and a client component opened in Chromium.
import fs from 'node:fs';
import path from 'node:path';
import { launchChromium } from '../scripts/lib/browser.mjs';
import { nodeOf } from '../scripts/lib/node.mjs';
import { run } from '../scripts/lib/report.mjs';
import { MEMORY, withServer } from './edge.mjs';
import { ISOLATED, posted } from './pages.mjs';
import { weigh } from './weight.mjs';
import { WORKER } from './worker.mjs';

const ROUTE = (edge) => `import { cold } from '../../cold.mjs';
${edge ? "export const runtime = 'edge';\n" : ''}export const dynamic = 'force-dynamic';
export async function GET() {
  try {
    const coldStart = await cold();
    const { report } = await import('../../report.mjs');
    return Response.json({ coldStart, ...(await report()) });
  } catch (error) {
    return Response.json({ thrown: String(error.stack) });
  }
}
`;

const files = (root) => ({
  // Where the tools are is above the application.
  'next.config.mjs': `export default {
  turbopack: { root: ${JSON.stringify(root)} },
  headers: () => [{ source: '/:path*', headers: ${JSON.stringify(
    Object.entries(ISOLATED).map(([key, value]) => ({ key, value })),
  )} }],
};
`,
  'app/layout.jsx': `export default function Layout({ children }) {
  return <html lang="en"><body>{children}</body></html>;
}
`,
  'app/page.jsx': `'use client';
import { useEffect } from 'react';
import { cold } from './cold.mjs';

export default function Page() {
  useEffect(() => {
    const done = (value) => fetch(location.hash.slice(1), { method: 'POST', mode: 'no-cors', body: JSON.stringify(value) });
    const loaded = () => performance.getEntriesByType('resource').map(({ name }) => name);
    const inWorker = () => new Promise((resolve, reject) => {
      const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error('the worker: ' + message));
      worker.postMessage('go');
    });
    const inPage = async () => {
      const coldStart = await cold();
      const { report } = await import('./report.mjs');
      return { coldStart, ...(await report()) };
    };
    inPage()
      .then(async (results) => done({ ...results, worker: await inWorker(), loaded: loaded() }))
      .catch((error) => done({ thrown: String(error.stack) }));
  }, []);
  return <p>smoke</p>;
}
`,
  'app/worker.js': WORKER,
  'app/api/edge/route.js': ROUTE(true),
  'app/api/node/route.js': ROUTE(false),
});

const env = { NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' };
const next = (place) => place.tool('next/dist/bin/next');

/** Builds an application for production. */
export const buildNext = async (place, app) =>
  run(await nodeOf(24), [next(place), 'build'], { cwd: app, env });

/** Starts a built application; gives its address and its process. */
export const withNext = async (place, app, use) => {
  const args = [next(place), 'start', '--port=0', '--hostname=127.0.0.1'];
  const says = /(http:\/\/(?:localhost|127\.0\.0\.1):\d+)/;
  return withServer(await nodeOf(24), args, { cwd: app, env, says }, use);
};

/** Builds the application once; gives what its three parts say. */
async function built(place) {
  const app = place.app('next', files(place.tools));
  for (const program of fs.readdirSync(app).filter((file) => /^(?!next\.config).*\.mjs$/.test(file)))
    fs.renameSync(path.join(app, program), path.join(app, 'app', program));
  await buildNext(place, app);
  return withNext(place, app, async (address) => {
    const ask = async (route) => (await fetch(`${address}/api/${route}`)).json();
    const [edge, own] = [await ask('edge'), await ask('node')];
    const browser = await launchChromium();
    try {
      const { value } = await posted(browser, app, (to) => `${address}/#${to}`);
      const loaded = [...value.loaded, ...value.worker.loaded].filter((name) =>
        name.startsWith(`${address}/_next/`),
      );
      const files = await Promise.all(
        [...new Set(loaded)].map(async (name) => (await fetch(name)).arrayBuffer()),
      );
      return { edge, node: own, client: { ...value, ...weigh(files.map((file) => new Uint8Array(file))) } };
    } finally {
      await browser.close();
    }
  });
}

const parts = new WeakMap();
const part = (name) => async (place) => {
  if (!parts.has(place)) parts.set(place, built(place));
  return (await parts.get(place))[name];
};

/** The client component, for the table of bundlers. */
export const nextPage = part('client');

export const nexts = [
  { name: "Next.js, `runtime = 'edge'`", variant: 'simd', threads: 1, memory: MEMORY, run: part('edge') },
  { name: 'Next.js, a route in Node', variant: 'relaxed', threads: 2, run: part('node') },
  { name: 'Next.js, a client component', variant: 'relaxed', threads: 2, run: nextPage },
];
