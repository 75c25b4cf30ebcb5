// System packages: installed as root on Debian only, with the command printed first, and never with STRIATE_NO_APT=1.
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { exists, readText } from './files.mjs';
import { Problem, run, step } from './report.mjs';

export const mayUseApt = () =>
  process.env.STRIATE_NO_APT !== '1' &&
  process.getuid?.() === 0 &&
  /^ID=debian$/m.test(readText('/etc/os-release') ?? '') &&
  exists('/usr/bin/apt-get');

/**
 * Runs apt-get and waits up to `patience` seconds while another process holds one of its locks. It waits for dpkg's lock
 * itself; finding those of its lists and archives held, it fails at once and is run again.
 */
async function aptGet(args, patience) {
  const all = ['-o', `DPkg::Lock::Timeout=${patience}`, ...args];
  const end = performance.now() + patience * 1000;
  for (let told = false; ; told = true) {
    try {
      return await run('apt-get', all, { env: { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' } });
    } catch (error) {
      const held = error.message.match(/^E: (Could not get lock .*)$/m)?.[1];
      if (held === undefined || performance.now() > end) throw error;
      if (!told) console.log(`  waiting up to ${patience} s for another process: ${held}`);
      await sleep(1000);
    }
  }
}

/** Lists that cannot be brought up to date may still name the packages that are wanted. */
export async function aptInstall(what, packages, { patience = 300 } = {}) {
  const install = ['install', '-y', '--no-remove', '--no-install-recommends', ...packages];
  await step(`${what}: apt-get update && apt-get ${install.join(' ')}`, async () => {
    await attempt(() => aptGet(['update'], patience));
    await aptGet(install, patience);
  });
}

/** Tries one way to get something; says why it did not work and goes on to the next. */
export async function attempt(work) {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    console.log(`  ${error.message.trim().split('\n').slice(-3).join('\n  ')}`);
  }
}
