// Builds crates/wasm into build/: simd.wasm and relaxed.wasm (which import a plain memory), kernels.js with the bytes
// of both, and glue.js that instantiates either. Each variant is built for threads: shared memory, atomics, and the
// exports a further thread needs; the flag that makes the memory shared is the loader's to set again.
import fs from 'node:fs';
import path from 'node:path';
import { cargoHome, exists, hashOf, readText, removeAll, withLock, writeAtomic } from './files.mjs';
import { glueModule, glueTypes } from './glue.mjs';
import { kernelsModule, kernelsTypes } from './pack.mjs';
import { root, run, step } from './report.mjs';
import { pathWith, rustForWasm } from './rust.mjs';
import { toolVersions, wasmTools } from './tools.mjs';
import { finish, splatConstants, strictExtremes } from './wasm.mjs';

const buildFolder = path.join(root, 'build');
const stampFile = path.join(buildFolder, 'stamp.json');
const built = ['simd.wasm', 'relaxed.wasm', 'kernels.js', 'kernels.d.ts', 'glue.js', 'glue.d.ts'];
const ours = ['kernels', 'glue', 'pack', 'wasm'].map((name) => `scripts/lib/${name}.mjs`);
const sources = ['crates', 'Cargo.toml', 'Cargo.lock', ...ours];

const features = [
  '+simd128,+atomics,+bulk-memory,+mutable-globals,+nontrapping-fptoint,+sign-ext',
  '+reference-types,+multivalue',
].join(',');
const variants = { simd: features, relaxed: `${features},+relaxed-simd` };

const binaryen = (tool, ...args) =>
  run(process.execPath, [path.join(root, 'node_modules/binaryen/bin', tool), ...wasmFeatures, ...args]);
const wasmFeatures = [
  ...[
    'simd',
    'relaxed-simd',
    'threads',
    'bulk-memory',
    'mutable-globals',
    'nontrapping-float-to-int',
    'sign-ext',
  ],
  ...['reference-types', 'multivalue'],
].map((flag) => (flag.startsWith('-') ? flag : `--enable-${flag}`));

const stackBytes = 256 * 1024;

function rustFlags(targetFeatures, rust) {
  const exports = ['__wasm_init_tls', '__tls_size', '__tls_align', '__tls_base', '__heap_base'];
  const link = [
    '--shared-memory',
    '--import-memory',
    `--max-memory=${2 ** 32}`, // the real limit is that of the memory which the loader makes
    `-zstack-size=${stackBytes}`,
    ...exports.map((name) => `--export=${name}`),
  ];
  return [
    '-Zunstable-options',
    '-Cpanic=immediate-abort', // no panic texts and no formatting code in the file
    `-Ctarget-feature=${targetFeatures}`,
    '-Cllvm-args=-disable-lsr', // the kernels keep their addressing: 4x8 GEMM 42 -> 47 GFLOP/s
    // What surrounds the kernels stays small; the kernels say themselves what is a vector and what is inlined. Together
    // 75.6 -> 67.6 kB, every convolution within 3 % of its time before.
    '-Cno-vectorize-loops',
    '-Cno-vectorize-slp',
    '-Cllvm-args=-unroll-runtime=false',
    '-Cllvm-args=-unroll-allow-partial=false',
    '-Cllvm-args=-unroll-full-max-count=9', // no kernel has more taps side by side
    '-Cllvm-args=-inline-threshold=75',
    ...link.map((argument) => `-Clink-arg=${argument}`),
    ...[
      [root, '/striate/'],
      [cargoHome(), '/cargo'],
      [rust.sysroot, '/rust'],
    ].map(([from, to]) => `--remap-path-prefix=${from}=${to}`),
  ];
}

async function buildVariant(variant, rust, tools) {
  const target = path.join(root, 'target/wasm', variant);
  const out = path.join(target, 'pkg');
  const flags = ['--mode', 'force', '--target', 'web', '--release', '--no-pack', '--out-dir', out];
  const host = rust.linker ? { CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: rust.linker } : {};
  await run(
    'wasm-pack',
    ['build', 'crates/wasm', ...flags, '--out-name', 'kernels', '--', '-Zbuild-std=core,alloc', '--locked'],
    {
      env: {
        ...host,
        PATH: pathWith(...tools, rust.folder),
        CARGO_TARGET_DIR: target,
        CARGO_ENCODED_RUSTFLAGS: rustFlags(variants[variant], rust).join('\x1f'),
        RUSTC_BOOTSTRAP: '1', // -Zbuild-std on a stable Rust
      },
    },
  );
  const read = (name) => fs.readFileSync(path.join(out, name));
  const place = (name) => path.join(out, name);
  // -Oz leaves the kernels' time as it was (measured on each of them). The lowest kilobyte is the end of the stack.
  await binaryen(
    'wasm-opt',
    '-Oz',
    '--low-memory-unused',
    place('kernels_bg.wasm'),
    '-o',
    place('small.wasm'),
  );
  await binaryen('wasm-dis', place('small.wasm'), '-o', place('small.wat'));
  fs.writeFileSync(place('small.wat'), strictExtremes(splatConstants(String(read('small.wat')))));
  await binaryen('wasm-as', place('small.wat'), '-o', place('small.wasm'));
  return {
    wasm: finish(read('small.wasm'), `${version()} ${variant}`),
    glue: String(read('kernels.js')),
    types: String(read('kernels.d.ts')),
  };
}

const version = () => JSON.parse(readText(path.join(root, 'package.json'))).version;
const sourceHash = () => hashOf(sources, `${toolVersions} ${version()}`);

function isUpToDate(hash) {
  const stamp = JSON.parse(readText(stampFile) ?? '{}');
  return stamp.hash === hash && built.every((name) => exists(path.join(buildFolder, name)));
}

/** Brings build/ up to date; without a change in the sources it only compares hashes. */
export async function buildKernels({ force = false } = {}) {
  if (!force && isUpToDate(sourceHash())) return;
  const rust = await rustForWasm();
  const tools = await wasmTools(rust);
  await withLock(path.join(root, 'target/kernels.lock'), async () => {
    const hash = sourceHash();
    if (force || !isUpToDate(hash)) await build(hash, rust, tools);
  });
}

async function build(hash, rust, tools) {
  const result = {};
  for (const variant of Object.keys(variants)) {
    await step(`kernels, ${variant}: wasm-pack build (${rust.version})`, async () => {
      result[variant] = await buildVariant(variant, rust, tools);
      return `${result[variant].wasm.bytes.length} bytes`;
    });
  }
  const { simd, relaxed } = result;
  const pages = Math.max(simd.wasm.pages, relaxed.wasm.pages);
  removeAll(stampFile);
  const write = (name, content) => writeAtomic(path.join(buildFolder, name), content);
  write('simd.wasm', simd.wasm.bytes);
  write('relaxed.wasm', relaxed.wasm.bytes);
  write('kernels.js', await kernelsModule(simd.wasm.bytes, relaxed.wasm.bytes));
  write('kernels.d.ts', kernelsTypes);
  const flags = { simd: simd.wasm.sharedFlag, relaxed: relaxed.wasm.sharedFlag };
  write('glue.js', glueModule(simd.glue, { pages, stackBytes, flags, version: version() }));
  write('glue.d.ts', glueTypes(simd.types));
  await step('numbers of the boundary, for TypeScript', () => writeTable(rust));
  write('stamp.json', JSON.stringify({ hash, rust: rust.version }));
}

/** Writes ts/base/boundary.ts and ts/instructions/table.ts where the crates say something else. */
async function writeTable(rust) {
  const target = path.join(root, 'target/table');
  const env = { PATH: pathWith(rust.folder), CARGO_TARGET_DIR: target, STRIATE_WRITE: '1' };
  await run('cargo', ['test', '--quiet', '--locked', '--package', 'striate-wasm', '--test', 'table'], {
    env,
  });
}
