/** The ranges of a model's values on the calibration inputs. */
import { wrongValue } from '../base/errors.ts';
import type { Model } from '../onnx/model.ts';
import { Histogram, leastErrorRange, percentileRange, type Range, union, withZero } from './range.ts';
import type { Runs, Values } from './samples.ts';

/** How the ranges of activations are chosen. */
export type CalibrationMethod = 'minmax' | 'percentile' | 'mse';

/** How ranges are chosen. */
export interface Choice {
  readonly method: CalibrationMethod;
  readonly percentile: number;
}

/** The error of a value that overflows. */
export const notFinite = (name: string, sample: number, value: number): RangeError =>
  wrongValue('quantize', `the value '${name}' on calibration[${sample}]`, value, 'finite');

/** Passes over the samples that it takes. */
export const passesOf = ({ method }: Choice): number => (method === 'minmax' ? 1 : 2);

/** The range of each name. @throws RangeError where a value is not finite */
export async function rangesOf(
  model: Model,
  runs: Runs,
  names: readonly string[],
  choice: Choice,
): Promise<Map<string, Range>> {
  const lists = names.map((name) => [name]);
  const ranges = new Map<string, Range>();
  await runs.visit([model], lists, ([values], [name = ''], sample) => {
    const seen = extremes((values as Values).get(name)?.data ?? []);
    if (!Number.isFinite(seen.high - seen.low))
      throw notFinite(name, sample, Number.isFinite(seen.low) ? seen.high : seen.low);
    const before = ranges.get(name);
    ranges.set(name, withZero(before === undefined ? seen : union(before, seen)));
  });
  if (choice.method === 'minmax') return ranges;
  const histograms = new Map([...ranges].map(([name, range]) => [name, new Histogram(range)]));
  await runs.visit([model], lists, ([values], [name = '']) =>
    histograms.get(name)?.add((values as Values).get(name)?.data ?? []),
  );
  const { method, percentile } = choice;
  return new Map(
    [...histograms].map(([name, histogram]) => [
      name,
      method === 'percentile' ? percentileRange(histogram, percentile) : leastErrorRange(histogram),
    ]),
  );
}

/** The least and the greatest; NaN where there is one. */
function extremes(values: ArrayLike<number>): Range {
  let [low, high, sum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value < low) low = value;
    if (value > high) high = value;
    sum += value;
  }
  if (Number.isNaN(sum)) return { low: sum, high: sum };
  return values.length === 0 ? { low: 0, high: 0 } : { low, high };
}
