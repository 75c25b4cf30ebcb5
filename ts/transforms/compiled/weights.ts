/**
 * Constants in a file: as they are; what is one number once; floats as float16; or what products read as int8 with a scale for
 * each index of an axis (the output channels of a convolution): q = round(w / scale), scale = max |w| / 127, or the next float of 16
 * bits above it. Read back all of these are what they were, or float32.
 */
import { bytesPer, type DType, type TensorType, viewOf } from '../../base/dtype.ts';
import { engine } from '../../engine/engine.ts';
import { type Storage, storageOutside } from '../../engine/memory.ts';
import { countOf } from '../../instructions/emit.ts';
import type { Constant } from '../../program/executable.ts';
import { fillStored, halves } from '../../tensor/stored.ts';
import { Tensor } from '../../tensor/tensor.ts';

/** How a constant's values are stored. */
export type Stored = 'plain' | 'same' | 'float16' | 'int8';

/** What `save` may be asked for. */
export type WeightFormat = 'float32' | 'float16' | 'int8';

/** A constant as a file has it. */
export interface StoredWeight {
  readonly stored: Stored;
  /** Of int8 the axis whose indices have a scale each. */
  readonly axis?: number;
  /** Of int8 the scales come first, as bfloat16; of what is one number there is one element. */
  readonly bytes: Uint8Array;
}

/** Fewer elements gain nothing that one sees. */
const FEW = 64;
/** Elements that an index of another axis than the first must have for a scale. */
const MANY = 64;
/** The largest finite float16. */
const LARGEST = 65504;
/** What is one number has no more elements: a small file is not to become any number of large ones. */
export const MOST_SAME = 2 ** 24;

/** A constant's values in the form that was asked for, as far as they have it. */
export function stored({ storage, dtype, shape, isFactor }: Constant, format: WeightFormat): StoredWeight {
  const wasAway = storage.isAway;
  try {
    const bytes = storage.read();
    const count = countOf(shape);
    if (count < FEW) return { stored: 'plain', bytes };
    const one = bytesPer(dtype);
    if (count <= MOST_SAME && bytes.every((byte, i) => byte === bytes[i % one]))
      return { stored: 'same', bytes: bytes.subarray(0, one) };
    if (dtype !== 'float32' || format === 'float32') return { stored: 'plain', bytes };
    const values = new Float32Array(bytes.buffer);
    const small = format === 'int8' && isFactor ? inInt8(values, shape) : null;
    if (small !== null) return small;
    if (values.some((value) => Math.abs(value) > LARGEST)) return { stored: 'plain', bytes };
    return { stored: 'float16', bytes: inFloat16(storage, shape) };
  } finally {
    if (wasAway) storage.leave();
  }
}

function inFloat16(storage: Storage, shape: readonly number[]): Uint8Array {
  storage.references += 1;
  const tensor = new Tensor(shape, 'float32', storage);
  try {
    return halves('save', tensor, 'float16');
  } finally {
    tensor.dispose();
  }
}

/** By the axis that loses least; null where scales take more than is saved. */
function inInt8(values: Float32Array, shape: readonly number[]): StoredWeight | null {
  const made = shape.flatMap((size, axis) => {
    // Scales are to be few beside what they scale.
    const isWorth = axis === 0 ? values.length > 2 * size : size > 1 && values.length >= MANY * size;
    return isWorth && shape.length > 1 ? [{ axis, ...byAxis(values, shape, axis) }] : [];
  });
  if (made.length === 0) return null;
  const { axis, bytes } = made.reduce((best, one) => (one.loss < best.loss ? one : best));
  return { stored: 'int8', axis, bytes };
}

/** The bytes, and the sum of squared errors. */
function byAxis(values: Float32Array, shape: readonly number[], axis: number) {
  const size = shape[axis] as number;
  const scales = new Float32Array(size);
  const inner = countOf(shape.slice(axis + 1));
  const indexOf = (i: number) => Math.floor(i / inner) % size;
  for (let i = 0; i < values.length; i++) {
    const index = indexOf(i);
    scales[index] = Math.max(scales[index] as number, Math.abs(values[i] as number) / 127);
  }
  const bits = new Uint32Array(scales.buffer);
  for (let i = 0; i < size; i++) bits[i] = (((bits[i] as number) + 0xffff) >>> 16) << 16;
  const bytes = new Uint8Array(2 * size + values.length);
  new Uint16Array(bytes.buffer, 0, size).set(bits.map((word) => word >>> 16));
  const whole = new Int8Array(bytes.buffer, 2 * size);
  let loss = 0;
  for (let i = 0; i < values.length; i++) {
    const [scale, value] = [scales[indexOf(i)] as number, values[i] as number];
    whole[i] = scale === 0 ? 0 : Math.round(value / scale);
    loss += ((whole[i] as number) * scale - value) ** 2;
  }
  return { bytes, loss };
}

/** The bytes that are taken where so many are stored: words lie at multiples of 4. */
export const inWords = (bytes: number): number => Math.ceil(bytes / 4) * 4;

/** How many bytes values of this type must have. */
export function storedBytes(
  { stored, axis = 0 }: Omit<StoredWeight, 'bytes'>,
  dtype: DType,
  shape: readonly number[],
): number {
  const count = countOf(shape);
  switch (stored) {
    case 'plain':
      return count * bytesPer(dtype);
    case 'same':
      return Math.min(count, 1) * bytesPer(dtype);
    case 'float16':
      return 2 * count;
    case 'int8':
      return count + 2 * (shape[axis] as number);
  }
}

/** Storage of the values, which come into the memory where somebody reads them. */
export function storageOf({ dtype, shape, ...weight }: TensorType & StoredWeight): Storage {
  const on = engine('loadCompiled');
  const { stored, bytes, axis = 0 } = weight;
  const count = countOf(shape);
  const inner = countOf(shape.slice(axis + 1));
  let scales: Float32Array | undefined;
  const size = bytesPer(dtype);
  const width = stored === 'float16' ? 2 : size;
  const write = (address: number, from: number, length: number): void => {
    const [first, some] = [from / size, length / size];
    const to = viewOf(dtype, on.memory.buffer, address, some);
    const type = stored === 'float16' ? stored : dtype;
    const fill = (values: typeof to, own: Uint8Array) => fillStored('loadCompiled', values, type, own);
    if (stored === 'int8') {
      scales ??= scalesIn(weight, shape[axis] as number);
      fromInt8(to as Float32Array, weight, scales, inner, first);
    } else if (stored === 'same') {
      fill(to.subarray(0, 1), bytes);
      to.fill(to[0] as number);
    } else fill(to, bytes.subarray(first * width, (first + some) * width));
  };
  const plain = () => (stored === 'plain' ? bytes : null);
  return storageOutside('loadCompiled', count * size, { write, plain });
}

/** The scales, of whose floats a file has the upper halves. */
function scalesIn({ bytes }: StoredWeight, size: number): Float32Array {
  const scales = new Float32Array(size);
  const halves = new Uint16Array(scales.buffer);
  for (let i = 0; i < 2 * size; i += 2)
    halves[i + 1] = (bytes[i] as number) | ((bytes[i + 1] as number) << 8);
  return scales;
}

/** The values from the one at `first` on, of which `inner` by `inner` have one scale. */
function fromInt8(
  to: Float32Array,
  { bytes }: StoredWeight,
  scales: Float32Array,
  inner: number,
  first: number,
): void {
  const whole = new Int8Array(bytes.buffer, bytes.byteOffset + 2 * scales.length + first, to.length);
  for (let i = 0; i < to.length; ) {
    const index = Math.floor((first + i) / inner);
    const scale = scales[index % scales.length] as number;
    for (const end = Math.min(to.length, (index + 1) * inner - first); i < end; i++)
      to[i] = (whole[i] as number) * scale;
  }
}
