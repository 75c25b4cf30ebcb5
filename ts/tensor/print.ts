/**
 * A tensor's values as text, for JSON, and as one number. Numbers have the fewest digits that give the same value back; of
 * a tensor with more than 1000 elements each axis shows its first and last three, as numpy does.
 */
import type { DType, TypedArrays } from '../base/dtype.ts';

/** numpy's `threshold` and `edgeitems`. */
const THRESHOLD = 1000;
const EDGE = 3;

/** A value in JSON: a name where JSON has no number, which a typed array takes again. */
export type JSONNumber = number | 'NaN' | 'Infinity' | '-Infinity';

/** The number with the fewest digits that is the same float32. Six digits come back out of a float32, and nine make any. */
function shortest(value: number): number {
  // An integer of every dtype is short as it is.
  if (value % 1 === 0 && Math.abs(value) <= 2 ** 31) return value;
  let short = value;
  for (let digits = 6; digits <= 9; digits++) {
    short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) break;
  }
  return short;
}

/** The values for JSON. */
export function jsonNumbers(data: TypedArrays[DType]): JSONNumber[] {
  return Array.from(data, (value) =>
    Number.isFinite(value) ? shortest(value) : (String(value) as JSONNumber),
  );
}

/** `[[1, 2], [3, 4]]`; `[]` where there are none. */
export function valuesText(data: TypedArrays[DType], shape: readonly number[]): string {
  const level = (axis: number, offset: number, count: number): string => {
    const size = shape[axis];
    if (size === undefined) {
      const value = data[offset] as number;
      return Object.is(value, -0) ? '-0' : String(shortest(value));
    }
    const parts: string[] = [];
    for (let i = 0; i < size; i++) {
      if (data.length > THRESHOLD && size > 2 * EDGE && i === EDGE) {
        parts.push('...');
        i = size - EDGE;
      }
      parts.push(level(axis + 1, offset + (i * count) / size, count / size));
    }
    return `[${parts.join(', ')}]`;
  };
  return data.length === 0 ? '[]' : level(0, 0, data.length);
}

/** A number that differs, but for one chance in 2^32, where a value differs; NaN is like NaN, and 0 unlike -0. */
export function checksum(data: TypedArrays[DType]): number {
  const number = new Float64Array(1);
  const words = new Int32Array(number.buffer);
  let sum = 0;
  for (const value of data) {
    // NaN has many bit patterns.
    number[0] = Number.isNaN(value) ? Number.NaN : value;
    for (const word of words) {
      sum = Math.imul(sum ^ word, 0x9e3779b1);
      sum ^= sum >>> 15;
    }
  }
  return sum >>> 0;
}
