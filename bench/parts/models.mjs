// Whole models: the networks of the zoo, in turns with both onnxruntimes, each on the first of its inputs; and the
// share of what this machine could do at best.
import { readFileSync } from 'node:fs';
import { ourFeeds, theirFeeds, valuesOf } from '../../scripts/zoo/feeds.mjs';
import { fetchModels, fileOf } from '../../scripts/zoo/files.mjs';
import { MODELS } from '../../scripts/zoo/models.mjs';
import { shareOfLimit } from '../limit.mjs';
import { matches } from '../options.mjs';
import { start } from '../peers/striate.mjs';
import { compareAndRace, startPeers } from '../peers.mjs';
import { loadModel, ModelError, tensor } from '../striate.mjs';
import { figure, percent, table, times, tiny } from '../table.mjs';

const ROUNDS = { least: 5, most: 31 };
const RACE_MS = 15_000; // for all rounds of one model: those that take seconds get few

async function prepareOurs(bytes, values) {
  const model = await loadModel(bytes);
  const feeds = ourFeeds(tensor, values);
  const into = model.run(feeds);
  const outputs = model.outputs.map(({ name }) => name);
  const contender = {
    run: () => void model.run(feeds, { into }),
    output: () => outputs.map((name) => into[name].toTypedArray()),
    dispose: () => model.dispose(),
  };
  return { contender, outputs, share: (rounds) => shareOfLimit(model, feeds, rounds) };
}

async function prepareTheirs({ createSession, Tensor }, bytes, values, outputs) {
  const session = await createSession(bytes);
  const feeds = theirFeeds(Tensor, values);
  return {
    run: () => session.run(feeds),
    async output() {
      const results = await session.run(feeds);
      return outputs.map((name) => Float32Array.from(results[name].data, Number));
    },
    dispose: () => session.release(),
  };
}

/** How many rounds fit into the time for one model. */
async function roundsFor(contenders) {
  const start = performance.now();
  for (const { run } of contenders) await run();
  const fitting = Math.floor(RACE_MS / (performance.now() - start));
  return Math.min(ROUNDS.most, Math.max(ROUNDS.least, fitting));
}

async function measure(model, peers, bench, note) {
  const bytes = readFileSync(fileOf(model));
  const values = await valuesOf(model.runs[0]);
  const { contender, outputs, share } = await prepareOurs(bytes, values);
  const others = {};
  for (const peer of peers) {
    try {
      others[peer.name] = await prepareTheirs(peer, bytes, values, outputs);
    } catch (error) {
      note(`${peer.name} refuses ${model.name}: ${String(error.message ?? error).split('\n', 1)[0]}`);
    }
  }
  const all = [contender, ...Object.values(others)];
  try {
    const rounds = bench.rounds(await roundsFor(all));
    const raced = await compareAndRace(model.name, contender, others, {
      rounds,
      threads: bench.threads,
      note,
    });
    return { ...raced, share: share(rounds) };
  } finally {
    for (const one of all) await one.dispose();
  }
}

export async function run(bench) {
  const { filter, variants, peers: names } = bench.options;
  const models = MODELS.filter(({ name }) => matches(filter, name, 'models'));
  if (models.length === 0) return [];
  await fetchModels(models);
  const readers = names.filter((name) => name.startsWith('onnxruntime'));
  const { peers, absent } = await startPeers(readers, { threads: bench.threads });
  const notes = new Set(absent);
  const rows = [];
  for (const variant of variants) {
    await start({ variant, threads: bench.threads });
    for (const model of models) {
      const { name } = model;
      bench.progress(`models, ${variant}: ${name}`);
      try {
        const measured = await measure(model, peers, bench, (note) => notes.add(note));
        rows.push({ name, variant, ...measured });
      } catch (error) {
        if (!(error instanceof ModelError)) throw error;
        notes.add(`${name}: ${error.message}`);
      }
    }
  }
  const header = [
    'model',
    'variant',
    'ms',
    'of limit',
    ...peers.flatMap(({ name }) => [name, 'ratio']),
    'difference',
  ];
  const cells = rows.map((row) => [
    row.name,
    row.variant,
    figure(row.ms),
    percent(row.share),
    ...peers.flatMap(({ name }) => [figure(row.peers[name]?.ms), times(row.peers[name]?.ratio)]),
    tiny(row.difference),
  ]);
  bench.print(`\nmodels, ${bench.threadsText}, ms per run:\n\n${table(header, cells, 2)}`);
  for (const note of notes) bench.print(`- ${note}`);
  return rows;
}
