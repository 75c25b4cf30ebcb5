/**
 * Instructions along an axis in an order, and by places in a matrix (sort.rs, suppress.rs, cumulate.rs and triangle.rs in
 * crates/core/src/instructions).
 */
import { type DType, dtypeId } from '../base/dtype.ts';
import { selection } from '../engine/sides/selection.ts';
import { type Builder, bits, type OperandsOf } from './builder.ts';
import type { Along } from './reduce.ts';
import { OP } from './table.ts';

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
