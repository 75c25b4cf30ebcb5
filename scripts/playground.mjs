// `npm run playground`: sets up and builds what is missing, serves the playground, and says where. --open opens it too,
// --train trains the net that it reads digits with instead, --measure prints how it keeps to what it promises.
import { spawn } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { importTypeScript } from './lib/bundle.mjs';
import { nodeModules } from './lib/modules.mjs';
import { buildPlayground } from './lib/playground.mjs';
import { main } from './lib/report.mjs';
import { serveFolder } from './lib/serve.mjs';
import { buildModules } from './lib/wasmModules.mjs';

const PORT = 4173;

/** The system's way to open an address; where there is none, the printed address is enough. */
function open(address) {
  const [command, ...args] =
    process.platform === 'darwin'
      ? ['open', address]
      : process.platform === 'win32'
        ? ['cmd', '/c', 'start', '', address]
        : ['xdg-open', address];
  spawn(command, args, { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref();
}

/** Another port where the usual one is taken. */
async function served(folder) {
  try {
    return await serveFolder(folder, { port: PORT });
  } catch (error) {
    if (error.code !== 'EADDRINUSE') throw error;
    return serveFolder(folder);
  }
}

export async function playground({ opens = false } = {}) {
  await nodeModules();
  await buildModules();
  const { address } = await served(await buildPlayground());
  console.log(`The playground is at ${address}  (end it with Ctrl+C)`);
  if (opens) open(address);
}

async function train(args) {
  await nodeModules();
  await buildModules();
  const { main: trained } = await importTypeScript('playground/train.ts');
  await trained(args);
}

async function measure() {
  await nodeModules();
  await buildModules();
  const { targets } = await import('./lib/playgroundTargets.mjs');
  const rows = await targets();
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column].length)));
  for (const [what, found, aim] of rows)
    console.log(`${what.padEnd(widths[0])}  ${found.padStart(widths[1])}  (${aim})`);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [first, ...rest] = process.argv.slice(2);
  const jobs = { '--train': () => train(rest), '--measure': measure };
  await main(jobs[first] ?? (() => playground({ opens: first === '--open' })));
}
