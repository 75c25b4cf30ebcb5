/**
 * What `fit` says of its data before the first step: labels that are no class, a class that nothing or nearly everything is of, and
 * samples of the validation that are learned from. Looked at are data that lie in memory: those of a DataLoader over
 * `tensorDataset`, and the batches of an array.
 */
import type { DType } from '../base/dtype.ts';
import { currentTrace } from '../graph/trace.ts';
import { type Node, unshaped, type Value } from '../graph/value.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { isBatch, type Source } from './batches.ts';
import type { FitOptions } from './fitOptions.ts';
import { DataLoader } from './loader.ts';
import { sharedRows } from './sharedRows.ts';

const where = 'fit';
/** A class of more than this share of all labels is said: whoever always says it is right so often. */
const NEARLY_ALL = 0.9;
/** A class is missed in the validation where so many samples of it were to be expected: by chance it lacks once in 20 000 times. */
const EXPECTED = 10;
/** Labels that are looked at: some 20 ms. */
const MOST_LABELS = 2 ** 24;
const NAMED = 5;

/** Data in memory, as they are before any transform. */
interface Known {
  readonly name: 'data' | 'validation';
  readonly xs: readonly Tensor<DType>[];
  readonly ys: readonly Tensor<DType>[];
  /** Whether steps are given these ys as they are. */
  readonly keepsLabels: boolean;
}

function knownOf(name: Known['name'], source: Source<unknown, unknown> | undefined): Known | null {
  const [pairs, keepsLabels] =
    source instanceof DataLoader
      ? [[source.tensors], source.keepsLabels]
      : [Array.isArray(source) ? source : [], true];
  if (pairs.length === 0 || !pairs.every(isBatch)) return null;
  const lists = [0, 1].map((i) => pairs.map((pair) => pair[i] as Tensor<DType>));
  const [xs, ys] = lists as [Tensor<DType>[], Tensor<DType>[]];
  return lists.flat().some(({ disposed }) => disposed) ? null : { name, xs, ys, keepsLabels };
}

/** What the loss of a step takes labels for: classes, or shares from 0 to 1. */
interface Classes {
  readonly loss: 'crossEntropy' | 'nllLoss';
  readonly classes: number;
  readonly ignored: number;
}
interface Shares {
  readonly loss: 'binaryCrossEntropy' | 'binaryCrossEntropyWithLogits';
}

/** By the first node that reads y as the target of such a loss. */
function labelsOf(nodes: readonly Node[], y: Value): Classes | Shares | null {
  const reader = nodes.find(
    ({ entry: { name }, inputs: [, target] }) =>
      /^(crossEntropy|nllLoss|binaryCrossEntropy(WithLogits)?)$/.test(name) &&
      target !== undefined &&
      target !== null &&
      unshaped(target) === y,
  );
  if (reader === undefined) return null;
  const loss = reader.entry.name as (Classes | Shares)['loss'];
  if (loss !== 'crossEntropy' && loss !== 'nllLoss') return { loss };
  const { size, ignored } = reader.resolved.problem as { size: number; ignored: number };
  return y.dtype === 'int32' ? { loss, classes: size, ignored } : null;
}

/** How many labels there are of each class. @throws RangeError for what is no class */
function countsOf({ name, ys }: Known, classes: number, ignored: number): Float64Array {
  const counts = new Float64Array(classes);
  let samples = 0;
  for (const { data, shape } of ys) {
    const size = data.length / (shape[0] as number);
    for (let i = 0; i < data.length; i++) {
      const label = data[i] as number;
      if (label === ignored) continue;
      if (!(label >= 0 && label < classes)) {
        const sample = samples + Math.floor(i / size);
        throw new RangeError(
          `${where}: the y of ${name} holds ${label} in sample ${sample}, must be from 0 to ${classes - 1}, the classes, or ignoreIndex`,
        );
      }
      counts[label] = (counts[label] as number) + 1;
    }
    samples += shape[0] as number;
  }
  return counts;
}

const sumOf = (counts: Float64Array): number => counts.reduce((sum, one) => sum + one, 0);
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** `class 3`, `classes 3, 4, 5, 6, 7 and 12 more`. */
function listed(what: string, all: readonly number[]): string {
  const more = all.length > NAMED ? ` and ${all.length - NAMED} more` : '';
  const plural = what.endsWith('s') ? 'es' : 's';
  return `${what}${all.length > 1 ? plural : ''} ${all.slice(0, NAMED).join(', ')}${more}`;
}

/** A class that nearly all labels are of; of maps of labels only one that all are of: most of a picture is background. */
function* ofOneSide({ name, ys }: Known, counts: Float64Array): Generator<string> {
  const total = sumOf(counts);
  const most = counts.indexOf(Math.max(...counts));
  const share = (counts[most] as number) / total;
  if (share === 1 && total > 1) yield `the y of ${name} holds nothing but class ${most}`;
  else if (share > NEARLY_ALL && share < 1 && ys[0]?.shape.length === 1) {
    yield `${percent(share)} of the y of ${name} is class ${most}: a net that says nothing else is right so often`;
  }
}

function* ofClasses(known: readonly Known[], { classes, ignored }: Classes): Generator<string> {
  let shares: Float64Array | null = null;
  for (const one of known) {
    const counts = countsOf(one, classes, ignored);
    const total = sumOf(counts);
    if (total === 0 || classes < 2) continue;
    yield* ofOneSide(one, counts);
    const empty = [...counts.keys()].filter((i) => counts[i] === 0);
    if (one.name === 'data') {
      shares = counts.map((count) => count / total);
      if (empty.length > 0 && empty.length < classes - 1) {
        yield `the y of data holds nothing of ${listed('class', empty)}, of ${classes}`;
      }
      continue;
    }
    const missed = empty.filter((i) => (shares?.[i] ?? 0) * total >= EXPECTED);
    if (missed.length > 0) {
      yield `the y of validation holds nothing of ${listed('class', missed)}, which data has`;
    }
  }
}

/** Labels from 0 to 1, in columns where there are several a sample. */
function* ofShares({ name, ys }: Known, loss: string): Generator<string> {
  const [first] = ys as [Tensor<DType>];
  const columns = first.shape.length === 2 ? (first.shape[1] as number) : 1;
  const lows = new Float64Array(columns).fill(Number.POSITIVE_INFINITY);
  const highs = new Float64Array(columns).fill(Number.NEGATIVE_INFINITY);
  for (const { data } of ys) {
    for (let i = 0; i < data.length; i++) {
      const [column, value] = [i % columns, data[i] as number];
      if (value < (lows[column] as number)) lows[column] = value;
      if (value > (highs[column] as number)) highs[column] = value;
    }
  }
  const [low, high] = [Math.min(...lows), Math.max(...highs)];
  if (low < 0 || high > 1) yield `the y of ${name} is from ${low} to ${high}, ${loss} takes it from 0 to 1`;
  for (const side of [0, 1]) {
    const at = [...lows.keys()].filter((i) => lows[i] === side && highs[i] === side);
    if (at.length === 0) continue;
    const which = columns === 1 ? '' : `, in ${listed('column', at)} of ${columns}`;
    yield `the y of ${name} is nothing but ${side}${which}`;
  }
}

type Watched = Pick<FitOptions<unknown, unknown, unknown>, 'data' | 'validation' | 'onWarning' | 'progress'>;

/** What is suspicious in the data of a run, each said once. */
export class Suspicions {
  readonly #known: readonly (() => Known | null)[];
  readonly #say: (sentence: string) => void;
  #isOver = false;

  constructor({ data, validation, onWarning, progress }: Watched) {
    this.#known = [() => knownOf('data', data), () => knownOf('validation', validation)];
    const say = onWarning ?? (progress === false ? () => {} : console.warn);
    this.#say = (sentence) => say(`${where}: ${sentence}`);
  }

  /** Says it of samples. */
  ofSamples(): void {
    const [data, validation] = this.#known.map((known) => known());
    if (!data || !validation) return;
    const shared = sharedRows(validation.xs, data.xs);
    if (shared === null) return;
    const { count, of, first } = shared;
    this.#say(
      `${count} of the ${of} samples of validation are in data as well (sample ${first[0]} is ${first[1]} of data): validation does not say how the net does on others`,
    );
  }

  /** Says it of labels, at the end of what is traced of the first step. @throws RangeError for a label that is no class */
  ofLabels(y: Tensor<DType>): void {
    const trace = currentTrace();
    if (this.#isOver || trace === null || y.symbol === null) return;
    this.#isOver = true;
    const labels = labelsOf(trace.nodes, y.symbol);
    const known = this.#known
      .map((one) => one())
      .filter(
        (one) => one?.keepsLabels && one.ys.reduce((sum, { size }) => sum + size, 0) <= MOST_LABELS,
      ) as Known[];
    if (labels === null) return;
    const sentences =
      'classes' in labels
        ? ofClasses(known, labels)
        : known.flatMap((one) => [...ofShares(one, labels.loss)]);
    for (const sentence of sentences) this.#say(sentence);
  }
}
