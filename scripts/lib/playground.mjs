// The playground as static files in build/playground, made by Vite when its sources have changed.
import fs from 'node:fs';
import path from 'node:path';
import { exists, hashOf, readText, withLock, writeAtomic } from './files.mjs';
import { playgroundFiles } from './playgroundFiles.mjs';
import { root, step } from './report.mjs';

const at = (...parts) => path.join(root, ...parts);
const folder = at('build/playground');
const stamp = at('build/playground.stamp');

/** From what the page is made; the kernels by their own stamp. */
const sources = [
  'playground',
  'ts',
  'scripts/lib/playgroundFiles.mjs',
  'package-lock.json',
  'build/stamp.json',
];

/** Builds what is out of date; gives the folder. */
export async function buildPlayground() {
  const hash = hashOf(sources);
  if (readText(stamp) === hash && exists(path.join(folder, 'index.html'))) return folder;
  await withLock(at('build/playground.lock'), async () => {
    if (readText(stamp) === hash && exists(path.join(folder, 'index.html'))) return;
    fs.rmSync(stamp, { force: true });
    await step('the playground: vite build', async () => {
      playgroundFiles();
      const { build } = await import('vite');
      await build({ configFile: at('playground/vite.config.mjs'), logLevel: 'error' });
    });
    writeAtomic(stamp, hash);
  });
  return folder;
}
