// What the playground promises, measured in Chromium: how soon training reads 97 % of 2,000 digits, how long it takes from a stroke to the
// bars, from Stop to standing still, for a picture of 640 x 480 through a 3 x 3 kernel, the longest task of the page, and what the
// first view loads, compressed. `npm run playground -- --measure` prints it.
import fs from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import puppeteer from 'puppeteer-core';
import { fetchModels, fileOf } from '../zoo/files.mjs';
import { MODELS } from '../zoo/models.mjs';
import { chromium } from './browser.mjs';
import { tasksOf } from './pageTasks.mjs';
import { buildPlayground } from './playground.mjs';
import { serveFolder } from './serve.mjs';

const DROPPED = ['ppocr4-recognition', 'resnet50-thin'];

/** Bytes of files as a server that compresses sends them. */
export const compressed = (files) =>
  files.reduce((sum, file) => sum + gzipSync(fs.readFileSync(file), { level: 9 }).length, 0);

/** A page that is still empty. */
async function empty(browser) {
  const page = await browser.newPage();
  await page.setViewport({ width: 1280, height: 900 });
  return page;
}

/** To a state of the page; settles when its part is there. */
async function go(page, address, hash) {
  await page.goto(`${address}#lang=en&${hash}`);
  await page.waitForSelector('main h2');
}

async function opened(browser, address, hash) {
  const page = await empty(browser);
  await go(page, address, hash);
  return page;
}

/** The longest task of the page while something happens. */
const longest = async (page, work) => (await tasksOf(page, work))[0] ?? 0;

async function firstView(browser, { address, files }, folder) {
  const page = await empty(browser);
  const loading = await longest(page, async () => {
    await go(page, address, '');
    await page.waitForSelector('.output-grid .cell[data-value]');
    await page.waitForNetworkIdle();
  });
  const bytes = compressed([...files].map((file) => path.join(folder, file)));
  const task = await longest(page, async () => {
    for (let i = 0; i < 8; i++) await page.click('.steps button:nth-child(3)');
  });
  await page.close();
  return { bytes, loading, task };
}

async function drawing(browser, address) {
  const page = await opened(browser, address, 'tab=draw&s=50,15,50,85');
  await page.waitForFunction(() => document.querySelector('.guess')?.dataset.digit);
  await page.waitForNetworkIdle();
  // A touch of the pad, and the bars' next change.
  let times = [];
  const touches = async () => {
    const pad = document.querySelector('.pad');
    pad.setPointerCapture = () => {};
    const { left, top, width } = pad.getBoundingClientRect();
    const found = [];
    for (let i = 0; i < 25; i++) {
      const fire = (type, far) =>
        pad.dispatchEvent(
          new PointerEvent(type, {
            ...{ clientX: left + width * (0.2 + 0.02 * i) + far, clientY: top + width * 0.4 },
            ...{ button: 0, pointerId: 1, bubbles: true, cancelable: true },
          }),
        );
      const started = performance.now();
      await new Promise((done) => {
        const observer = new MutationObserver(() => {
          observer.disconnect();
          done();
        });
        observer.observe(document.querySelector('.bars'), {
          subtree: true,
          childList: true,
          characterData: true,
        });
        fire('pointerdown', 0);
      });
      found.push(performance.now() - started);
      fire('pointerup', 1);
      await new Promise((next) => setTimeout(next, 100));
    }
    // The first ones find code that no engine has compiled.
    found.splice(0, 5);
    return found.sort((a, b) => a - b);
  };
  const task = await longest(page, async () => {
    times = await page.evaluate(touches);
  });
  await page.close();
  return { median: times[10], task };
}

async function filtering(browser, address) {
  const page = await opened(browser, address, 'tab=kernels');
  await page.waitForFunction(() => document.querySelector('.facts')?.dataset.least);
  await page.waitForNetworkIdle();
  const seen = [];
  const task = await longest(page, async () => {
    for (let i = 0; i < 12; i++) {
      await page.waitForFunction(
        (old) => document.querySelector('.facts')?.textContent !== old,
        {},
        seen.at(-1) ?? '',
      );
      seen.push(await page.$eval('.facts', (element) => element.textContent));
      await page.$eval(
        '[data-control="kernel"]',
        (field, to) => {
          field.value = to;
          field.dispatchEvent(new Event('change', { bubbles: true }));
        },
        ['sharpen', 'laplace', 'emboss', 'sobel y'][i % 4],
      );
    }
  });
  const times = seen.map((text) => Number(/^([\d.]+) ms/.exec(text)?.[1])).sort((a, b) => a - b);
  await page.close();
  return { median: times[6], size: /for (.*?);/.exec(seen[0])?.[1], task };
}

/** How soon after a network is dropped its layers are shown. */
async function dropping(browser, address, model) {
  const page = await opened(browser, address, 'tab=layers');
  await page.waitForSelector('.reasons canvas');
  const file = await page.$('input[type=file][accept=".onnx"]');
  const shown = page.waitForFunction(
    (name) => document.querySelector('[data-name]')?.dataset.name === name,
    { timeout: 120_000, polling: 5 },
    path.basename(model),
  );
  const started = performance.now();
  await file.uploadFile(model);
  await shown;
  const spent = performance.now() - started;
  const text = await page.$eval('[data-name]', (element) => element.textContent);
  await page.close();
  return { spent, text };
}

async function training(browser, address) {
  const page = await opened(browser, address, 'tab=train');
  await page.waitForNetworkIdle();
  await page.click('.go');
  const started = performance.now();
  const task = await longest(page, () =>
    page.waitForFunction(() => Number(document.querySelector('main .guess')?.dataset.share ?? 0) >= 0.975, {
      timeout: 180_000,
      polling: 100,
    }),
  );
  const spent = (performance.now() - started) / 1000;
  const asked = performance.now();
  await page.click('.go');
  await page.waitForFunction(() => document.querySelector('.go')?.textContent === 'Go on', { polling: 5 });
  const pause = performance.now() - asked;
  // Then all test digits are asked, not every fourth.
  const asking = () =>
    Number(/of (\d+) test/.exec(document.querySelector('main .guess')?.textContent)?.[1]) > 1000;
  await page.waitForFunction(asking);
  const count = await page.$eval('main .guess', (element) =>
    Number(/of (\d+) test/.exec(element.textContent)?.[1]),
  );
  const share = await page.$eval('main .guess', (element) => Number(element.dataset.share));
  await page.close();
  return { spent, share, count, pause, task };
}

/** Everything, as rows: what, how much, what is aimed at. */
export async function targets() {
  const folder = await buildPlayground();
  const server = await serveFolder(folder);
  const isRoot = process.getuid?.() === 0;
  const browser = await puppeteer.launch({
    executablePath: await chromium(),
    args: ['--disable-gpu', ...(isRoot ? ['--no-sandbox'] : [])],
  });
  try {
    const view = await firstView(browser, server, folder);
    const draw = await drawing(browser, server.address);
    const kernels = await filtering(browser, server.address);
    const models = MODELS.filter(({ name }) => DROPPED.includes(name));
    await fetchModels(models);
    const drops = [];
    for (const model of models) drops.push(await dropping(browser, server.address, fileOf(model)));
    const train = await training(browser, server.address);
    const task = Math.max(view.task, draw.task, kernels.task, train.task);
    return [
      ['first view, compressed', `${(view.bytes / 1000).toFixed(0)} kB`, 'at most 300 kB'],
      ['stroke to bars, median of 20', `${draw.median.toFixed(1)} ms`, 'under 30 ms'],
      [`${kernels.size} through 3 x 3, median of 12`, `${kernels.median.toFixed(1)} ms`, 'under 8 ms'],
      [
        'training: seconds until 97.5 % of every fourth test digit',
        `${train.spent.toFixed(1)} s`,
        'under 30 s',
      ],
      [
        `training: of all ${train.count} test digits then`,
        `${(100 * train.share).toFixed(1)} %`,
        'at least 97 %',
      ],
      ['training: from Pause to standing still', `${train.pause.toFixed(0)} ms`, 'under 100 ms'],
      ...drops.map(({ spent, text }) => [
        `layers of ${text.split(',').slice(0, 2).join(',')}`,
        `${spent.toFixed(0)} ms`,
        'under 1000 ms',
      ]),
      ['the longest task while a part is used', `${task.toFixed(0)} ms`, 'at most 50 ms'],
      ['the longest task while the first view is built', `${view.loading.toFixed(0)} ms`, 'at most 50 ms'],
    ];
  } finally {
    await browser.close();
    server.close();
  }
}
