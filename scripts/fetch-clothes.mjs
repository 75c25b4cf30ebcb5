// Fashion-MNIST (Xiao, Rasul, Vollgraf, 2017; MIT): 60 000 pictures of clothes to learn from and 10 000 to be tried on, in four IDX files.
//
// They come in Debian's package dataset-fashion-mnist. Looked for in this order: where that is installed, the user's cache
// ($XDG_CACHE_HOME/striate, else ~/.cache/striate), the package, which `apt-get download` brings and `dpkg-deb` unpacks into that
// cache: nothing is installed, and no root is needed. A file there must have the sha256 written here. Plain Node.
import fs from 'node:fs';
import path from 'node:path';
import { userCache, withLock } from './lib/files.mjs';
import { hash, placeFiles } from './lib/packages.mjs';
import { Problem, run, step } from './lib/report.mjs';

const PACKAGE = 'dataset-fashion-mnist';
const INSTALLED = '/usr/share/datasets/fashion-mnist';
const FILES = {
  'train-images-idx3-ubyte.gz': 'b0564c3eedabfbf835052cff8503ea422014ce006caf5b757f851416ee8300c7',
  'train-labels-idx1-ubyte.gz': '0ae29f65d86684f32d1b9c85147786c547b9c6aebcaf235f0400a0cce308b056',
  't10k-images-idx3-ubyte.gz': 'cc1d090a38ace84dfa1aa66e3ada7c336ef481a96936906477e6dd344da56eaa',
  't10k-labels-idx1-ubyte.gz': '8d3605d196f4be44669e46906da9733c8131fef761fdbfec72c424d5222f1a05',
};

const hasAll = (folder) => Object.keys(FILES).every((name) => fs.existsSync(path.join(folder, name)));

async function download(target) {
  fs.mkdirSync(userCache(), { recursive: true });
  const folder = fs.mkdtempSync(path.join(userCache(), '.clothes-'));
  try {
    await run('apt-get', ['download', PACKAGE], { cwd: folder });
    const [deb] = fs.readdirSync(folder);
    await run('dpkg-deb', ['-x', path.join(folder, deb), folder]);
    placeFiles(target, (half) => {
      for (const [name, sha256] of Object.entries(FILES)) {
        const bytes = fs.readFileSync(path.join(folder, INSTALLED, name));
        const found = hash('sha256', bytes, 'hex');
        if (found !== sha256) throw new Problem(`${name} has sha256 ${found}, must be ${sha256}`);
        fs.writeFileSync(path.join(half, name), bytes);
      }
    });
  } catch (error) {
    const names = Object.keys(FILES).join(', ');
    throw new Problem(
      `Fashion-MNIST is in Debian's package ${PACKAGE}, which apt-get did not bring: ${error.message.trim()}\n` +
        `Put its files (${names}) into a folder and name that: --data FOLDER.`,
    );
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** The folder with the four files. @throws Problem where there is no Debian and nobody has put them there */
export async function fetchClothes() {
  const kept = path.join(userCache(), 'data', 'fashion-mnist');
  const found = [INSTALLED, kept].find(hasAll);
  if (found !== undefined) return found;
  await withLock(path.join(userCache(), 'clothes.lock'), async () => {
    if (!hasAll(kept)) await step(`${PACKAGE} (MIT) into ${kept}`, () => download(kept));
  });
  return kept;
}
