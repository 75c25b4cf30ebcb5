// Bundles the package's files into dist/ when ts/, the kernels or the configuration have changed.
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildCli } from './cli.mjs';
import { CODECS } from './codecs.mjs';
import { hashOf, readText, removeAll, withLock } from './files.mjs';
import { Problem, root, step } from './report.mjs';

const dist = path.join(root, 'dist');
const stampFile = path.join(root, 'build/dist.stamp');
// Modules that call each other, but not while they load, may import each other.
const accepted = new Set(['CIRCULAR_DEPENDENCY']);
/** The modules' files, for those runtimes that import them, and for who hosts them. */
export const WASM = ['simd.wasm', 'relaxed.wasm', ...CODECS.map((name) => `codec/${name}.wasm`)];
const sources = [
  'ts',
  'build/stamp.json',
  'build/codec/stamp.json',
  'rollup.config.mjs',
  'scripts/lib/cli.mjs',
  'scripts/lib/declarations.mjs',
  'scripts/lib/dist.mjs',
  'scripts/lib/entries.mjs',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
];

export async function buildDist() {
  const isUpToDate = (hash) => readText(stampFile) === hash && fs.existsSync(path.join(dist, 'index.js'));
  if (isUpToDate(hashOf(sources))) return;
  await withLock(path.join(root, 'build/dist.lock'), async () => {
    const hash = hashOf(sources);
    if (isUpToDate(hash)) return;
    await step('package files: rollup into dist/', async () => {
      const { requireGenerated } = await import('./generate/index.mjs');
      await requireGenerated();
      removeAll(stampFile);
      removeAll(dist);
      for (const configuration of await configurations()) await bundle(configuration);
      await buildCli(dist);
      for (const name of WASM) fs.cpSync(path.join(root, 'build', name), path.join(dist, name));
      fs.writeFileSync(stampFile, hash);
    });
  });
}

/** The type declarations as dist/ has them, into another folder. */
export async function bundleDeclarations(dir) {
  const isWanted = ({ input, output }) =>
    input.index !== undefined && output.entryFileNames.endsWith('.d.ts');
  const configuration = (await configurations()).find(isWanted);
  await bundle({ ...configuration, output: { ...configuration.output, dir } });
}

async function configurations() {
  return (await import(pathToFileURL(path.join(root, 'rollup.config.mjs')).href)).default;
}

async function bundle(configuration) {
  const { rollup } = await import('rollup');
  try {
    const bundle = await rollup({ ...configuration, onwarn: refuse });
    await bundle.write(configuration.output);
    await bundle.close();
  } catch (error) {
    throw new Problem(`rollup: ${error.message}`);
  }
}

/** A warning of the bundler is a defect of the package: an import that nobody resolves, a name that is not there. */
function refuse(warning) {
  if (accepted.has(warning.code) || warning.plugin === 'dts') return;
  throw new Error(warning.message);
}
