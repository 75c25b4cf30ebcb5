/** Instructions over x as [n, channels, inner], with one number per channel: affine maps and statistics. */
import { DTYPE } from '../base/boundary.ts';
import type { Builder, OperandsOf } from './builder.ts';
import { OP } from './table.ts';

export interface Channels {
  readonly n: number;
  readonly channels: number;
  readonly inner: number;
}

const words = ({ n, channels, inner }: Channels): number[] => [DTYPE.float32, n, channels, inner];

/** y = (x - center) * scale + shift. */
export function writeAffine(
  to: Builder,
  { x, center = null, scale, shift = null, y }: OperandsOf<'affine'>,
  sizes: Channels,
): void {
  to.step(OP.affine, [x, center, scale, shift], [y], words(sizes), { inPlace: 0 });
}

/** Mean and (biased) variance of each channel. */
export function writeStats(to: Builder, { x, mean, variance }: OperandsOf<'stats'>, sizes: Channels): void {
  to.step(OP.stats, [x], [mean, variance], words(sizes));
}
