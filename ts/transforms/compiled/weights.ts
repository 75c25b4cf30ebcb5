/**
 * Constants in a file: as they are, or floats as float16, or what products read as int8 with a scale for each index of
 * an axis (the output channels of a convolution): q = round(w / scale), scale = max |w| / 127. Read back they are float32.
 */
import { bytesPer, type DType, type TensorType, viewOf } from '../../base/dtype.ts';
import { engine } from '../../engine/engine.ts';
import { type Storage, storageOutside } from '../../engine/memory.ts';
import type { Constant } from '../../program/executable.ts';
import { fillStored, halves } from '../../tensor/stored.ts';
import { Tensor } from '../../tensor/tensor.ts';

/** How a constant's values are stored. */
export type Stored = 'plain' | 'float16' | 'int8';

/** What `save` may be asked for. */
export type WeightFormat = 'float32' | 'float16' | 'int8';

/** A constant as a file has it. */
export interface StoredWeight {
  readonly stored: Stored;
  /** Of int8 the axis whose indices have a scale each. */
  readonly axis?: number;
  /** Of int8 the scales come first, as float32. */
  readonly bytes: Uint8Array;
}

/** Fewer elements gain nothing that one sees. */
const FEW = 64;
/** Elements that an index of another axis than the first must have for a scale. */
const MANY = 64;
/** The largest finite float16. */
const LARGEST = 65504;

/** A constant's values in the form that was asked for, as far as they have it. */
export function stored({ storage, dtype, shape, isFactor }: Constant, format: WeightFormat): StoredWeight {
  const wasAway = storage.isAway;
  try {
    const bytes = storage.read();
    const count = shape.reduce((a, b) => a * b, 1);
    if (dtype !== 'float32' || format === 'float32' || count < FEW) return { stored: 'plain', bytes };
    const values = new Float32Array(bytes.buffer);
    if (format === 'int8' && isFactor && shape.length > 1) return inInt8(values, shape);
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

/** By the axis that loses least. */
function inInt8(values: Float32Array, shape: readonly number[]): StoredWeight {
  const made = shape.flatMap((size, axis) => {
    // Scales are to be few beside what they scale.
    const isWorth = axis === 0 || (size > 1 && values.length >= MANY * size);
    return isWorth ? [{ axis, ...byAxis(values, shape, axis) }] : [];
  });
  const { axis, bytes } = made.reduce((best, one) => (one.loss < best.loss ? one : best));
  return { stored: 'int8', axis, bytes };
}

/** The bytes, and the sum of squared errors. */
function byAxis(values: Float32Array, shape: readonly number[], axis: number) {
  const size = shape[axis] as number;
  const bytes = new Uint8Array(4 * size + values.length);
  const scales = new Float32Array(bytes.buffer, 0, size);
  const whole = new Int8Array(bytes.buffer, 4 * size);
  const inner = innerOf(shape, axis);
  const indexOf = (i: number) => Math.floor(i / inner) % size;
  for (let i = 0; i < values.length; i++) {
    const index = indexOf(i);
    scales[index] = Math.max(scales[index] as number, Math.abs(values[i] as number) / 127);
  }
  let loss = 0;
  for (let i = 0; i < values.length; i++) {
    const [scale, value] = [scales[indexOf(i)] as number, values[i] as number];
    whole[i] = scale === 0 ? 0 : Math.round(value / scale);
    loss += ((whole[i] as number) * scale - value) ** 2;
  }
  return { bytes, loss };
}

/** Elements from an index of an axis to the next. */
const innerOf = (shape: readonly number[], axis: number) =>
  shape.slice(axis + 1).reduce((product, size) => product * size, 1);

/** How many bytes values of this type must have. */
export function storedBytes(
  { stored, axis = 0 }: Omit<StoredWeight, 'bytes'>,
  dtype: DType,
  shape: readonly number[],
): number {
  const count = shape.reduce((a, b) => a * b, 1);
  if (stored === 'plain') return count * bytesPer(dtype);
  return stored === 'float16' ? 2 * count : count + 4 * (shape[axis] as number);
}

/** Storage of the values, which come into the memory where somebody reads them. */
export function storageOf({ dtype, shape, ...weight }: TensorType & StoredWeight): Storage {
  const on = engine('loadCompiled');
  const { stored, bytes } = weight;
  const count = shape.reduce((a, b) => a * b, 1);
  const write = (address: number): void => {
    const to = viewOf(dtype, on.memory.buffer, address, count);
    if (stored === 'int8') fromInt8(to as Float32Array, shape, weight);
    else fillStored('loadCompiled', to, stored === 'plain' ? dtype : stored, bytes);
  };
  return storageOutside('loadCompiled', count * bytesPer(dtype), write);
}

function fromInt8(to: Float32Array, shape: readonly number[], { axis = 0, bytes }: StoredWeight): void {
  const size = shape[axis] as number;
  const scales = new Float32Array(bytes.slice(0, 4 * size).buffer);
  const whole = new Int8Array(bytes.buffer, bytes.byteOffset + 4 * size, to.length);
  const inner = innerOf(shape, axis);
  for (let i = 0, index = 0; i < to.length; index = (index + 1) % size) {
    const scale = scales[index] as number;
    for (const end = i + inner; i < end; i++) to[i] = (whole[i] as number) * scale;
  }
}
