/** Instructions that draw random numbers from the generator's state. */
import { DTYPE } from '../base/boundary.ts';
import { selection } from '../engine/sides/selection.ts';
import { type Builder, bits, type OperandsOf } from './builder.ts';
import { OP } from './table.ts';

export interface RandomOptions {
  /** DISTRIBUTION. */
  readonly distribution: number;
  /** From p0 up to p1; or the mean and the deviation. */
  readonly p0: number;
  readonly p1: number;
  readonly count: number;
}

/** `count` random numbers. */
export function writeRandom(
  to: Builder,
  { state, y }: OperandsOf<'random'>,
  { distribution, p0, p1, count }: RandomOptions,
): void {
  to.needs(selection);
  to.step(OP.random, [state], [y], [DTYPE.float32, distribution, bits(p0), bits(p1), count]);
}

export interface DropoutOptions {
  readonly count: number;
  /** Neighbours that are dropped together. */
  readonly inner: number;
  /** What of 2^32 is dropped, and what the rest is multiplied by. */
  readonly threshold: number;
  readonly scale: number;
}

/** y = x where it is not dropped, times the scale. */
export function writeDropout(
  to: Builder,
  { x, state, y }: OperandsOf<'dropout'>,
  { count, inner, threshold, scale }: DropoutOptions,
): void {
  to.needs(selection);
  const words = [DTYPE.float32, count, inner, threshold, bits(scale)];
  to.step(OP.dropout, [x, state], [y], words, { inPlace: 0 });
}
