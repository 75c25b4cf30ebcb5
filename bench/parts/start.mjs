// Import of the package to the first convolution's result, each time in a new process: of this Node, and of the one that
// npm runs on where that is another.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { matches } from '../options.mjs';
import { median } from '../race.mjs';
import { table } from '../table.mjs';

const PROCESSES = 15;
const STAGES = ['import', 'init', 'first', 'all'];
const once = fileURLToPath(new URL('start-once.mjs', import.meta.url));

function output(node, args) {
  const { status, stdout, stderr, error } = spawnSync(node, args, { encoding: 'utf8' });
  if (status !== 0) throw error ?? new Error(stderr);
  return stdout;
}

export function run(bench) {
  const processes = bench.rounds(PROCESSES);
  const nodes = [...new Set([process.execPath, process.env.npm_node_execpath ?? process.execPath])];
  const rows = nodes.flatMap((node) => {
    const name = `Node ${output(node, ['--version']).trim().slice(1)}`;
    if (!matches(bench.options.filter, name)) return [];
    bench.progress(`start: ${name}`);
    const starts = Array.from({ length: processes }, () => JSON.parse(output(node, [once])));
    return {
      name,
      ...Object.fromEntries(STAGES.map((stage) => [stage, median(starts.map((one) => one[stage]))])),
    };
  });
  const cells = rows.map((row) => [row.name, ...STAGES.map((stage) => row[stage].toFixed(1))]);
  const header = ['', 'import', 'init', 'first conv2d', 'import to result'];
  if (rows.length > 0)
    bench.print(`\nstart, ms, median of ${processes} processes:\n\n${table(header, cells)}`);
  return rows;
}
