/** The instruction of optimisers: a parameter and its state, in place, by its gradient. */
import { DTYPE } from '../base/boundary.ts';
import { gradients } from '../engine/sides/gradients.ts';
import type { Builder, OperandsOf } from './builder.ts';
import { OP } from './table.ts';

/** So many rates has a rule at most. */
export const RATES = 8;

/** One step of `count` elements by a rule (UPDATE); crates/core/src/instructions/update.rs says what rates and arrays are. */
export function writeUpdate(
  to: Builder,
  { rates, gradient, scale, guard, parameter, first, second, third }: OperandsOf<'update'>,
  { rule, count }: { rule: number; count: number },
): void {
  to.needs(gradients);
  const reads = [rates, gradient, scale ?? null, guard ?? null];
  const writes = [parameter, first ?? null, second ?? null, third ?? null];
  to.step(OP.update, reads, writes, [DTYPE.float32, rule, count]);
}
