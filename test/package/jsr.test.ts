/** The package as JSR takes it: Deno's own check before a publication, and programs that import it, with their types. */
import fs from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { dryRun, jsrFolder, NAME } from '../../scripts/lib/jsr.mjs';
import { buildDist, output, root } from './installed.ts';

let folder: string;
const deno = path.join(root, 'node_modules/.bin/deno');
const read = (file: string) => JSON.parse(fs.readFileSync(file, 'utf8'));

beforeAll(async () => {
  await buildDist();
  folder = jsrFolder();
}, 300_000);

test('deno publish would take it', async () => {
  const said = await dryRun(folder);
  expect(said).toContain('Success Dry run complete');
  const { version } = read(path.join(root, 'package.json'));
  expect(said).toContain(`${NAME}@${version}`);
  expect(Object.keys(read(path.join(folder, 'jsr.json')).exports)).toEqual(
    expect.arrayContaining(['.', './onnx', './image', './train', './analyze', './files', './slim']),
  );
}, 120_000);

/** Runs a program that imports the package by its name on JSR, its types checked first. */
function runs(code: string): Promise<string> {
  const { exports } = read(path.join(folder, 'jsr.json')) as { exports: Record<string, string> };
  const imports = Object.fromEntries(
    Object.entries(exports).map(([subpath, file]) => [subpath.replace('.', NAME), file]),
  );
  fs.writeFileSync(path.join(folder, 'deno.json'), JSON.stringify({ imports }));
  fs.writeFileSync(path.join(folder, 'main.ts'), code);
  return output(deno, ['run', '--check', '--quiet', '--no-prompt', 'main.ts'], folder, { NO_COLOR: '1' });
}

test('its programs run, and know its types', async () => {
  const program = `import { init, relu, type Tensor, tensor } from '${NAME}';
import { loadModel } from '${NAME}/onnx';
await init();
const y: Tensor<'float32'> = relu(tensor([-1, 2]));
console.log(y.toArray(), typeof loadModel);
`;
  expect((await runs(program)).trim()).toBe('[ 0, 2 ] function');
  await expect(runs(program.replace("Tensor<'float32'>", 'string'))).rejects.toThrow(/TS2322/);
}, 120_000);
