/** What a call of an operator makes: found once, when its node is made. */
import { bytesPer, type TensorType } from '../dtype.ts';
import { elementCount } from '../errors.ts';
import type { Entry, Params, Resolved, Types } from './entry.ts';

/** @throws what the operator's rule throws; RangeError for an output above 2^31 - 1 bytes */
export function resolve(entry: Entry, types: Types, params: Params): Resolved {
  // Types alone: what is kept by structure must not keep a trace's values.
  const plain = types.map((type) => type && { shape: type.shape, dtype: type.dtype });
  const resolved = entry.resolve?.(plain, params) ?? adapted(entry, plain, params);
  for (const { shape, dtype } of resolved.outputs) {
    elementCount(entry.name, shape, bytesPer(dtype));
    // A plan's results share it.
    Object.freeze(shape);
  }
  return resolved;
}

function adapted(entry: Entry, types: Types, params: Params): Resolved {
  const outputs = entry.infer!(types, params);
  return {
    outputs,
    problem: null,
    state: entry.writes?.(params),
    ...(entry.saves && { saved: entry.saves(types, params) }),
    ...(entry.cost && { macs: entry.cost(types, outputs).macs }),
    ...(entry.field && {
      window: entry.field(types, params).map((one) => ({ kind: 'regular' as const, ...one })),
    }),
  };
}

/** Bytes of a tensor of this type. */
export function typeBytes(type: TensorType): number {
  let bytes = bytesPer(type.dtype);
  for (const axis of type.shape) bytes *= axis;
  return bytes;
}
