// Draws the examples' own pictures, page.jpg and sign.jpg, from the pages beside it: node examples/pictures/draw.mjs
import { fileURLToPath } from 'node:url';
import { chromium as playwright } from 'playwright-core';
import { chromium } from '../../scripts/lib/browser.mjs';

const beside = (name) => fileURLToPath(new URL(name, import.meta.url));
const root = process.getuid?.() === 0;
const browser = await playwright.launch({
  executablePath: await chromium(),
  args: ['--disable-gpu', ...(root ? ['--no-sandbox'] : [])],
});
const tab = await browser.newPage();
for (const [name, width, height] of [
  ['page', 1000, 1320],
  ['sign', 960, 640],
]) {
  await tab.setViewportSize({ width, height });
  await tab.goto(`file://${beside(`${name}.html`)}`);
  await tab.screenshot({ path: beside(`${name}.jpg`), type: 'jpeg', quality: 72 });
}
await browser.close();
