// How long loading and running one model take beside both onnxruntimes, in turns, and how near a run is to the machine's limit.

import { shareOfLimit } from '../../bench/limit.mjs';
import * as native from '../../bench/peers/onnxruntime-node.mjs';
import * as web from '../../bench/peers/onnxruntime-web.mjs';
import { median, race } from '../../bench/race.mjs';
import { loadModel, tensor } from '../../bench/striate.mjs';
import { ourFeeds, theirFeeds } from './feeds.mjs';

const LOADS = { least: 1, most: 3 };
const LOAD_MS = 15_000; // for all rounds, here and below: models that take seconds get few
const RACE_MS = 6000;
const ROUNDS = { least: 3, most: 31 };

/** `load()` gives a loaded model, `prepare` of it, which runs it once, `{ run, dispose }`. */
function contenders(bytes, values) {
  const session = (peer) => ({
    load: () => peer.createSession(bytes),
    async prepare(loaded) {
      const feeds = theirFeeds(peer.Tensor, values);
      await loaded.run(feeds);
      return { run: () => loaded.run(feeds), dispose: () => loaded.release() };
    },
  });
  return {
    striate: {
      load: () => loadModel(bytes),
      prepare(loaded) {
        const feeds = ourFeeds(tensor, values);
        const into = loaded.run(feeds);
        return {
          run: () => void loaded.run(feeds, { into }),
          share: (runs) => shareOfLimit(loaded, feeds, runs),
          dispose: () => loaded.dispose(),
        };
      },
    },
    web: session(web),
    native: session(native),
  };
}

/** Of loading, and to the end of the first run. Leaves out who cannot read the model. The first load of each, with which its module starts, does not count. */
async function loadTimes(all) {
  const [load, first] = [{}, {}];
  const add = (to, name, ms) => {
    to[name] = [...(to[name] ?? []), ms];
  };
  const begin = performance.now();
  for (let round = 0; round <= LOADS.most; round++) {
    if (round > LOADS.least && performance.now() - begin > LOAD_MS) break;
    for (const [name, contender] of Object.entries(all)) {
      const start = performance.now();
      try {
        const loaded = await contender.load();
        const between = performance.now();
        const prepared = await contender.prepare(loaded);
        const end = performance.now();
        if (round > 0) {
          add(load, name, between - start);
          add(first, name, end - start);
        }
        await prepared.dispose();
      } catch (error) {
        if (name === 'striate') throw error;
        for (const one of [all, load, first]) delete one[name];
      }
    }
  }
  const medians = (of) => Object.fromEntries(Object.entries(of).map(([name, list]) => [name, median(list)]));
  return { load: medians(load), first: medians(first) };
}

async function runTimes(all) {
  const names = Object.keys(all);
  const prepared = [];
  for (const name of names) prepared.push(await all[name].prepare(await all[name].load()));
  const start = performance.now();
  for (const { run } of prepared) await run();
  const once = performance.now() - start;
  const rounds = Math.min(ROUNDS.most, Math.max(ROUNDS.least, Math.floor(RACE_MS / Math.max(once, 60))));
  const ms = await race(
    prepared.map(({ run }) => run),
    { rounds },
  );
  const share = prepared[names.indexOf('striate')].share(rounds);
  for (const { dispose } of prepared) await dispose();
  return { run: Object.fromEntries(names.map((name, i) => [name, ms[i]])), share };
}

/**
 * Milliseconds of loading, of that and the first run, and of a run, by contender: { load, first, run }; and `share`, that of the
 * machine's limit. The peers are started.
 */
export async function timesOf(bytes, values) {
  const all = contenders(bytes, values);
  return { ...(await loadTimes(all)), ...(await runTimes(all)) };
}
