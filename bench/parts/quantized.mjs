// Models on bytes beside the same models in float32: each layer's own step, as it runs between others on bytes, and whole
// networks of the zoo.
import { readFileSync } from 'node:fs';
import { quantize } from '../../dist/quantize.js';
import { valuesOf as feedsOf, ourFeeds } from '../../scripts/zoo/feeds.mjs';
import { fetchModels, fileOf } from '../../scripts/zoo/files.mjs';
import { MODELS } from '../../scripts/zoo/models.mjs';
import { modelsOf, stepOf } from '../bytes.mjs';
import { LAYERS, operationsOf } from '../layers.mjs';
import { matches } from '../options.mjs';
import { start } from '../peers/striate.mjs';
import { geomean, race } from '../race.mjs';
import { loadModel, tensor } from '../striate.mjs';
import { figure, table, times } from '../table.mjs';

const ROUNDS = 15;
/** Of the zoo: those whose operators are all on bytes. */
const NETWORKS = ['blazeface-front', 'blazeface-back', 'ppocr4-detection'];

async function layer(one, rounds) {
  const { x, float, bytes } = await modelsOf(one);
  const ratios = [];
  const [least, leastFloat] = [[], []];
  for (let round = 0; round < rounds; round++) {
    const [ms, floatMs] = [stepOf(bytes, x, 5), stepOf(float, x, 5)];
    ratios.push(floatMs / ms);
    least.push(ms);
    leastFloat.push(floatMs);
  }
  bytes.dispose();
  float.dispose();
  const middle = (values) => values.sort((a, b) => a - b)[values.length >> 1];
  const ms = middle(least);
  return { ms, floatMs: middle(leastFloat), ratio: middle(ratios), gops: operationsOf(one) / ms / 1e6 };
}

async function network(model, rounds) {
  const float = await loadModel(new Uint8Array(readFileSync(fileOf(model))));
  const feeds = ourFeeds(tensor, await feedsOf(model.runs[0]));
  const bytes = await quantize(float, [feeds]);
  const runs = [bytes, float].map((one) => () => {
    for (const y of Object.values(one.run(feeds))) y.dispose();
  });
  const [ms, floatMs] = await race(runs, { rounds });
  bytes.dispose();
  float.dispose();
  return { ms, floatMs, ratio: floatMs / ms };
}

export async function run(bench) {
  const { filter, variants } = bench.options;
  const layers = LAYERS.filter(
    ({ group, operator, pass, name }) =>
      group === 'sixteen' &&
      operator === 'conv2d' &&
      pass === undefined &&
      matches(filter, name, 'quantized'),
  );
  const networks = MODELS.filter(({ name }) => NETWORKS.includes(name) && matches(filter, name, 'quantized'));
  const rows = [];
  if (networks.length > 0) await fetchModels(networks);
  for (const variant of variants) {
    await start({ variant, threads: bench.threads });
    for (const one of layers) {
      bench.progress(`quantized, ${variant}: ${one.name}`);
      rows.push({ name: one.name, variant, ...(await layer(one, bench.rounds(ROUNDS))) });
    }
    for (const one of networks) {
      bench.progress(`quantized, ${variant}: ${one.name}`);
      rows.push({ name: one.name, variant, ...(await network(one, bench.rounds(ROUNDS))) });
    }
  }
  const cells = rows.map((row) => [
    ...[row.name, row.variant, figure(row.ms), figure(row.floatMs), times(row.ratio)],
    row.gops === undefined ? '-' : figure(row.gops),
  ]);
  const header = ['on bytes', 'variant', 'ms', 'float32, ms', 'faster', 'Gop/s'];
  const mean = rows.length > 0 ? `\n\ngeometric mean ${times(geomean(rows.map(({ ratio }) => ratio)))}` : '';
  bench.print(`\nquantized, ${bench.threadsText}:\n\n${table(header, cells, 2)}${mean}`);
  return rows;
}
