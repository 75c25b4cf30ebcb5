// What a page has to load: an application that runs one convolution, and one that runs an ONNX model, bundled and minified with
// all WebAssembly that they load, beside the same of the peers.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { matches } from '../options.mjs';
import { table, times } from '../table.mjs';

const folder = fileURLToPath(new URL('..', import.meta.url));
const { resolve } = createRequire(path.join(folder, 'package.json'));
/** A file of a package, beside the one that its name stands for. */
const beside = (name, file) => path.join(path.dirname(resolve(name)), file);

const SIMD = 'tfjs-backend-wasm-simd.wasm';
const ORT = 'ort-wasm-simd-threaded.wasm';
const APPLICATIONS = [
  ['a convolution: striate', "export { init, tensor, conv2d } from '../dist/index.js'"],
  [
    'a convolution: tfjs-backend-wasm',
    "import '@tensorflow/tfjs-backend-wasm'; export { setBackend, tensor, conv2d } from '@tensorflow/tfjs-core'",
    () => [beside('@tensorflow/tfjs-backend-wasm', `../wasm-out/${SIMD}`)],
  ],
  [
    'an ONNX model: striate',
    "export { init, tensor } from '../dist/index.js'; export { loadModel } from '../dist/onnx.js'",
  ],
  [
    'an ONNX model: onnxruntime-web',
    "export { env, InferenceSession, Tensor } from 'onnxruntime-web/wasm'",
    () => [beside('onnxruntime-web', ORT)],
  ],
  ['everything: striate.min.js', "export * from '../dist/striate.min.js'"],
];

const kilobytes = (bytes) => `${Math.round(bytes / 1000)} kB`;

export async function run(bench) {
  const rows = [];
  for (const [name, contents, files = () => []] of APPLICATIONS) {
    if (!matches(bench.options.filter, name)) continue;
    bench.progress(`size: ${name}`);
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: folder },
      bundle: true,
      minify: true,
      write: false,
      format: 'esm',
      platform: 'browser',
      legalComments: 'none',
      logLevel: 'error',
    });
    const parts = [outputFiles[0].contents, ...files().map((file) => readFileSync(file))];
    const sum = (of) => parts.reduce((all, part) => all + of(part).length, 0);
    rows.push({ name, bytes: sum((part) => part), gzip: sum((part) => gzipSync(part, { level: 9 })) });
  }
  /** To striate's application of the same kind. */
  const ratio = ({ name, gzip }) => {
    const [kind] = name.split(':');
    const own = rows.find((row) => row.name === `${kind}: striate`);
    return own && own.gzip !== gzip ? times(gzip / own.gzip) : '';
  };
  const cells = rows.map((row) => [row.name, kilobytes(row.bytes), kilobytes(row.gzip), ratio(row)]);
  if (rows.length > 0)
    bench.print(`\nsize of what is loaded:\n\n${table(['application', 'raw', 'gzip', 'ratio'], cells)}`);
  return rows;
}
