// One model of the zoo in a process of its own: loads it, compares every output of every run with native onnxruntime's,
// and with `time` races it against both onnxruntimes. Prints one line of JSON. Started by scripts/zoo.mjs.
import { readFileSync } from 'node:fs';
import * as native from '../../bench/peers/onnxruntime-node.mjs';
import * as web from '../../bench/peers/onnxruntime-web.mjs';
import { disposeRuntime, init, loadModel, tensor } from '../../bench/striate.mjs';
import { differenceOf, TOLERANCE } from './compare.mjs';
import { ourFeeds, theirFeeds, valuesOf } from './feeds.mjs';
import { fileOf } from './files.mjs';
import { memoryOf } from './memory.mjs';
import { MODELS } from './models.mjs';
import { timesOf } from './times.mjs';

/** What a session of onnxruntime gives for each run: [{ name, shape, data }] each. */
async function resultsOf(session, { Tensor }, runs) {
  const results = [];
  for (const run of runs) {
    const outputs = Object.entries(await session.run(theirFeeds(Tensor, run)));
    results.push(outputs.map(([name, { dims, data }]) => ({ name, shape: dims, data })));
  }
  await session.release();
  return results;
}

/** What the library gives, with the outputs in the order of `references`. */
function ourResults(model, runs, references) {
  return runs.map((run, i) => {
    const feeds = ourFeeds(tensor, run);
    const results = model.run(feeds);
    const list = references[i].map(({ name }) => {
      return { name, shape: results[name].shape, data: results[name].toTypedArray() };
    });
    for (const one of [...Object.values(feeds), ...Object.values(results)]) one.dispose();
    return list;
  });
}

const differences = (results, references, least) =>
  references.flatMap((run, i) => run.map((wanted, k) => differenceOf(results[i][k], wanted, least)));

/** What onnxruntime gives otherwise: native without its optimisations, and in WebAssembly where it reads the network. */
async function othersOf(bytes, runs) {
  const plain = await native.createSession(bytes, { graphOptimizationLevel: 'disabled' });
  const others = [await resultsOf(plain, native, runs)];
  try {
    others.push(await resultsOf(await web.createSession(bytes), web, runs));
  } catch {
    // There are networks that it does not read.
  }
  return others;
}

/** A row for every output of every run. */
async function compare(bytes, model, runs, { arithmetic, tolerance = TOLERANCE[arithmetic], least }) {
  const references = await resultsOf(await native.createSession(bytes), native, runs);
  const ours = ourResults(model, runs, references);
  const found = differences(ours, references, least);
  const isNear = found.every((difference) => difference <= tolerance);
  const others = isNear ? [] : await othersOf(bytes, runs);
  const spreads = others.map((other) => differences(other, references, least));
  // Native without its optimisations is onnxruntime as well.
  const nearest = [found, ...others.slice(0, 1).map((plain) => differences(ours, plain, least))];
  const shapes = ours.flatMap((run, i) => run.map(({ shape }, k) => [shape, references[i][k].shape]));
  return references.flat().map(({ name }, i) => {
    const difference = Math.min(...nearest.map((one) => one[i]));
    const spread = isNear ? undefined : Math.max(...spreads.map((one) => one[i]));
    return { name, difference, spread, is: shapes[i][0], mustBe: shapes[i][1] };
  });
}

async function main({ name, variant, threads, time }) {
  const { runs, ...wanted } = MODELS.find((model) => model.name === name);
  const bytes = readFileSync(fileOf(wanted));
  const values = [];
  for (const run of runs) values.push(await valuesOf(run));
  native.start({ threads });
  web.start({ threads });
  await init({ variant, threads });
  const model = await loadModel(bytes);
  const memory = memoryOf(model, values[0]);
  const outputs = await compare(bytes, model, values, wanted);
  const result = { outputs, notes: model.notes, memory };
  model.dispose();
  if (time) result.times = await timesOf(bytes, values[0]);
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
