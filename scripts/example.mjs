// `npm run example -- NAME ...`: sets up and builds what is missing, and runs an example.
import fs from 'node:fs';
import path from 'node:path';
import { importTypeScript } from './lib/bundle.mjs';
import { buildKernels } from './lib/kernels.mjs';
import { nodeModules } from './lib/modules.mjs';
import { main, Problem, root } from './lib/report.mjs';

await main(async () => {
  const [name, ...args] = process.argv.slice(2);
  const names = fs.readdirSync(path.join(root, 'examples')).filter((file) => file.endsWith('.ts'));
  if (!names.includes(`${name}.ts`)) {
    const list = names.map((file) => file.replace('.ts', '')).join(', ');
    throw new Problem(`npm run example -- NAME: there is no example ${name}, only ${list}`);
  }
  await nodeModules();
  await buildKernels();
  const example = await importTypeScript(`examples/${name}.ts`);
  await example.main(args);
});
