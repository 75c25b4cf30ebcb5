// Whole models: each one that scripts/fetch-data.mjs brings, in turns with both onnxruntimes, the same input.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fetchData } from '../../scripts/fetch-data.mjs';
import { matches } from '../options.mjs';
import { start } from '../peers/striate.mjs';
import { compareAndRace, startPeers } from '../peers.mjs';
import { loadModel, tensor } from '../striate.mjs';
import { figure, table, times, tiny } from '../table.mjs';
import { normal } from '../values.mjs';

const ROUNDS = 31;

/** What stands for an axis that a model leaves open, in their order: batch and channels, then the image. */
const OPEN_AXES = [1, 3, 320, 320];

const inputOf = ({ name, shape }) => {
  const sizes = shape.map((size, axis) => (typeof size === 'number' ? size : OPEN_AXES[axis]));
  const data = normal(
    sizes.reduce((total, size) => total * size, 1),
    1,
  );
  return { name, shape: sizes, data };
};

async function prepareOurs(file) {
  const model = await loadModel(readFileSync(file));
  const inputs = model.inputs.map(inputOf);
  const feeds = Object.fromEntries(inputs.map(({ name, shape, data }) => [name, tensor(data, shape)]));
  const into = model.run(feeds);
  const first = model.outputs[0].name;
  const contender = {
    run: () => void model.run(feeds, { into }),
    output: () => into[first].toTypedArray(),
    dispose: () => model.dispose(),
  };
  return { contender, inputs, first };
}

async function prepareTheirs({ createSession, Tensor }, file, inputs, first) {
  const session = await createSession(readFileSync(file));
  const feeds = Object.fromEntries(
    inputs.map(({ name, shape, data }) => [name, new Tensor('float32', data, shape)]),
  );
  return {
    run: () => session.run(feeds),
    output: async () => Float32Array.from((await session.run(feeds))[first].data),
    dispose: () => session.release(),
  };
}

async function measure(file, peers, bench, note) {
  const { contender, inputs, first } = await prepareOurs(file);
  const others = {};
  for (const peer of peers) others[peer.name] = await prepareTheirs(peer, file, inputs, first);
  try {
    const how = { rounds: bench.rounds(ROUNDS), threads: bench.threads, note };
    return await compareAndRace(path.basename(file), contender, others, how);
  } finally {
    for (const one of [contender, ...Object.values(others)]) await one.dispose();
  }
}

export async function run(bench) {
  const { filter, variants, peers: names } = bench.options;
  const files = Object.values(fetchData({ log: bench.progress }).models).filter((file) =>
    matches(filter, path.basename(file), 'models'),
  );
  if (files.length === 0) return [];
  const readers = names.filter((name) => name.startsWith('onnxruntime'));
  const { peers, absent } = await startPeers(readers, { threads: bench.threads });
  const rows = [];
  for (const variant of variants) {
    await start({ variant, threads: bench.threads });
    for (const file of files) {
      const name = path.basename(file, '.onnx');
      bench.progress(`models, ${variant}: ${name}`);
      const measured = await measure(file, peers, bench, (note) => absent.push(note));
      rows.push({ name, variant, ...measured });
    }
  }
  const header = ['model', 'variant', 'ms', ...peers.flatMap(({ name }) => [name, 'ratio']), 'difference'];
  const cells = rows.map((row) => [
    row.name,
    row.variant,
    figure(row.ms),
    ...peers.flatMap(({ name }) => [figure(row.peers[name]?.ms), times(row.peers[name]?.ratio)]),
    tiny(row.difference),
  ]);
  bench.print(`\nmodels, ${bench.threadsText}, ms per run:\n\n${table(header, cells, 2)}`);
  for (const note of absent) bench.print(`- ${note}`);
  return rows;
}
