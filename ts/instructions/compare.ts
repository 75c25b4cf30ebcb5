/** Instructions that compare element by element, and choose by what was found. */
import { type DType, dtypeId } from '../base/dtype.ts';
import { selection } from '../engine/sides/selection.ts';
import type { Builder, OperandsOf } from './builder.ts';
import type { BinaryOptions } from './elementwise.ts';
import { OP } from './table.ts';
import { walkWords } from './walk.ts';

/** y = a kind b, 0 or 1 in uint8; kind is one of COMPARE, the dtype that of a and b. */
export function writeCompare(
  to: Builder,
  operands: OperandsOf<'compare'>,
  { dtype, kind, shape, a, b }: Omit<BinaryOptions, 'inPlace'>,
): void {
  to.needs(selection);
  const words = [dtypeId(dtype ?? 'float32'), kind, ...walkWords(to, shape, a, b)];
  to.step(OP.compare, [operands.a, operands.b], [operands.y], words);
}

export interface SelectOptions {
  /** Of a, b and y, and of the condition. */
  readonly dtype: DType;
  readonly condition: DType;
  readonly count: number;
  /** For c, a and b: whether they have `count` elements, or one. */
  readonly steps: readonly [boolean, boolean, boolean];
}

/** y = c !== 0 ? a : b. */
export function writeChoose(
  to: Builder,
  { c, a, b, y }: OperandsOf<'choose'>,
  { dtype, condition, count, steps }: SelectOptions,
): void {
  to.needs(selection);
  const words = [dtypeId(dtype), dtypeId(condition), count, ...steps.map(Number)];
  const inPlace = steps.indexOf(true, 1);
  to.step(OP.choose, [c, a, b], [y], words, { inPlace });
}
