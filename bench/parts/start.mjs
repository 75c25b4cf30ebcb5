// Import of the package to the first convolution's result, each time in a new process, in turns: of this Node, with and without a cache of
// compiled code, of the one that npm runs on where that is another, of Deno and of Bun.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from '../../scripts/lib/report.mjs';
import { matches } from '../options.mjs';
import { median } from '../race.mjs';
import { table } from '../table.mjs';

const PROCESSES = 15;
const STAGES = ['import', 'init', 'first', 'all'];
const once = fileURLToPath(new URL('start-once.mjs', import.meta.url));
const bin = (name) =>
  path.join(root, 'node_modules/.bin', process.platform === 'win32' ? `${name}.cmd` : name);

function output({ command, args = [], env = {} }, ...more) {
  const options = { encoding: 'utf8', env: { ...process.env, ...env } };
  const { status, stdout, stderr, error } = spawnSync(command, [...args, ...more], options);
  if (status !== 0) throw error ?? new Error(stderr);
  return stdout;
}

/** What is started, by name; `folder` is for the cache. */
function runtimes(folder) {
  const nodes = [...new Set([process.execPath, process.env.npm_node_execpath ?? process.execPath])].map(
    (command) => ({ name: `Node ${output({ command }, '--version').trim().slice(1)}`, command }),
  );
  const [own] = nodes;
  return [
    ...nodes,
    { ...own, name: `${own.name}, NODE_COMPILE_CACHE`, env: { NODE_COMPILE_CACHE: folder } },
    { name: 'Deno', command: bin('deno'), args: ['run', '--quiet', '--no-prompt', '--allow-read'] },
    { name: 'Bun', command: bin('bun') },
  ];
}

export function run(bench) {
  const processes = bench.rounds(PROCESSES);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'striate-start-'));
  try {
    const measured = runtimes(folder)
      .filter(({ name }) => matches(bench.options.filter, name))
      .map((one) => ({ ...one, starts: [] }));
    // The first one fills caches.
    for (const one of measured) output(one, once);
    for (let round = 0; round < processes; round++) {
      bench.progress(`start: round ${round + 1} of ${processes}`);
      for (const one of measured) one.starts.push(JSON.parse(output(one, once)));
    }
    const rows = measured.map(({ name, starts }) => ({
      name,
      ...Object.fromEntries(STAGES.map((stage) => [stage, median(starts.map((one) => one[stage]))])),
    }));
    const cells = rows.map((row) => [row.name, ...STAGES.map((stage) => row[stage].toFixed(1))]);
    const header = ['', 'import', 'init', 'first conv2d', 'import to result'];
    if (rows.length > 0)
      bench.print(`\nstart, ms, median of ${processes} processes:\n\n${table(header, cells)}`);
    return rows;
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
