/** README's recipes for pages, web workers and edge functions do, as they stand there, what they say. */
import fs from 'node:fs';
import path from 'node:path';
import { Miniflare } from 'miniflare';
import sharp from 'sharp';
import { build as bundle } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { workerModules } from '../../runtimes/edge.mjs';
import { fetchData } from '../../scripts/fetch-data.mjs';
import { blocksOf, readText } from '../docs/markdown.ts';
import { inChromium } from './browser.ts';
import { type Installed, install } from './installed.ts';

let installed: Installed;
beforeAll(async () => {
  installed = await install();
  const { models, photos } = fetchData({ log: () => {} });
  for (const { marks, text } of blocksOf(readText('README.md'))) {
    const file = marks.find((mark) => mark.startsWith('file='))?.slice('file='.length);
    if (file === undefined) continue;
    const target = path.join(installed.folder, file);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.writeFileSync(target, text);
  }
  for (const folder of ['', 'vite/public', 'edge']) {
    fs.mkdirSync(path.join(installed.folder, folder), { recursive: true });
    fs.copyFileSync(models.front, path.join(installed.folder, folder, 'model.onnx'));
  }
  fs.copyFileSync(photos[0]!, path.join(installed.folder, 'photo.jpg'));
}, 300_000);
afterAll(() => fs.rmSync(installed.folder, { recursive: true, force: true }));

const read = (file: string) => fs.readFileSync(path.join(installed.folder, file), 'utf8');

/** The page, which gives what one of its elements says as soon as it says something. */
const watched = (page: string, selector: string) => `<!doctype html><link rel="icon" href="data:,"><script>
const timer = setInterval(() => {
  const text = document.querySelector('${selector}')?.textContent.trim();
  if (text) { clearInterval(timer); done(text); }
}, 20);
</script>${page}`;

test('a page', async () => {
  const text = await inChromium(installed.folder, watched(read('page/index.html'), 'output'));
  expect(text).toBe('a face: true');
}, 120_000);

test('a web worker, with Vite', async () => {
  const folder = path.join(installed.folder, 'vite');
  fs.writeFileSync(
    path.join(folder, 'index.html'),
    '<!doctype html><body></body><script type="module" src="/main.ts"></script>',
  );
  await bundle({ root: folder, logLevel: 'error', configFile: false });
  const dist = path.join(folder, 'dist');
  const text = await inChromium(
    dist,
    watched(fs.readFileSync(path.join(dist, 'index.html'), 'utf8'), 'body'),
  );
  expect(text).toMatch(/^512 scores, the best -\d+\.\d$/);
}, 120_000);

/** A worker of the application in workerd, as wrangler bundles it. */
async function inWorkerd(folder: string, entry: string) {
  return new Miniflare({
    compatibilityDate: read('edge/wrangler.toml').match(/compatibility_date = "(.*)"/)![1]!,
    modules: await workerModules(folder, entry),
  });
}

test('an edge function, in workerd', async () => {
  const workerd = await inWorkerd(path.join(installed.folder, 'edge'), 'worker.ts');
  try {
    const body = new Uint8Array(128 * 128 * 3);
    const response = await workerd.dispatchFetch('http://localhost/', { method: 'POST', body });
    expect(await response.text()).toBe('{"face":false}');
  } finally {
    await workerd.dispose();
  }
}, 120_000);

test('pictures of every kind, in workerd: decoded, drawn on, made tensors of, encoded', async () => {
  const folder = path.join(installed.folder, 'edge');
  fs.writeFileSync(
    path.join(folder, 'pictures.ts'),
    `import { init } from 'striate';
import { decodeImage, drawBoxes, encodeJpeg, encodePng, fromImage } from 'striate/image';
const ready = init();
export default {
  async fetch(request: Request): Promise<Response> {
    await ready;
    const picture = await decodeImage(await request.arrayBuffer());
    const x = fromImage(picture, { size: [8, 8] });
    const drawn = drawBoxes(picture, [{ box: [2, 2, 6, 6] }]);
    const again = await Promise.all([encodePng(drawn), encodeJpeg(drawn)].map((file) => decodeImage(file)));
    const sizes = again.map(({ width, height, channels }) => [width, height, channels]);
    return Response.json({ size: [picture.width, picture.height], shape: x.shape, mean: x.data[0], sizes });
  },
};
`,
  );
  const workerd = await inWorkerd(folder, 'pictures.ts');
  const plain = sharp({ create: { width: 20, height: 12, channels: 3, background: '#ff8040' } });
  const bmp = Uint8Array.from([
    ...[0x42, 0x4d, 66, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 24, 0],
    ...Array<number>(24).fill(0),
    ...[0x40, 0x80, 0xff, 0x40, 0x80, 0xff, 0, 0],
  ]);
  try {
    for (const [kind, file] of [
      ['jpeg', await plain.jpeg().toBuffer()],
      ['png', await plain.png().toBuffer()],
      ['webp', await plain.webp().toBuffer()],
      ['gif', await plain.gif().toBuffer()],
      ['bmp', bmp],
    ] as const) {
      const response = await workerd.dispatchFetch('http://localhost/', { method: 'POST', body: file });
      const size = kind === 'bmp' ? [2, 1] : [20, 12];
      const sizes = [
        [...size, 4],
        [...size, 3],
      ];
      expect(await response.json(), kind).toEqual({
        ...{ size, shape: [1, 3, 8, 8], sizes },
        mean: expect.closeTo(1, 1),
      });
    }
  } finally {
    await workerd.dispose();
  }
}, 120_000);
