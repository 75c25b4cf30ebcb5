// How long loading and running one model take beside both onnxruntimes, in turns.
import * as native from '../../bench/peers/onnxruntime-node.mjs';
import * as web from '../../bench/peers/onnxruntime-web.mjs';
import { median, race } from '../../bench/race.mjs';
import { loadModel, tensor } from '../../bench/striate.mjs';
import { ourFeeds, theirFeeds } from './feeds.mjs';

const LOADS = 3;
const RACE_MS = 6000; // for all rounds: models that take seconds get few
const ROUNDS = { least: 3, most: 31 };

const shapesOf = (values) =>
  Object.fromEntries(Object.entries(values).map(([name, { shape }]) => [name, shape]));

/** `load()` gives a loaded model, `prepare` of it `{ run, dispose }`. */
function contenders(bytes, values) {
  const session = (peer) => ({
    load: () => peer.createSession(bytes),
    prepare(loaded) {
      const feeds = theirFeeds(peer.Tensor, values);
      return { run: () => loaded.run(feeds), dispose: () => loaded.release() };
    },
  });
  return {
    striate: {
      load: () => loadModel(bytes, { inputShapes: shapesOf(values) }),
      prepare(loaded) {
        const feeds = ourFeeds(tensor, values);
        const into = loaded.run(feeds);
        return { run: () => void loaded.run(feeds, { into }), dispose: () => loaded.dispose() };
      },
    },
    web: session(web),
    native: session(native),
  };
}

/** Leaves out who cannot read the model. The first load of each, with which its module starts, does not count. */
async function loadTimes(all) {
  const times = {};
  for (let round = 0; round <= LOADS; round++) {
    for (const [name, contender] of Object.entries(all)) {
      const start = performance.now();
      try {
        const loaded = contender.prepare(await contender.load());
        const ms = performance.now() - start;
        if (round > 0) times[name] = [...(times[name] ?? []), ms];
        if (name !== 'striate') await loaded.run();
        await loaded.dispose();
      } catch (error) {
        if (name === 'striate') throw error;
        delete all[name];
        delete times[name];
      }
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, list]) => [name, median(list)]));
}

async function runTimes(all) {
  const names = Object.keys(all);
  const prepared = [];
  for (const name of names) prepared.push(all[name].prepare(await all[name].load()));
  const start = performance.now();
  for (const { run } of prepared) await run();
  const once = performance.now() - start;
  const rounds = Math.min(ROUNDS.most, Math.max(ROUNDS.least, Math.floor(RACE_MS / Math.max(once, 60))));
  const ms = await race(
    prepared.map(({ run }) => run),
    { rounds },
  );
  for (const { dispose } of prepared) await dispose();
  return Object.fromEntries(names.map((name, i) => [name, ms[i]]));
}

/** Milliseconds of loading (until a first run can begin) and of a run, by contender: { load, run }. The peers are started. */
export async function timesOf(bytes, values) {
  const all = contenders(bytes, values);
  const load = await loadTimes(all);
  return { load, run: await runTimes(all) };
}
