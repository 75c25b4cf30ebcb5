/**
 * Constants in a file: as they are, or floats as float16, or what products read as int8 with a scale for each of the first
 * axis (the output channels of a convolution): q = round(w / scale), scale = max |w| / 127. Read back they are float32.
 */
import { bytesPer, type DType, viewOf } from '../../base/dtype.ts';
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
  /** Of int8 the scales come first, as float32. */
  readonly bytes: Uint8Array;
}

/** Fewer elements gain nothing that one sees. */
const FEW = 64;
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
    if (format === 'int8' && isFactor && shape.length > 1)
      return { stored: 'int8', bytes: inInt8(values, shape[0] as number) };
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

function inInt8(values: Float32Array, rows: number): Uint8Array {
  const made = new Uint8Array(4 * rows + values.length);
  const scales = new Float32Array(made.buffer, 0, rows);
  const whole = new Int8Array(made.buffer, 4 * rows);
  const width = values.length / rows;
  for (let row = 0; row < rows; row++) {
    const own = values.subarray(row * width, (row + 1) * width);
    let most = 0;
    for (const value of own) most = Math.max(most, Math.abs(value));
    const scale = Math.fround(most / 127);
    scales[row] = scale;
    if (scale === 0) continue;
    for (let i = 0; i < width; i++) whole[row * width + i] = Math.round((own[i] as number) / scale);
  }
  return made;
}

/** How many bytes values of this type must have. */
export function storedBytes(how: Stored, dtype: DType, shape: readonly number[]): number {
  const count = shape.reduce((a, b) => a * b, 1);
  if (how === 'plain') return count * bytesPer(dtype);
  return how === 'float16' ? 2 * count : count + 4 * (shape[0] as number);
}

/** Storage of the values, which come into the memory where somebody reads them. */
export function storageOf(how: Stored, dtype: DType, shape: readonly number[], bytes: Uint8Array): Storage {
  const on = engine('loadCompiled');
  const count = shape.reduce((a, b) => a * b, 1);
  const write = (address: number): void => {
    const to = viewOf(dtype, on.memory.buffer, address, count);
    if (how === 'int8') fromInt8(to as Float32Array, bytes, shape[0] as number);
    else fillStored('loadCompiled', to, how === 'plain' ? dtype : how, bytes);
  };
  return storageOutside('loadCompiled', count * bytesPer(dtype), write);
}

function fromInt8(to: Float32Array, bytes: Uint8Array, rows: number): void {
  const scales = new Float32Array(bytes.slice(0, 4 * rows).buffer);
  const whole = new Int8Array(bytes.buffer, bytes.byteOffset + 4 * rows, to.length);
  const width = to.length / rows;
  for (let row = 0; row < rows; row++) {
    const scale = scales[row] as number;
    for (let i = row * width; i < (row + 1) * width; i++) to[i] = (whole[i] as number) * scale;
  }
}
