// `npm run gallery`: computes the pictures of docs/gallery and its page again. With names, only these: npm run gallery -- kernels.
// `npm run gallery -- --train` trains the net that tells clothes apart, by the training example, and keeps its maps' weights.
import { fetchClothes } from './fetch-clothes.mjs';
import { fetchData, fetchDigits } from './fetch-data.mjs';
import { importTypeScript } from './lib/bundle.mjs';
import { nodeModules } from './lib/modules.mjs';
import { main } from './lib/report.mjs';
import { buildModules } from './lib/wasmModules.mjs';

await main(async () => {
  await nodeModules();
  await buildModules();
  const gallery = await importTypeScript('examples/gallery/main.ts');
  await gallery.main(process.argv.slice(2), { ...fetchData(), digits: fetchDigits(), clothes: fetchClothes });
});
