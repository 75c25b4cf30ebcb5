// The user's folders, the lock on them, and the tools that are built into them.
import { existsSync, readFileSync, utimesSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { file, inNode, program, temporary } from './fakes.ts';

const folders = (env: Record<string, string | undefined>) =>
  inNode('files', 'return [lib.userCache(), lib.cargoHome()]', env);

// Windows has its home in other variables.
describe.skipIf(process.platform === 'win32')("the user's folders", () => {
  test('are below HOME where nothing else is said', () => {
    expect(folders({ HOME: '/h' }).value).toEqual(['/h/.cache/striate', '/h/.cargo']);
    expect(folders({ HOME: '/h', XDG_CACHE_HOME: '/c', CARGO_HOME: '/r' }).value).toEqual([
      '/c/striate',
      '/r',
    ]);
    const odd = { HOME: '/h', XDG_CACHE_HOME: 'relative', CARGO_HOME: '' };
    expect(folders(odd).value).toEqual(['/h/.cache/striate', '/h/.cargo']);
  });

  test('need a HOME that is a folder', () => {
    expect(folders({ HOME: '' }).error).toBe(
      "HOME is ''; it must be a folder, which receives .cache and .cargo.",
    );
  });
});

const locked = (path: string) =>
  inNode('files', `return lib.withLock(${JSON.stringify(path)}, async () => 'ran')`, {});

describe('the lock', () => {
  test('of a process that was killed half a minute ago holds nobody up', () => {
    const lock = file(join(temporary(), 'of-a-dead-one.lock'), '1');
    const then = Date.now() / 1000 - 31;
    utimesSync(lock, then, then);
    expect(locked(lock)).toMatchObject({ value: 'ran', output: '' });
    expect(existsSync(lock)).toBe(false);
  });

  test('says where it cannot be written', () => {
    const folder = join(file(join(temporary(), 'no-folder')), 'striate');
    expect(locked(join(folder, 'tools.lock')).error).toMatch(`cannot write into ${folder}: ENOTDIR`);
  });
});

// The programs are shell scripts.
describe.skipIf(process.platform === 'win32')('wasm-bindgen and wasm-pack', () => {
  const versions = /^wasm-bindgen (\S+), wasm-pack (\S+)$/;

  test('are built where they are missing or do not start, and used where they do', () => {
    const cache = temporary();
    const bin = join(temporary(), 'bin');
    const calls = file(join(cache, 'calls'));
    program(
      join(bin, 'cargo'),
      `echo "$*" >> '${calls}'`, // install --debug --root FOLDER CRATE ...
      `/bin/mkdir -p "$4/bin" && echo '#!/bin/sh' > "$4/bin/\${5%-cli}" && /bin/chmod 755 "$4/bin/\${5%-cli}"`,
    );
    const env = { PATH: bin, HOME: homedir(), TMPDIR: tmpdir(), XDG_CACHE_HOME: cache };
    const [, bindgen, pack] = versions.exec(String(inNode('tools', 'return lib.toolVersions', env).value))!;
    const places = [`wasm-bindgen-${bindgen}`, `wasm-pack-${pack}`].map((name) =>
      join(cache, 'striate/tools', name),
    );
    program(join(places[0]!, 'bin/wasm-bindgen'), 'exit 126');
    file(join(`${places[1]}.part`, 'bin/wasm-pack'), 'half of it');
    const get = () => inNode('tools', `return lib.wasmTools({ folder: ${JSON.stringify(bin)} })`, env);
    for (let time = 0; time < 2; time++) {
      expect(get().value).toEqual(places.map((place) => join(place, 'bin')));
      expect(readFileSync(calls, 'utf8').trim().split('\n')).toHaveLength(2);
    }
  });
});
