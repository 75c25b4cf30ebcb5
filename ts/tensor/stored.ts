/**
 * How files store elements, little-endian, and what each becomes here: what is no dtype of the library becomes the next that
 * holds it, as far as one does. Floats of 16 and 64 bits become float32, integers of 16 to 64 bits int32, bool uint8.
 */
import type { DType, TypedArrays } from '../base/dtype.ts';
import { engine } from '../engine/engine.ts';
import { emptyTensor, type Tensor } from './tensor.ts';

const STORED = {
  bool: ['uint8', 1],
  uint8: ['uint8', 1],
  int8: ['int8', 1],
  int16: ['int32', 2],
  uint16: ['int32', 2],
  int32: ['int32', 4],
  uint32: ['int32', 4],
  int64: ['int32', 8],
  uint64: ['int32', 8],
  float16: ['float32', 2],
  bfloat16: ['float32', 2],
  float32: ['float32', 4],
  float64: ['float32', 8],
} as const;

/** An element type of files. */
export type StoredType = keyof typeof STORED;

/** The dtype that stands for an element type of files, and the bytes that one element has there. */
export function storedAs(type: StoredType): { readonly dtype: DType; readonly bytes: number } {
  const [dtype, bytes] = STORED[type];
  return { dtype, bytes };
}

/** Whether a text names an element type. */
export function isStored(type: string): type is StoredType {
  return Object.hasOwn(STORED, type);
}

/**
 * Writes what a file holds into the values of a tensor of as many elements and of the type's dtype. An integer beyond int32 becomes the
 * nearest; the place of the first is given back, -1 where all are as they were. Floats are rounded to the nearest float32.
 */
export function fillStored(
  where: string,
  data: TypedArrays[DType],
  type: StoredType,
  raw: Uint8Array,
): number {
  const size = data.length;
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  switch (type) {
    case 'bool':
      for (let i = 0; i < size; i++) data[i] = raw[i] === 0 ? 0 : 1;
      return -1;
    case 'float16':
    case 'bfloat16':
      // Two bytes each, in the second half of the floats' memory.
      bytes.set(raw, size * 2);
      engine(where).exports.widen(data.byteOffset, size, type === 'float16' ? 1 : 0);
      return -1;
    case 'float64':
      data.set(new Float64Array(aligned(raw)));
      return -1;
    case 'int16':
      data.set(new Int16Array(aligned(raw)));
      return -1;
    case 'uint16':
      data.set(new Uint16Array(aligned(raw)));
      return -1;
    case 'int64':
    case 'uint64':
      return narrowed(data as Int32Array, new Int32Array(aligned(raw)), type === 'int64');
    default:
      bytes.set(raw);
      return type === 'uint32' ? firstNegative(data as Int32Array) : -1;
  }
}

/** A copy at the start of a buffer of its own: data in a file begins at any byte, a typed array at a multiple of its size. */
function aligned(raw: Uint8Array): ArrayBuffer {
  const copy = new Uint8Array(raw.length);
  copy.set(raw);
  return copy.buffer;
}

/** 64 bits to int32: the low word when the high word is only its sign, else the end of the range. */
function narrowed(to: Int32Array, words: Int32Array, signed: boolean): number {
  let first = -1;
  for (let i = 0; i < to.length; i++) {
    const [low, high] = [words[2 * i] as number, words[2 * i + 1] as number];
    const fits = signed || low >= 0 ? high === (signed ? low >> 31 : 0) : false;
    to[i] = fits ? low : signed && high < 0 ? -0x80000000 : 0x7fffffff;
    if (!fits && first < 0) first = i;
  }
  return first;
}

/** The same of uint32, whose upper half has the bits of negative numbers. */
function firstNegative(to: Int32Array): number {
  let first = -1;
  for (let i = 0; i < to.length; i++) {
    if ((to[i] as number) >= 0) continue;
    to[i] = 0x7fffffff;
    if (first < 0) first = i;
  }
  return first;
}

/** The bytes of floats as numbers of 16 bits: the nearest, ties to even; what lies beyond them becomes infinite. */
export function halves(where: string, tensor: Tensor<DType>, type: 'float16' | 'bfloat16'): Uint8Array {
  const made = emptyTensor(where, [tensor.size * 2], 'uint8');
  try {
    const [from, to] = [tensor.data.byteOffset, made.data.byteOffset];
    engine(where).exports.narrow(from, to, tensor.size, type === 'float16' ? 1 : 0);
    return made.toTypedArray();
  } finally {
    made.dispose();
  }
}
