// Writes docs/window.jpg and docs/layers.jpg, README's pictures of the playground: a window on its way over numbers, and the inside of the
// network that finds faces. Call it with `node docs/screens.mjs`.
import path from 'node:path';
import puppeteer from 'puppeteer-core';
import sharp from 'sharp';
import { chromium } from '../scripts/lib/browser.mjs';
import { buildPlayground } from '../scripts/lib/playground.mjs';
import { root } from '../scripts/lib/report.mjs';
import { serveFolder } from '../scripts/lib/serve.mjs';

const WIDTH = 900;
const isRoot = process.getuid?.() === 0;
const server = await serveFolder(await buildPlayground());
const browser = await puppeteer.launch({
  executablePath: await chromium(),
  args: ['--disable-gpu', '--hide-scrollbars', ...(isRoot ? ['--no-sandbox'] : [])],
});

/** A part of the page in a state, as a file. */
async function shoot(name, { hash, width, ready, clip }) {
  const page = await browser.newPage();
  await page.setViewport({ width, height: 1400 });
  await page.goto(`${server.address}#theme=light&lang=en&hide=tabs,settings,intro&${hash}`);
  await ready(page);
  const { x, y, height } = await (await page.$(clip.from)).boundingBox();
  const right = await (await page.$(clip.to)).boundingBox();
  const png = await page.screenshot({
    clip: {
      x,
      y,
      width: right.x + right.width - x,
      height: Math.min(clip.high, Math.max(height, right.height)),
    },
  });
  const file = path.join(root, 'docs', name);
  const { size } = await sharp(png).resize(WIDTH).jpeg({ quality: 80, mozjpeg: true }).toFile(file);
  console.log(`docs/${name}: ${size} bytes`);
  await page.close();
}

try {
  await shoot('window.jpg', {
    hash: 'i=6&k=3&p=1&s=2&at=4',
    width: 1180,
    clip: { from: 'main', to: 'main', high: 690 },
    ready: (page) => page.waitForSelector('.output-grid .cell[data-value]'),
  });
  await shoot('layers.jpg', {
    hash: 'tab=layers&net=blazeface&pic=photo-1',
    width: 1180,
    clip: { from: 'main', to: 'main', high: 900 },
    ready: async (page) => {
      await page.waitForSelector('canvas.maps');
      // The last layer with maps of 16 x 16, and of it an element on a face.
      const name = await page.$$eval('.layer-table .layer-row', (rows) => {
        const own = rows.filter((row) => /×16×16$/.test(row.children[1]?.textContent ?? ''));
        const button = own.at(-1).querySelector('.layer-name');
        button.click();
        return button.dataset.layer;
      });
      await page.waitForFunction(
        (one) => document.querySelector('h3[data-layer]')?.dataset.layer === one,
        {},
        name,
      );
      await page.$eval('.graph', (graph) => {
        graph.scrollTop = graph.scrollHeight * 0.42;
      });
      await page.focus('canvas.maps');
      for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowRight');
      for (let i = 0; i < 4; i++) await page.keyboard.press('ArrowDown');
      await page.waitForSelector('.field-box:not([hidden])');
      await page.click('.strong');
      await page.waitForSelector('canvas.deconvnet');
      for (const key of ['PageUp', 'PageUp']) await page.keyboard.press(key);
      await new Promise((done) => setTimeout(done, 300));
      await page.evaluate(() => scrollTo(0, 0));
    },
  });
} finally {
  await browser.close();
  server.close();
}
