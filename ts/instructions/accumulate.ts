/** Values added up along strided walks. */
import { AXES } from '../engine/side.ts';
import type { Builder, OperandsOf } from './builder.ts';
import { stepWalks, type Walks } from './copy.ts';
import { OP } from './table.ts';

/** y += x, along their walks. An operator that does so in its own lowering holds the side module (`axes` of engine/sides). */
export function writeAccumulate(to: Builder, operands: OperandsOf<'accumulate'>, walks: Walks): void {
  to.needs(AXES);
  stepWalks(to, OP.accumulate, operands, walks);
}
