// Import of the package (dist/) to the first convolution's result, each time in a new process of Node.
//
//   node bench/start.mjs [processes]
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { recentNode } from '../scripts/lib/node24.mjs';
import { median, printTable } from './machine.mjs';

const once = fileURLToPath(new URL('start-once.mjs', import.meta.url));
const processes = Number(process.argv[2] ?? 15);
const stages = ['import', 'init', 'first', 'all'];

const rows = [...new Set([process.execPath, await recentNode()])].map((node) => {
  const starts = Array.from({ length: processes }, () => {
    const { status, stdout, stderr } = spawnSync(node, [once], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    return JSON.parse(stdout);
  });
  const { stdout: version } = spawnSync(node, ['--version'], { encoding: 'utf8' });
  const cells = stages.map((stage) => median(starts.map((start) => start[stage])).toFixed(1));
  return [`Node ${version.trim().slice(1)}`, ...cells];
});
console.log(`\nstart: ms, median of ${processes} processes: ${cpus()[0]?.model.trim()}\n`);
printTable(['', 'import', 'init', 'first conv2d', 'import to result'], rows);
