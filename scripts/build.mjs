// Builds what is out of date: the kernels into build/, and with --dist the package's files into dist/.
import { buildDist } from './lib/dist.mjs';
import { buildKernels } from './lib/kernels.mjs';
import { nodeModules } from './lib/modules.mjs';
import { main } from './lib/report.mjs';

await main(async () => {
  await nodeModules();
  await buildKernels({ force: process.argv.includes('--force') });
  if (process.argv.includes('--dist')) await buildDist();
});
