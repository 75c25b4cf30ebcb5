// What the playground loads on demand, laid beside its page: digits to train with, the net that reads them, two models' files, and
// photographs. build/playground-files is what Vite takes as it is.
import fs from 'node:fs';
import path from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { fetchData, fetchDigits } from '../fetch-data.mjs';
import { exists, readText, writeAtomic } from './files.mjs';
import { root } from './report.mjs';

const folder = path.join(root, 'build/playground-files');
const PIXELS = 28 * 28;

/** All digits of a class after another's; every fifth is a test digit. Two counts, classes, pixels; deflated. */
function digitsFile() {
  const parts = { train: [], test: [] };
  for (const [digit, file] of fetchDigits({ log: () => {} }).entries()) {
    const { data } = JSON.parse(fs.readFileSync(file, 'utf8'));
    for (let i = 0; (i + 1) * PIXELS <= data.length; i++) {
      const pixels = Uint8Array.from(data.slice(i * PIXELS, (i + 1) * PIXELS), (value) =>
        Math.round(255 * value),
      );
      parts[i % 5 === 0 ? 'test' : 'train'].push({ digit, pixels });
    }
  }
  const all = [...parts.train, ...parts.test];
  return deflateRawSync(
    Buffer.concat([
      Buffer.from(Uint32Array.of(parts.train.length, parts.test.length).buffer),
      Uint8Array.from(all, ({ digit }) => digit),
      ...all.map(({ pixels }) => pixels),
    ]),
    { level: 9 },
  );
}

/** Puts what is missing in its place. */
export function playgroundFiles() {
  const { models, photos } = fetchData({ log: () => {} });
  const copies = {
    'digits.safetensors': path.join(root, 'playground/models/digits.safetensors'),
    'blazeface.onnx': models.front,
    'photo-1.jpg': photos[0],
    'photo-2.jpg': photos[1],
  };
  fs.mkdirSync(folder, { recursive: true });
  for (const [name, from] of Object.entries(copies)) fs.copyFileSync(from, path.join(folder, name));
  const digits = path.join(folder, 'digits.bin');
  // The file follows from its makers: this one.
  const version = readText(path.join(root, 'scripts/lib/playgroundFiles.mjs'));
  if (exists(digits) && readText(path.join(root, 'build/playground-digits.from')) === version) return;
  writeAtomic(digits, digitsFile());
  writeAtomic(path.join(root, 'build/playground-digits.from'), version);
}
