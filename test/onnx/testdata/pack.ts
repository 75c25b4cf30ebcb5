/** The small tests of operators in one file: brotli over the length of a list, the list of paths and sizes, and the files. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import type { TestFiles } from './runner.ts';

/** Bytes of a test's files, above which it is left to `npm run onnx-testdata`. */
const SMALL = 40_000;

export function writePack(file: string, tests: ReadonlyMap<string, TestFiles>): void {
  const small = [...tests].filter(
    ([, files]) => [...files.values()].reduce((sum, { length }) => sum + length, 0) <= SMALL,
  );
  const all = small.flatMap(([name, files]) =>
    [...files].map(([at, bytes]) => [path.posix.join(name, at), bytes] as const),
  );
  const list = Buffer.from(JSON.stringify(all.map(([at, { length }]) => [at, length])));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(list.length);
  const bytes = Buffer.concat([length, list, ...all.map(([, one]) => one)]);
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: 11,
    [constants.BROTLI_PARAM_LGWIN]: 24,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  writeFileSync(file, brotliCompressSync(bytes, { params }));
}

export function readPack(file: string): Map<string, TestFiles> {
  const bytes = new Uint8Array(brotliDecompressSync(readFileSync(file)));
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const list = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length))) as [string, number][];
  const tests = new Map<string, Map<string, Uint8Array>>();
  let at = 4 + length;
  for (const [file, size] of list) {
    const [name = '', ...rest] = file.split('/');
    if (!tests.has(name)) tests.set(name, new Map());
    tests.get(name)?.set(rest.join('/'), bytes.slice(at, at + size));
    at += size;
  }
  return tests;
}
