/** What a model gives, for people: the best of a row of scores with their labels, and statistics of anything else. */
import { readFileSync } from 'node:fs';
import type { DType, Tensor } from 'striate';
import { UsageError } from './problems.ts';
import { type Reading, readingOf } from './text.ts';

/** One of the best scores. */
export interface Scored {
  readonly index: number;
  readonly label: string | null;
  readonly probability: number;
}

/** An output as it is printed. */
export interface Described {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** The best of a row of scores. */
  readonly top?: readonly Scored[];
  /** What scores for each column spell. */
  readonly reading?: Reading;
  /** How probabilities came about: the output's own values, or their softmax. */
  readonly probabilities?: 'as they are' | 'softmax';
  readonly min?: number;
  readonly mean?: number;
  readonly max?: number;
  /** Elements that are NaN or infinite. */
  readonly notFinite?: number;
}

/** More are hardly classes. */
const MOST_CLASSES = 100_000;

/** The number of scores where a shape is that of a row of them, [1, N] or [1, N, 1, 1]; 0 for all else. */
export function classesOf(shape: readonly (number | string)[] | null): number {
  const [batch, size, ...rest] = shape ?? [];
  const isRow = rest.length !== 1 && rest.every((one) => one === 1);
  const isOne = typeof batch === 'string' || batch === 1;
  return isRow && isOne && typeof size === 'number' && size > 1 && size <= MOST_CLASSES ? size : 0;
}

/** What is to be said of an output. */
export function describeOutput(
  output: Tensor<DType>,
  count: number,
  labels: readonly string[] | null,
): Described {
  const { dtype, shape } = output;
  const data = output.data as ArrayLike<number>;
  const reading = dtype === 'float32' ? readingOf(output, labels) : null;
  if (reading !== null) return { dtype, shape, reading };
  if (dtype !== 'float32' || classesOf(shape) === 0) return { dtype, shape, ...statistics(data) };
  const { values, probabilities } = probabilitiesOf(data);
  const order = Array.from(values.keys()).sort(
    (a, b) => (values[b] as number) - (values[a] as number) || a - b,
  );
  const top = order.slice(0, count).map((index) => ({
    index,
    label: labels?.[index] ?? null,
    probability: values[index] as number,
  }));
  return { dtype, shape, probabilities, top };
}

function probabilitiesOf(data: ArrayLike<number>): {
  values: number[];
  probabilities: 'as they are' | 'softmax';
} {
  const values = Array.from(data);
  if (values.every((value) => value >= 0 && value <= 1)) return { values, probabilities: 'as they are' };
  const largest = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const powers = values.map((value) => Math.exp(value - largest));
  const sum = powers.reduce((all, power) => all + power, 0);
  return { values: powers.map((power) => power / sum), probabilities: 'softmax' };
}

function statistics(data: ArrayLike<number>): Pick<Described, 'min' | 'mean' | 'max' | 'notFinite'> {
  let [min, max, sum, count] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (let i = 0; i < data.length; i++) {
    const value = data[i] as number;
    if (!Number.isFinite(value)) continue;
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
    count += 1;
  }
  const notFinite = data.length - count;
  return { ...(count > 0 && { min, mean: sum / count, max }), ...(notFinite > 0 && { notFinite }) };
}

/** Labels of a file: a line each, or JSON: a list, or an object by index. */
export function readLabels(file: string): string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new UsageError(`--labels: the file '${file}' cannot be read`);
  }
  return parseLabels(text) ?? text.replace(/(\r?\n)+$/, '').split(/\r?\n/);
}

/** What exporters write: JSON, or the text of a Python dict or list: {0: 'tench', 1: 'goldfish'}. */
function parseLabels(text: string): string[] | null {
  const trimmed = text.trim();
  if (!/^[[{]/.test(trimmed)) return null;
  let value: unknown;
  try {
    value = JSON.parse(trimmed);
  } catch {
    return pythonLabels(trimmed);
  }
  if (Array.isArray(value)) return value.map(String);
  const found: string[] = [];
  for (const [key, label] of Object.entries(value as object)) {
    if (/^\d+$/.test(key) && Number(key) < MOST_CLASSES) found[Number(key)] = [label].flat().join(' ');
  }
  return found;
}

function pythonLabels(text: string): string[] | null {
  const found: string[] = [];
  for (const [, key, single, double] of text.matchAll(
    /(?:(\d+)\s*:\s*)?(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")/g,
  )) {
    const index = key === undefined ? found.length : Number(key);
    if (index < MOST_CLASSES) found[index] = (single ?? double ?? '').replaceAll(/\\(.)/g, '$1');
  }
  return found.length > 0 ? found : null;
}

/** The labels that a model's file holds, under the keys that exporters use. */
export function labelsOf(metadata: Readonly<Record<string, string>>): string[] | null {
  for (const key of ['names', 'labels', 'classes', 'class_names', 'id2label']) {
    const text = metadata[key];
    if (text === undefined) continue;
    const found = parseLabels(text);
    if (found !== null) return found;
    const separated = text.split(/[,\n]/);
    if (separated.length > 1) return separated.map((one) => one.trim());
  }
  return null;
}
