// `npm run example -- NAME ...`: sets up and builds what is missing, fetches the networks that the example needs, and runs it.
import fs from 'node:fs';
import path from 'node:path';
import { importTypeScript } from './lib/bundle.mjs';
import { nodeModules } from './lib/modules.mjs';
import { main, Problem, root } from './lib/report.mjs';
import { buildModules } from './lib/wasmModules.mjs';
import { fetchModels, fileOf } from './zoo/files.mjs';
import { FILES, MODELS } from './zoo/models.mjs';

const folder = path.join(root, 'examples');

/** What another runtime starts, and what the others share. */
const OTHERS = ['support.ts', 'deno.ts', 'bun.ts'];

/** Each example is a file of its own, whose first line says what it does. */
const examples = new Map(
  fs
    .readdirSync(folder)
    .filter((file) => file.endsWith('.ts') && !OTHERS.includes(file))
    .map((file) => [
      file.replace('.ts', ''),
      fs.readFileSync(path.join(folder, file), 'utf8').split('\n')[0],
    ]),
);

function helpText() {
  const width = Math.max(...[...examples.keys()].map((name) => name.length));
  const rows = [...examples].map(([name, line]) => `  ${name.padEnd(width)}  ${line.replace(/^\/\/ /, '')}`);
  return `npm run example -- NAME [...]      --help after the name shows its options\n\n${rows.join('\n')}`;
}

await main(async () => {
  const [name, ...args] = process.argv.slice(2);
  if (name === undefined || name === '--help') return console.log(helpText());
  if (!examples.has(name))
    throw new Problem(`there is no example ${name}, only ${[...examples.keys()].join(', ')}`);
  const { log } = console;
  if (args.includes('--json')) console.log = console.error; // only the result goes to standard output
  await nodeModules();
  await buildModules();
  const example = await importTypeScript(`examples/${name}.ts`);
  const needed = [...MODELS, ...FILES].filter((one) => example.needs?.includes(one.name));
  await fetchModels(needed);
  console.log = log;
  const files = Object.fromEntries(needed.map((one) => [one.name, fileOf(one)]));
  process.exitCode = (await example.main(args, files, folder)) ?? 0;
});
