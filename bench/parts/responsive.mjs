// Whether a page stays alive while a model runs: in Chromium, the tasks of its main thread while text is detected in pictures of
// 640x480, by run and by runAsync. A page answers at once where no task takes longer than 50 ms.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { launchChromium } from '../../scripts/lib/browser.mjs';
import { root } from '../../scripts/lib/report.mjs';
import { serveFolder } from '../../scripts/lib/serve.mjs';
import { fetchModels, fileOf } from '../../scripts/zoo/files.mjs';
import { MODELS } from '../../scripts/zoo/models.mjs';
import { matches } from '../options.mjs';
import { figure, table } from '../table.mjs';

const RUNS = 10;
const SHAPE = [1, 3, 480, 640];

const page = (model) => `<!doctype html><script type="module">
import { init, rand } from './index.js';
import { loadModel } from './onnx.js';
const tasks = [];
new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask' });
// Late timers tell of shorter tasks too.
const TICK = 4;
let longest = 0, before = performance.now();
setInterval(() => {
  const now = performance.now();
  longest = Math.max(longest, now - before - TICK);
  before = now;
}, TICK);
const rest = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const found = {};
const watch = async (name, body) => {
  await rest(300);
  longest = tasks.length = 0;
  const start = performance.now();
  await body();
  const took = performance.now() - start;
  await rest(300);
  found[name] = { ms: took, longest, tasks: [...tasks] };
};
let done;
try {
  await init();
  let model, x;
  await watch('loadModel', async () => { model = await loadModel(new URL('${model}', location.href)); });
  x = rand(${JSON.stringify(SHAPE)}, { seed: 1 });
  await watch('first runAsync', async () => { for (const y of Object.values(await model.runAsync(x))) y.dispose(); });
  await watch('runAsync', async () => {
    for (let i = 0; i < ${RUNS}; i++) for (const y of Object.values(await model.runAsync(x))) y.dispose();
  });
  await watch('run', async () => {
    for (let i = 0; i < ${RUNS}; i++) { for (const y of Object.values(model.run(x))) y.dispose(); await rest(0); }
  });
  done = found;
} catch (error) {
  done = { error: String(error) };
}
await fetch('/done', { method: 'POST', body: JSON.stringify(done) });
</script>`;

export async function run(bench) {
  if (!matches(bench.options.filter, 'ppocr4-detection', 'responsive')) return [];
  const model = MODELS.find(({ name }) => name === 'ppocr4-detection');
  await fetchModels([model]);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'striate-responsive-'));
  const browser = await launchChromium();
  try {
    fs.cpSync(path.join(root, 'dist'), folder, { recursive: true });
    fs.copyFileSync(fileOf(model), path.join(folder, 'model.onnx'));
    fs.writeFileSync(path.join(folder, 'index.html'), page('model.onnx'));
    const posted = later();
    const server = await serveFolder(folder, { post: (text) => posted.resolve(JSON.parse(text)) });
    bench.progress('text detection in Chromium');
    const close = await browser.open(`${server.address}index.html`);
    const found = await posted.promise;
    await close();
    await server.close();
    if (found.error) throw new Error(found.error);
    const rows = Object.entries(found).map(([name, one]) => ({ name, ...one }));
    const cells = rows.map(({ name, ms, longest, tasks }) => [
      name,
      figure(ms),
      figure(longest),
      String(tasks.length),
    ]);
    const titles = ['call', 'ms in all', 'longest task, ms', 'tasks above 50 ms'];
    bench.print(
      `\nPP-OCRv4 detection of 640x480 in a page of Chromium, ${RUNS} runs each:\n\n${table(titles, cells, 1)}`,
    );
    return rows;
  } finally {
    await browser.close();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function later() {
  const made = {};
  made.promise = new Promise((resolve) => {
    made.resolve = resolve;
  });
  return made;
}
