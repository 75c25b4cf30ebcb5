// Which Rust set-up takes from what is on PATH: one toolchain whose every tool starts, or a sentence.
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { file, inNode, program, temporary } from './fakes.ts';

const tools = ['cargo', 'rustc', 'cargo-fmt', 'rustfmt', 'cargo-clippy', 'clippy-driver'];
const sources = 'lib/rustlib/src/rust/library/core/src/lib.rs';

/** A toolchain: each tool answers with its name, and finds its neighbours on PATH, as the real ones do. */
function toolchain(sysroot: string, name: string, { lacks = [] as string[], version = '1.95.0' } = {}) {
  const bin = join(sysroot, 'bin');
  const verbose = `printf 'rustc ${version} (${name})\\nhost: fake\\nrelease: ${version}\\n'`;
  const scripts: Record<string, string[]> = {
    rustc: [`[ "$1" = --print ] && echo '${sysroot}' || ${verbose}`],
    cargo: [
      `[ "$1" = --version ] && echo 'cargo of ${name}' && exit`,
      'case ":$PATH:" in *":$CARGO_HOME/bin:"*) ;; *) PATH="$CARGO_HOME/bin:$PATH" ;; esac',
      'exec "cargo-$1" "$@"',
    ],
    'cargo-fmt': ['exec rustfmt --version'],
    'cargo-clippy': ['exec clippy-driver --version'],
    rustfmt: [`echo 'rustfmt of ${name}'`],
    'clippy-driver': [`echo 'clippy of ${name}'`],
  };
  for (const tool of tools.filter((tool) => !lacks.includes(tool)))
    program(join(bin, tool), ...scripts[tool]!);
  file(join(sysroot, 'lib/rustlib/fake/bin/rust-lld'));
  if (!lacks.includes('rust-src')) file(join(sysroot, sources));
  return bin;
}

/** rustup's proxies: each starts the tool of the toolchain, or says that it cannot, as all do where there is none. */
function proxies(bin: string, sysroot: string, add: string[] = []) {
  for (const tool of tools)
    program(
      join(bin, tool),
      `[ -x '${sysroot}/bin/${tool}' ] && exec '${sysroot}/bin/${tool}' "$@"`,
      `echo 'error: rustup could not choose a version of ${tool} to run' >&2; exit 1`,
    );
  program(join(bin, 'rustup'), `echo "rustup $*"`, ...add);
  return bin;
}

/** Asks for both Rusts with these folders on PATH, and the tools for what they are. */
function found(home: string, ...path: string[]) {
  const env = { PATH: path.join(':'), HOME: home, CARGO_HOME: join(home, '.cargo'), STRIATE_NO_APT: '1' };
  const asking = (rust: string) => `
    const folder = ${rust};
    const env = { PATH: lib.pathWith(folder) };
    const said = [];
    for (const [tool, ...args] of [['cargo', '--version'], ['cargo', 'fmt'], ['cargo', 'clippy'], ['rustc', '--version']])
      said.push((await run(tool, args, { env, allowFailure: true })).stdout.split('\\n')[0]);
    return { folder, said };`;
  return {
    wasm: inNode('rust', asking('(await lib.rustForWasm()).folder'), env),
    tests: inNode('rust', asking('await lib.rustForTests()'), env),
  };
}

const allOf = (name: string) => [
  `cargo of ${name}`,
  `rustfmt of ${name}`,
  `clippy of ${name}`,
  `rustc 1.95.0 (${name})`,
];

// The programs are shell scripts.
describe.skipIf(process.platform === 'win32')('the Rust that is taken', () => {
  test("proxies without a toolchain are passed over for the system's Rust", () => {
    const home = temporary();
    const rustup = proxies(join(home, '.cargo/bin'), join(home, 'none'));
    const system = toolchain(join(home, 'usr'), 'debian');
    for (const path of [[rustup, system], [system, rustup], [system]]) {
      const { wasm, tests } = found(home, ...path);
      expect(wasm.value).toEqual({ folder: system, said: allOf('debian') });
      expect(tests.value).toEqual({ folder: system, said: allOf('debian') });
    }
  });

  test("a complete rustup on PATH gives its toolchain, before the system's", () => {
    const home = temporary();
    const rustup = proxies(join(home, '.cargo/bin'), join(home, 'stable'));
    const stable = toolchain(join(home, 'stable'), 'rustup');
    const system = toolchain(join(home, 'usr'), 'debian');
    const { wasm, tests } = found(home, join(home, 'is-not-there'), '', rustup, system);
    expect(wasm.value).toEqual({ folder: stable, said: allOf('rustup') });
    expect(tests.value).toEqual({ folder: stable, said: allOf('rustup') });
  });

  test('each use takes the Rust that has what it needs', () => {
    const home = temporary();
    const rustup = proxies(join(home, '.cargo/bin'), join(home, 'stable'));
    const stable = toolchain(join(home, 'stable'), 'rustup', { lacks: ['rust-src'] });
    const system = toolchain(join(home, 'usr'), 'debian', { lacks: ['cargo-fmt', 'clippy-driver'] });
    const { wasm, tests } = found(home, rustup, system);
    expect(wasm.value).toMatchObject({ folder: system });
    expect(tests.value).toEqual({ folder: stable, said: allOf('rustup') });
  });

  test('a Rust that is too old, or whose clippy does not start, is passed over', () => {
    const home = temporary();
    const old = toolchain(join(home, 'old'), 'old', { version: '1.90.0' });
    const broken = toolchain(join(home, 'broken'), 'broken', { lacks: ['rust-src'] });
    program(join(broken, 'clippy-driver'), 'exit 127');
    const whole = toolchain(join(home, 'whole'), 'whole');
    const { wasm, tests } = found(home, old, broken, whole);
    expect(wasm.value).toEqual({ folder: whole, said: allOf('whole') });
    expect(tests.value).toEqual({ folder: whole, said: allOf('whole') });
  });

  test('what a rustup lacks is added to it', () => {
    const home = temporary();
    const stable = join(home, 'stable');
    const place = ['rustfmt', 'clippy-driver'].map(
      (tool) => `/bin/cp '${stable}/later/${tool}' '${stable}/bin'`,
    );
    const rustup = proxies(join(home, '.cargo/bin'), stable, [
      `[ "$*" = 'component add rust-src' ] && /bin/cp -R '${stable}/later/src' '${stable}/lib/rustlib/src'`,
      `[ "$*" = 'component add rustfmt clippy' ] && ${place.join(' && ')}`,
      'true',
    ]);
    const bin = toolchain(stable, 'rustup', { lacks: ['rust-src', 'rustfmt', 'clippy-driver'] });
    file(join(stable, 'later/src/rust/library/core/src/lib.rs'));
    program(join(stable, 'later/rustfmt'), "echo 'rustfmt of rustup'");
    program(join(stable, 'later/clippy-driver'), "echo 'clippy of rustup'");
    const { wasm, tests } = found(home, rustup);
    expect(wasm.output).toContain('- rustup component add rust-src');
    expect(wasm.value).toMatchObject({ folder: bin });
    expect(tests.output).toContain('- rustup component add rustfmt clippy');
    expect(tests.value).toEqual({ folder: bin, said: allOf('rustup') });
  });

  test('where there is nothing, a sentence says what to install', () => {
    const home = temporary();
    const { wasm, tests } = found(home, join(home, 'is-not-there'));
    expect(wasm.error).toMatch(
      /^Building striate needs Rust 1\.91 or newer with its library's sources\. Install /,
    );
    expect(tests.error).toMatch(/^The tests need Rust 1\.91 or newer with rustfmt and clippy\. /);
    expect(wasm.output + tests.output).toBe('');
    const rustup = proxies(join(home, '.cargo/bin'), join(home, 'none'), ['exit 1']);
    const empty = found(home, rustup);
    expect(empty.wasm.output).toContain('`rustup component add rust-src` failed');
    expect(empty.wasm.error).toContain('run `rustup default stable` and `rustup component add rust-src`');
  });
});
