// What each module of the kernels costs: bytes of both variants, and what an application loads for both together, compressed.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { root } from '../../scripts/lib/report.mjs';
import { SIDES } from '../../scripts/lib/split.mjs';
import { buildModules } from '../../scripts/lib/wasmModules.mjs';
import { matches } from '../options.mjs';
import { table } from '../table.mjs';

export async function run(bench) {
  if (!matches(bench.options.filter, 'families')) return [];
  await buildModules();
  const rows = [];
  for (const name of ['core', ...Object.keys(SIDES)]) {
    const file = path.join(root, 'build', name === 'core' ? 'kernels.js' : `sides/${name}.js`);
    const { packed } = await import(pathToFileURL(file).href);
    const { relaxedBytes, simdBytes } = packed;
    rows.push({ name, relaxedBytes, simdBytes, gzip: gzipSync(readFileSync(file)).length });
  }
  const sum = (key) => rows.reduce((total, row) => total + row[key], 0);
  const keys = ['relaxedBytes', 'simdBytes', 'gzip'];
  rows.push({ name: 'all', ...Object.fromEntries(keys.map((key) => [key, sum(key)])) });
  const cells = rows.map((row) => [row.name, ...keys.map((key) => String(row[key]))]);
  bench.print(
    `\nmodules of the kernels, bytes:\n\n${table(['module', 'relaxed', 'simd', 'both, as loaded (gzip)'], cells)}`,
  );
  return rows;
}
