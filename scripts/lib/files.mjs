// Small helpers over files: the user's folders, hashes of sources, atomic writes, a lock that outlives a killed process by
// seconds only.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem, root } from './report.mjs';

export const exists = fs.existsSync;

/** The user's home; the system knows none where HOME is empty, or not set and the user has no entry in passwd. */
function home() {
  let folder = '';
  try {
    folder = os.homedir();
  } catch {}
  if (path.isAbsolute(folder)) return folder;
  throw new Problem(`HOME is '${folder}'; it must be a folder, which receives .cache and .cargo.`);
}

/** Where what is fetched once for all clones is kept. A relative XDG_CACHE_HOME does not count, as its standard says. */
export function userCache() {
  const { XDG_CACHE_HOME = '' } = process.env;
  const caches = path.isAbsolute(XDG_CACHE_HOME) ? XDG_CACHE_HOME : path.join(home(), '.cache');
  return path.join(caches, 'striate');
}

/** Where cargo keeps what it fetches, and in bin/ what it installs. */
export const cargoHome = () => process.env.CARGO_HOME || path.join(home(), '.cargo');

export function readText(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Writes beside the file and renames, so that a reader never sees half of it. */
export function writeAtomic(file, content) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const beside = `${file}.${process.pid}.tmp`;
  fs.writeFileSync(beside, content);
  fs.renameSync(beside, file);
}

export function removeAll(file) {
  fs.rmSync(file, { recursive: true, force: true });
}

function* filesUnder(entry) {
  const stat = fs.statSync(entry, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!stat.isDirectory()) yield entry;
  else for (const name of fs.readdirSync(entry).sort()) yield* filesUnder(path.join(entry, name));
}

/** One hash of the names and contents of files and folders (given from the repository's root) and of `extra`. */
export function hashOf(entries, extra = '') {
  const hash = createHash('sha256').update(extra);
  for (const entry of entries) {
    for (const file of filesUnder(path.join(root, entry))) {
      hash.update(`\0${path.relative(root, file).replaceAll('\\', '/')}\0`).update(fs.readFileSync(file));
    }
  }
  return hash.digest('hex').slice(0, 32);
}

const staleSeconds = 30;

/** Runs `work` while holding `file`; others wait. Its time is renewed while held, so a dead holder's is seen as such. */
export async function withLock(file, work) {
  let told = false;
  for (;;) {
    try {
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST')
        throw new Problem(`cannot write into ${path.dirname(file)}: ${error.message}`);
      const age = Date.now() - (fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
      if (age > staleSeconds * 1000) removeAll(file);
      else {
        if (!told) console.log('  waiting for another set-up or build that is running');
        told = true;
        await sleep(300);
      }
    }
  }
  const renew = setInterval(() => {
    const now = new Date();
    fs.utimes(file, now, now, () => {});
  }, 5000);
  try {
    return await work();
  } finally {
    clearInterval(renew);
    removeAll(file);
  }
}
