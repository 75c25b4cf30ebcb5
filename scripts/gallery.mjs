// `npm run gallery`: computes the pictures of docs/gallery and its page again. With names, only these: npm run gallery -- kernels
import { fetchData, fetchDigits } from './fetch-data.mjs';
import { importTypeScript } from './lib/bundle.mjs';
import { nodeModules } from './lib/modules.mjs';
import { main } from './lib/report.mjs';
import { buildModules } from './lib/wasmModules.mjs';

await main(async () => {
  await nodeModules();
  await buildModules();
  const gallery = await importTypeScript('examples/gallery/main.ts');
  await gallery.main(process.argv.slice(2), { ...fetchData(), digits: fetchDigits() });
});
