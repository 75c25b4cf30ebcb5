/** Consoles show tensors, modules and programs as text. */
import fs from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
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

test('a minified bundle knows the names of the classes', async () => {
  const { outputFiles } = await build({
    stdin: {
      contents: `import { Conv2d, init, relu, Sequential, tensor } from './dist/index.js';
await init();
console.log(String(new Sequential(new Conv2d(1, 2, 3))));
for (const wrong of [() => relu(new Conv2d(1, 2, 3)), () => tensor(tensor([1]))]) {
  try { wrong(); } catch (error) { console.log(error.message); }
}`,
      resolveDir: root,
    },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'node',
    outfile: 'minified.mjs',
  });
  const file = path.join(root, 'build/minified.mjs');
  fs.writeFileSync(file, outputFiles[0]!.text);
  expect((await output(process.execPath, [file])).split('\n')).toEqual([
    'Sequential(',
    '  (0): Conv2d(1, 2, kernelSize=3)',
    ')',
    'relu: x is a Conv2d, must be a Tensor',
    'tensor: data is a Tensor, must be a number, array or typed array, or a Tensor of this library: write tensor(t.data, t.shape)',
    '',
  ]);
  fs.rmSync(file);
}, 60_000);
