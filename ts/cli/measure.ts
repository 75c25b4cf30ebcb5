/** What two files of a model are compared by: bytes, times, values. */
import { statSync } from 'node:fs';
import { scope } from 'striate';
import type { Shapes } from 'striate/onnx';
import { type AnyModel, openAny } from './load.ts';
import { byteText, digits } from './terminal.ts';

/** A file, and what it takes to load and to run it. */
export interface Measured {
  readonly bytes: number;
  /** Milliseconds from its bytes to the first results, and of a run after that (median). */
  readonly first: number;
  readonly run: number;
}

export type Inputs = Parameters<AnyModel['run']>[0];

/** The shapes of the inputs of some runs. */
export const shapesOf = (feeds: readonly Inputs[]): Shapes[] =>
  feeds.map((one) =>
    Object.fromEntries(
      Object.entries(one).map(([name, value]) => [name, (value as { shape: readonly number[] }).shape]),
    ),
  );

/** Each once. */
export const unique = (shapes: readonly Shapes[]): Shapes[] => [
  ...new Map(shapes.map((one) => [JSON.stringify(one), one])).values(),
];

/** x 1x3x224x224 and y 1 */
export const shapesText = (shapes: Shapes): string =>
  Object.entries(shapes)
    .map(([name, shape]) => `${name} ${shape.join('x')}`)
    .join(' and ');

/** How far a file's results are from a model's. */
interface Difference {
  /** The largest, as a share of the model's largest value, over all outputs. */
  readonly error: number;
  /** Rows of scores, and how many have the same best class; null where no output is rows of scores. */
  readonly agreement: { readonly same: number; readonly rows: number } | null;
}

/** Runs both on all inputs. */
export async function difference(
  model: AnyModel,
  file: string,
  feeds: readonly Inputs[],
  each: () => Promise<void>,
): Promise<Difference> {
  const loaded = await openAny(file);
  let [error, same, rows] = [0, 0, 0];
  for (const inputs of feeds) {
    scope(() => {
      const [expected, found] = [model.run(inputs), loaded.run(inputs)];
      for (const [name, one] of Object.entries(expected)) {
        const other = found[name] as typeof one;
        error = Math.max(error, errorOf(one, other));
        const [count = 0, classes = 0] = one.shape;
        if (one.dtype !== 'float32' || one.shape.length !== 2 || classes < 2) continue;
        rows += count;
        for (let row = 0; row < count; row++)
          if (bestOf(one.data, row, classes) === bestOf(other.data, row, classes)) same += 1;
      }
    });
    await each();
  }
  loaded.dispose();
  return { error, agreement: rows === 0 ? null : { same, rows } };
}

/** The place of the largest value of a row. */
function bestOf(data: ArrayLike<number>, row: number, classes: number): number {
  let best = 0;
  for (let c = 1; c < classes; c++)
    if ((data[row * classes + c] as number) > (data[row * classes + best] as number)) best = c;
  return best;
}

function errorOf(
  expected: { readonly data: ArrayLike<number> },
  found: { readonly data: ArrayLike<number> },
) {
  let [scale, most] = [0, 0];
  for (let i = 0; i < expected.data.length; i++) {
    const value = expected.data[i] as number;
    scale = Math.max(scale, Math.abs(value));
    most = Math.max(most, Math.abs(value - (found.data[i] as number)));
  }
  return scale > 0 ? most / scale : most;
}

/** Loads a file anew and runs it. */
export async function measured(file: string, inputs: Inputs, runs: number): Promise<Measured> {
  const start = performance.now();
  const model = await openAny(file);
  scope(() => void model.run(inputs));
  const first = performance.now() - start;
  const times = Array.from({ length: runs }, () => {
    const from = performance.now();
    scope(() => void model.run(inputs));
    return performance.now() - from;
  }).sort((a, b) => a - b);
  model.dispose();
  const bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  return { bytes, first, run: times[times.length >> 1] as number };
}

/** A row of the table of files. */
export const measuredRow = (name: string, { bytes, first, run }: Measured): string[] => [
  name,
  byteText(bytes),
  ...[first, run].map((time) => `${digits(time)} ms`),
];
