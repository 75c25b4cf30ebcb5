// System packages: installed as root on Debian only, with the command printed first, and never with STRIATE_NO_APT=1.
import { exists, readText } from './files.mjs';
import { Problem, run, step } from './report.mjs';

export const mayUseApt = () =>
  process.env.STRIATE_NO_APT !== '1' &&
  process.getuid?.() === 0 &&
  /^ID=debian$/m.test(readText('/etc/os-release') ?? '') &&
  exists('/usr/bin/apt-get');

export async function aptInstall(what, packages) {
  const install = ['install', '-y', '--no-remove', '--no-install-recommends', ...packages];
  await step(`${what}: apt-get update && apt-get ${install.join(' ')}`, async () => {
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    await run('apt-get', ['update'], { env });
    await run('apt-get', install, { env });
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
