// One process of the part `parallel`: starts with its number of threads, prepares a layer, runs it for so many
// milliseconds, each when it is told to.
import { prepare, start } from '../peers/striate.mjs';

let layer;

const does = {
  start: (options) => start(options),
  prepare: async (wanted) => {
    layer?.dispose();
    layer = await prepare(wanted);
    return layer.algorithm;
  },
  /** Runs per second. */
  run(milliseconds) {
    const begin = performance.now();
    let runs = 0;
    let now = begin;
    for (; now < begin + milliseconds; now = performance.now()) {
      layer.run();
      runs++;
    }
    return (1000 * runs) / (now - begin);
  },
};

process.on('message', async ([what, value]) => process.send((await does[what](value)) ?? null));
