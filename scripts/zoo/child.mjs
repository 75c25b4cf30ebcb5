// One model of the zoo in a process of its own: loads it, compares every output of every run with native onnxruntime's,
// and with `time` races it against both onnxruntimes. Prints one line of JSON. Started by scripts/zoo.mjs.
import { readFileSync } from 'node:fs';
import * as native from '../../bench/peers/onnxruntime-node.mjs';
import { disposeRuntime, init, loadModel } from '../../bench/striate.mjs';
import { differenceOf } from './compare.mjs';
import { ourFeeds, theirFeeds, valuesOf } from './feeds.mjs';
import { fileOf } from './files.mjs';
import { MODELS } from './models.mjs';
import { timesOf } from './times.mjs';

/** What native onnxruntime gives for each run: { name: { shape, data } }. */
async function expected(bytes, runs) {
  const session = await native.createSession(bytes);
  const results = [];
  for (const run of runs) {
    const outputs = Object.entries(await session.run(theirFeeds(native.Tensor, run)));
    results.push(outputs.map(([name, { dims, data }]) => ({ name, shape: dims, data })));
  }
  await session.release();
  return results;
}

/** Every output of every run: [name, difference, shape, wanted shape]. */
function compare(model, runs, references) {
  return runs.flatMap((run, i) => {
    const feeds = ourFeeds(run);
    const results = model.run(feeds);
    const rows = references[i].map(({ name, shape, data }) => {
      const ours = { shape: results[name].shape, data: results[name].toTypedArray() };
      return [name, differenceOf(ours, { shape, data }), ours.shape, shape];
    });
    for (const one of [...Object.values(feeds), ...Object.values(results)]) one.dispose();
    return rows;
  });
}

async function main({ name, variant, threads, time }) {
  const { runs, ...wanted } = MODELS.find((model) => model.name === name);
  const bytes = readFileSync(fileOf(wanted));
  const values = [];
  for (const run of runs) values.push(await valuesOf(run));
  native.start({ threads });
  const references = await expected(bytes, values);
  await init({ variant, threads });
  const model = await loadModel(bytes);
  const outputs = compare(model, values, references);
  const result = { outputs, notes: model.notes };
  model.dispose();
  if (time) result.times = await timesOf(bytes, values[0], { threads });
  disposeRuntime();
  return result;
}

let result;
try {
  result = await main(JSON.parse(process.argv[2]));
} catch (error) {
  result = { error: error.name === 'ModelError' ? error.message : (error.stack ?? String(error)) };
}
// An infinite difference has no number in JSON.
console.log(JSON.stringify(result, (_, value) => (value === Number.POSITIVE_INFINITY ? 'inf' : value)));
