// The playground as static files for any server and any folder: addresses are relative, parts are loaded on demand.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ENTRIES } from '../scripts/lib/entries.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** 'striate' is the source in ts/, as in the tests. */
const alias = Object.entries(ENTRIES).map(([entry, file]) => ({
  find: new RegExp(`^${entry}$`),
  replacement: path.join(root, file),
}));

export default {
  root: path.join(root, 'playground'),
  base: './',
  cacheDir: path.join(root, 'build/vite'),
  publicDir: path.join(root, 'build/playground-files'),
  resolve: { alias },
  worker: { format: 'es' },
  build: {
    outDir: path.join(root, 'build/playground'),
    emptyOutDir: true,
    target: 'es2022',
    chunkSizeWarningLimit: 1000,
  },
};
