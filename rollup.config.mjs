// The package's files: four entries with shared chunks in one run, and their type declarations in another.
import fs from 'node:fs';
import resolve from '@rollup/plugin-node-resolve';
import dts from 'rollup-plugin-dts';
import esbuild from 'rollup-plugin-esbuild';
import { tidyDeclarations } from './scripts/lib/declarations.mjs';

const entries = {
  index: 'ts/index.ts',
  'index.workerd': 'ts/entries/workerd.ts',
  'index.edge': 'ts/entries/edge.ts',
  onnx: 'ts/onnx/index.ts',
};

/** The .wasm files lie beside the entries in dist/ and are imported from there. */
const wasmBeside = {
  name: 'wasm-beside',
  resolveId: (id) => (/\.wasm(\?module)?$/.test(id) ? { id, external: true } : null),
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

/** Packages whose code is inside the bundle: their licence opens the file. */
const notices = { pbf: fs.readFileSync(new URL('node_modules/pbf/LICENSE', import.meta.url), 'utf8') };
const banner = ({ moduleIds }) =>
  Object.entries(notices)
    .filter(([name]) => moduleIds.some((id) => id.includes(`/node_modules/${name}/`)))
    .map(([name, text]) => `/*! Contains ${name}.\n\n${text.trim()}\n*/`)
    .join('\n');

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

export default [
  {
    input: entries,
    plugins: [
      wasmBeside,
      resolve(),
      esbuild({ target: 'es2022', tsconfig: 'ts/tsconfig.json' }),
      inlineNumbers,
    ],
    treeshake: { moduleSideEffects: false },
    makeAbsoluteExternalsRelative: false,
    output: { ...shared('js'), banner, sourcemap: true },
  },
  {
    input: { index: entries.index, onnx: entries.onnx },
    plugins: [
      dts({ tsconfig: 'ts/tsconfig.json', compilerOptions: { stripInternal: true } }),
      tidyDeclarations,
    ],
    // For `using`, also where the user's own settings do not name it.
    output: { ...shared('d.ts'), banner: '/// <reference lib="esnext.disposable" />' },
  },
];
