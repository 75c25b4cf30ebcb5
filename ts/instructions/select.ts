/**
 * Instructions by indices along an axis, in an order, and by places in a matrix (select.rs, sort.rs, cumulate.rs and
 * triangle.rs in crates/core/src/instructions).
 */
import { type DType, dtypeId } from '../base/dtype.ts';
import { selection } from '../engine/sides/selection.ts';
import { type Builder, bits, type OperandsOf } from './builder.ts';
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
  to.needs(selection);
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
  to.needs(selection);
  to.step(OP.put, [x, indices], [y], [...words(dtype, indexed), joining, outside]);
}

/** y = the sums up to each element along the axis. */
export function writeCumulate(
  to: Builder,
  { x, y }: OperandsOf<'cumulate'>,
  {
    dtype = 'float32',
    outer,
    size,
    inner,
    exclusive,
    reverse,
  }: Along & { dtype?: DType; exclusive: boolean; reverse: boolean },
): void {
  to.needs(selection);
  const flags = [exclusive ? 1 : 0, reverse ? 1 : 0];
  to.step(OP.cumulate, [x], [y], [dtypeId(dtype), outer, size, inner, ...flags], { inPlace: 0 });
}

export interface Triangle {
  readonly planes: number;
  readonly rows: number;
  readonly columns: number;
  readonly diagonal: number;
  readonly upper: boolean;
}

/** y = x above or below a diagonal, 0 elsewhere. */
export function writeTriangle(
  to: Builder,
  { x, y }: OperandsOf<'triangle'>,
  { dtype = 'float32', planes, rows, columns, diagonal, upper }: Triangle & { dtype?: DType },
): void {
  to.needs(selection);
  const params = [dtypeId(dtype), planes, rows, columns, diagonal, upper ? 1 : 0];
  to.step(OP.triangle, [x], [y], params, { inPlace: 0 });
}

/** y and indices = the first `count` elements of each row in their order, and their places. */
export function writeSort(
  to: Builder,
  { x, y, indices }: Omit<OperandsOf<'sort'>, 'scratch'>,
  {
    dtype,
    outer,
    size,
    inner,
    count,
    descending,
  }: Along & { dtype: DType; count: number; descending: boolean },
): void {
  to.needs(selection);
  const params = [dtypeId(dtype), outer, size, inner, count, descending ? 1 : 0];
  const { scratch } = to.plan('sort', OP.sort, params);
  to.step(OP.sort, [x], [y, indices], params, { scratch });
}

/** kept and found = the boxes that stay, the best first, and how many. */
export function writeSuppress(
  to: Builder,
  { boxes, scores, classes, kept, found }: Omit<OperandsOf<'suppress'>, 'scratch'>,
  { count, limit, overlap, score }: { count: number; limit: number; overlap: number; score: number },
): void {
  to.needs(selection);
  const params = [dtypeId('float32'), count, limit, bits(overlap), bits(score)];
  const { scratch } = to.plan('suppress', OP.suppress, params);
  to.step(OP.suppress, [boxes, scores, classes ?? null], [kept, found], params, { scratch });
}
