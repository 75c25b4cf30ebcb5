// `npm run onnx-testdata [-- --filter TEXT] [--folder DIR] [--write]`: ONNX's own tests (Debian's libonnx-testdata: operators,
// small graphs, and layers and operators as PyTorch exports them), every output compared. What is left out says
// test/onnx/testdata/leftOut.ts, which must hold. With `--write` the small tests of operators go into
// test/onnx/testdata/nodes.pack, which `npm test` runs.
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { importTypeScript } from './lib/bundle.mjs';
import { aptInstall, mayUseApt } from './lib/debian.mjs';
import { nodeModules } from './lib/modules.mjs';
import { main, Problem, root } from './lib/report.mjs';
import { buildModules } from './lib/wasmModules.mjs';

const GROUPS = ['node', 'simple', 'pytorch-operator', 'pytorch-converted'];
const INSTALLED = '/usr/share/libonnx-testdata/data';

async function folderOf(given) {
  if (given !== undefined) return path.resolve(process.env.INIT_CWD ?? '.', given);
  if (!fs.existsSync(INSTALLED) && mayUseApt()) await aptInstall("ONNX's test data", ['libonnx-testdata']);
  if (!fs.existsSync(INSTALLED))
    throw new Problem(
      `onnx-testdata: install Debian's libonnx-testdata, or give --folder with ${GROUPS.join(', ')}`,
    );
  return INSTALLED;
}

function filesIn(folder) {
  const names = fs.readdirSync(folder, { recursive: true }).map(String).sort();
  return new Map(
    names
      .filter((name) => fs.statSync(path.join(folder, name)).isFile())
      .map((name) => [name.replaceAll('\\', '/'), new Uint8Array(fs.readFileSync(path.join(folder, name)))]),
  );
}

await main(async () => {
  const { values } = parseArgs({
    options: {
      filter: { type: 'string', default: '' },
      folder: { type: 'string' },
      write: { type: 'boolean', default: false },
    },
  });
  await nodeModules();
  await buildModules();
  const data = await folderOf(values.folder);
  const { init, runTest, leftOut, writePack } = await importTypeScript('test/onnx/testdata/index.ts');
  await init();
  const packed = new Map();
  const counts = { passed: 0, failed: 0, 'left out': 0 };
  for (const group of GROUPS) {
    for (const name of fs.readdirSync(path.join(data, group)).sort()) {
      if (!name.includes(values.filter)) continue;
      const files = filesIn(path.join(data, group, name));
      const reason = leftOut(name);
      const wrong = await runTest(name, files);
      if (group === 'node') packed.set(name, files);
      if (reason !== null && wrong !== null) counts['left out']++;
      else if (reason === null && wrong === null) counts.passed++;
      else {
        counts.failed++;
        console.log(`${group}/${name}: ${wrong ?? `passes, but is left out: ${reason}`}`);
      }
    }
  }
  if (values.write) writePack(path.join(root, 'test/onnx/testdata/nodes.pack'), packed);
  console.log(`${counts['left out']} left out for a reason`);
  console.log(`${counts.passed} passed, ${counts.failed} failed`);
  if (counts.failed > 0) process.exitCode = 1;
});
