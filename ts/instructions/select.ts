/** Instructions by indices along an axis (crates/core/src/instructions/select.rs). */
import { type DType, dtypeId } from '../base/dtype.ts';
import { axes } from '../engine/sides/axes.ts';
import type { Builder, OperandsOf } from './builder.ts';
import type { Along } from './reduce.ts';
import { type JOINING, OP, OUTSIDE } from './table.ts';

/** What has indices, [outer, count, inner], and what they point into, [outer, size, inner]. */
export interface Indexed extends Along {
  readonly count: number;
  /** Each element has an index of its own; else there are `count` of them. */
  readonly own: boolean;
}

const words = (dtype: DType, { outer, count, size, inner, own }: Indexed): number[] => [
  ...[dtypeId(dtype), outer, count, size, inner, own ? 1 : 0],
];

/** y[o, j, i] = x[o, index, i]. */
export function writeSelect(
  to: Builder,
  { x, indices, y }: OperandsOf<'select'>,
  { dtype = 'float32', ...indexed }: Indexed & { dtype?: DType },
): void {
  to.needs(axes);
  to.step(OP.select, [x, indices], [y], words(dtype, indexed));
}

export interface PutOptions extends Indexed {
  readonly dtype?: DType;
  /** JOINING. */
  readonly joining: (typeof JOINING)[keyof typeof JOINING];
  /** OUTSIDE. */
  readonly outside?: (typeof OUTSIDE)[keyof typeof OUTSIDE];
}

/** y[o, index, i] = x[o, j, i], or what is made of both; the rest of y stays. */
export function writePut(
  to: Builder,
  { x, indices, y }: OperandsOf<'put'>,
  { dtype = 'float32', joining, outside = OUTSIDE.fault, ...indexed }: PutOptions,
): void {
  to.needs(axes);
  to.step(OP.put, [x, indices], [y], [...words(dtype, indexed), joining, outside]);
}
