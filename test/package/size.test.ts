/**
 * Sizes, against budgets.json: the modules, and what an application that imports only `init, tensor, conv2d` bundles,
 * minified, without the modules' bytes. What is inside that bundle is read from its source map.
 */
import fs from 'node:fs';
import { SourceMap } from 'node:module';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import resolve from '@rollup/plugin-node-resolve';
import { build, transform } from 'esbuild';
import { type OutputChunk, type Plugin, rollup } from 'rollup';
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

/**
 * The bytes, compressed, that an application loads before it runs, where it is built in chunks as by Rollup, and so by Vite. (esbuild gives
 * what is loaded at first whatever a file that is named there has for the chunks that come later.)
 */
async function loadedFirst(contents: string): Promise<number> {
  const entry = path.join(root, 'application.js');
  const application: Plugin = {
    name: 'application',
    resolveId: (id) => (id === entry ? id : null),
    load: (id) => (id === entry ? contents : null),
  };
  const built = await rollup({ input: entry, plugins: [application, resolve()] });
  const { output } = await built.generate({ format: 'es' });
  await built.close();
  const chunks = new Map<string, OutputChunk>(
    output.flatMap((file) => (file.type === 'chunk' ? [[file.fileName, file]] : [])),
  );
  const loaded = new Set([...chunks.keys()].filter((name) => chunks.get(name)!.isEntry));
  for (const name of loaded) for (const next of chunks.get(name)!.imports) loaded.add(next);
  let bytes = 0;
  for (const name of loaded) {
    const { code } = await transform(chunks.get(name)!.code, { minify: true, target: 'es2022' });
    bytes += gzipSync(code).length;
  }
  return bytes;
}

/** An application that imports `names` from the built package. */
async function bundle(names: string): Promise<Bundle> {
  const { outputFiles } = await build({
    ...options(using(names)),
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

const using = (names: string) => `import { ${names} } from './dist/index.js';\nconsole.log(${names});`;
const MODEL =
  "import { init } from './dist/index.js';\nimport { loadModel } from './dist/onnx.js';\nconsole.log(init, loadModel);";

/** With the operators of ONNX that ordinary networks have: conv, pools, activations, resize, concat, gemm, softmax (test/onnx/others.test.ts). */
test.each([
  ['init, tensor, conv2d, maxPool2d', using('init, tensor, conv2d, maxPool2d')],
  ['init, loadModel', MODEL],
  ['init, loadCompiled', using('init, loadCompiled')],
] as const)('an application of %s, in chunks, loads at first', async (names, contents) => {
  const gzipBytes = await loadedFirst(contents);
  console.log(`${names}: gzip ${gzipBytes}`);
  expect(gzipBytes).toBeLessThanOrEqual(budgets[`application of ${names}, at first, gzip`]);
});

test('an application with a convolution and a pooling holds no side module', async () => {
  const { sources } = await bundle('init, tensor, conv2d, maxPool2d');
  expect([...sources.keys()].filter((name) => /sides\//.test(name))).toEqual([]);
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
