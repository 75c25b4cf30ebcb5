// Builds crates/wasm into build/: relaxed.wasm, and simd.wasm made of it (plain.mjs), are whole (they import a plain memory); kernels.js has
// the bytes of both variants' core, sides/ those of the side modules (split.mjs), and glue.js instantiates either. They are built for threads:
// shared memory, atomics, and the exports a further thread needs; the flag that makes the memory shared is the loader's to set again.
import fs from 'node:fs';
import path from 'node:path';
import { glueModule, glueTypes } from './glue.mjs';
import { kernelsModule, kernelsTypes } from './pack.mjs';
import { localSummands, plainModule } from './plain.mjs';
import { root, run, step } from './report.mjs';
import { pathWith } from './rust.mjs';
import { SIDES, split } from './split.mjs';
import { finish, splatConstants, strictExtremes } from './wasm.mjs';
import { binaryen, targetFeatures, wasmPack } from './wasmPack.mjs';

/** Twice: one for the operators that need it, and one that is loaded alone; a bundler has a file in one place only. */
const sidePlaces = ['sides', 'sides/alone'].flatMap((folder) =>
  Object.keys(SIDES).map((side) => `${folder}/${side}`),
);

/** What buildModules has built, where it is noted and kept, and from which sources. */
export const kernels = {
  stamp: 'stamp.json',
  cache: 'kernels',
  built: [
    ...['simd.wasm', 'relaxed.wasm', 'kernels.js', 'kernels.d.ts', 'glue.js', 'glue.d.ts'],
    ...sidePlaces.flatMap((place) => [`${place}.js`, `${place}.d.ts`]),
  ],
  sources: [
    'crates/core',
    'crates/wasm',
    ...['kernels', 'plain', 'split'].map((name) => `scripts/lib/${name}.mjs`),
  ],
  build,
};

const features = `${targetFeatures},+atomics,+relaxed-simd`;

const stackBytes = 256 * 1024;

function rustFlags() {
  const exports = ['__wasm_init_tls', '__tls_size', '__tls_align', '__tls_base', '__heap_base'];
  const link = [
    '--shared-memory',
    '--import-memory',
    `--max-memory=${2 ** 32}`, // the real limit is that of the memory which the loader makes
    `-zstack-size=${stackBytes}`,
    ...exports.map((name) => `--export=${name}`),
  ];
  return [
    `-Ctarget-feature=${features}`,
    '-Cllvm-args=-disable-lsr', // the kernels keep their addressing: 4x8 GEMM 42 -> 47 GFLOP/s
    // What surrounds the kernels stays small; the kernels say themselves what is a vector and what is inlined. Together
    // 75.6 -> 67.6 kB, every convolution within 3 % of its time before.
    '-Zmerge-functions=disabled', // the names in the table are those that lie there (split.mjs); binaryen merges
    '-Cno-vectorize-loops',
    '-Cno-vectorize-slp',
    '-Cllvm-args=-unroll-runtime=false',
    '-Cllvm-args=-unroll-allow-partial=false',
    '-Cllvm-args=-unroll-full-max-count=9', // no kernel has more taps side by side
    '-Cllvm-args=-inline-threshold=75',
    ...link.map((argument) => `-Clink-arg=${argument}`),
  ];
}

/** Both variants of the core, of each side module and of the whole; and what wasm-bindgen made. */
async function buildVariants(on) {
  const job = {
    crate: 'crates/wasm',
    name: 'kernels',
    target: path.join(root, 'target/wasm/relaxed'),
    std: 'core,alloc',
    flags: rustFlags(),
  };
  const { place, read } = await wasmPack(job, on);
  const [large, small, text] = ['kernels_bg.wasm', 'small.wasm', 'small.wat'].map(place);
  // -Oz leaves the kernels' time as it was (measured on each of them). What has one caller stays a function unless it is short (of short ones
  // average pooling is 9 % slower): an engine compiles a function when it is first called, and one that held every algorithm of convolution
  // took 0.6 ms of a cold start. The lowest kilobyte is the end of the stack.
  await binaryen('wasm-opt', '-Oz', '-ocimfs', '400', '--low-memory-unused', large, '-o', small);
  await binaryen('wasm-dis', small, '-o', text);
  const whole = localSummands(strictExtremes(splatConstants(String(read('small.wat')))));
  await binaryen('wasm-dis', large, '-o', place('large.wat'));
  const { core, sides } = split(whole, String(read('large.wat')));
  const assembled = async (code) => {
    fs.writeFileSync(text, code);
    await binaryen('wasm-as', text, '-o', small);
    const relaxed = read('small.wasm');
    const variants = { relaxed, simd: plainModule(relaxed, code) };
    return mapped(variants, (bytes, variant) => finish(bytes, `${on.version} ${variant}`));
  };
  return {
    wasm: await assembled(whole),
    core: await assembled(core),
    sides: await inTurn(sides, assembled),
    glue: String(read('kernels.js')),
    types: String(read('kernels.d.ts')),
  };
}

const mapped = (values, make) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, make(value, name)]));

/** What `make` makes of each value, one after the other. */
async function inTurn(values, make) {
  const made = {};
  for (const [name, value] of Object.entries(values)) made[name] = await make(value);
  return made;
}

async function build(on, write) {
  let made;
  await step(`kernels: wasm-pack build (${on.rust.version})`, async () => {
    made = await buildVariants(on);
    const { wasm, core } = made;
    return `${wasm.relaxed.bytes.length} bytes, ${core.relaxed.bytes.length} of them the core`;
  });
  const { wasm, core, sides, glue, types } = made;
  for (const variant of ['simd', 'relaxed']) write(`${variant}.wasm`, wasm[variant].bytes);
  write('kernels.js', await kernelsModule(core));
  write('kernels.d.ts', kernelsTypes);
  const texts = await inTurn(sides, kernelsModule);
  for (const place of sidePlaces) {
    write(`${place}.js`, texts[path.basename(place)]);
    write(`${place}.d.ts`, kernelsTypes);
  }
  const flags = mapped(wasm, ({ sharedFlag }) => sharedFlag);
  const { pages } = wasm.relaxed;
  write('glue.js', glueModule(glue, { pages, stackBytes, flags, version: on.version }));
  write('glue.d.ts', glueTypes(types));
  await step('numbers of the boundary, for TypeScript', () => writeTable(on.rust));
}

/** Writes ts/base/boundary.ts and ts/instructions/table.ts where the crates say something else. */
async function writeTable(rust) {
  const target = path.join(root, 'target/table');
  const env = { PATH: pathWith(rust.folder), CARGO_TARGET_DIR: target, STRIATE_WRITE: '1' };
  await run('cargo', ['test', '--quiet', '--locked', '--package', 'striate-wasm', '--test', 'table'], {
    env,
  });
}
