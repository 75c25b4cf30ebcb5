// A Node with relaxed SIMD for the benchmarks: this one when it is recent enough, else Node 24 from npm in the cache.
import fs from 'node:fs';
import path from 'node:path';
import { exists, removeAll, userCache, withLock } from './files.mjs';
import { Problem, root, run, step } from './report.mjs';

const version = '24.21.0';

export async function recentNode() {
  if (Number(process.versions.node.split('.')[0]) >= 22) return process.execPath;
  const windows = process.platform === 'win32';
  const family = process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node';
  const name = `${family}-${windows ? 'win' : process.platform}-${process.arch}`;
  const place = path.join(userCache(), 'tools', `${name}-${version}`);
  const binary = path.join(place, 'node_modules', name, 'bin', windows ? 'node.exe' : 'node');
  if (exists(binary)) return binary;
  await withLock(path.join(userCache(), 'tools.lock'), async () => {
    if (exists(binary)) return;
    const beside = `${place}.part`;
    removeAll(beside);
    fs.mkdirSync(beside, { recursive: true });
    await step(`Node ${version} from npm, for its relaxed SIMD, into ${place}`, async () => {
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
