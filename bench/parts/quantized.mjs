// Models on bytes beside the same models in float32: each layer's own step, as it runs between others on bytes; and whole
// networks, beside native onnxruntime in float32 and onnxruntime-web on the same quantised file.
import { readFileSync } from 'node:fs';
import { exportOnnx } from '../../dist/onnx.js';
import { quantize } from '../../dist/quantize.js';
import { valuesOf as feedsOf, ourFeeds, theirFeeds } from '../../scripts/zoo/feeds.mjs';
import { fetchModels, fileOf } from '../../scripts/zoo/files.mjs';
import { MODELS } from '../../scripts/zoo/models.mjs';
import { modelsOf, stepOf } from '../bytes.mjs';
import { LAYERS, operationsOf } from '../layers.mjs';
import { applied, mobileNetV2 } from '../litert/networks.mjs';
import { matches } from '../options.mjs';
import { start } from '../peers/striate.mjs';
import { startPeers } from '../peers.mjs';
import { geomean, race } from '../race.mjs';
import * as striate from '../striate.mjs';
import { figure, table, times } from '../table.mjs';
import { valuesOf } from '../values.mjs';

const { loadModel, tensor } = striate;
const ROUNDS = 15;
const MOBILE_NET = 'MobileNetV2';
/** What each peer runs, in the table's head. */
const WHAT = {
  'onnxruntime-node': 'native, float32',
  'onnxruntime-web': 'onnxruntime-web, same file',
};
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

/** MobileNetV2 with random weights, as a file, and what it is run on. */
function mobileNet() {
  const network = mobileNetV2();
  const net = applied(network, striate);
  const bytes = exportOnnx((x) => net(x).at(-1), { inputs: [network.shape] });
  const [x] = valuesOf({ inputs: [network.shape], weights: [] }).inputs;
  return {
    bytes,
    settings: { threshold: -100, keepHeads: false },
    feedsFor: ({ inputs }) => ({
      [inputs[0].name]: { ...x, dtype: 'float32' },
    }),
  };
}

async function ofZoo(model) {
  const values = await feedsOf(model.runs[0]);
  return { bytes: new Uint8Array(readFileSync(fileOf(model))), settings: {}, feedsFor: () => values };
}

/** Ours on bytes and in floats, native onnxruntime in floats, and onnxruntime-web on the file that ours on bytes gives. */
async function network({ bytes: file, settings, feedsFor }, peers, rounds) {
  const float = await loadModel(file);
  const values = feedsFor(float);
  const feeds = ourFeeds(tensor, values);
  const bytes = await quantize(float, [feeds], settings);
  const files = { 'onnxruntime-node': file, 'onnxruntime-web': bytes.toOnnx() };
  const sessions = [];
  for (const { name, createSession, Tensor } of peers) {
    const session = await createSession(files[name]);
    const given = theirFeeds(Tensor, values);
    sessions.push({ name, run: () => session.run(given), dispose: () => session.release() });
  }
  const ours = [bytes, float].map((one) => () => {
    for (const y of Object.values(one.run(feeds))) y.dispose();
  });
  const [ms, floatMs, ...theirs] = await race([...ours, ...sessions.map(({ run }) => run)], { rounds });
  for (const one of [bytes, float, ...sessions]) await one.dispose();
  const beside = Object.fromEntries(sessions.map(({ name }, i) => [name, theirs[i]]));
  return { ms, floatMs, ratio: floatMs / ms, peers: beside };
}

export async function run(bench) {
  const { filter, variants, peers: names } = bench.options;
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
  const made = networks.map(({ name }, i) => [name, () => ofZoo(networks[i])]);
  if (matches(filter, MOBILE_NET, 'quantized')) made.unshift([MOBILE_NET, mobileNet]);
  const readers = names.filter((name) => name.startsWith('onnxruntime'));
  const { peers } = await startPeers(made.length > 0 ? readers : [], { threads: bench.threads });
  for (const variant of variants) {
    await start({ variant, threads: bench.threads });
    for (const one of layers) {
      bench.progress(`quantized, ${variant}: ${one.name}`);
      rows.push({ name: one.name, variant, ...(await layer(one, bench.rounds(ROUNDS))) });
    }
    for (const [name, make] of made) {
      bench.progress(`quantized, ${variant}: ${name}`);
      rows.push({ name, variant, ...(await network(await make(), peers, bench.rounds(ROUNDS))) });
    }
  }
  const cells = rows.map((row) => [
    ...[row.name, row.variant, figure(row.ms), figure(row.floatMs), times(row.ratio)],
    figure(row.gops),
    ...peers.map(({ name }) => times(row.peers && row.peers[name] / row.ms)),
  ]);
  const header = [
    'on bytes',
    'variant',
    'ms',
    'float32, ms',
    'faster',
    'Gop/s',
    ...peers.map(({ name }) => WHAT[name]),
  ];
  const mean = rows.length > 0 ? `\n\ngeometric mean ${times(geomean(rows.map(({ ratio }) => ratio)))}` : '';
  bench.print(`\nquantized, ${bench.threadsText}:\n\n${table(header, cells, 2)}${mean}`);
  return rows;
}
