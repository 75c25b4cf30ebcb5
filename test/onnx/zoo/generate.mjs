// Makes goldens.json, what native onnxruntime gives for the small networks: node test/onnx/zoo/generate.mjs
//
//   { model: [one per run: { output: { shape, largest, values } }] }, largest being the largest magnitude of the output
import { readFileSync, writeFileSync } from 'node:fs';
import { benchModules } from '../../../scripts/lib/modules.mjs';
import { theirFeeds } from '../../../scripts/zoo/feeds.mjs';
import { fetchModels, fileOf } from '../../../scripts/zoo/files.mjs';
import { runsOf, SMALL_MODELS, samples } from './inputs.mjs';

await benchModules();
const { createSession, Tensor } = await import('../../../bench/peers/onnxruntime-node.mjs');
await fetchModels(SMALL_MODELS);
const goldens = {};
for (const model of SMALL_MODELS) {
  const session = await createSession(readFileSync(fileOf(model)));
  goldens[model.name] = [];
  for (const run of await runsOf(model)) {
    const results = Object.entries(await session.run(theirFeeds(Tensor, run)));
    const outputs = results.map(([name, { dims, data }]) => {
      const all = Array.from(data, Number);
      const largest = all.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const values = samples(all.length).map((i) => Number(all[i].toPrecision(7)));
      return [name, { shape: dims, largest: Number(largest.toPrecision(7)), values }];
    });
    goldens[model.name].push(Object.fromEntries(outputs));
  }
  await session.release();
}
const lines = Object.entries(goldens).map(([name, runs]) => {
  return `  "${name}": [\n${runs.map((run) => `    ${JSON.stringify(run)}`).join(',\n')}\n  ]`;
});
writeFileSync(new URL('goldens.json', import.meta.url), `{\n${lines.join(',\n')}\n}\n`);
