// Builds what is out of date: the WebAssembly modules into build/, and with --dist the package's files into dist/.
import { buildDist } from './lib/dist.mjs';
import { nodeModules } from './lib/modules.mjs';
import { main } from './lib/report.mjs';
import { buildModules } from './lib/wasmModules.mjs';

await main(async () => {
  await nodeModules();
  await buildModules({ force: process.argv.includes('--force') });
  if (process.argv.includes('--dist')) await buildDist();
});
