// `npm run test:runtimes`: the packed package, installed into empty folders, does the same in every runtime, and built by every
// bundler. What cannot be installed has failed. runtimes/ has the parts.
import fs from 'node:fs';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { buildDist } from './lib/dist.mjs';
import { nodeModules } from './lib/modules.mjs';
import { main, Problem, root, seconds } from './lib/report.mjs';
import { buildModules } from './lib/wasmModules.mjs';

const HELP = `npm run test:runtimes -- [NAME...] [options]

Runs one program, from the packed tarball, in each runtime and built by each bundler, and compares the bits of all of them.

  NAME          only runtimes and bundlers with this in their names, for example: deno firefox
  --json FILE   everything that was found (default: build/runtimes.json)
  --write       the tables into README (without NAME)
  --keep        leaves the folders of the applications, and says where they are
  --help        this text

Ends with 1 when one of them fails or cannot be installed, or when README's tables say something else.
`;

function optionsOf(args) {
  const flag = { type: 'boolean', default: false };
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        json: { type: 'string', default: path.join(root, 'build/runtimes.json') },
        write: flag,
        keep: flag,
        help: { ...flag, short: 'h' },
      },
    });
  } catch (error) {
    throw new Problem(`${error.message}\n\n${HELP}`);
  }
}

await main(async () => {
  const { values, positionals } = optionsOf(process.argv.slice(2));
  if (values.help) return console.log(HELP);
  await nodeModules();
  await buildModules();
  await buildDist();
  const { RUNTIMES, BUNDLERS, LONG, runAll } = await import('../runtimes/main.mjs');
  const { compareReadme, tableOf } = await import('../runtimes/tables.mjs');
  const wanted = ({ name }) =>
    positionals.length === 0 || positionals.some((text) => name.toLowerCase().includes(text.toLowerCase()));
  const chosen = {
    runtimes: RUNTIMES.filter(wanted),
    bundlers: BUNDLERS.filter(wanted),
    long: LONG.filter(wanted),
  };
  if (Object.values(chosen).flat().length === 0)
    throw new Problem(`test:runtimes: nothing has ${positionals.join(' or ')} in its name`);
  if (values.write && positionals.length > 0)
    throw new Problem('test:runtimes: --write needs all, without names');
  const start = performance.now();
  const found = await runAll(chosen, values);
  fs.writeFileSync(values.json, `${JSON.stringify(found, null, 1)}\n`);
  for (const kind of Object.keys(chosen))
    if (chosen[kind].length > 0) console.log(`\n${tableOf(kind, found[kind])}`);
  const rows = Object.values(found).flat();
  const failed = rows.filter(({ error }) => error);
  console.log(`\n${rows.length - failed.length} passed, ${failed.length} failed, ${seconds(start)}`);
  if (failed.length > 0) process.exitCode = 1;
  else if (positionals.length === 0) compareReadme(found, values.write);
});
