// What follows from the operators in ts/ops and is committed: the list of their exports, the layers that are one call of an
// operator, the list of ts/layers, README's lists and docs/operators.md.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { readText, removeAll, writeAtomic } from '../files.mjs';
import { Problem, root } from '../report.mjs';
import { exportList, LAYERS, layerFile, layersOf } from './layers.mjs';
import { between, familyTable, operatorsDocument, paragraph } from './lists.mjs';
import { filesIn, propertiesOfExport, publicExports, readSources, signatureOf } from './sources.mjs';

/** A TypeScript module of the repository, bundled and run. */
async function importSource(entry) {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'es2022',
    logLevel: 'error',
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}

/** TypeScript as Biome writes it. */
function formatted(file, text) {
  const biome = path.join(root, 'node_modules/@biomejs/biome/bin/biome');
  const child = spawn(process.execPath, [biome, 'check', '--write', `--stdin-file-path=${file}`], {
    cwd: root,
  });
  return new Promise((resolve, reject) => {
    let [output, errors] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (chunk) => (output += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk) => (errors += chunk));
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve(output) : reject(new Problem(`biome on ${file}: ${errors}\n${text}`)),
    );
    child.stdin.end(text);
  });
}

/** The operators of ts/ops in the order of their files: name, file, category, entry, layer, validates, signature. */
async function operatorsOf(sources, exported) {
  const module = await importSource('ts/ops/index.ts');
  return exported.flatMap((one) => {
    const { entry, layer, validate } = one.isType ? {} : module[one.name];
    if (entry === undefined) return [];
    const signature = signatureOf(sources, one.symbol);
    return [{ ...one, entry, layer, validates: validate !== undefined, signature }];
  });
}

/** The classes of layers: file to text, and what each file exports. */
async function layerFiles(sources, exported, operators) {
  const typeNamed = (name) => {
    const found = exported.find((one) => one.isType && one.name === name);
    if (found === undefined) throw new Problem(`a layer's options are ${name}, which ts/ops does not export`);
    return propertiesOfExport(sources, found.symbol);
  };
  const made = [...new Set(operators.map(({ file }) => file))].map(async (file) => {
    const own = operators.filter((operator) => operator.file === file);
    const text = layerFile(file, own, exported, typeNamed);
    if (text === null) return [];
    const target = `${LAYERS}/${path.basename(file)}`;
    const classes = own.flatMap((operator) =>
      layersOf(operator).map(({ name }) => ({
        name,
        isType: false,
        category: operator.category,
        file: target,
      })),
    );
    return [{ file: target, text: await formatted(target, text), classes }];
  });
  return (await Promise.all(made)).flat();
}

function documents(exported, operators, onnx) {
  const readme = between(
    between(readText(path.join(root, 'README.md')), 'operators', familyTable(exported, operators)),
    'onnx',
    paragraph(onnx),
  );
  return [
    { file: 'README.md', text: readme },
    { file: 'docs/operators.md', text: operatorsDocument(operators) },
  ];
}

/** The files that are not what the operators say. With `write` they are written. */
export async function generate({ write }) {
  const stale = [];
  const put = ({ file, text }) => {
    const at = path.join(root, file);
    if (readText(at) === text) return;
    stale.push(file);
    if (write) writeAtomic(at, text);
  };
  const [ops, layers] = ['ts/ops', 'ts/layers'].map(filesIn);
  const sources = readSources([...ops, ...layers]);
  const operatorExports = ops.flatMap((file) => publicExports(sources, file));
  const list = async (folder, exported) => {
    const file = `${folder}/index.ts`;
    put({ file, text: await formatted(file, exportList(folder, exported)) });
  };
  await list('ts/ops', operatorExports);
  // What is left is read from the files above.
  if (stale.length > 0 && !write) return stale;

  const operators = await operatorsOf(sources, operatorExports);
  const made = await layerFiles(sources, operatorExports, operators);
  made.forEach(put);
  for (const file of fs.existsSync(path.join(root, LAYERS)) ? filesIn(LAYERS) : []) {
    if (made.some((one) => one.file === file)) continue;
    stale.push(file);
    if (write) removeAll(path.join(root, file));
  }
  const layerExports = [
    ...layers.flatMap((file) => publicExports(sources, file)),
    ...made.flatMap(({ classes }) => classes),
  ];
  await list('ts/layers', layerExports);

  const { handlerTable } = await importSource('ts/onnx/handlers/all.ts');
  const onnx = [...handlerTable().keys()].sort();
  for (const document of documents([...operatorExports, ...layerExports], operators, onnx)) put(document);
  return stale;
}

/** @throws Problem that names the files that are out of date, and the command */
export async function requireGenerated() {
  const stale = await generate({ write: false });
  if (stale.length > 0) {
    throw new Problem(`out of date: ${stale.join(', ')}; \`npm run generate\` writes them`);
  }
}
