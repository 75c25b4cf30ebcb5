// Builds crates/codec into build/codec/, a small module for each format, so that a program has those that it asks for:
// NAME.wasm, NAME.js with its bytes, and glue.js that instantiates any of them.
import path from 'node:path';
import { codecGlue, codecGlueTypes } from './glue.mjs';
import { bytesModule, bytesTypes } from './pack.mjs';
import { root, step } from './report.mjs';
import { labelled } from './wasm.mjs';
import { binaryen, targetFeatures, wasmPack } from './wasmPack.mjs';

/** The modules by their names, which are the crate's features. */
export const CODECS = [
  ...['jpeg', 'png', 'webp', 'gif', 'bmp'].map((format) => `decode-${format}`),
  ...['jpeg', 'png'].map((format) => `encode-${format}`),
];

/** What a crate is optimised for besides the workspace's level 2: progressive files take 0.93 of the time, the module is 2 % larger. */
const LEVELS = { 'zune-jpeg': 3 };

const files = (name) => ['wasm', 'js', 'd.ts'].map((ending) => `codec/${name}.${ending}`);

/** What buildModules has built, where it is noted and kept, and from which sources. */
export const codecs = {
  stamp: 'codec/stamp.json',
  cache: 'codecs',
  built: [...CODECS.flatMap(files), 'codec/glue.js', 'codec/glue.d.ts'],
  sources: ['crates/codec', 'scripts/lib/codecs.mjs'],
  build,
};

async function buildCodec(name, on) {
  const job = {
    crate: 'crates/codec',
    name,
    target: path.join(root, 'target/codec'),
    std: 'std,panic_abort',
    flags: [`-Ctarget-feature=${targetFeatures}`],
    cargo: [
      ...['--no-default-features', '--features', name],
      ...Object.entries(LEVELS).flatMap(([crate, level]) => [
        '--config',
        `profile.release.package.${crate}.opt-level=${level}`,
      ]),
    ],
  };
  const { place, read } = await wasmPack(job, on);
  const strip = ['debug', 'producers', 'target-features'].map((what) => `--strip-${what}`);
  await binaryen('wasm-opt', '-O3', ...strip, place(`${name}_bg.wasm`), '-o', place('small.wasm'));
  return {
    wasm: labelled(read('small.wasm'), `${on.version} ${name}`),
    glue: String(read(`${name}.js`)),
    types: String(read(`${name}.d.ts`)),
  };
}

async function build(on, write) {
  const glues = [];
  for (const name of CODECS) {
    await step(`codec, ${name}: wasm-pack build (${on.rust.version})`, async () => {
      const { wasm, glue, types } = await buildCodec(name, on);
      glues.push({ glue, types });
      write(`codec/${name}.wasm`, wasm);
      write(`codec/${name}.js`, await bytesModule(wasm));
      write(`codec/${name}.d.ts`, bytesTypes);
      return `${wasm.length} bytes`;
    });
  }
  write('codec/glue.js', codecGlue(glues));
  write('codec/glue.d.ts', codecGlueTypes(glues));
}
