// The package's files: the entries with shared chunks, one file for pages without a bundler, and the type declarations.
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { inflateRawSync } from 'node:zlib';
import resolve from '@rollup/plugin-node-resolve';
import { build, transform } from 'esbuild';
import dts from 'rollup-plugin-dts';
import esbuild, { minify } from 'rollup-plugin-esbuild';
import * as terser from 'terser';
import { tidyDeclarations } from './scripts/lib/declarations.mjs';
import { sourcesByDistName } from './scripts/lib/entries.mjs';

const entries = {
  ...sourcesByDistName,
  'index.workerd': 'ts/entries/workerd.ts',
  'index.edge': 'ts/entries/edge.ts',
  'index.node': 'ts/entries/node.ts',
  'image.workerd': 'ts/entries/image.workerd.ts',
  'image.edge': 'ts/entries/image.workerd.ts?edge',
  slim: 'ts/entries/slim.ts',
  worker: 'ts/engine/laneText.ts?run',
};
const bundle = 'ts/entries/bundle.ts';

/** The .wasm files lie beside the entries in dist/ and are imported from there. */
const wasmBeside = {
  name: 'wasm-beside',
  resolveId: (id) => (/\.wasm(\?module)?$/.test(id) ? { id, external: true } : null),
};

/** `FILE?run`: the text that FILE exports, as a module of its own. */
const textAsModule = {
  name: 'text-as-module',
  resolveId: (id) => (id.endsWith('?run') ? id : null),
  async load(id) {
    if (!id.endsWith('?run')) return null;
    const options = { bundle: true, format: 'esm', write: false };
    const { outputFiles } = await build({ entryPoints: [id.replace('?run', '')], ...options });
    const { laneText } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
    return { code: laneText, moduleSideEffects: true };
  },
};

/** `FILE?edge`: FILE with its WebAssembly imported as edge runtimes do, as `?module`. */
const edgeImports = {
  name: 'edge-imports',
  async resolveId(id, importer) {
    if (id.endsWith('?edge')) return path.resolve(id);
    if (!importer?.endsWith('?edge')) return null;
    if (id.endsWith('.wasm')) return { id: `${id}?module`, external: true };
    return this.resolve(id, importer.replace('?edge', ''), { skipSelf: true });
  },
  load(id) {
    if (!id.endsWith('?edge')) return null;
    return transform(fs.readFileSync(id.replace('?edge', ''), 'utf8'), { loader: 'ts', sourcemap: true });
  },
};

/** `build/kernels.js?inflated`: its text in base64 alone. */
const inflated = {
  name: 'inflated',
  resolveId: (id, importer) => (id.endsWith('?inflated') ? path.resolve(path.dirname(importer), id) : null),
  async load(id) {
    if (!id.endsWith('?inflated')) return null;
    const { packed } = await import(pathToFileURL(id.replace('?inflated', '')).href);
    const plain = (text) => inflateRawSync(Buffer.from(text, 'base64')).toString('base64');
    const { relaxed, simdDifference } = packed;
    const text = { ...packed, relaxed: plain(relaxed), simdDifference: plain(simdDifference) };
    return { code: `export const packed = ${JSON.stringify(text)};`, map: { mappings: '' } };
  },
};

/** Files that stand as they are written. */
const copied = {
  name: 'copied',
  generateBundle() {
    for (const fileName of fs.readdirSync('ts/entries/declarations')) {
      const source = fs.readFileSync(`ts/entries/declarations/${fileName}`, 'utf8');
      this.emitFile({ type: 'asset', fileName, source });
    }
  },
};

const generated = ['ts/base/boundary.ts', 'ts/instructions/table.ts'].map((file) =>
  fs.readFileSync(new URL(file, import.meta.url), 'utf8'),
);
/** The tables of numbers that the kernels' build writes: by name, then by key. */
const tables = new Map(
  [...generated.join('').matchAll(/^export const (\w+) = \{\n([^}]*)\}/gm)].map(([, name, rows]) => [
    name,
    new Map([...rows.matchAll(/(\w+): (-?\d+),/g)].map(([, key, number]) => [key, number])),
  ]),
);
/** `OP.conv` becomes its number: keys are not minified, and a table that is only read so need not be there. */
const inlineNumbers = {
  name: 'inline-numbers',
  transform: (code) => ({
    code: code.replace(/\b([A-Z_]+)\.(\w+)\b/g, (text, name, key) => tables.get(name)?.get(key) ?? text),
    map: null,
  }),
};

const index = path.resolve(sourcesByDistName.index);
/** What only an entry has, the `init` that loads the kernels, and the bytes of their modules. */
const OF_ENTRIES =
  /[\\/](build[\\/](?!sides[\\/]\w+\.js)|ts[\\/]entries[\\/])|[\\/]ts[\\/](index|engine[\\/]embedded)\.ts$/;

/** The `init` of most runtimes, and the kernels that it loads. */
const OF_DEFAULT =
  /[\\/](build[\\/]kernels\.js|ts[\\/]entries[\\/]default\.ts|ts[\\/]engine[\\/]embedded\.ts)$/;

/**
 * What `striate` imports are few files, since a start that reads two takes two thirds of the time that ten take: `core` with what most
 * networks use, `more`, and `rest` with what brings large side modules of the kernels along. A bundler cuts no file in two: what a model has
 * loaded later must not lie beside what every application loads at first. What the other entries share besides is in chunks of its own.
 */
function chunkOf(id, { getModuleInfo }) {
  // So `striate` is a list of names: esbuild keeps whatever else a file imports that has anything of its own.
  if (OF_DEFAULT.test(id)) return 'embedded';
  const from = (entry) => reachable(entry, getModuleInfo);
  chunkOf.all ??= from(index);
  chunkOf.most ??= new Set(
    [sourcesByDistName.onnx, 'ts/entries/default.ts'].flatMap((file) => [...from(path.resolve(file))]),
  );
  if (!chunkOf.all.has(id) || OF_ENTRIES.test(id)) return undefined;
  if (chunkOf.most.has(id)) return 'core';
  const others = [...from(id)].filter((each) => !chunkOf.most.has(each));
  return others.some((each) => /[\\/]sides[\\/](sampling|recurrent)\./.test(each)) ? 'rest' : 'more';
}

/** The modules that one imports at once, and those that these import. */
function reachable(from, getModuleInfo) {
  const seen = new Set([from]);
  for (const id of seen) for (const next of getModuleInfo(id)?.importedIds ?? []) seen.add(next);
  return seen;
}

const shared = (extension) => ({
  dir: 'dist',
  format: 'es',
  entryFileNames: `[name].${extension}`,
  chunkFileNames: ({ moduleIds }) => {
    const isCore = moduleIds.some((id) => id.replaceAll('\\', '/').endsWith('/ts/tensor/tensor.ts'));
    return `shared/${isCore ? 'core' : '[name]'}.${extension}`;
  },
  hoistTransitiveImports: false,
});

/**
 * Without comments, spaces and long local names, two thirds of the characters are left to parse. The names of functions and classes stay, for
 * stacks and messages, as does what tells a bundler which calls it may drop.
 */
const shorter = {
  name: 'shorter',
  renderChunk: (code) =>
    terser.minify(code, {
      compress: false,
      ecma: 2020,
      // One letter that is not of Latin-1 makes an engine keep and scan all in twice the bytes; a function in brackets is compiled at once.
      format: { ascii_only: true, comments: false, preserve_annotations: true, wrap_func_args: false },
      keep_classnames: true,
      keep_fnames: true,
      sourceMap: true,
    }),
};

/** Side modules that are loaded alone are those that operators hold, where all is one file. */
const sidesOnce = {
  name: 'sides-once',
  resolveId(id, importer) {
    return id.includes('/sides/alone/') ? this.resolve(id.replace('/alone/', '/'), importer) : null;
  },
};

const plugins = [
  textAsModule,
  edgeImports,
  wasmBeside,
  inflated,
  resolve(),
  esbuild({ target: 'es2022', tsconfig: 'ts/tsconfig.json' }),
  inlineNumbers,
];
const treeshake = { moduleSideEffects: false };

export default [
  {
    input: entries,
    plugins: [...plugins, shorter],
    treeshake,
    makeAbsoluteExternalsRelative: false,
    output: { ...shared('js'), manualChunks: chunkOf, sourcemap: true },
  },
  {
    input: bundle,
    plugins: [sidesOnce, ...plugins, minify({ target: 'es2022' })],
    treeshake,
    output: { file: 'dist/striate.min.js', format: 'es', sourcemap: true, inlineDynamicImports: true },
  },
  {
    input: sourcesByDistName,
    plugins: [
      dts({ tsconfig: 'ts/tsconfig.json', compilerOptions: { stripInternal: true } }),
      tidyDeclarations,
      copied,
    ],
    // For `using`, also where the user's own settings do not name it.
    output: { ...shared('d.ts'), banner: '/// <reference lib="esnext.disposable" />' },
  },
  {
    input: { slim: entries.slim, 'striate.min': bundle },
    external: (id) => id.endsWith('/index.ts'),
    plugins: [dts({ tsconfig: 'ts/tsconfig.json' })],
    output: {
      ...shared('d.ts'),
      paths: (id) => (id.endsWith('/onnx/index.ts') ? './onnx.js' : './index.js'),
    },
  },
];
