// TypeScript programs of this repository on every Node from 20: bundled into build/run/. Installed packages stay
// outside the bundle; 'striate' is the source in ts/ (tsconfig.json, "paths").
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './report.mjs';

/** Bundles `entry` (from the repository's root) and gives the file to run. */
async function bundleTypeScript(entry) {
  const { build } = await import('esbuild');
  const outfile = path.join(root, 'build/run', `${entry.replaceAll(/[/\\]/g, '-').replace(/\.ts$/, '')}.mjs`);
  await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'es2022',
    packages: 'external',
    sourcemap: 'linked',
    logLevel: 'error',
  });
  return outfile;
}

export const importTypeScript = async (entry) => import(pathToFileURL(await bundleTypeScript(entry)).href);
