// `npm run generate`: writes what follows from the operators in ts/ops (scripts/lib/generate).
import { buildKernels } from './lib/kernels.mjs';
import { nodeModules } from './lib/modules.mjs';
import { main } from './lib/report.mjs';

await main(async () => {
  await nodeModules();
  await buildKernels();
  const { generate } = await import('./lib/generate/index.mjs');
  const written = await generate({ write: true });
  console.log(written.length === 0 ? 'nothing has changed' : `written: ${written.join(', ')}`);
});
