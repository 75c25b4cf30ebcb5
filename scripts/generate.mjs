// `npm run generate`: writes what follows from the operators in ts/ops (scripts/lib/generate), and docs/api.md.
import path from 'node:path';
import { readText, removeAll, writeAtomic } from './lib/files.mjs';
import { nodeModules } from './lib/modules.mjs';
import { main, root } from './lib/report.mjs';
import { buildModules } from './lib/wasmModules.mjs';

/** The public names, as the declarations have them; whether they changed. */
async function writeApi() {
  const { bundleDeclarations } = await import('./lib/dist.mjs');
  const { apiReport } = await import('./lib/declarations.mjs');
  const [folder, file] = ['build/declarations', 'docs/api.md'].map((one) => path.join(root, one));
  removeAll(folder);
  await bundleDeclarations(folder);
  const text = apiReport(folder);
  if (readText(file) === text) return false;
  writeAtomic(file, text);
  return true;
}

await main(async () => {
  await nodeModules();
  await buildModules();
  const { generate } = await import('./lib/generate/index.mjs');
  const written = await generate({ write: true });
  if (await writeApi()) written.push('docs/api.md');
  console.log(written.length === 0 ? 'nothing has changed' : `written: ${written.join(', ')}`);
});
