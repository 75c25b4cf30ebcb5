// Node modules: `npm ci` when node_modules is not what the lock file says.
import path from 'node:path';
import { exists, hashOf, readText, removeAll, withLock, writeAtomic } from './files.mjs';
import { Problem, root, run, step } from './report.mjs';

/** No package's install script runs but those of these two, which put the binary of an installed platform package in place. */
const withScripts = ['bun', 'deno'];

/** The modules of the repository. */
export const nodeModules = () => upToDate('', withScripts);

/** Those of the benchmarks: what the package is measured against. No install script is needed there. */
export const benchModules = () => upToDate('bench', []);

async function upToDate(folder, scripts) {
  const at = (file) => path.join(root, folder, file);
  const lockFiles = ['package-lock.json', '.npmrc'].map((file) => path.join(folder, file));
  const lockHash = () => hashOf(lockFiles, process.platform + process.arch);
  const stamp = at('node_modules/.striate-lock');
  if (readText(stamp) === lockHash()) return;
  await withLock(path.join(root, '.cache/modules.lock'), async () => {
    const hash = lockHash();
    if (readText(stamp) === hash) return;
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
    const where = folder === '' ? 'package-lock.json' : `${folder}/package-lock.json`;
    await step(`node modules of ${where}: npm ci`, async () => {
      try {
        removeAll(stamp); // an interrupted npm ci leaves modules that are those of no lock file
        await run(npm, ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: at('') });
        if (scripts.length > 0) await run(npm, ['rebuild', '--ignore-scripts=false', ...scripts]);
      } catch (error) {
        throw new Problem(`${error.message}\nnpm could not install the modules that ${where} names.`);
      }
      if (exists(at('node_modules'))) writeAtomic(stamp, hash);
    });
  });
}
