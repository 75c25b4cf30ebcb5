/** Reads what test/torch/generate.py wrote; the format is described there. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

export interface TorchCase {
  readonly name: string;
  readonly steps: readonly (readonly [string, readonly unknown[]])[];
  readonly outputs: readonly (readonly [readonly number[], string])[];
  readonly gradients: readonly number[];
  readonly written?: readonly number[];
  /** All numbers of the case, one list per output, gradient and written tensor. */
  readonly numbers: Float32Array;
}

type Head = Omit<TorchCase, 'numbers'> & { readonly length: number };

export function readTorchCases(file: string): TorchCase[] {
  const bytes = gunzipSync(readFileSync(file));
  const length = bytes.readUInt32LE(0);
  const heads = JSON.parse(bytes.subarray(4, 4 + length).toString()) as Head[];
  let at = 4 + length;
  return heads.map((head) => {
    const end = at + 4 * head.length;
    const numbers = new Float32Array(bytes.buffer.slice(bytes.byteOffset + at, bytes.byteOffset + end));
    at = end;
    return { ...head, numbers };
  });
}
