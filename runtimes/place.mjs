// Folders with the packed package in them, as users have it, and the tools that build with it: both outside of the repository.
import fs from 'node:fs';
import path from 'node:path';
import {
  exists,
  hashOf,
  readText,
  removeAll,
  userCache,
  withLock,
  writeAtomic,
} from '../scripts/lib/files.mjs';
import { root, run, step } from '../scripts/lib/report.mjs';

const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
const LOCK = ['runtimes/package.json', 'runtimes/package-lock.json', '.npmrc'];

/** The folder whose node_modules holds the bundlers and frameworks of runtimes/package-lock.json; installed once for all clones. */
export async function toolsFolder() {
  const hash = hashOf(LOCK, process.platform + process.arch);
  const folder = path.join(userCache(), 'runtimes', hash);
  const stamp = path.join(folder, 'installed');
  if (exists(stamp)) return folder;
  await withLock(path.join(userCache(), 'runtimes.lock'), async () => {
    if (exists(stamp)) return;
    removeAll(folder);
    fs.mkdirSync(folder, { recursive: true });
    for (const file of LOCK) {
      const text = readText(path.join(root, file));
      if (text !== undefined) fs.writeFileSync(path.join(folder, path.basename(file)), text);
    }
    await step(`bundlers and frameworks of runtimes/package-lock.json: npm ci in ${folder}`, () =>
      run(npm, ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder }).then(() => {}),
    );
    writeAtomic(stamp, '');
  });
  return folder;
}

/** npm without what the npm that started this told it. */
const plain = Object.fromEntries(
  Object.keys(process.env)
    .filter((name) => /^npm_/i.test(name) && !/^npm_execpath$/i.test(name))
    .map((name) => [name, undefined]),
);

const A_DAY = 24 * 60 * 60 * 1000;

export class Place {
  /** Holds the tools, the tarball, and the applications. */
  constructor(tools) {
    this.tools = tools;
    const apps = path.join(tools, 'apps');
    fs.mkdirSync(apps, { recursive: true });
    // A run that was killed leaves its folder.
    for (const name of fs.readdirSync(apps))
      if (Date.now() - fs.statSync(path.join(apps, name)).mtimeMs > A_DAY) removeAll(path.join(apps, name));
    this.folder = fs.mkdtempSync(path.join(apps, 'app-'));
  }

  /** Packs the package and installs it from the tarball into a first folder, of which others are copies. */
  async install() {
    await run(npm, ['pack', '--loglevel=error', '--pack-destination', this.folder], { env: plain });
    this.tarball = fs.readdirSync(this.folder).find((name) => name.endsWith('.tgz'));
    const first = path.join(this.folder, 'app');
    fs.mkdirSync(first);
    fs.writeFileSync(path.join(first, 'package.json'), '{ "private": true, "type": "module" }\n');
    const flags = ['--offline', '--no-audit', '--no-fund'];
    await run(npm, ['install', ...flags, `../${this.tarball}`], { cwd: first, env: plain });
    fs.cpSync(path.join(root, 'runtimes/app'), first, { recursive: true });
    this.first = first;
  }

  /** A further application: the installed package, the programs of runtimes/app, and the given files. */
  app(name, files = {}) {
    const folder = path.join(this.folder, name);
    fs.cpSync(this.first, folder, { recursive: true });
    for (const [file, text] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
      fs.writeFileSync(path.join(folder, file), text);
    }
    return folder;
  }

  tool(...parts) {
    return path.join(this.tools, 'node_modules', ...parts);
  }

  remove() {
    removeAll(this.folder);
  }
}
