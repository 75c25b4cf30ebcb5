/** evaluate: what a classifier makes of a data set, sample by sample: which it takes for which, and where it is sure and wrong. */
import { checkOptions } from '../base/checks.ts';
import type { DType } from '../base/dtype.ts';
import { shapeText, wrongKind } from '../base/errors.ts';
import { Pauses } from '../base/pause.ts';
import { scope } from '../engine/memory.ts';
import { Module } from '../layers/module.ts';
import { Tensor } from '../tensor/tensor.ts';
import { type Batches, forEachBatch, requireBatches } from './batches.ts';
import type { Abortable } from './fitOptions.ts';
import { Scored } from './scored.ts';

/** The options of `evaluate`. */
export interface EvaluateOptions {
  /** The classes' names, for `toString` and the rows. Default: their numbers. */
  names?: readonly string[] | undefined;
  /** An AbortSignal: ends behind the batch that is being looked at; what was seen by then counts. */
  signal?: Abortable | undefined;
}

/** A class of an evaluation. */
export interface ClassFigures {
  /** Its name, else its number. */
  readonly name: string;
  /** How many samples are of it. */
  readonly samples: number;
  /** How many samples were taken for it. */
  readonly taken: number;
  /** How many of it were taken for it. */
  readonly right: number;
}

/** A sample that was taken for another class. */
export interface Mistake {
  /** The sample's number: how many the batches gave before it. For a loader that does not shuffle, that in its dataset. */
  readonly index: number;
  /** Its class. */
  readonly target: number;
  /** The class it was taken for. */
  readonly predicted: number;
  /** The probability that the net gives that class: softmax of the scores. */
  readonly confidence: number;
}

const WHERE = 'evaluate';

/** What `evaluate` gives. */
export class Evaluation {
  /** How many samples were looked at. */
  readonly samples: number;
  /** The share that is right, from 0 to 1. */
  readonly accuracy: number;
  /** A row a class. */
  readonly classes: readonly ClassFigures[];
  /** The samples that are wrong, that of the greatest confidence first. */
  readonly mistakes: readonly Mistake[];
  /** Row i, column j: how many of class i were taken for class j. */
  readonly matrix: readonly (readonly number[])[];
  readonly #cells: readonly (readonly number[])[];

  /** @internal Made by `evaluate`. */
  constructor(names: readonly string[], cells: readonly (readonly number[])[], mistakes: readonly Mistake[]) {
    const { length } = names;
    const count = (i: number, j: number) => cells[i * length + j]?.length ?? 0;
    const over = (of: (k: number) => number) => names.reduce((sum, _, k) => sum + of(k), 0);
    this.#cells = cells;
    this.mistakes = mistakes;
    this.matrix = names.map((_, i) => names.map((__, j) => count(i, j)));
    this.classes = names.map((name, i) => ({
      name,
      samples: over((k) => count(i, k)),
      taken: over((k) => count(k, i)),
      right: count(i, i),
    }));
    this.samples = this.classes.reduce((sum, { samples }) => sum + samples, 0);
    this.accuracy = this.classes.reduce((sum, { right }) => sum + right, 0) / this.samples;
  }

  /**
   * The numbers of the samples behind a cell of the matrix: of class `target`, taken for `predicted`, ascending.
   * @throws RangeError for what is no class
   */
  indices(target: number, predicted: number): readonly number[] {
    for (const [name, value] of Object.entries({ target, predicted })) {
      if (this.classes[value] === undefined)
        throw new RangeError(
          `Evaluation.indices: ${name} is ${value}, must be an integer, from 0 to ${this.classes.length - 1}`,
        );
    }
    return this.#cells[target * this.classes.length + predicted] as readonly number[];
  }

  /** A row a class: how many there are, how many are right, and what it is taken for most. */
  toString(): string {
    const width = Math.max(...this.classes.map(({ name }) => name.length));
    const rows = this.classes.map(({ name, samples, right }, i) => {
      const others = (this.matrix[i] as readonly number[]).map((count, j) => (i === j ? 0 : count));
      const most = Math.max(...others);
      const share = samples === 0 ? 'no samples' : `${right} of ${samples} right`;
      const wrong = most === 0 ? '' : `, ${most} taken for ${this.classes[others.indexOf(most)]?.name}`;
      return `${name.padEnd(width)}  ${share}${wrong}`;
    });
    return [`${(100 * this.accuracy).toFixed(2)} % of ${this.samples} right`, ...rows].join('\n');
  }
}

/** Samples by what they are and what they are taken for. */
class Tally {
  cells: number[][] = [];
  readonly mistakes: Mistake[] = [];
  classes = 0;
  samples = 0;

  add(logits: Tensor, target: Tensor<'int32' | 'uint8'>): void {
    if (!(logits instanceof Tensor) || logits.shape.length !== 2) {
      const is = logits instanceof Tensor ? `has shape ${shapeText(logits.shape)}` : 'is no tensor';
      throw new RangeError(`${WHERE}: what net gives ${is}, must be scores [N, classes]`);
    }
    const scored = new Scored(WHERE, logits, target);
    const { classes } = scored;
    if (this.samples === 0) {
      this.classes = classes;
      this.cells = Array.from({ length: classes * classes }, () => []);
    } else if (classes !== this.classes) {
      throw new RangeError(`${WHERE}: net gives ${classes} classes, must give ${this.classes} as before`);
    }
    for (let i = 0; i < target.size; i++) {
      const index = this.samples + i;
      const [is, predicted] = [scored.target[i] as number, scored.best(i)];
      (this.cells[is * classes + predicted] as number[]).push(index);
      if (is === predicted) continue;
      const most = scored.score(i, predicted);
      let sum = 0;
      for (let one = 0; one < classes; one++) sum += Math.exp(scored.score(i, one) - most);
      this.mistakes.push({ index, target: is, predicted, confidence: 1 / sum });
    }
    this.samples += target.size;
  }
}

/** NaN, which nobody can be surer of, comes first; equal ones stay in the order of the samples. */
const surest = (a: Mistake, b: Mistake): number =>
  Number(Number.isNaN(b.confidence)) - Number(Number.isNaN(a.confidence)) || b.confidence - a.confidence || 0;

/**
 * Looks at each sample of a data set with a classifier in eval mode, whose modes afterwards are as they were: how many of each class are
 * right, which samples are behind each cell of the confusion matrix, and which are wrong although the net is sure. Between
 * batches the event loop gets its turns. Batches are disposed of, but for those in an array.
 * @param net gives scores [N, classes], in any scale
 * @param data batches `[x, y]`, y being classes [N] of int32 or uint8: a DataLoader that does not shuffle, or as for `fit`
 * @throws RangeError for scores and classes that do not fit, and for no samples; TypeError for wrong kinds
 * @example
 * ```ts
 * const found = await evaluate(new Linear(4, 3), new DataLoader(tensorDataset(rand([50, 4]), zeros([50], { dtype: 'int32' })), { batchSize: 10 }));
 * found.matrix; // 3 rows of 3
 * found.indices(0, 2); // the samples of class 0 that were taken for class 2
 * found.mistakes[0]; // { index, target, predicted, confidence }: the one of which the net is surest
 * ```
 */
export async function evaluate<X extends Tensor<DType>, Y extends Tensor<DType>>(
  net: Module<[X], Tensor>,
  data: Batches<X, Y>,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  if (!((net as unknown) instanceof Module)) throw wrongKind(WHERE, 'net', net, 'a Module');
  checkOptions(WHERE, options, ['names', 'signal']);
  requireBatches(WHERE, 'data', data);
  const { names, signal } = options;
  const isAborted = () => signal?.aborted === true;
  const [pauses, tally] = [new Pauses(), new Tally()];
  const modules = net.modules();
  const modes = modules.map(({ training }) => training);
  try {
    net.eval();
    await forEachBatch(WHERE, 'data', data, 0, async (x, y) => {
      if (isAborted()) return false;
      scope(() => tally.add(net.forward(x), y as unknown as Tensor<'int32' | 'uint8'>));
      await pauses.maybe();
      return !isAborted();
    });
  } finally {
    pauses.end();
    for (const [i, module] of modules.entries()) module.setTraining(modes[i] as boolean);
  }
  const { classes, samples, cells, mistakes } = tally;
  if (samples === 0) throw new RangeError(`${WHERE}: data gave no samples, must give some`);
  if (names !== undefined && names.length !== classes)
    throw new RangeError(`${WHERE}: names has ${names.length}, must have ${classes}, one a class`);
  const own = Array.from({ length: classes }, (_, i) => names?.[i] ?? String(i));
  return new Evaluation(own, cells, mistakes.sort(surest));
}
