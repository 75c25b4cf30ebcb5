// Whole models: each one that scripts/fetch-data.mjs brings, in turns with both onnxruntimes, the same input; and the share
// of what this machine could do at best.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fetchData } from '../../scripts/fetch-data.mjs';
import { matches } from '../options.mjs';
import { start } from '../peers/striate.mjs';
import { compareAndRace, startPeers } from '../peers.mjs';
import { loadModel, ModelError, tensor } from '../striate.mjs';
import { figure, percent, table, times, tiny } from '../table.mjs';
import { normal } from '../values.mjs';

const ROUNDS = 31;
const PROFILED = 15;

/** Shapes for models that leave axes open. */
const SHAPES = {
  'ocr-detection': [1, 3, 480, 640],
  'ocr-recognition': [1, 3, 48, 320],
  'ocr-direction': [1, 3, 48, 192],
};

const nameOf = (file) => path.basename(file, '.onnx');

function inputOf({ name, shape }, file) {
  const sizes = SHAPES[nameOf(file)] ?? shape;
  if (!sizes.every(Number.isInteger)) throw new Error(`its input ${name} is ${sizes}: no sizes are known`);
  const data = normal(
    sizes.reduce((total, size) => total * size, 1),
    1,
  );
  return { name, shape: sizes, data };
}

async function prepareOurs(file) {
  const model = await loadModel(readFileSync(file));
  const inputs = model.inputs.map((input) => inputOf(input, file));
  const feeds = Object.fromEntries(inputs.map(({ name, shape, data }) => [name, tensor(data, shape)]));
  const into = model.run(feeds);
  const outputs = model.outputs.map(({ name }) => name);
  const contender = {
    run: () => void model.run(feeds, { into }),
    output: () => outputs.map((name) => into[name].toTypedArray()),
    dispose: () => model.dispose(),
  };
  return { contender, inputs, outputs, share: () => shareOf(model.profile(feeds, { runs: PROFILED })) };
}

/** The whole model's share of its limit: of all steps together. */
function shareOf(rows) {
  const sum = (of) => rows.reduce((total, row) => total + row[of], 0);
  return sum('limit') / sum('milliseconds');
}

async function prepareTheirs({ createSession, Tensor }, file, inputs, outputs) {
  const session = await createSession(readFileSync(file));
  const feeds = Object.fromEntries(
    inputs.map(({ name, shape, data }) => [name, new Tensor('float32', data, shape)]),
  );
  return {
    run: () => session.run(feeds),
    async output() {
      const results = await session.run(feeds);
      return outputs.map((name) => Float32Array.from(results[name].data));
    },
    dispose: () => session.release(),
  };
}

async function measure(file, peers, bench, note) {
  const { contender, inputs, outputs, share } = await prepareOurs(file);
  const others = {};
  for (const peer of peers) others[peer.name] = await prepareTheirs(peer, file, inputs, outputs);
  try {
    const how = { rounds: bench.rounds(ROUNDS), threads: bench.threads, note };
    const raced = await compareAndRace(nameOf(file), contender, others, how);
    return { ...raced, share: share() };
  } finally {
    for (const one of [contender, ...Object.values(others)]) await one.dispose();
  }
}

export async function run(bench) {
  const { filter, variants, peers: names } = bench.options;
  const { models, more } = fetchData({ log: bench.progress, all: true });
  const files = [...Object.values(models), ...more].filter((file) => matches(filter, nameOf(file), 'models'));
  if (files.length === 0) return [];
  const readers = names.filter((name) => name.startsWith('onnxruntime'));
  const { peers, absent } = await startPeers(readers, { threads: bench.threads });
  const notes = new Set(absent);
  const rows = [];
  for (const variant of variants) {
    await start({ variant, threads: bench.threads });
    for (const file of files) {
      const name = nameOf(file);
      bench.progress(`models, ${variant}: ${name}`);
      try {
        const measured = await measure(file, peers, bench, (note) => notes.add(note));
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
