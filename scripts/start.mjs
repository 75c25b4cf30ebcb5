// The main job: sets up and builds what is missing, then finds the faces in the photographs that are given. `see` as the first
// argument opens the playground instead.
import { fetchData } from './fetch-data.mjs';
import { importTypeScript } from './lib/bundle.mjs';
import { nodeModules } from './lib/modules.mjs';
import { main } from './lib/report.mjs';
import { buildModules } from './lib/wasmModules.mjs';
import { playground } from './playground.mjs';

await main(async () => {
  const args = process.argv.slice(2);
  if (args[0] === 'see') return playground({ opens: true });
  const { log } = console;
  if (args.includes('--json')) console.log = console.error; // only the result goes to standard output
  await nodeModules();
  await buildModules();
  const data = fetchData();
  console.log = log;
  const faces = await importTypeScript('examples/faces/main.ts');
  process.exitCode = await faces.main(args, data);
});
