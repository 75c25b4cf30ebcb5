// Writes docs/picture.jpg, README's picture of what the library does: a photograph, what one kernel makes of it, what pooling
// leaves of that, and the faces that a network finds. Call it with `node docs/picture.mjs` after `npm start`.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { abs, conv2d, init, maxPool2d, tensor } from '../dist/index.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const photo = path.join(root, '.cache/data/sample6.jpg');
const [WIDTH, HEIGHT, GAP, FOOT] = [300, 225, 12, 34];

/** The grey values of a map of one channel, the largest white, as large as a panel. */
async function panelOf(map) {
  const [, , height, width] = map.shape;
  const largest = map.data.reduce((most, value) => Math.max(most, value), 0);
  const grey = Uint8Array.from(map.data, (value) => Math.min(255, (400 * value) / largest));
  return sharp(grey, { raw: { width, height, channels: 1 } })
    .resize(WIDTH, HEIGHT, { kernel: 'nearest', fit: 'fill' })
    .toColourspace('srgb')
    .png()
    .toBuffer();
}

const cut = { width: WIDTH, height: HEIGHT, fit: 'cover' };
await init();
const grey = await sharp(photo).resize(cut).greyscale().raw().toBuffer();
const x = tensor(Float32Array.from(grey), [1, 1, HEIGHT, WIDTH]);
const sobel = tensor([-1, 0, 1, -2, 0, 2, -1, 0, 1], [1, 1, 3, 3]);
const edges = abs(conv2d(x, sobel, null, { padding: 1, paddingMode: 'replicate' }));
const pooled = maxPool2d(edges, 4);

const folder = mkdtempSync(path.join(tmpdir(), 'striate-picture-'));
try {
  const start = [path.join(root, 'scripts/start.mjs'), photo, '--json', '--out', folder];
  const [{ picture }] = JSON.parse(execFileSync(process.execPath, start, { cwd: root, encoding: 'utf8' }));
  const panels = [
    ['a photograph', await sharp(photo).resize(cut).png().toBuffer()],
    ['conv2d(x, sobel)', await panelOf(edges)],
    ['maxPool2d(y, 4)', await panelOf(pooled)],
    ['loadModel(…).run(x)', await sharp(picture).resize(cut).png().toBuffer()],
  ];
  const total = panels.length * (WIDTH + GAP) - GAP;
  const labels = panels.map(
    ([text], i) =>
      `<text x="${i * (WIDTH + GAP) + WIDTH / 2}" y="${HEIGHT + 23}" text-anchor="middle" font-family="monospace" font-size="16" fill="#222">${text}</text>`,
  );
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${total}" height="${HEIGHT + FOOT}">${labels.join('')}</svg>`;
  await sharp({ create: { width: total, height: HEIGHT + FOOT, channels: 3, background: 'white' } })
    .composite([
      ...panels.map(([, input], i) => ({ input, left: i * (WIDTH + GAP), top: 0 })),
      { input: Buffer.from(svg), left: 0, top: 0 },
    ])
    .jpeg({ quality: 82 })
    .toFile(path.join(root, 'docs/picture.jpg'));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
