/** What a call of an operator makes: judged once, when its node is made. */
import { bytesPer, type TensorType } from '../dtype.ts';
import { elementCount } from '../errors.ts';
import type { Entry, Params, Resolved, Types } from './entry.ts';

const NOTHING: readonly number[] = Object.freeze([]) as readonly number[];

/** @throws what the operator's shape rule throws; RangeError for an output above 2^31 - 1 bytes */
export function resolve(entry: Entry, inputs: Types, params: Params): Resolved {
  const outputs = entry.infer(inputs, params);
  for (const { shape, dtype } of outputs) {
    elementCount(entry.name, shape, bytesPer(dtype));
    // A plan's results share it.
    Object.freeze(shape);
  }
  return { outputs, state: entry.writes?.(params) ?? NOTHING };
}

/** Bytes of a tensor of this type. */
export function typeBytes(type: TensorType): number {
  let bytes = bytesPer(type.dtype);
  for (const axis of type.shape) bytes *= axis;
  return bytes;
}
