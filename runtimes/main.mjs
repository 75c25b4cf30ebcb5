// Runs the chosen runtimes and bundlers one after the other, and compares what each says with what it must say.
import fs from 'node:fs';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { Problem, seconds } from '../scripts/lib/report.mjs';
import { browserPrograms, browsers } from './browsers.mjs';
import { bundlers } from './bundlers.mjs';
import { check } from './check.mjs';
import { edgePrograms, edges } from './edge.mjs';
import { longPrograms, longs } from './long.mjs';
import { nexts } from './next.mjs';
import { Place, toolsFolder } from './place.mjs';
import { processes, programs } from './processes.mjs';

export const RUNTIMES = [...processes, ...edges, ...nexts, ...browsers];
export const BUNDLERS = bundlers;
export const LONG = longs;

/** Files beside the programs: the kernels hosted by the user, and what is none of them. */
function hostedFiles(place) {
  const dist = path.join(place.first, 'node_modules/striate/dist');
  const files = path.join(place.first, 'files');
  fs.mkdirSync(files);
  const simd = fs.readFileSync(path.join(dist, 'simd.wasm'));
  const { version } = JSON.parse(fs.readFileSync(path.join(dist, '../package.json'), 'utf8'));
  const old = Buffer.from(simd);
  const at = old.lastIndexOf(`${version} simd`);
  if (at < 0) throw new Problem(`simd.wasm does not say that it is of ${version}`);
  old.write(version.replace(/\d/g, '0'), at);
  fs.copyFileSync(path.join(dist, 'relaxed.wasm'), path.join(files, 'relaxed.wasm'));
  for (const [name, content] of Object.entries({
    'simd.wasm': simd,
    'simd.bin': simd,
    'old.wasm': old,
    'short.wasm': simd.subarray(0, 100_000),
    'page.html': '<!doctype html><title>Not found</title>\n',
  }))
    fs.writeFileSync(path.join(files, name), content);
}

/** Runs one; gives its report, or the error. */
async function runOne(runtime, place, reference) {
  const start = performance.now();
  const { name, line, variant } = runtime;
  const row = { runtime: { name, line, variant } };
  try {
    row.report = await runtime.run(place);
    if (runtime.check) runtime.check(row.report);
    else check(row.report, runtime, reference ?? row.report);
  } catch (error) {
    row.error = error instanceof Problem ? error.message : error.stack;
  }
  console.log(`${row.error ? 'FAILED' : 'passed'}  ${name}, ${seconds(start)}`);
  if (row.error) console.log(row.error.replace(/^/gm, '        '));
  return row;
}

export async function runAll({ runtimes, bundlers, long }, { keep }) {
  const place = new Place(await toolsFolder());
  try {
    await place.install();
    hostedFiles(place);
    place.processes = place.app('processes', { ...programs, ...longPrograms });
    place.edge = place.app('edge', { ...edgePrograms, ...longPrograms });
    place.browser = place.app('browser', browserPrograms);
    const found = { runtimes: [], bundlers: [], long: [] };
    // All others are compared with the first.
    const first = await runOne(processes[0], place);
    if (first.error) return { ...found, runtimes: [first] };
    for (const runtime of runtimes)
      found.runtimes.push(runtime === processes[0] ? first : await runOne(runtime, place, first.report));
    for (const bundler of bundlers) found.bundlers.push(await runOne(bundler, place, first.report));
    for (const one of long) found.long.push(await runOne(one, place));
    return found;
  } finally {
    if (keep) console.log(`kept: ${place.folder}`);
    else place.remove();
  }
}
