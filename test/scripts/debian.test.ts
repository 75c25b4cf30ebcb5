// apt-get while another process holds its locks.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inNode, program, temporary } from './fakes.ts';

const held = 'E: Could not get lock /var/lib/apt/lists/lock. It is held by process 7 (apt-get)';

/** An apt-get that writes down its arguments and then does what `lines` say; the calls and the outcome. */
function install(patience: number, ...lines: string[]) {
  const folder = temporary();
  const calls = join(folder, 'calls');
  program(
    join(folder, 'apt-get'),
    `echo "$*" >> '${calls}'`,
    ...lines.map((line) => line.replace('HERE', folder)),
  );
  const body = `await lib.aptInstall('Tools', ['one', 'two'], { patience: ${patience} });`;
  return {
    ...inNode('debian', body, { PATH: folder }),
    calls: readFileSync(calls, 'utf8').trim().split('\n'),
  };
}

const packages = '-y --no-remove --no-install-recommends one two';

// The program is a shell script.
describe.skipIf(process.platform === 'win32')('apt-get', () => {
  test('is told to wait', () => {
    const { calls, error } = install(300);
    expect(error).toBeUndefined();
    expect(calls).toEqual([
      '-o DPkg::Lock::Timeout=300 update',
      `-o DPkg::Lock::Timeout=300 install ${packages}`,
    ]);
  });

  test('is run again while a lock is held that it does not wait for', () => {
    const { calls, error, output } = install(
      20,
      `[ -e 'HERE/free' ] && exit`,
      `: > 'HERE/free'; echo '${held}' >&2; exit 100`,
    );
    expect(error).toBeUndefined();
    expect(calls.map((call) => call.split(' ')[2])).toEqual(['update', 'update', 'install']);
    expect(output).toContain(`  waiting up to 20 s for another process: ${held.slice(3)}`);
  });

  test('is given up when the lock stays held', () => {
    const { calls, error } = install(1, `echo '${held}' >&2; exit 100`);
    expect(error).toContain(held);
    expect(calls.length).toBeLessThan(8);
  });

  test('installs also where the lists cannot be brought up to date, and is not run again for another failure', () => {
    const { calls, error, output } = install(300, `echo 'E: no such source' >&2; exit 100`);
    expect(output).toContain('E: no such source');
    expect(error).toContain('E: no such source');
    expect(calls.map((call) => call.split(' ')[2])).toEqual(['update', 'install']);
  });
});
