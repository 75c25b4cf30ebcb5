// `npm run bench -- [PART...] [options]`: builds and installs what is missing, then measures in a Node that has relaxed
// SIMD. bench/options.mjs has the options, bench/parts.mjs the parts.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { HELP, readOptions } from '../bench/options.mjs';
import { buildDist } from './lib/dist.mjs';
import { benchModules, nodeModules } from './lib/modules.mjs';
import { recentNode } from './lib/node.mjs';
import { main, Problem, root } from './lib/report.mjs';
import { buildModules } from './lib/wasmModules.mjs';

function optionsOf(args) {
  try {
    return readOptions(args);
  } catch (error) {
    throw new Problem(`${error.message}\n\`npm run bench -- --help\` lists parts and options.`);
  }
}

await main(async () => {
  const args = process.argv.slice(2);
  const { help, peers, svg } = optionsOf(args);
  if (help) {
    console.log(HELP);
    return;
  }
  await nodeModules();
  await buildModules();
  await buildDist();
  if (peers.length > 0 || svg !== undefined) await benchModules();
  const { status } = spawnSync(await recentNode(), [path.join(root, 'bench/main.mjs'), ...args], {
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
});
