// The measuring process: runs the parts in their order, then prints the aims and writes the files that were asked for.
// Started by scripts/bench.mjs, which builds and installs what is needed.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { aims } from './aims.mjs';
import { HELP, readOptions } from './options.mjs';
import { PARTS } from './parts.mjs';
import { measurePeak } from './peak.mjs';
import { figure, table } from './table.mjs';

const live = process.stderr.isTTY && !process.env.CI;

/** One line on a terminal that the next one overwrites, else a line each. */
function progress(text) {
  if (live) process.stderr.write(`\r\x1b[K${text.slice(0, (process.stderr.columns ?? 110) - 1)}`);
  else process.stderr.write(`${text}\n`);
}

function print(text) {
  if (live) process.stderr.write('\r\x1b[K');
  console.log(text);
}

/** The CPU, and whether native code has vectors of 512 bits. */
function machine() {
  const [cpu] = cpus();
  let flags = '';
  try {
    flags = readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    // Not Linux: the aims then are those without.
  }
  return {
    cpu: cpu?.model.trim() ?? process.arch,
    cores: cpus().length,
    avx512: /\bavx512f\b/.test(flags),
    node: process.versions.node,
  };
}

const peaks = (variants) => Object.fromEntries(variants.map((variant) => [variant, measurePeak(variant)]));
const peakText = (peak) =>
  Object.entries(peak)
    .map(([variant, gflops]) => `${variant} ${figure(gflops)}`)
    .join(', ');

/** Everything with one number of threads; gives what goes into the JSON. */
async function measure(options) {
  const [threads] = options.threads;
  const threadsText = threads === 1 ? 'one thread' : `${threads} threads`;
  const host = machine();
  progress('the peak');
  const peak = peaks(options.variants);
  print(`${host.cpu}, ${host.cores} cores, Node ${host.node}, ${threadsText}`);
  print(`peak of a loop in registers, GFLOP/s of one thread: ${peakText(peak)}`);
  const bench = {
    options,
    threads,
    threadsText,
    peak,
    print,
    progress,
    rounds: (usual) => options.rounds ?? usual,
  };
  const results = { machine: host, threads, peak };
  for (const part of options.parts) {
    const { run } = await PARTS[part].load();
    results[part] = await run(bench);
  }
  if (options.parts.every((part) => results[part].length === 0)) {
    throw new RangeError(`bench: nothing has '${options.filter}' in its name or group`);
  }
  // Where this differs much from the first, something else was running, and shares of the peak mean little.
  results.peakAtEnd = peaks(options.variants);
  print(`\npeak at the end, GFLOP/s: ${peakText(results.peakAtEnd)}`);
  const rows = aims(results);
  if (rows.length > 0) print(`\naims:\n\n${table(['aim', 'wanted', 'reached', 'of', 'met'], rows, 2)}`);
  return { ...results, aims: rows };
}

/** A number of threads holds for a process, because some peers take it once: each in its own. */
function measureEach(options, args) {
  const folder = mkdtempSync(path.join(tmpdir(), 'striate-bench-'));
  try {
    return options.threads.flatMap((threads) => {
      const file = path.join(folder, `${threads}.json`);
      const own = [...args, '--threads', String(threads), '--json', file];
      if (options.svg) own.push('--svg', path.join(folder, 'unused.svg'));
      const { status } = spawnSync(
        process.execPath,
        [...process.execArgv, fileURLToPath(import.meta.url), ...own],
        {
          stdio: 'inherit',
        },
      );
      if (status !== 0) throw new Error(`bench: the process with ${threads} threads ended with ${status}`);
      return JSON.parse(readFileSync(file, 'utf8'));
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A file that the user named, from where npm was called. */
const fromUser = (file) => path.resolve(process.env.INIT_CWD ?? process.cwd(), file);

async function main(args) {
  const options = readOptions(args);
  if (options.help) return console.log(HELP);
  const runs = options.threads.length > 1 ? measureEach(options, args) : [await measure(options)];
  if (options.json) writeFileSync(fromUser(options.json), `${JSON.stringify(runs, null, 2)}\n`);
  if (options.svg) {
    const { plot } = await import('./plot.mjs');
    writeFileSync(fromUser(options.svg), plot(runs));
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  const isSentence = error instanceof RangeError || error.code?.startsWith('ERR_PARSE_ARGS');
  console.error(isSentence ? error.message : error);
  process.exitCode = isSentence ? 2 : 1;
}
