// Pictures' files to pixels and back: the six photographs, beside @jsquash/jpeg (mozjpeg in WebAssembly) and sharp (native,
// libjpeg-turbo, libpng and libwebp; one thread). sharp is measured by toBuffer of raw pixels, as whoever feeds a network has it.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { fetchData } from '../../scripts/fetch-data.mjs';
import { matches } from '../options.mjs';
import { geomean, race } from '../race.mjs';
import { figure, table, times } from '../table.mjs';

const dist = (name) => fileURLToPath(new URL(`../../dist/${name}.js`, import.meta.url));
const { resolve } = createRequire(new URL('../package.json', import.meta.url));

/** jSquash's decoder, whose loader would fetch its module, given its bytes. */
async function jsquash() {
  const folder = path.dirname(resolve('@jsquash/jpeg/package.json'));
  const load = async (what) => {
    const own = await import(path.join(folder, `${what}.js`));
    const wasm = path.join(folder, `codec/${what === 'decode' ? 'dec/mozjpeg_dec' : 'enc/mozjpeg_enc'}.wasm`);
    await own.init(await WebAssembly.compile(readFileSync(wasm)));
    return own.default;
  };
  // What it gives is an ImageData, which Node has not.
  globalThis.ImageData ??= class {
    constructor(data, width, height) {
      Object.assign(this, { data, width, height });
    }
  };
  return { decode: await load('decode'), encode: await load('encode') };
}

/** What runs for each job on one photograph: [striate, sharp, jSquash or nothing]. */
async function jobs(image, peer, photo) {
  const { decodeImage, encodeJpeg, encodePng } = image;
  const picture = await decodeImage(photo);
  const { data, width, height, channels } = picture;
  const raw = () => sharp(data, { raw: { width, height, channels } });
  const png = await raw().png().toBuffer();
  const webp = await raw().webp().toBuffer();
  const progressive = await raw().jpeg({ progressive: true, quality: 90 }).toBuffer();
  const rgba = new Uint8ClampedArray(await raw().ensureAlpha().raw().toBuffer());
  const decoding = (file, more) => [() => decodeImage(file), () => sharp(file).raw().toBuffer(), more];
  return {
    'decode JPEG': decoding(photo, peer && (() => peer.decode(photo))),
    'decode progressive JPEG': decoding(progressive, peer && (() => peer.decode(progressive))),
    'decode PNG': decoding(png),
    'decode WebP': decoding(webp),
    'encode JPEG': [
      () => encodeJpeg(picture, { quality: 80 }),
      () => raw().jpeg({ quality: 80 }).toBuffer(),
      peer && (() => peer.encode({ data: rgba, width, height }, { quality: 80 })),
    ],
    'encode PNG': [() => encodePng(picture), () => raw().png().toBuffer()],
  };
}

export async function run(bench) {
  sharp.concurrency(1);
  const image = await import(dist('image'));
  const peer = bench.options.peers.length > 0 ? await jsquash() : null;
  const { photos } = fetchData({ log: () => {} });
  const found = {};
  for (const photo of photos) {
    for (const [name, runs] of Object.entries(await jobs(image, peer, readFileSync(photo)))) {
      if (!matches(bench.options.filter, name)) continue;
      bench.progress(`codecs: ${name}, ${path.basename(photo)}`);
      const racers = runs.filter(Boolean);
      found[name] ??= [];
      found[name].push(await race(racers, { rounds: bench.rounds(7) }));
    }
  }
  const rows = Object.entries(found).map(([name, all]) => {
    const mean = (i) => (all[0].length > i ? geomean(all.map((one) => one[i])) : undefined);
    return { name, ms: mean(0), sharp: mean(1), jsquash: mean(2) };
  });
  const ratio = (peer, own) => (peer === undefined ? '' : times(peer / own));
  const cells = rows.map(({ name, ms, sharp, jsquash }) => [
    name,
    figure(ms),
    ratio(sharp, ms),
    ratio(jsquash, ms),
  ]);
  if (rows.length > 0) {
    const head = ['the photographs', 'ms', "sharp's time", "jSquash's time"];
    bench.print(`\npictures, geometric means:\n\n${table(head, cells)}`);
  }
  return rows;
}
