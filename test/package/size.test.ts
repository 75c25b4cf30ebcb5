/**
 * Sizes, against budgets.json: the modules, and what an application that imports only `init, tensor, conv2d` bundles,
 * minified, without the modules' bytes. What is inside that bundle is read from its source map.
 */
import fs from 'node:fs';
import { SourceMap } from 'node:module';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { beforeAll, describe, expect, test } from 'vitest';
import budgets from '../../budgets.json' with { type: 'json' };
import { buildDist, root } from './installed.ts';

interface Bundle {
  bytes: number;
  gzipBytes: number;
  /** Characters of the modules' bytes in base64, which are no facade. */
  moduleBytes: number;
  /** Characters by source file of ts/ and build/. */
  sources: Map<string, number>;
}

/** How an application is bundled that says this. */
const options = (contents: string) =>
  ({
    stdin: { contents, resolveDir: root },
    absWorkingDir: root,
    write: false,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    legalComments: 'none',
    logLevel: 'error',
  }) as const;

/** The bytes, compressed, that an application loads before it runs, where it is bundled in chunks. */
async function loadedFirst(contents: string): Promise<number> {
  const outdir = path.join(root, 'build/application');
  const { outputFiles, metafile } = await build({
    ...options(contents),
    outdir,
    splitting: true,
    metafile: true,
  });
  const outputs = new Map(Object.entries(metafile.outputs));
  const loaded = new Set([...outputs.keys()].filter((name) => outputs.get(name)!.entryPoint === '<stdin>'));
  expect(loaded.size).toBe(1);
  for (const name of loaded)
    for (const { path: next, kind } of outputs.get(name)!.imports)
      if (kind === 'import-statement') loaded.add(next);
  const files = outputFiles.filter((file) => loaded.has(path.relative(root, file.path)));
  expect(files.length).toBe(loaded.size);
  return files.reduce((sum, { contents }) => sum + gzipSync(contents).length, 0);
}

/** An application that imports `names` from the built package. */
async function bundle(names: string): Promise<Bundle> {
  const { outputFiles } = await build({
    ...options(`import { ${names} } from './dist/index.js';\nconsole.log(${names});`),
    outfile: path.join(root, 'build/application.js'), // sources are named relative to it
    sourcemap: 'external',
  });
  const [map, code] = outputFiles.sort((a, b) => b.path.localeCompare(a.path)).map(({ text }) => text);
  const found = new SourceMap(JSON.parse(map!));
  const sources = new Map<string, number>();
  for (const [line, text] of code!.split('\n').entries()) {
    for (let column = 0; column < text.length; column++) {
      const entry = found.findEntry(line, column);
      const source = 'originalSource' in entry ? entry.originalSource.replace(/^(\.\.\/)+/, '') : '';
      sources.set(source, (sources.get(source) ?? 0) + 1);
    }
  }
  const texts = [...code!.matchAll(/"[A-Za-z0-9+/=]{500,}"/g)].map(([text]) => text.length);
  return {
    bytes: code!.length,
    gzipBytes: gzipSync(code!).length,
    moduleBytes: texts.reduce((sum, length) => sum + length, 0),
    sources,
  };
}

beforeAll(async () => {
  await buildDist();
}, 300_000);

test.each(['simd.wasm', 'relaxed.wasm'] as const)('%s', (name) => {
  expect(fs.statSync(path.join(root, 'dist', name)).size).toBeLessThanOrEqual(budgets[name]);
});

test('an application with a convolution and a pooling loads both variants of the core, and no side module', async () => {
  const { gzipBytes, sources } = await bundle('init, tensor, conv2d, maxPool2d');
  console.log(`init, tensor, conv2d, maxPool2d: gzip ${gzipBytes}`);
  expect(gzipBytes).toBeLessThanOrEqual(budgets['application of init, tensor, conv2d, maxPool2d, gzip']);
  expect([...sources.keys()].filter((name) => /sides\//.test(name))).toEqual([]);
});

test('an application with the reader of ONNX, in chunks, loads what most networks use', async () => {
  const gzipBytes = await loadedFirst(
    "import { init } from './dist/index.js';\nimport { loadModel } from './dist/onnx.js';\nconsole.log(init, loadModel);",
  );
  console.log(`init, loadModel: gzip ${gzipBytes}`);
  expect(gzipBytes).toBeLessThanOrEqual(budgets['application of init, loadModel, at first, gzip']);
});

describe('an application that imports only init, tensor, conv2d', () => {
  let application: Bundle;
  beforeAll(async () => {
    application = await bundle('init, tensor, conv2d');
  });

  test('costs', () => {
    const { bytes, gzipBytes, moduleBytes, sources } = application;
    const rows = [...sources].sort(([, a], [, b]) => b - a).map(([name, size]) => `${size} ${name}`);
    const facade = bytes - moduleBytes;
    console.log(`${bytes} bytes (gzip ${gzipBytes}), facade ${facade}:\n  ${rows.join('\n  ')}`);
    expect(bytes).toBeLessThanOrEqual(budgets['application of init, tensor, conv2d']);
    expect(facade).toBeLessThanOrEqual(budgets['facade of init, tensor, conv2d']);
  });

  /** The modules of ts/ops that define operators (the others are their helpers). */
  const definesOperators = (file: string): boolean =>
    /(?:return|\*\/) operator\(/.test(fs.readFileSync(path.join(root, file), 'utf8'));

  test('holds no ONNX reader, no layers, no compiler, and of the operators only its own', () => {
    const has = (folder: string): string[] =>
      [...application.sources.keys()].filter((name) => name.startsWith(folder)).sort();
    expect(has('ts/onnx/')).toEqual([]);
    expect(has('ts/layers/')).toEqual([]);
    expect(has('node_modules/')).toEqual([]);
    expect(application.sources.has('ts/transforms/program.ts')).toBe(false);
    const operators = fs
      .readdirSync(path.join(root, 'ts/ops'))
      .map((name) => `ts/ops/${name}`)
      .filter(definesOperators);
    expect(operators.length).toBeGreaterThan(8);
    expect(operators.filter((name) => application.sources.has(name))).toEqual(['ts/ops/convolution.ts']);
  });
});
