/** Values that a user gives as a number, nested arrays, a flat array or a typed array. */
import { type DType, RANGES } from '../base/dtype.ts';
import { counted, describe, wrongKind } from '../base/errors.ts';
import { arrayDType, tagOf } from '../base/realm.ts';

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
      tagOf(data) === 'BigInt64Array'
        ? Array.from(data as BigInt64Array, (value, i) => toInt32(where, name, value, i))
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
  const dtype = arrayDType(data);
  if (dtype !== undefined) return dtype;
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

/**
 * What a user gives in the place of a tensor of `dtype`: a typed array of it, nested arrays, or a number. The shape is
 * that of the nesting, null for what is not nested.
 * @throws TypeError for what is none of these, or a typed array of another dtype; RangeError for ragged arrays, and for
 * what `dtype` cannot hold
 */
export function numbersFor(
  where: string,
  name: string,
  data: unknown,
  dtype: DType,
): { readonly values: ArrayLike<number>; readonly shape: readonly number[] | null } {
  const own = arrayDType(data);
  if (own !== undefined) {
    if (own !== dtype) throw new TypeError(`${where}: ${name} is ${describe(data)}, must hold ${dtype}`);
    if (tagOf(data) !== 'BigInt64Array') return { values: data as ArrayLike<number>, shape: null };
    return { values: fitting(where, name, data as BigInt64Array, dtype), shape: null };
  }
  if (typeof data !== 'number' && !Array.isArray(data)) {
    throw wrongKind(where, name, data, 'a Tensor, typed array or array of numbers');
  }
  const { values, shape } = readData(where, name, data);
  return { values: fitting(where, name, values, dtype), shape: shape.length < 2 ? null : shape };
}

/** The same values as numbers. @throws RangeError for the first that an integer dtype cannot hold */
function fitting(
  where: string,
  name: string,
  values: ArrayLike<number | bigint>,
  dtype: DType,
): ArrayLike<number> {
  if (dtype === 'float32') return values as ArrayLike<number>;
  const [lowest, highest] = RANGES[dtype];
  return Array.from(values, (value, i) => {
    const number = Number(value);
    if (Number.isInteger(number) && number >= lowest && number <= highest) return number;
    throw new RangeError(`${where}: ${name} holds ${value} at ${i}, must fit in ${dtype}`);
  });
}
