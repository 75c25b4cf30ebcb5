/** Values that a user gives as a number, nested arrays, a flat array or a typed array. */
import type { DType } from '../base/dtype.ts';
import { counted, describe, wrongKind } from '../base/errors.ts';

/** What `tensor` and `assign` take: a number, nested arrays, a flat array or a typed array. */
export type TensorData =
  | number
  | readonly TensorData[]
  | Float32Array
  | Float64Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint8ClampedArray
  | Int8Array;

/** Values one behind the other, the shape that they come in, and the dtype that they are of unless it is said. */
export interface Given {
  readonly values: ArrayLike<number>;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** @throws TypeError, RangeError for what is no data */
export function readData(where: string, name: string, data: unknown): Given {
  if (ArrayBuffer.isView(data)) {
    const dtype = dtypeOf(where, name, data);
    const values =
      data instanceof BigInt64Array
        ? Array.from(data, (value, i) => toInt32(where, name, value, i))
        : (data as Float32Array);
    return { values, shape: [values.length], dtype };
  }
  const values: number[] = [];
  return { shape: flattenInto(where, name, data, values), values, dtype: 'float32' };
}

function toInt32(where: string, name: string, value: bigint, index: number): number {
  const small = Number(value);
  if (small !== (small | 0))
    throw new RangeError(`${where}: ${name}[${index}] is ${value}, must fit in int32`);
  return small;
}

function dtypeOf(where: string, name: string, data: ArrayBufferView): DType {
  if (data instanceof Float32Array || data instanceof Float64Array) return 'float32';
  if (data instanceof Int32Array || data instanceof BigInt64Array) return 'int32';
  if (data instanceof Uint8Array || data instanceof Uint8ClampedArray) return 'uint8';
  if (data instanceof Int8Array) return 'int8';
  throw wrongKind(
    where,
    name,
    data,
    'a Float32Array, Float64Array, Int32Array, BigInt64Array, Uint8Array, Uint8ClampedArray or Int8Array',
  );
}

/** Appends the numbers of nested arrays; gives their shape. */
function flattenInto(where: string, name: string, data: unknown, into: number[]): number[] {
  const shape: number[] = [];
  for (let level = data; Array.isArray(level); level = level[0]) shape.push(level.length);
  const visit = (part: unknown, axis: number): void => {
    if (axis === shape.length) {
      if (typeof part !== 'number')
        throw new TypeError(`${where}: ${name} holds ${describe(part)}, must hold numbers`);
      into.push(part);
      return;
    }
    if (!Array.isArray(part) || part.length !== shape[axis]) {
      const is = Array.isArray(part) ? counted(part.length, 'entry', 'entries') : describe(part);
      throw new RangeError(
        `${where}: ${name} is ragged: ${is} where the first has ${counted(shape[axis] as number, 'entry', 'entries')}`,
      );
    }
    for (const inner of part) visit(inner, axis + 1);
  };
  visit(data, 0);
  return shape;
}
