import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { ENTRIES } from './scripts/lib/entries.mjs';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^striate\/slim$/, replacement: at('ts/entries/slim.ts') },
      ...Object.entries(ENTRIES).map(([entry, file]) => ({
        find: new RegExp(`^${entry}$`),
        replacement: at(file),
      })),
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    pool: 'forks',
    // Node 20 has relaxed SIMD behind a flag; later versions have it and accept the flag no more.
    execArgv: process.version.startsWith('v20.') ? ['--experimental-wasm-relaxed-simd'] : [],
  },
});
