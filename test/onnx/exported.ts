/**
 * What onnx's checker and onnxruntime said of exported files. `exported.json` holds the digests of the files that both took, and of
 * those that onnxruntime refuses or has otherwise, with the reason: test/onnx/exported.py wrote it. With STRIATE_EXPORTED a
 * folder, the tests put the files, what goes into them and what must come out there, for that script.
 */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { DType, Tensor } from 'striate';

interface Checked {
  /** Of onnx and onnxruntime. */
  readonly versions: Readonly<Record<string, string>>;
  /** Digests by operator: onnx's checker took the file, and onnxruntime gave the values, or refused it for what `others` says. */
  readonly files: Readonly<Record<string, readonly string[]>>;
  /** What onnxruntime refuses, and what it has otherwise. */
  readonly others: readonly string[];
}

const file = new URL('exported.json', import.meta.url);
export const checked: Checked = existsSync(file)
  ? JSON.parse(readFileSync(file, 'utf8'))
  : { versions: {}, files: {}, others: [] };

export const digestOf = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex').slice(0, 12);

const folder = process.env.STRIATE_EXPORTED;
/** Whether the script is to look at them. */
export const isKept = folder !== undefined;
let cases = 0;

const portOf = ({ dtype, shape, data }: Tensor<DType>) => {
  const { buffer, byteOffset, byteLength } = data as Float32Array;
  return {
    dtype,
    shape,
    bytes: Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString('base64'),
  };
};

/** Puts a case where the script looks for it. */
export function keepCase(
  name: string,
  bytes: Uint8Array,
  inputs: readonly Tensor<DType>[],
  outputs: readonly Tensor<DType>[],
): void {
  if (folder === undefined) return;
  const model = `${cases++}.onnx`;
  writeFileSync(path.join(folder, model), bytes);
  const one = {
    name,
    model,
    digest: digestOf(bytes),
    inputs: inputs.map(portOf),
    outputs: outputs.map(portOf),
  };
  appendFileSync(path.join(folder, 'cases.jsonl'), `${JSON.stringify(one)}\n`);
}
