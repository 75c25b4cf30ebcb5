// Finds a Rust that can build for wasm32 (one that has its library's sources) and one for native tests, and
// fetches what is missing: Debian's packages when root on Debian, else rustup's components.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { aptInstall, attempt, mayUseApt } from './debian.mjs';
import { exists } from './files.mjs';
import { Problem, run, step } from './report.mjs';

const oldest = [1, 91]; // the first with -Cpanic=immediate-abort
const debianPackages = ['rustc-web', 'cargo-web', 'rust-web-src', 'lld-22'];
const exe = process.platform === 'win32' ? '.exe' : '';

const ask = (command, ...args) => {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
};

/** Folders that may hold cargo and rustc, PATH's first. */
function folders() {
  const onPath = (process.env.PATH ?? '').split(path.delimiter);
  const cargoHome = process.env.CARGO_HOME ?? path.join(os.homedir(), '.cargo');
  const all = [...onPath, path.join(cargoHome, 'bin'), '/usr/bin'].filter((folder) => folder !== '');
  return [...new Set(all)].filter((folder) => exists(path.join(folder, `cargo${exe}`)));
}

/** Runs in `folder`'s Rust: its cargo and rustc are the first on PATH. */
export const pathWith = (...first) => [...first, process.env.PATH].join(path.delimiter);

function describe(folder) {
  const rustc = path.join(folder, `rustc${exe}`);
  const version = exists(rustc) ? ask(rustc, '--version', '--verbose') : undefined;
  const sysroot = version && ask(rustc, '--print', 'sysroot');
  if (!sysroot) return undefined;
  const [, major, minor] = version.match(/^release: (\d+)\.(\d+)/m) ?? [];
  return {
    folder,
    sysroot,
    version: version.match(/^rustc \S+/)?.[0],
    host: version.match(/^host: (.+)$/m)?.[1],
    llvm: version.match(/^LLVM version: (\d+)/m)?.[1],
    recent: Number(major) > oldest[0] || (Number(major) === oldest[0] && Number(minor) >= oldest[1]),
    sources: exists(path.join(sysroot, 'lib/rustlib/src/rust/library/core/src/lib.rs')),
  };
}

/** A linker for wasm32, needed where the Rust has no rust-lld of its own: undefined when it has. */
function linkerFor(rust) {
  if (exists(path.join(rust.sysroot, `lib/rustlib/${rust.host}/bin/rust-lld${exe}`))) return undefined;
  const versions = (exists('/usr/lib') ? fs.readdirSync('/usr/lib') : [])
    .map((name) => name.match(/^llvm-(\d+)$/)?.[1])
    .filter(Boolean)
    .sort((a, b) => Number(b === rust.llvm) - Number(a === rust.llvm) || Number(b) - Number(a));
  const candidates = [
    ...versions.map((version) => `/usr/lib/llvm-${version}/bin/wasm-ld`),
    ...(process.env.PATH ?? '').split(path.delimiter).map((folder) => path.join(folder, `wasm-ld${exe}`)),
  ];
  return candidates.find((file) => exists(file)) ?? null;
}

function findForWasm() {
  for (const folder of folders()) {
    const rust = describe(folder);
    if (!rust?.recent || !rust.sources) continue;
    const linker = linkerFor(rust);
    if (linker !== null) return { ...rust, linker };
  }
  return undefined;
}

const rustup = () => ask('rustup', '--version') !== undefined;

const rustupAdd = (...components) =>
  step(`rustup component add ${components.join(' ')}`, () =>
    run('rustup', ['component', 'add', ...components]),
  );

/** A Rust with its library's sources, and the linker to name if any. Fetches it when there is none. */
export async function rustForWasm() {
  let found = findForWasm();
  if (!found && mayUseApt()) {
    await attempt(() => aptInstall('Rust with its library sources', debianPackages));
    found = findForWasm();
  }
  if (!found && rustup()) {
    await attempt(() => rustupAdd('rust-src'));
    found = findForWasm();
  }
  if (found) return found;
  throw new Problem(
    `Building striate needs Rust ${oldest.join('.')} or newer with its library's sources. ` +
      'Install Rust with rustup (any platform) and run `rustup component add rust-src`, ' +
      `or on Debian, as root, \`apt-get install ${debianPackages.join(' ')}\`.`,
  );
}

const hasNativeTools = (folder) =>
  exists(path.join(folder, `cargo-clippy${exe}`)) &&
  ['fmt', 'clippy'].every((tool) => ask(path.join(folder, `cargo${exe}`), tool, '--version') !== undefined);

/** The folder of a cargo that formats and lints (which may be another Rust than the one that builds for wasm32). */
export async function rustForTests() {
  const find = () => folders().find((folder) => describe(folder)?.recent && hasNativeTools(folder));
  let found = find();
  if (!found && mayUseApt()) {
    await attempt(() => aptInstall('rustfmt and clippy', ['cargo-web', 'rustfmt-web', 'rust-web-clippy']));
    found = find();
  }
  if (!found && rustup()) {
    await attempt(() => rustupAdd('rustfmt', 'clippy'));
    found = find();
  }
  if (found) return found;
  throw new Problem(
    'The tests need cargo with rustfmt and clippy. Run `rustup component add rustfmt clippy`, ' +
      'or on Debian, as root, `apt-get install cargo-web rustfmt-web rust-web-clippy`.',
  );
}
