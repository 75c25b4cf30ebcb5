/** Numbers that a user gives in a tensor's place: typed arrays, and nested arrays with the shape that their nesting tells. */
import type { DType } from './dtype.ts';
import { describe, wrongKind } from './errors.ts';
import { arrayDType, tagOf } from './realm.ts';

/** A typed array that may stand for a tensor's values. */
export type NumberArray =
  | Float32Array
  | Float64Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint8ClampedArray
  | Int8Array;

/** The largest and the smallest value of each dtype of integers. */
const RANGES = {
  int32: [-0x80000000, 0x7fffffff],
  uint8: [0, 255],
  int8: [-128, 127],
} as const;

/** Values, and their shape where nesting tells it. */
export interface Numbers {
  readonly values: ArrayLike<number>;
  readonly shape: readonly number[] | null;
}

/**
 * What `data` holds, for a tensor of `dtype`: a typed array, nested arrays, or a number. What is not nested has no shape
 * of its own.
 * @throws TypeError for what is none of these, or a typed array of another dtype; RangeError for ragged arrays, and for a
 * value that `dtype` cannot hold
 */
export function numbersOf(where: string, name: string, data: unknown, dtype: DType): Numbers {
  const own = arrayDType(data);
  if (own === undefined) {
    if (typeof data !== 'number' && !Array.isArray(data)) {
      throw wrongKind(where, name, data, 'a Tensor, typed array or array of numbers');
    }
    const values: number[] = [];
    const shape = flattenInto(where, name, data, values);
    return { values: fitting(where, name, values, dtype), shape: shape.length < 2 ? null : shape };
  }
  if (own !== dtype) throw new TypeError(`${where}: ${name} is ${describe(data)}, must hold ${dtype}`);
  if (tagOf(data) !== 'BigInt64Array') return { values: data as ArrayLike<number>, shape: null };
  return { values: fitting(where, name, Array.from(data as BigInt64Array), dtype), shape: null };
}

/** The same values as numbers. @throws RangeError for the first that an integer dtype cannot hold */
function fitting(where: string, name: string, values: readonly (number | bigint)[], dtype: DType): number[] {
  if (dtype === 'float32') return values as number[];
  const [lowest, highest] = RANGES[dtype];
  return values.map((value, i) => {
    const number = Number(value);
    if (Number.isInteger(number) && number >= lowest && number <= highest) return number;
    throw new RangeError(`${where}: ${name} holds ${value} at ${i}, must fit in ${dtype}`);
  });
}

/** Appends the numbers of nested arrays; gives their shape. @throws TypeError, RangeError for what is no number, or ragged */
export function flattenInto(where: string, name: string, data: unknown, into: number[]): number[] {
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
      const is = Array.isArray(part) ? `${part.length} entries` : describe(part);
      throw new RangeError(`${where}: ${name} is ragged: ${is} where the first has ${shape[axis]} entries`);
    }
    for (const inner of part) visit(inner, axis + 1);
  };
  visit(data, 0);
  return shape;
}
