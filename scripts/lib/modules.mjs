// Node modules: `npm ci` when node_modules is not what the lock file says.
import path from 'node:path';
import { exists, hashOf, readText, withLock, writeAtomic } from './files.mjs';
import { Problem, root, run, step } from './report.mjs';

const stamp = path.join(root, 'node_modules/.striate-lock');
const lockHash = () => hashOf(['package-lock.json', '.npmrc'], process.platform + process.arch);

/** No package's install script runs but those of these two, which put the binary of an installed platform package in place. */
const withScripts = ['bun', 'deno'];

export async function nodeModules() {
  if (readText(stamp) === lockHash()) return;
  await withLock(path.join(root, '.cache/modules.lock'), async () => {
    const hash = lockHash();
    if (readText(stamp) !== hash) await install(hash);
  });
}

async function install(hash) {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  await step('node modules: npm ci', async () => {
    try {
      await run(npm, ['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
      await run(npm, ['rebuild', '--ignore-scripts=false', ...withScripts]);
    } catch (error) {
      throw new Problem(`${error.message}\nnpm could not install the modules that package-lock.json names.`);
    }
    if (exists(path.join(root, 'node_modules'))) writeAtomic(stamp, hash);
  });
}
