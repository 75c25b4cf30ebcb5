// Pictures: what happens to one between its file and a network, in turns with sharp on one thread.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { fromImage } from '../../dist/image.js';
import { matches } from '../options.mjs';
import { start } from '../peers/striate.mjs';
import { race } from '../race.mjs';
import { figure, table, times } from '../table.mjs';

const ROUNDS = 31;
const PHOTO = fileURLToPath(new URL('../../test/blazeface/photo1.png', import.meta.url));
const [WIDTH, HEIGHT] = [1920, 1280];
const SIDE = 640;

/** A photograph of that size, as bytes of red, green and blue. */
async function photograph() {
  const data = await sharp(readFileSync(PHOTO)).resize(WIDTH, HEIGHT).removeAlpha().raw().toBuffer();
  return { data, width: WIDTH, height: HEIGHT, channels: 3 };
}

/** Bytes side by side to planes of floats. */
function planes(bytes, pixels) {
  const values = new Float32Array(3 * pixels);
  for (let c = 0; c < 3; c++) {
    for (let i = 0; i < pixels; i++) values[c * pixels + i] = bytes[i * 3 + c] / 255;
  }
  return values;
}

/** name, and the runs of striate and of sharp on a photograph */
const RACES = [
  [
    `${WIDTH}x${HEIGHT} to ${SIDE}x${SIDE}, letterboxed, NCHW`,
    (photo) => ({
      striate: () => fromImage(photo, { size: [SIDE, SIDE], fit: 'contain' }).dispose(),
      sharp: async () => {
        const { width, height, channels } = photo;
        const resized = sharp(photo.data, { raw: { width, height, channels } }).resize(SIDE, SIDE, {
          fit: 'contain',
          kernel: 'linear',
        });
        return planes(await resized.raw().toBuffer(), SIDE * SIDE);
      },
    }),
  ],
];

export async function run(bench) {
  const { filter, variants } = bench.options;
  const wanted = RACES.filter(([name]) => matches(filter, name, 'images'));
  if (wanted.length === 0) return [];
  sharp.concurrency(1);
  sharp.cache(false);
  const photo = await photograph();
  const rows = [];
  for (const variant of variants) {
    await start({ variant, threads: bench.threads });
    for (const [name, runsOn] of wanted) {
      bench.progress(`images, ${variant}: ${name}`);
      const { striate, sharp: theirs } = runsOn(photo);
      const [ms, sharpMs] = await race([striate, theirs], { rounds: bench.rounds(ROUNDS) });
      rows.push({ name, variant, ms, sharpMs, ratio: ms / sharpMs });
    }
  }
  const cells = rows.map((row) => [
    row.name,
    row.variant,
    ...[figure(row.ms), figure(row.sharpMs), times(row.ratio)],
  ]);
  const header = ['picture', 'variant', 'striate', 'sharp', 'time to its'];
  bench.print(`\nimages, ${bench.threadsText}, ms:\n\n${table(header, cells, 2)}`);
  return rows;
}
