/** Instructions that fill, move and add up values along strided walks. */
import { type DType, dtypeId } from '../dtype.ts';
import { type Builder, bits, type OperandsOf } from './builder.ts';
import { OP } from './table.ts';
import { type Walk, walkWords } from './walk.ts';

/** Every one of `count` elements of y is `value`. */
export function writeFill(
  to: Builder,
  { y }: OperandsOf<'fill'>,
  { dtype = 'float32', count, value = 0 }: { dtype?: DType; count: number; value?: number },
): void {
  const word = dtype === 'float32' ? bits(value) : value | 0;
  to.step(OP.fill, [], [y], [dtypeId(dtype), count, word]);
}

/** Two walks over the elements of `shape`. */
export interface Walks {
  readonly shape: readonly number[];
  readonly source: Walk;
  readonly target: Walk;
}

function words(to: Builder, dtype: DType, { shape, source, target }: Walks): number[] {
  const axes = walkWords(to, shape, source.strides, target.strides);
  return [dtypeId(dtype), ...axes, source.offset, target.offset];
}

/** y = x, along their walks: what only moves values (permute, concat, slice, padding's inside) is one instruction. */
export function writeCopy(
  to: Builder,
  { x, y }: OperandsOf<'copy'>,
  { dtype = 'float32', ...walks }: Walks & { dtype?: DType },
): void {
  if (!walks.shape.includes(0)) to.step(OP.copy, [x], [y], words(to, dtype, walks));
}

/** y += x, along their walks. */
export function writeAccumulate(to: Builder, { x, y }: OperandsOf<'accumulate'>, walks: Walks): void {
  if (!walks.shape.includes(0)) to.step(OP.accumulate, [x], [y], words(to, 'float32', walks));
}
