// One wasm-pack build of a crate for wasm32, with the standard library built for the same features, and binaryen's tools
// for what comes out. scripts/lib/kernels.mjs and scripts/lib/codecs.mjs say what is built how.
import fs from 'node:fs';
import path from 'node:path';
import { cargoHome } from './files.mjs';
import { root, run } from './report.mjs';
import { pathWith } from './rust.mjs';

/** What of WebAssembly both the kernels and the codecs are built with. */
export const targetFeatures =
  '+simd128,+bulk-memory,+mutable-globals,+nontrapping-fptoint,+sign-ext,+reference-types,+multivalue';

const binaryenFeatures = [
  ...['simd', 'relaxed-simd', 'threads', 'bulk-memory', 'mutable-globals', 'nontrapping-float-to-int'],
  ...['sign-ext', 'reference-types', 'multivalue'],
].map((feature) => `--enable-${feature}`);

/** Runs one of binaryen's tools. */
export const binaryen = (tool, ...args) =>
  run(process.execPath, [path.join(root, 'node_modules/binaryen/bin', tool), ...binaryenFeatures, ...args]);

/**
 * Builds `crate` and gives functions that name and read what came out: NAME_bg.wasm, NAME.js and NAME.d.ts.
 *
 *   std     the parts of the standard library, -Zbuild-std
 *   flags   rustc's flags
 *   cargo   cargo's arguments
 *   target  cargo's folder, shared by builds whose flags are the same
 *   env     cargo's settings
 */
export async function wasmPack({ crate, name, target, std, flags, cargo = [], env = {} }, { rust, tools }) {
  const out = path.join(target, 'pkg', name);
  const host = rust.linker ? { CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: rust.linker } : {};
  const options = ['--mode', 'force', '--target', 'web', '--release', '--no-pack'];
  await run(
    'wasm-pack',
    [
      ...['build', crate, ...options, '--out-dir', out, '--out-name', name],
      ...['--', `-Zbuild-std=${std}`, '-Zbuild-std-features=', '--locked', ...cargo],
    ],
    {
      env: {
        ...host,
        ...env,
        PATH: pathWith(...tools, rust.folder),
        CARGO_TARGET_DIR: target,
        CARGO_ENCODED_RUSTFLAGS: [
          '-Zunstable-options',
          '-Cpanic=immediate-abort', // no panic texts and no formatting code in the file
          ...flags,
          ...[
            [root, '/striate/'],
            [cargoHome(), '/cargo'],
            [rust.sysroot, '/rust'],
          ].map(([from, to]) => `--remap-path-prefix=${from}=${to}`),
        ].join('\x1f'),
        RUSTC_BOOTSTRAP: '1', // -Zbuild-std on a stable Rust
      },
    },
  );
  const place = (file) => path.join(out, file);
  return { place, read: (file) => fs.readFileSync(place(file)) };
}
