// Single layers in turns with the peers: milliseconds, GFLOP/s, share of the peak, ratios, differences of the outputs.
import { gemmShape, LAYERS, operationsOf } from '../layers.mjs';
import { matches } from '../options.mjs';
import * as striate from '../peers/striate.mjs';
import { compareAndRace, startPeers } from '../peers.mjs';
import { figure, percent, table, times, tiny } from '../table.mjs';

const ROUNDS = 21;

/** Milliseconds, ratios and differences of one layer; `note` takes sentences on peers that have no part in it. */
async function measure(layer, peers, bench, note) {
  const ours = await striate.prepare(layer);
  const others = {};
  for (const peer of peers) {
    try {
      const other = await peer.prepare(layer);
      if (other !== null) others[peer.name] = other;
    } catch (error) {
      note(`${peer.name}: ${layer.name}: ${error.message.split('\n', 1)[0].slice(0, 160)}`);
    }
  }
  try {
    const how = { rounds: bench.rounds(ROUNDS), threads: bench.threads, note };
    return { algorithm: ours.algorithm, ...(await compareAndRace(layer.name, ours, others, how)) };
  } finally {
    for (const one of [ours, ...Object.values(others)]) await one.dispose();
  }
}

function rowOf(layer, variant, measured, peak) {
  const operations = operationsOf(layer);
  const gflops = operations / measured.ms / 1e6;
  const isProduct = layer.weights.length > 0;
  const isConvolution = /^conv\dd$/.test(layer.operator) && layer.pass === undefined;
  return {
    group: layer.group,
    name: layer.name,
    variant,
    ...measured,
    operations,
    gflops,
    // A pool's operations are comparisons and sums: no part of a peak of multiply-accumulates.
    ...(isProduct && { share: gflops / peak }),
    ...(isConvolution && gemmShape(layer)),
  };
}

function print(bench, variant, rows, peers) {
  const header = [
    'layer',
    'algorithm',
    'ms',
    'GFLOP/s',
    'of peak',
    ...peers.flatMap(({ name }) => [name, 'ratio']),
    'difference',
  ];
  const cells = rows.map((row) => [
    row.name,
    row.algorithm || '-',
    figure(row.ms),
    figure(row.gflops),
    percent(row.share),
    ...peers.flatMap(({ name }) => [figure(row.peers[name]?.ms), times(row.peers[name]?.ratio)]),
    tiny(row.difference),
  ]);
  bench.print(`\nlayers, ${variant}, ${bench.threadsText}, ms per run:\n\n${table(header, cells, 2)}`);
}

export async function run(bench) {
  const { filter, variants, peers: names } = bench.options;
  const layers = LAYERS.filter(({ name, group }) => matches(filter, name, group));
  const notes = new Set();
  const rows = [];
  if (layers.length === 0) return rows;
  const { peers, absent } = await startPeers(names, { threads: bench.threads });
  for (const variant of variants) {
    const threads = await striate.start({ variant, threads: bench.threads });
    if (threads !== bench.threads) notes.add(`striate runs on ${threads} of ${bench.threads} threads`);
    const ofVariant = [];
    for (const [i, layer] of layers.entries()) {
      bench.progress(`layers, ${variant}: ${i + 1} of ${layers.length}, ${layer.name}`);
      const measured = await measure(layer, peers, bench, (note) => notes.add(note));
      ofVariant.push(rowOf(layer, variant, measured, bench.peak[variant] * bench.threads));
    }
    print(bench, variant, ofVariant, peers);
    rows.push(...ofVariant);
  }
  for (const note of [...absent, ...notes]) bench.print(`- ${note}`);
  return rows;
}
