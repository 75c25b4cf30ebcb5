// The smoke in an application that each bundler builds for production, with its own settings: opened in Chromium, in the page and in
// a worker, and what the browser loads for both.
import fs from 'node:fs';
import path from 'node:path';
import { launchChromium } from '../scripts/lib/browser.mjs';
import { nodeOf } from '../scripts/lib/node.mjs';
import { run } from '../scripts/lib/report.mjs';
import { MEMORY, wranglerBuild } from './edge.mjs';
import { nextPage } from './next.mjs';
import { posted, WATCH } from './pages.mjs';
import { weigh } from './weight.mjs';
import { WORKER } from './worker.mjs';

const MAIN = (worker) => `import { report } from './report.mjs';
const page = await report();
const worker = new Worker(${worker}, { type: 'module' });
const inWorker = new Promise((resolve, reject) => {
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = ({ message }) => reject(new Error(\`the worker: \${message}\`));
});
worker.postMessage('go');
done({ ...page, worker: await inWorker });
`;

/** As bundlers find a worker; those that look for none get a second entry. */
const FOUND = "new URL('./worker.js', import.meta.url)";
const BESIDE = "new URL('worker.js', document.baseURI)";

const html = (script) => `${WATCH}<script type="module" src="${script}"></script>\n`;

/**
 * A bundler: its command is run in the application's folder, `served` is the folder that it fills, `page` the page in it. Newer
 * bundlers need a newer Node than the package does.
 */
const bundler = (
  name,
  { worker = FOUND, index = 'src/main.js', files = {}, command, served = 'dist', page = '' },
) => ({
  name,
  variant: 'relaxed',
  threads: 2,
  async run(place) {
    const app = place.app(name.split(/\W/)[0].toLowerCase(), {
      'index.html': html(index),
      'src/main.js': MAIN(worker),
      'src/worker.js': WORKER,
      ...files,
    });
    for (const program of fs.readdirSync(app).filter((file) => file.endsWith('.mjs')))
      fs.renameSync(path.join(app, program), path.join(app, 'src', program));
    const node = await nodeOf(24);
    for (const [tool, ...args] of command)
      await run(node, [place.tool(tool), ...args], { cwd: app, env: { NODE_ENV: 'production' } });
    const folder = path.join(app, served);
    for (const [file, text] of Object.entries(files))
      if (file.startsWith(`${served}/`)) fs.writeFileSync(path.join(app, file), text);
    const browser = await launchChromium();
    try {
      const { value, files: loaded } = await posted(browser, folder, page);
      const scripts = [...loaded].filter((file) => !file.endsWith('.html'));
      return { ...value, ...weigh(scripts.map((file) => fs.readFileSync(path.join(folder, file)))) };
    } finally {
      await browser.close();
    }
  },
});

/** Parcel reads `exports` of packages only where the application says so; bundles that page and worker share lack what the worker needs. */
const PARCEL =
  '{ "private": true, "type": "module", "@parcel/resolver-default": { "packageExports": true }, "@parcel/bundler-default": { "disableSharedBundles": true } }\n';

export const bundlers = [
  bundler('Vite', { index: '/src/main.js', command: [['vite/bin/vite.js', 'build']] }),
  bundler('webpack', {
    files: {
      'src/index.js': "import './main.js';\n",
      'dist/index.html': html('main.js'),
    },
    command: [['webpack-cli/bin/cli.js', 'build', '--mode=production']],
  }),
  bundler('esbuild', {
    worker: BESIDE,
    files: { 'dist/index.html': html('main.js') },
    command: [
      [
        'esbuild/bin/esbuild',
        'src/main.js',
        'src/worker.js',
        '--bundle',
        '--minify',
        '--format=esm',
        '--splitting',
        '--outdir=dist',
      ],
    ],
  }),
  bundler('Rollup', {
    worker: BESIDE,
    files: { 'dist/index.html': html('main.js') },
    command: [
      [
        'rollup/dist/bin/rollup',
        '--input=src/main.js',
        '--input=src/worker.js',
        '--plugin=node-resolve',
        '--format=es',
        '--dir=dist',
      ],
    ],
  }),
  bundler('Parcel, with `packageExports`', {
    files: { 'package.json': PARCEL },
    command: [['parcel/lib/bin.js', 'build', 'index.html', '--no-cache', '--no-source-maps']],
  }),
  bundler('Rspack', {
    files: {
      'src/index.js': "import './main.js';\n",
      'dist/index.html': html('main.js'),
    },
    command: [['@rspack/cli/bin/rspack.js', 'build', '--mode=production']],
  }),
  { name: 'Turbopack (Next.js)', variant: 'relaxed', threads: 2, run: nextPage },
  { name: 'wrangler, for workerd', variant: 'relaxed', threads: 1, memory: MEMORY, run: wranglerBuild },
];
