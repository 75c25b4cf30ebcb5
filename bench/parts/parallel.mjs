// What threads are worth: runs per second of a layer with two threads, beside the sum of two processes with one thread
// each that run at the same time. The three take turns.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { operationsOf } from '../layers.mjs';
import { matches } from '../options.mjs';
import { geomean, median } from '../race.mjs';
import { figure, percent, table } from '../table.mjs';

const ROUNDS = 9;
const WARM_UP_MS = 600;
const SAMPLE_MS = 120;

/** algorithm, output channels, input channels, size of the kernel, side of the map, stride */
const LAYERS = [
  ['pointwise', 64, 256, 1, 56],
  ['pointwise', 2048, 512, 1, 7],
  ['gemm', 64, 64, 3, 56],
  ['gemm', 128, 128, 3, 28],
  ['gemm', 512, 512, 3, 7],
  ['gemm', 64, 3, 7, 224, 2],
  ['winograd', 64, 64, 3, 56],
  ['winograd', 128, 128, 3, 28],
  ['winograd', 256, 256, 3, 14],
  ['winograd', 512, 512, 3, 7],
  ['winograd', 64, 64, 3, 224],
];

const layerOf = ([algorithm, outputs, channels, kernel, side, stride = 1]) => ({
  name: `${algorithm} ${kernel}x${kernel} ${channels}->${outputs} @${side}`,
  operator: 'conv2d',
  inputs: [[1, channels, side, side]],
  weights: [[outputs, channels, kernel, kernel]],
  args: [],
  options: { padding: kernel >> 1, stride },
  algorithm,
});

/** A process that answers what it is told, one thing after the other. */
function open() {
  const child = fork(fileURLToPath(new URL('parallel-process.mjs', import.meta.url)));
  const tell = (what, value) =>
    new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`bench: a process ended with ${code}`)));
      child.once('message', (answer) => {
        child.removeAllListeners();
        resolve(answer);
      });
      child.send([what, value]);
    });
  return { tell, close: () => child.kill() };
}

export async function run(bench) {
  const { filter, variants } = bench.options;
  const rows = [];
  for (const variant of variants) {
    const [two, ...ones] = [open(), open(), open()];
    try {
      await two.tell('start', { variant, threads: 2 });
      for (const one of ones) await one.tell('start', { variant, threads: 1 });
      for (const given of LAYERS) {
        const layer = layerOf(given);
        if (!matches(filter, layer.name, 'parallel')) continue;
        bench.progress(`parallel, ${variant}: ${layer.name}`);
        for (const process of [two, ...ones]) await process.tell('prepare', layer);
        const [apart, together] = [
          async (ms) => {
            const rates = await Promise.all(ones.map((one) => one.tell('run', ms)));
            return rates[0] + rates[1];
          },
          (ms) => two.tell('run', ms),
        ];
        const rates = [[], []];
        for (const measure of [apart, together]) await measure(WARM_UP_MS);
        for (let round = 0; round < bench.rounds(ROUNDS); round++) {
          for (const at of round % 2 === 0 ? [0, 1] : [1, 0])
            rates[at].push(await [apart, together][at](SAMPLE_MS));
        }
        const gflops = rates.map((list) => (median(list) * operationsOf(layer)) / 1e9);
        const share = median(rates[1].map((rate, round) => rate / rates[0][round]));
        rows.push({ name: layer.name, variant, apart: gflops[0], together: gflops[1], share });
      }
    } finally {
      for (const process of [two, ...ones]) process.close();
    }
  }
  if (rows.length > 0) {
    const cells = rows.map(({ name, variant, apart, together, share }) => [
      name,
      variant,
      figure(apart),
      figure(together),
      percent(share),
    ]);
    const header = ['layer', 'variant', 'two processes, GFLOP/s', 'two threads, GFLOP/s', 'share'];
    bench.print(`\nparallel:\n\n${table(header, cells, 2)}`);
    bench.print(`geometric mean of the shares: ${percent(geomean(rows.map(({ share }) => share)))}`);
  }
  return rows;
}
