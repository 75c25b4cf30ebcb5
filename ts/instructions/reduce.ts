/** Instructions along the middle axis of x as [outer, size, inner]. */
import { DTYPE } from '../base/boundary.ts';
import { type DType, dtypeId } from '../base/dtype.ts';
import { axes } from '../engine/sides/axes.ts';
import type { Builder, OperandsOf } from './builder.ts';
import { OP } from './table.ts';

export interface Along {
  readonly outer: number;
  readonly size: number;
  readonly inner: number;
}

/** y = the reduction (REDUCE) of each row. */
export function writeReduce(
  to: Builder,
  { x, y }: OperandsOf<'reduce'>,
  { dtype, kind, outer, size, inner }: Along & { dtype: DType; kind: number },
): void {
  to.needs(axes);
  to.step(OP.reduce, [x], [y], [dtypeId(dtype), kind, outer, size, inner]);
}

/** y = exp(x) over its sum along each row, or the logarithm of that. */
export function writeSoftmax(
  to: Builder,
  { x, y }: OperandsOf<'softmax'>,
  { outer, size, inner, logarithm }: Along & { logarithm: boolean },
): void {
  to.needs(axes);
  const words = [DTYPE.float32, outer, size, inner, logarithm ? 1 : 0];
  to.step(OP.softmax, [x], [y], words, { inPlace: 0 });
}
