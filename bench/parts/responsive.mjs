// Whether a page stays alive while a model runs: in Chromium, for how long its tasks compute while text is detected in pictures, by
// runAsync and by run. A page answers at once where no task takes 50 ms.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { chromium, chromiumFlags } from '../../scripts/lib/browser.mjs';
import { tasksOf } from '../../scripts/lib/pageTasks.mjs';
import { root } from '../../scripts/lib/report.mjs';
import { serveFolder } from '../../scripts/lib/serve.mjs';
import { fetchModels, fileOf } from '../../scripts/zoo/files.mjs';
import { MODELS } from '../../scripts/zoo/models.mjs';
import { matches } from '../options.mjs';
import { figure, table } from '../table.mjs';

const RUNS = 10;

const PAGE = `<!doctype html><link rel="icon" href="data:,"><script type="module">
import { init, rand } from './index.js';
import { loadModel } from './onnx.js';
let model;
const disposed = (results) => { for (const one of Object.values(results)) one.dispose(); };
const ways = {
  init,
  async loadModel(options) { model = await loadModel(new URL('model.onnx', location.href), options); },
  async runAsync(shape, runs) {
    const x = rand(shape, { seed: 1 });
    for (let i = 0; i < runs; i++) disposed(await model.runAsync(x));
    x.dispose();
  },
  run(shape) {
    const x = rand(shape, { seed: 1 });
    disposed(model.run(x));
    x.dispose();
  },
};
// In tasks of the page's own, of which a request tells whose they are.
const task = async () => {
  await (await fetch(location.href)).text();
  await new Promise((resolve) => setTimeout(resolve, 20));
};
globalThis.call = async (way, ...args) => {
  await task();
  await ways[way](...args);
  await task();
};
</script>`;

/** What the page is told, in this order: a name, and the call. */
const CALLS = [
  ['init', 'init'],
  ['loadModel', 'loadModel', {}],
  ['first runAsync, 640x480', 'runAsync', [1, 3, 480, 640], 1],
  [`${RUNS} more`, 'runAsync', [1, 3, 480, 640], RUNS],
  ['runAsync, 480x640', 'runAsync', [1, 3, 640, 480], 1],
  ['runAsync, 320x320', 'runAsync', [1, 3, 320, 320], 1],
  ['loadModel with its shape', 'loadModel', { inputShapes: { x: [1, 3, 480, 640] } }],
  ['run, 640x480', 'run', [1, 3, 480, 640]],
];

/** For each call the milliseconds that it took, and those that the page's tasks computed, the longest first. */
export async function textDetection() {
  const model = MODELS.find(({ name }) => name === 'ppocr4-detection');
  await fetchModels([model]);
  const { default: puppeteer } = await import('puppeteer-core');
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'striate-responsive-'));
  const browser = await puppeteer.launch({ executablePath: await chromium(), args: [...chromiumFlags] });
  let server;
  try {
    fs.cpSync(path.join(root, 'dist'), folder, { recursive: true });
    fs.copyFileSync(fileOf(model), path.join(folder, 'model.onnx'));
    fs.writeFileSync(path.join(folder, 'index.html'), PAGE);
    server = await serveFolder(folder);
    const page = await browser.newPage();
    await page.goto(server.address);
    await page.waitForFunction(() => 'call' in globalThis);
    const found = [];
    for (const [name, ...call] of CALLS) {
      let ms = 0;
      const tasks = await tasksOf(page, async () => {
        const start = performance.now();
        await page.evaluate((args) => globalThis.call(...args), call);
        ms = performance.now() - start;
      });
      found.push({ name, ms, tasks });
    }
    return found;
  } finally {
    await browser.close();
    await server?.close();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

export async function run(bench) {
  if (!matches(bench.options.filter, 'ppocr4-detection', 'responsive')) return [];
  bench.progress('text detection in Chromium');
  const rows = await textDetection();
  const cells = rows.map(({ name, ms, tasks }) => [
    name,
    figure(ms),
    figure(tasks[0] ?? 0),
    String(tasks.filter((task) => task >= 50).length),
  ]);
  const titles = ['call', 'ms in all', 'longest task, ms', 'tasks of 50 ms and more'];
  bench.print(`\nPP-OCRv4 detection in a page of Chromium:\n\n${table(titles, cells, 1)}`);
  return rows.map(({ name, ms, tasks }) => ({ name, ms, longest: tasks[0] ?? 0 }));
}
