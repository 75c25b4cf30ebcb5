/**
 * Weights as int8 with a scale for each output channel, and biases as int32 in units of the products:
 *
 *   w[c] = scale[c] * q,  q from -127 to 127, or -63 to 63;  b[c] = x's scale * scale[c] * q
 */
import { roundHalfEven } from '../base/round.ts';
import type { Weight } from './editing.ts';

export interface QuantizedWeight {
  readonly values: Int8Array;
  readonly scales: Float32Array;
}

/** A bias of integers stays below this, so that sums with it fit in 32 bits. */
const MOST = 2 ** 30;

/**
 * The weights, whose output channels lie along `axis`. A channel of tiny weights gets the scale in which its bias fits; `xScale` is the
 * input's, `greatest` the greatest integer.
 */
export function quantizedWeight(
  { shape, data }: Weight,
  axis: number,
  bias: ArrayLike<number> | null,
  xScale: number,
  greatest: number,
): QuantizedWeight {
  const channels = shape[axis] as number;
  const inner = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  const channelOf = (i: number) => Math.floor(i / inner) % channels;
  const most = new Float64Array(channels);
  for (let i = 0; i < data.length; i++) {
    const c = channelOf(i);
    most[c] = Math.max(most[c] as number, Math.abs(data[i] as number));
  }
  const scales = Float32Array.from(most, (size, c) => {
    const least = Math.abs(bias?.[c] ?? 0) / (xScale * MOST);
    return Math.max(size / greatest, least) || 1;
  });
  const values = Int8Array.from(data, (value, i) =>
    Math.max(-greatest, Math.min(greatest, roundHalfEven(value / (scales[channelOf(i)] as number)))),
  );
  return { values, scales };
}

/** A bias in units of `xScale * scales[c]`, and these units. */
export function quantizedBias(
  bias: ArrayLike<number>,
  scales: Float32Array,
  xScale: number,
): { values: Int32Array; scales: Float32Array } {
  const units = scales.map((scale) => Math.fround(scale * xScale));
  const values = Int32Array.from(units, (unit, c) => roundHalfEven((bias[c] as number) / unit));
  return { values, scales: units };
}
