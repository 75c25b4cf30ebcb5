/** Consoles show tensors, modules and programs as text. */
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { buildDist, here, output, root } from './installed.ts';

const bin = (name: string): string => path.join(root, 'node_modules/.bin', name);

beforeAll(async () => {
  await buildDist();
}, 300_000);

test.each([
  ['Node', process.execPath, []],
  ['Deno', bin('deno'), ['run', '--quiet', '--no-prompt', '--cached-only']],
  ['Bun', bin('bun'), []],
] as const)(
  '%s',
  async (_name, command, args) => {
    const text = await output(command, [...args, path.join(here, 'consoles.mjs')]);
    // An object of one entry is on one line or on three.
    expect(text.replace(/\{\s+x: (.*?),?\s+\}/, '{ x: $1 }')).toMatch(
      new RegExp(
        [
          /Tensor float32 \[2, 3\] \[\[1, 2, 3\], \[4, 5, 6\.1\]\]/,
          /\{ x: Tensor float32 \[2, 3\] \[\[1, 2, 3\], \[4, 5, 6\.1\]\] \}/,
          /Sequential\(/,
          / {2}\(0\): Conv2d\(1, 2, kernelSize=3\)/,
          /\)/,
          /Program \(inputs\[0\]: float32 \[1, 1, 3, 3\]\) -> \(float32 \[1, 2, 1, 1\]\); steps: 1, .*/,
        ]
          .map(({ source }) => source)
          .join('\n'),
      ),
    );
  },
  60_000,
);
