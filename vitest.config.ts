import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^striate\/onnx$/, replacement: at('ts/onnx/index.ts') },
      { find: /^striate\/slim$/, replacement: at('ts/entries/slim.ts') },
      { find: /^striate$/, replacement: at('ts/index.ts') },
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
