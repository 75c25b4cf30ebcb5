/** Instructions that fill and move values along strided walks. */
import { type DType, dtypeId } from '../base/dtype.ts';
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

export function stepWalks(
  to: Builder,
  opcode: number,
  { x, y }: OperandsOf<'copy'>,
  { shape, source, target }: Walks,
  dtype: DType = 'float32',
): void {
  if (shape.includes(0)) return;
  const axes = walkWords(to, shape, source.strides, target.strides);
  to.step(opcode, [x], [y], [dtypeId(dtype), ...axes, source.offset, target.offset]);
}

/** y = x, along their walks: what only moves values (permute, concat, slice, padding's inside) is one instruction. */
export function writeCopy(
  to: Builder,
  operands: OperandsOf<'copy'>,
  walks: Walks & { readonly dtype?: DType },
): void {
  stepWalks(to, OP.copy, operands, walks, walks.dtype);
}
