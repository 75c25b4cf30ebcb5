/** numpy's .npz: a ZIP archive whose members are .npy files, `weight.npy` the array of the name `weight`. */
import { bytesOf } from '../base/bytes.ts';
import { engine } from '../engine/engine.ts';
import { scope } from '../engine/memory.ts';
import { tensorsByKey } from '../tensor/dict.ts';
import type { FileBytes, Tensors, TensorsByName } from './elements.ts';
import { readArray, writeArray } from './npy.ts';
import { readZip, writeZip } from './zip.ts';

/**
 * The arrays of a .npz file by name, stored or compressed (`numpy.savez`, `numpy.savez_compressed`); elements as `readNpy` reads
 * them.
 * @param bytes the file's
 * @throws RangeError for what is no such file, is damaged (checksums are compared), names an array twice, holds what is no array,
 * or is of zip64; TypeError for what is no bytes
 * @example
 * ```ts
 * const response = await fetch('https://example.org/digits.npz');
 * const { images, labels } = readNpz(await response.arrayBuffer());
 * ```
 */
export function readNpz(bytes: FileBytes): Tensors {
  engine('readNpz');
  const what = 'readNpz: bytes';
  const arrays = new Map<string, () => Uint8Array>();
  for (const { name, read } of readZip(what, bytesOf('readNpz', 'bytes', bytes))) {
    const key = name.replace(/\.npy$/, '');
    if (arrays.has(key)) throw new RangeError(`${what} holds the array '${key}' twice`);
    arrays.set(key, read);
  }
  return scope(() =>
    Object.fromEntries([...arrays].map(([key, read]) => [key, readArray(`${what}: '${key}'`, read())])),
  );
}

/**
 * A .npz file of tensors by name, as `numpy.savez` writes it: not compressed.
 * @throws TypeError for what is no object or Map of tensors; RangeError for 65535 tensors or 4 GiB and more
 * @example
 * ```ts
 * const file = writeNpz({ x, y }); // numpy.load(file)['x'] in Python
 * ```
 */
export function writeNpz(tensors: TensorsByName): Uint8Array<ArrayBuffer> {
  engine('writeNpz');
  const files = tensorsByKey('writeNpz', tensors).map(([key, tensor]) => ({
    name: `${key}.npy`,
    bytes: writeArray(tensor),
  }));
  return writeZip('writeNpz: dict', files);
}
