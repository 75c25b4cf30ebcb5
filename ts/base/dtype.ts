/** The element types: their names, sizes, numbers on the boundary, and typed arrays. */
import { DTYPE } from './boundary.ts';

/**
 * The element types of tensors. Convolution, normalisation and activations take float32, what only moves values
 * takes all.
 */
export type DType = 'float32' | 'int32' | 'uint8' | 'int8';

export const DTYPES: readonly DType[] = /*#__PURE__*/ Object.keys(DTYPE) as (keyof typeof DTYPE)[];

/** The smallest and the largest value of each dtype of integers. */
export const RANGES = {
  int32: [-0x80000000, 0x7fffffff],
  uint8: [0, 255],
  int8: [-128, 127],
} as const;

/** The typed array of each dtype, on memory of a kind: the linear memory's, or its own. */
export interface TypedArrays<B extends ArrayBufferLike = ArrayBufferLike> {
  /** Of float32. */
  float32: Float32Array<B>;
  /** Of int32. */
  int32: Int32Array<B>;
  /** Of uint8. */
  uint8: Uint8Array<B>;
  /** Of int8. */
  int8: Int8Array<B>;
}

/** The number of a dtype on the boundary. */
export function dtypeId(dtype: DType): number {
  return DTYPE[dtype];
}

export function bytesPer(dtype: DType): number {
  return dtype === 'float32' || dtype === 'int32' ? 4 : 1;
}

/** Whether a dtype can hold a number without changing it into another integer. */
export function fits(value: number, dtype: DType): boolean {
  if (dtype === 'float32') return true;
  const [lowest, highest] = RANGES[dtype];
  return Number.isInteger(value) && value >= lowest && value <= highest;
}

/** A typed array over `length` elements at `address`. */
export function viewOf<D extends DType>(
  dtype: D,
  buffer: ArrayBufferLike,
  address: number,
  length: number,
): TypedArrays[D];
export function viewOf(
  dtype: DType,
  buffer: ArrayBufferLike,
  address: number,
  length: number,
): TypedArrays[DType] {
  switch (dtype) {
    case 'float32':
      return new Float32Array(buffer, address, length);
    case 'int32':
      return new Int32Array(buffer, address, length);
    case 'uint8':
      return new Uint8Array(buffer, address, length);
    default:
      return new Int8Array(buffer, address, length);
  }
}

/** A tensor's shape and dtype. */
export interface TensorType {
  /** The size of each axis; [] for a scalar. */
  readonly shape: readonly number[];
  /** The element type. */
  readonly dtype: DType;
}

/** Whether two tensors have one shape. */
export function sameShape(
  { shape: a }: Pick<TensorType, 'shape'>,
  { shape: b }: Pick<TensorType, 'shape'>,
): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let axis = 0; axis < a.length; axis++) if (a[axis] !== b[axis]) return false;
  return true;
}
