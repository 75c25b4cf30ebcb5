/** Instructions over x as [n, channels, inner], with one number per channel: affine maps and statistics. */
import { DTYPE } from '../base/boundary.ts';
import { GRADIENTS } from '../engine/side.ts';
import { axes } from '../engine/sides/axes.ts';
import { type Builder, bits, type OperandsOf } from './builder.ts';
import { OP } from './table.ts';

export interface Channels {
  readonly n: number;
  readonly channels: number;
  readonly inner: number;
}

const words = ({ n, channels, inner }: Channels): number[] => [DTYPE.float32, n, channels, inner];

/** y = max((x - center) * scale + shift + residual, low). */
export function writeAffine(
  to: Builder,
  { x, center = null, scale, shift = null, residual = null, y }: OperandsOf<'affine'>,
  sizes: Channels,
  low = Number.NEGATIVE_INFINITY,
): void {
  const params = [...words(sizes), bits(low)];
  to.step(OP.affine, [x, center, scale, shift, residual], [y], params, { inPlace: 0 });
}

/** Mean and (biased) variance of each channel. */
export function writeStats(to: Builder, { x, mean, variance }: OperandsOf<'stats'>, sizes: Channels): void {
  to.needs(axes);
  to.step(OP.stats, [x], [mean, variance], words(sizes));
}

/** The sums of dy, where `out` is given only where that is above 0, and of dy times what x has beyond the center, over each channel. */
export function writeNormSums(
  to: Builder,
  { dy, x, center, out = null, sum, product }: OperandsOf<'normSums'>,
  sizes: Channels,
): void {
  to.needs(GRADIENTS);
  to.step(OP.normSums, [dy, x, center, out], [sum, product], words(sizes));
}

/** d = a * p + (b - center) * q + shift; where `out` is given a counts only where that is above 0. */
export function writeBlend(
  to: Builder,
  { a, p, b, center, q, shift, out = null, d }: OperandsOf<'blend'>,
  sizes: Channels,
): void {
  to.needs(GRADIENTS);
  to.step(OP.blend, [a, p, b, center, q, shift, out], [d], words(sizes), { inPlace: 0 });
}
