// Finds a Rust that can build for wasm32 (one that has its library's sources) and one for native tests, and
// fetches what is missing: Debian's packages when root on Debian, else rustup's components.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { aptInstall, attempt, mayUseApt } from './debian.mjs';
import { cargoHome, exists } from './files.mjs';
import { Problem, root, run, step } from './report.mjs';

const oldest = [1, 91]; // the first with -Cpanic=immediate-abort
const debianPackages = ['rustc-web', 'cargo-web', 'rust-web-src', 'lld-22'];
const exe = process.platform === 'win32' ? '.exe' : '';

const has = (folder, tool) => exists(path.join(folder, tool + exe));

/** Folders of PATH, and last the one that rustup installs into. */
function folders() {
  const onPath = (process.env.PATH ?? '').split(path.delimiter).filter(Boolean);
  return [...new Set([...onPath, path.join(cargoHome(), 'bin')].map((folder) => path.resolve(folder)))];
}

/**
 * PATH with these folders first. cargo finds `cargo fmt` as cargo-fmt on PATH, but in its own home, where rustup's proxies
 * are, before all of PATH unless PATH names that folder: so it is named, last.
 */
export const pathWith = (...first) => [...first, ...folders()].join(path.delimiter);

/** What a tool of `folder`, with its neighbours first on PATH, answers; undefined when it fails. */
function ask(folder, tool, ...args) {
  const env = { ...process.env, PATH: pathWith(folder) };
  const { status, stdout } = spawnSync(path.join(folder, tool + exe), args, {
    cwd: root,
    env,
    encoding: 'utf8',
  });
  return status === 0 ? stdout.trim() : undefined;
}

/** The Rust that `folder` has, or leads to when it holds rustup's proxies: undefined when that has no toolchain. */
function describe(folder) {
  const version = ask(folder, 'rustc', '--version', '--verbose');
  const sysroot = version && ask(folder, 'rustc', '--print', 'sysroot');
  if (!sysroot) return undefined;
  const own = path.join(sysroot, 'bin');
  const [, major, minor] = version.match(/^release: (\d+)\.(\d+)/m) ?? [];
  return {
    folder: has(own, 'cargo') && has(own, 'rustc') ? own : folder,
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
    ...folders().map((folder) => path.join(folder, `wasm-ld${exe}`)),
  ];
  return candidates.find((file) => exists(file)) ?? null;
}

/** Every Rust here that is recent enough, PATH's first. */
function* installed() {
  for (const folder of folders()) {
    const rust = has(folder, 'cargo') && has(folder, 'rustc') ? describe(folder) : undefined;
    if (rust?.recent && ask(rust.folder, 'cargo', '--version') !== undefined) yield rust;
  }
}

function findForWasm() {
  for (const rust of installed()) {
    if (!rust.sources) continue;
    const linker = linkerFor(rust);
    if (linker !== null) return { ...rust, linker };
  }
  return undefined;
}

const rustup = () => folders().some((folder) => has(folder, 'rustup'));

const rustupAdd = (...components) =>
  step(`rustup component add ${components.join(' ')}`, () =>
    run('rustup', ['component', 'add', ...components], { env: { PATH: pathWith(), RUST_BACKTRACE: '0' } }),
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
      'Install Rust with rustup (any platform), run `rustup default stable` and `rustup component add rust-src`, ' +
      `or on Debian, as root, \`apt-get install ${debianPackages.join(' ')}\`.`,
  );
}

/** Tools that start, for a proxy is there also where its component is not; `cargo clippy` does not ask its driver. */
const hasNativeTools = (folder) =>
  ['cargo-fmt', 'rustfmt', 'cargo-clippy', 'clippy-driver'].every((tool) => has(folder, tool)) &&
  ['rustfmt', 'clippy-driver'].every((tool) => ask(folder, tool, '--version') !== undefined) &&
  ['fmt', 'clippy'].every((command) => ask(folder, 'cargo', command, '--version') !== undefined);

/** The folder of a cargo that formats and lints (which may be another Rust than the one that builds for wasm32). */
export async function rustForTests() {
  const find = () => [...installed()].find(({ folder }) => hasNativeTools(folder))?.folder;
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
    `The tests need Rust ${oldest.join('.')} or newer with rustfmt and clippy. Run \`rustup default stable\` and ` +
      '`rustup component add rustfmt clippy`, ' +
      'or on Debian, as root, `apt-get install cargo-web rustfmt-web rust-web-clippy`.',
  );
}
