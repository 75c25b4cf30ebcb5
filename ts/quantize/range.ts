/**
 * Ranges of values, and the integers that stand for them:
 *
 *   q = round(x / scale) + zero,  scale = (high - low) / 255,  zero = round(-low / scale)
 *
 * from 0 to 255. A range holds 0, so that padding and rectified values are exact. What lies beyond it is the nearest end. The three
 * ways to choose it: all that was seen (minmax), without the most extreme (percentile), or with the least sum of squared errors of
 * what lies beyond and of rounding (mse).
 */

export interface Range {
  readonly low: number;
  readonly high: number;
}

/** Bins of a histogram: eight of each integer. */
const BINS = 2048;

/** How often values were seen, in bins of one width over a range. Zeros, which are exact in any range, stand apart. */
export class Histogram {
  readonly range: Range;
  readonly bins = new Float64Array(BINS);
  zeros = 0;
  readonly #perValue: number;

  constructor(range: Range) {
    this.range = range;
    const width = range.high - range.low;
    this.#perValue = width > 0 ? BINS / width : 0;
  }

  add(values: ArrayLike<number>): void {
    const { bins } = this;
    const { low } = this.range;
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      if (value === 0) {
        this.zeros += 1;
        continue;
      }
      const bin = Math.min(BINS - 1, Math.floor((value - low) * this.#perValue));
      bins[bin] = (bins[bin] as number) + 1;
    }
  }

  /** The middle of a bin. */
  at(bin: number): number {
    const { low, high } = this.range;
    return low + ((bin + 0.5) * (high - low)) / BINS;
  }
}

/** With 0 in it. */
export const withZero = ({ low, high }: Range): Range => ({ low: Math.min(low, 0), high: Math.max(high, 0) });

export const union = (a: Range, b: Range): Range => ({
  low: Math.min(a.low, b.low),
  high: Math.max(a.high, b.high),
});

/** The range that holds so many percent of the values on each side: 99.99 leaves one of 10 000 below, and one above. */
export function percentileRange(histogram: Histogram, percentile: number): Range {
  const { bins, zeros, range } = histogram;
  const { low, high } = range;
  const width = (high - low) / BINS;
  const count = bins.reduce((sum, one) => sum + one, zeros);
  const beyond = count * (1 - percentile / 100);
  // Zeros lie at 0, which every range holds: they count on both sides.
  const from = (index: (i: number) => number): number => {
    let rest = beyond;
    for (let i = 0; i < BINS; i++) {
      const here = bins[index(i)] as number;
      if (here > rest) return i + rest / here;
      rest -= here;
    }
    return BINS;
  };
  return withZero({
    low: Math.min(0, low + width * from((i) => i)),
    high: Math.max(0, high - width * from((i) => BINS - 1 - i)),
  });
}

/** Candidates for an end of the range. */
const STEPS = 64;

/** The range with the least sum of squared errors: one end after the other, twice. */
export function leastErrorRange(histogram: Histogram): Range {
  let best = withZero(histogram.range);
  let least = squaredError(histogram, best);
  const { low, high } = best;
  for (let round = 0; round < 2; round++) {
    for (const end of ['low', 'high'] as const) {
      const whole = end === 'low' ? low : high;
      if (whole === 0) continue;
      for (let i = 1; i <= STEPS; i++) {
        const tried = { ...best, [end]: (whole * i) / STEPS };
        const error = squaredError(histogram, tried);
        if (error < least) [best, least] = [tried, error];
      }
    }
  }
  return best;
}

function squaredError(histogram: Histogram, range: Range): number {
  const { bins } = histogram;
  const { scale, zero } = parametersOf(range);
  const [low, high] = [-zero * scale, (LEVELS - zero) * scale];
  const rounding = (scale * scale) / 12;
  let sum = 0;
  for (let bin = 0; bin < bins.length; bin++) {
    const count = bins[bin] as number;
    if (count === 0) continue;
    const x = histogram.at(bin);
    const beyond = x < low ? low - x : x > high ? x - high : 0;
    sum += count * (rounding + beyond * beyond);
  }
  return sum;
}

/** The greatest integer. */
export const LEVELS = 255;

/** What stands between values and integers. */
export interface Parameters {
  readonly scale: number;
  readonly zero: number;
}

export function parametersOf(range: Range): Parameters {
  const { low, high } = withZero(range);
  const scale = Math.fround((high - low) / LEVELS);
  // Where all values are 0, any scale will do.
  if (!(scale > 0)) return { scale: 1, zero: 0 };
  return { scale, zero: Math.min(LEVELS, Math.max(0, Math.round(-low / scale))) };
}
