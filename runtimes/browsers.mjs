// Browsers, unbundled: an import map over the installed files, a plain server, and a content security policy; and the files from
// another origin.
import fs from 'node:fs';
import path from 'node:path';
import { launchChromium, launchFirefox } from '../scripts/lib/browser.mjs';
import { distName, ENTRIES } from '../scripts/lib/entries.mjs';
import { serveFolder } from '../scripts/lib/serve.mjs';
import { launchWebKit } from '../scripts/lib/webkit.mjs';
import { posted, WATCH } from './pages.mjs';
import { shortest } from './processes.mjs';

const COLD_STARTS = 3;

const PACKAGE = '/node_modules/striate';

/** The import map of a page that has the package's files at an address. */
const imports = (address) =>
  Object.fromEntries(Object.keys(ENTRIES).map((entry) => [entry, `${address}/dist/${distName(entry)}.js`]));

const page = (policy, script) => `${WATCH}
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; connect-src 'self'; ${policy}">
<script type="importmap">${JSON.stringify({ imports: imports(PACKAGE) })}</script>
<script type="module">
${script}
</script>`;

const COLD = `import { cold } from '/cold.mjs';
done(await cold());`;

/** The smoke with workers from a blob; workers from the package's own file; and every kind of source of the kernels. */
const ISOLATED_PAGE = `import { disposeRuntime } from 'striate';
import { loading } from '/loading.mjs';
import { report } from '/report.mjs';
import { threads } from '/threads.mjs';
const results = await report();
disposeRuntime();
const bytes = await (await fetch('/files/simd.wasm')).arrayBuffer();
done({
  ...results,
  agent: navigator.userAgent,
  loading: await loading({
    path: () => '/files/relaxed.wasm',
    URL: () => new URL('/files/simd.wasm', location.href),
    'URL as a string': () => new URL('/files/simd.wasm', location.href).href,
    Response: () => fetch('/files/simd.wasm'),
    bytes: () => new Uint8Array(bytes),
    ArrayBuffer: () => bytes,
    DataView: () => new DataView(bytes),
    Module: () => WebAssembly.compile(bytes),
    'a page': () => '/files/page.html',
    'a page in a Response': () => fetch('/files/page.html'),
    'no such file': () => '/files/none.wasm',
    'status 404': () => fetch('/files/none.wasm'),
    'cut short': () => '/files/short.wasm',
    'another version': () => '/files/old.wasm',
  }),
});`;

const THREADS = (options) => `import { threads } from '/threads.mjs';
done(await threads(2, ${options}));`;

/** A page that has the package from a server of another origin, as from a network of copies. */
const FROM_ELSEWHERE = (address) => `${WATCH}
<script type="importmap">${JSON.stringify({ imports: imports(address) })}</script>
<script type="module">
import { report } from '/report.mjs';
const results = await report();
const own = performance.getEntriesByType('resource').map(({ name }) => name);
done({ ...results, loaded: own.filter((name) => name.startsWith('${address}')).length });
</script>`;

/** What such a server answers with, so that pages of other origins may have it. */
const SHARED = { 'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'cross-origin' };

async function fromElsewhere(place, ask) {
  const server = await serveFolder(path.join(place.browser, PACKAGE), { headers: SHARED });
  try {
    const text = FROM_ELSEWHERE(server.address.replace(/\/$/, ''));
    fs.writeFileSync(path.join(place.browser, 'elsewhere.html'), text);
    return await ask('elsewhere.html');
  } finally {
    server.close();
  }
}

export const browserPrograms = {
  'cold.html': page("worker-src 'none'", COLD),
  'isolated.html': page('worker-src blob:', ISOLATED_PAGE),
  'hosted.html': page("worker-src 'self'", THREADS(`{ workerUrl: '${PACKAGE}/dist/worker.js' }`)),
  'alone.html': page('worker-src blob:', THREADS('{}')),
};

async function inBrowser(place, launch) {
  const browser = await launch();
  const ask = async (name, headers) => (await posted(browser, place.browser, name, headers)).value;
  try {
    const starts = [];
    for (let i = 0; i < COLD_STARTS; i++) starts.push(await ask('cold.html'));
    const results = await ask('isolated.html');
    const hosted = await ask('hosted.html');
    const alone = await ask('alone.html', {});
    const elsewhere = await fromElsewhere(place, ask);
    return { ...results, coldStart: shortest(starts), hosted, alone, elsewhere };
  } finally {
    await browser.close();
  }
}

/** The first Firefox that has relaxed SIMD; Debian's is older or newer. */
const RELAXED_FIREFOX = 145;

export const browsers = [
  { name: 'Chromium', variant: 'relaxed', threads: 2, run: (place) => inBrowser(place, launchChromium) },
  {
    name: 'Firefox',
    variant: `relaxed from ${RELAXED_FIREFOX} on`,
    variantOf: ({ agent }) => (/Firefox\/(\d+)/.exec(agent)[1] >= RELAXED_FIREFOX ? 'relaxed' : 'simd'),
    threads: 2,
    run: (place) => inBrowser(place, launchFirefox),
  },
  { name: 'WebKitGTK', variant: 'simd', threads: 1, run: (place) => inBrowser(place, launchWebKit) },
  {
    name: 'WebKitGTK, shared memory and relaxed SIMD switched on',
    // Its relaxed SIMD lacks dot products.
    variant: 'simd',
    threads: 2,
    run: (place) =>
      inBrowser(place, () => launchWebKit({ JSC_useSharedArrayBuffer: '1', JSC_useWasmRelaxedSIMD: '1' })),
  },
];
