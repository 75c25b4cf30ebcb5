/** `npm run fuzz` in each of its forms: a few cases, which all pass. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

test.each([
  [['--problems', '3'], '3 problems, 0 wrong, 0 traps, 0 bytes live'],
  [['--models', '3'], '3 models, '],
  [['--images', '3'], '3 pictures, '],
  [['--compiled', '3'], '3 compiled files of '],
  [['--quantized', '3'], '3 models on bytes, 0 wrong, 0 bytes live'],
])('%s', (args, line) => {
  const options = { cwd: root, encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['scripts/fuzz.mjs', ...args, '--variant', 'simd'],
    options,
  );
  expect(stderr).toBe('');
  expect(stdout).toContain(line);
  expect(status).toBe(0);
});
