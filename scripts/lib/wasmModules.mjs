// Brings the WebAssembly modules in build/ up to date: the kernels and the codecs, each when its own sources have changed.
// What is built of sources alone is kept in the user's cache folder, for other clones and branches of the same sources.
import fs from 'node:fs';
import path from 'node:path';
import { codecs } from './codecs.mjs';
import { exists, hashOf, readText, removeAll, userCache, withLock, writeAtomic } from './files.mjs';
import { kernels } from './kernels.mjs';
import { root } from './report.mjs';
import { rustForWasm } from './rust.mjs';
import { toolVersions, wasmTools } from './tools.mjs';

const common = ['Cargo.toml', 'Cargo.lock', 'wasmPack', 'wasmModules', 'glue', 'pack', 'wasm'].map((name) =>
  name.startsWith('Cargo') ? name : `scripts/lib/${name}.mjs`,
);
const version = () => JSON.parse(readText(path.join(root, 'package.json'))).version;
const inBuild = (name) => path.join(root, 'build', name);

const sourceHash = ({ sources }) => hashOf([...common, ...sources], `${toolVersions} ${version()}`);

function isUpToDate({ stamp, built }, hash) {
  const { hash: last } = JSON.parse(readText(inBuild(stamp)) ?? '{}');
  return last === hash && built.every((name) => exists(inBuild(name)));
}

/** Builds what is out of date; without a change in the sources it only compares hashes. */
export async function buildModules({ force = false } = {}) {
  const wanted = (part) => force || !isUpToDate(part, sourceHash(part));
  if (![kernels, codecs].some(wanted)) return;
  const rust = await rustForWasm();
  const on = { rust, tools: await wasmTools(rust), version: version() };
  await withLock(path.join(root, 'target/wasm.lock'), async () => {
    for (const part of [kernels, codecs].filter(wanted)) {
      const hash = sourceHash(part);
      removeAll(inBuild(part.stamp));
      const write = (name, content) => writeAtomic(inBuild(name), content);
      if (force || !restore(part, cacheOf(part, hash, rust))) {
        await part.build(on, write);
        keep(part, cacheOf(part, hash, rust));
      }
      write(part.stamp, JSON.stringify({ hash, rust: rust.version }));
    }
  });
}

const cacheOf = ({ cache }, hash, rust) =>
  path.join(userCache(), cache, `${hash}-${rust.version.replace(' ', '-')}`);

/** Takes what was built from the cache, if it is there. */
function restore({ built }, folder) {
  if (!exists(folder)) return false;
  for (const name of built) fs.cpSync(path.join(folder, name), inBuild(name));
  return true;
}

/** Puts what was built into the cache; under its name it is whole. */
function keep({ built }, folder) {
  const beside = `${folder}.${process.pid}`;
  for (const name of built) fs.cpSync(inBuild(name), path.join(beside, name));
  removeAll(folder);
  fs.renameSync(beside, folder);
}
