// wasm-bindgen and wasm-pack, built once from source into the user's cache folder, keyed by version. A tool is
// installed beside its place and renamed, so an interrupted set-up leaves nothing half done.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { removeAll, userCache, withLock } from './files.mjs';
import { run, step } from './report.mjs';
import { pathWith } from './rust.mjs';

const tools = [
  // The wasm-bindgen crate in Cargo.toml must be of exactly this version.
  { name: 'wasm-bindgen', crate: 'wasm-bindgen-cli', version: '0.2.130', options: ['--bin', 'wasm-bindgen'] },
  { name: 'wasm-pack', crate: 'wasm-pack', version: '0.15.1', options: [] },
];

export const toolVersions = tools.map(({ name, version }) => `${name} ${version}`).join(', ');

const exe = process.platform === 'win32' ? '.exe' : '';
const placeOf = (tool) => path.join(userCache(), 'tools', `${tool.name}-${tool.version}`);
// A cache shared with another machine may hold a tool that does not start on this one.
const isThere = (tool) =>
  spawnSync(path.join(placeOf(tool), 'bin', tool.name + exe), ['--version']).status === 0;

/** Makes sure that the tools are there and returns their folders, for PATH. `rust` is the Rust that builds them. */
export async function wasmTools(rust) {
  if (!tools.every(isThere)) await withLock(path.join(userCache(), 'tools.lock'), () => install(rust));
  return tools.map((tool) => path.join(placeOf(tool), 'bin'));
}

async function install(rust) {
  const target = path.join(userCache(), 'target');
  for (const tool of tools.filter((tool) => !isThere(tool))) {
    const beside = `${placeOf(tool)}.part`;
    removeAll(beside);
    await step(
      `${tool.name} ${tool.version}, built into ${placeOf(tool)} (once, a minute or two)`,
      async () => {
        const which = [tool.crate, '--version', tool.version, '--no-default-features', ...tool.options];
        await run('cargo', ['install', '--debug', '--root', beside, ...which], {
          cwd: os.tmpdir(), // away from the workspace, whose settings are not the tools'
          env: { PATH: pathWith(rust.folder), CARGO_TARGET_DIR: target, CARGO_PROFILE_DEV_DEBUG: '0' },
        });
        removeAll(placeOf(tool));
        fs.renameSync(beside, placeOf(tool));
      },
    );
  }
  removeAll(target);
}
