/** What a call of an operator makes: found once, when its node is made. */
import { elementCount } from '../base/checks.ts';
import { bytesPer, type TensorType } from '../base/dtype.ts';
import type { Entry, Params, Resolved, Types } from './entry.ts';

/** @throws what the operator's rule throws; RangeError for an output above 2^31 - 1 bytes */
export function resolve(entry: Entry, types: Types, params: Params): Resolved {
  // Types alone: what is kept by structure must not keep a trace's values.
  const plain = types.map((type) => type && { shape: type.shape, dtype: type.dtype });
  const resolved = entry.resolve(plain, params);
  for (const { shape, dtype } of resolved.outputs) {
    elementCount(entry.name, shape, bytesPer(dtype));
    // A plan's results share it.
    Object.freeze(shape);
  }
  return resolved;
}

/** Bytes of a tensor of this type. */
export function typeBytes(type: TensorType): number {
  let bytes = bytesPer(type.dtype);
  for (const axis of type.shape) bytes *= axis;
  return bytes;
}
