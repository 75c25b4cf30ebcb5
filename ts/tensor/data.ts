/** Values that a user gives as a number, nested arrays, a flat array or a typed array. */
import { type DType, fits } from '../base/dtype.ts';
import { asTensor, counted, describe, wrongKind } from '../base/errors.ts';
import type { Float16 } from '../base/platform.ts';
import { arrayDType, tagOf } from '../base/realm.ts';

/** A typed array that holds values: each gives the dtype that holds them all, but for what is too large. */
export type TypedData =
  | Float16
  | Float32Array
  | Float64Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Uint8Array
  | Uint8ClampedArray
  | Int8Array;

/** What `tensor` and `assign` take: a number, nested arrays of numbers or of typed arrays, a flat array or a typed array. */
export type TensorData = number | readonly TensorData[] | TypedData;

/** Values one behind the other, the shape that they come in, and the dtype that typed arrays among them are of. */
export interface Values {
  readonly values: ArrayLike<number | bigint>;
  readonly shape: readonly number[];
  readonly dtype: DType | null;
}

/** @throws TypeError, RangeError for what is no data */
export function readData(where: string, name: string, data: unknown): Values {
  if (ArrayBuffer.isView(data)) {
    const values = data as Float32Array;
    return { dtype: dtypeOf(where, name, data), values, shape: [values.length] };
  }
  const other = asTensor(data);
  if (other !== '') throw wrongKind(where, name, data, `a number, array or typed array, or a Tensor${other}`);
  return new Nested(where, name, data);
}

function dtypeOf(where: string, name: string, data: ArrayBufferView): DType {
  const dtype = arrayDType(data);
  if (dtype !== undefined) return dtype;
  throw wrongKind(
    where,
    name,
    data,
    'a Float16Array, Float32Array, Float64Array, Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, BigInt64Array or BigUint64Array',
  );
}

type Row = ArrayLike<unknown>;
const isRow = (part: unknown): part is Row => Array.isArray(part) || ArrayBuffer.isView(part);

/** The numbers of nested arrays, the innermost of which may be typed. */
class Nested implements Values {
  readonly values: (number | bigint)[] = [];
  readonly shape: readonly number[];
  dtype: DType | null = null;
  readonly #where: string;
  readonly #name: string;

  constructor(where: string, name: string, data: unknown) {
    this.#where = where;
    this.#name = name;
    const shape: number[] = [];
    for (let level = data; isRow(level); level = level[0]) shape.push(level.length);
    this.shape = shape;
    this.#visit(data, 0);
  }

  #visit(part: unknown, axis: number): void {
    const [where, name] = [this.#where, this.#name];
    if (axis === this.shape.length) {
      if (typeof part !== 'number')
        throw new TypeError(`${where}: ${name} holds ${describe(part)}, must hold numbers`);
      this.values.push(part);
      return;
    }
    if (!isRow(part) || part.length !== this.shape[axis]) {
      const is = isRow(part) ? counted(part.length, 'entry', 'entries') : describe(part);
      throw new RangeError(
        `${where}: ${name} is ragged: ${is} where the first has ${counted(this.shape[axis] as number, 'entry', 'entries')}`,
      );
    }
    if (!ArrayBuffer.isView(part)) {
      for (let i = 0; i < part.length; i++) this.#visit(part[i], axis + 1);
      return;
    }
    const dtype = dtypeOf(where, name, part);
    if (this.dtype !== null && this.dtype !== dtype)
      throw new TypeError(
        `${where}: ${name} holds typed arrays of ${this.dtype} and ${dtype}, must hold one`,
      );
    this.dtype = dtype;
    const values = part as ArrayBufferView & ArrayLike<number | bigint>;
    for (let i = 0; i < values.length; i++) this.values.push(values[i] as number | bigint);
  }
}

/**
 * What a user gives in the place of a tensor of `dtype`: a typed array of it, nested arrays, or a number. The shape is
 * that of the nesting, null for what is not nested.
 * @throws TypeError for what is none of these, or typed arrays of another dtype; RangeError for ragged arrays, and for
 * what `dtype` cannot hold
 */
export function numbersFor(
  where: string,
  name: string,
  data: unknown,
  dtype: DType,
): { readonly values: ArrayLike<number>; readonly shape: readonly number[] | null } {
  if (typeof data !== 'number' && !isRow(data)) {
    const other = asTensor(data);
    if (other !== '') throw wrongKind(where, name, data, `a Tensor${other}`);
    throw wrongKind(where, name, data, 'a Tensor, typed array or array of numbers');
  }
  const given = readData(where, name, data);
  if (given.dtype !== null && given.dtype !== dtype) {
    const is = Array.isArray(data) ? `an array of typed arrays of ${given.dtype}` : describe(data);
    throw new TypeError(`${where}: ${name} is ${is}, must hold ${dtype}`);
  }
  const { shape } = given;
  return { values: fitting(where, name, given, dtype), shape: shape.length < 2 ? null : shape };
}

/** The values as numbers. @throws RangeError for the first that an integer dtype cannot hold */
export function fitting(
  where: string,
  name: string,
  { values, dtype: own }: Values,
  dtype: DType,
): ArrayLike<number> {
  const isBig = typeof values[0] === 'bigint';
  // What is taken for int32 may be wider.
  const fitsAll = own === dtype && (dtype !== 'int32' || tagOf(values) === 'Int32Array');
  if (!isBig && (dtype === 'float32' || fitsAll)) return values as ArrayLike<number>;
  return Array.from(values, (value, i) => {
    const number = Number(value);
    if (fits(number, dtype)) return number;
    throw new RangeError(`${where}: ${name} holds ${value} at ${i}, must fit in ${dtype}`);
  });
}
