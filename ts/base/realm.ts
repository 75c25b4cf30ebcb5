/**
 * What the platform made, told by its tag and not by its class: an iframe, a node:vm context and a test runner's environment each
 * have classes of their own, of which nothing from outside is an instance.
 */
import type { DType } from './dtype.ts';

/** 'Response', 'URL', 'WebAssembly.Module', 'ArrayBuffer', 'Float32Array' ...; of Node's Buffer what it extends. */
export function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

/** A Map: a tag is whatever an object's Symbol.toStringTag says. */
const DTYPE_OF: ReadonlyMap<string, DType> = /*#__PURE__*/ new Map<string, DType>([
  ['Float16Array', 'float32'],
  ['Float32Array', 'float32'],
  ['Float64Array', 'float32'],
  ['Int16Array', 'int32'],
  ['Uint16Array', 'int32'],
  ['Int32Array', 'int32'],
  ['Uint32Array', 'int32'],
  ['BigInt64Array', 'int32'],
  ['BigUint64Array', 'int32'],
  ['Uint8Array', 'uint8'],
  ['Uint8ClampedArray', 'uint8'],
  ['Int8Array', 'int8'],
]);

/** The dtype that a typed array gives a tensor; undefined for what is none, or one that has no dtype here. */
export function arrayDType(value: unknown): DType | undefined {
  return ArrayBuffer.isView(value) ? DTYPE_OF.get(tagOf(value)) : undefined;
}

/** The message of what was thrown. */
export function messageOf(cause: unknown): string {
  return String((cause as Partial<Error> | null | undefined)?.message ?? cause);
}
