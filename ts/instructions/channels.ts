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

/** The sums of dy, and of dy times what x has beyond the center, over each channel. */
export function writeNormSums(
  to: Builder,
  { dy, x, center, sum, product }: OperandsOf<'normSums'>,
  sizes: Channels,
): void {
  to.step(OP.normSums, [dy, x, center], [sum, product], words(sizes));
}

/** d = a * p + (b - center) * q + shift. */
export function writeBlend(
  to: Builder,
  { a, p, b, center, q, shift, d }: OperandsOf<'blend'>,
  sizes: Channels,
): void {
  to.step(OP.blend, [a, p, b, center, q, shift], [d], words(sizes), { inPlace: 0 });
}
