// Node in other versions, from npm into the cache: for the benchmarks one that has relaxed SIMD, for the tests all that the package
// supports.
import fs from 'node:fs';
import path from 'node:path';
import { exists, removeAll, userCache, withLock } from './files.mjs';
import { Problem, root, run, step } from './report.mjs';

/** The newest of each line when they were last brought up to date. */
export const NODES = { 20: '20.20.2', 22: '22.23.5', 24: '24.21.0', 26: '26.12.1' };

const major = Number(process.versions.node.split('.')[0]);

/** A Node with relaxed SIMD: this one where it is recent enough. */
export const recentNode = () => (major >= 22 ? process.execPath : nodeOf(24));

/** The binary of one of NODES, or this Node where it is of that line. */
export async function nodeOf(line) {
  if (line === major) return process.execPath;
  const version = NODES[line];
  const windows = process.platform === 'win32';
  const family = process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node';
  const name = `${family}-${windows ? 'win' : process.platform}-${process.arch}`;
  const place = path.join(userCache(), 'tools', `${name}-${version}`);
  const binary = path.join(place, 'node_modules', name, 'bin', windows ? 'node.exe' : 'node');
  if (exists(binary)) return binary;
  await withLock(path.join(userCache(), `node-${line}.lock`), async () => {
    if (exists(binary)) return;
    const beside = `${place}.part`;
    removeAll(beside);
    fs.mkdirSync(beside, { recursive: true });
    await step(`Node ${version} from npm, into ${place}`, async () => {
      const npm = windows ? 'npm.cmd' : 'npm';
      const flags = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund'];
      await run(npm, ['install', '--prefix', beside, ...flags, `${name}@${version}`], { cwd: beside });
      removeAll(place);
      fs.renameSync(beside, place);
    });
  });
  if (!exists(binary))
    throw new Problem(`the npm package ${name}@${version} has no ${path.relative(root, binary)}`);
  return binary;
}
