// What files weigh that are loaded: as they are, with gzip -9, with brotli 11.
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const params = { [constants.BROTLI_PARAM_QUALITY]: 11 };
const WAYS = {
  raw: (bytes) => bytes,
  gzip: (bytes) => gzipSync(bytes, { level: 9 }),
  brotli: (bytes) => brotliCompressSync(bytes, { params }),
};

export function weigh(files) {
  const sum = (way) => files.reduce((total, bytes) => total + way(bytes).length, 0);
  const weight = Object.fromEntries(Object.entries(WAYS).map(([name, way]) => [name, sum(way)]));
  return { files: files.length, weight };
}
