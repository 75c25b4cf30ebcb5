// `npm run bench`: builds what is missing and measures all of bench/, or the parts that are named (models, start, eager, gradients).
import path from 'node:path';
import { buildDist } from './lib/dist.mjs';
import { buildKernels } from './lib/kernels.mjs';
import { nodeModules } from './lib/modules.mjs';
import { main, Problem, root, run } from './lib/report.mjs';

const parts = ['models', 'start', 'eager', 'gradients'];

await main(async () => {
  const wanted = process.argv.slice(2);
  const unknown = wanted.filter((part) => !parts.includes(part));
  if (unknown.length > 0) throw new Problem(`bench: ${unknown.join(', ')} is none of ${parts.join(', ')}`);
  await nodeModules();
  await buildKernels();
  await buildDist();
  for (const part of wanted.length > 0 ? wanted : parts) {
    await run(process.execPath, [path.join(root, `bench/${part}.mjs`)], { pass: true });
  }
});
