/** What a classifier gets right: the share of its samples, and which class it takes for which. */
import { checkOptions, integer } from '../base/checks.ts';
import type { DType } from '../base/dtype.ts';
import { shapeText } from '../base/errors.ts';
import { emptyTensor, readable, requireTensor, type Tensor } from '../tensor/tensor.ts';

/** The options of `accuracy`. */
export interface AccuracyOptions {
  /** A sample counts when its class is among so many with the greatest scores. Default 1. */
  topK?: number | undefined;
}

/** Scores `[N, C, ...]` and classes `[N, ...]`: where the scores of each position lie. */
class Scored {
  readonly classes: number;
  readonly target: ArrayLike<number>;
  readonly #scores: ArrayLike<number>;
  /** The positions of one sample. */
  readonly #inner: number;

  constructor(where: string, logits: Tensor, target: Tensor<'int32' | 'uint8'>) {
    readable(where, 'logits', requireTensor(where, 'logits', logits));
    readable(where, 'target', requireTensor(where, 'target', target));
    if (logits.dtype !== 'float32') throw wrongType(where, 'logits', logits.dtype, 'float32');
    if (target.dtype !== 'int32' && target.dtype !== 'uint8') {
      throw wrongType(where, 'target', (target as Tensor<DType>).dtype, 'int32 or uint8');
    }
    const [samples, classes, ...rest] = logits.shape;
    if (classes === undefined) {
      throw new RangeError(
        `${where}: logits has shape ${shapeText(logits.shape)}, must be [N, classes, ...]`,
      );
    }
    const wanted = shapeText([samples as number, ...rest]);
    if (shapeText(target.shape) !== wanted) {
      throw new RangeError(
        `${where}: target has shape ${shapeText(target.shape)}, must be ${wanted}, as logits without classes`,
      );
    }
    if (target.size === 0) throw new RangeError(`${where}: target is empty, must have samples`);
    this.classes = classes;
    this.#scores = logits.data;
    this.target = target.data;
    this.#inner = rest.reduce((a, b) => a * b, 1);
    for (let i = 0; i < target.size; i++) {
      const one = this.target[i] as number;
      if (one < 0 || one >= classes) {
        throw new RangeError(`${where}: target holds ${one} at ${i}, must be from 0 to ${classes - 1}`);
      }
    }
  }

  /** The score of a class at a position. */
  score(position: number, of: number): number {
    const inner = position % this.#inner;
    return this.#scores[(position - inner) * this.classes + of * this.#inner + inner] as number;
  }

  /** How many classes stand before a class: those with greater scores, and of equal ones the earlier; NaN is the greatest. */
  rank(position: number, of: number): number {
    const own = this.score(position, of);
    let before = 0;
    for (let other = 0; other < this.classes; other++) {
      const score = this.score(position, other);
      const same = score === own || (Number.isNaN(score) && Number.isNaN(own));
      const greater = score > own || (Number.isNaN(score) && !Number.isNaN(own));
      if (greater || (same && other < of)) before += 1;
    }
    return before;
  }

  /** The class with the greatest score. */
  best(position: number): number {
    let best = 0;
    for (let other = 1; other < this.classes; other++) {
      const [score, most] = [this.score(position, other), this.score(position, best)];
      if (score > most || (Number.isNaN(score) && !Number.isNaN(most))) best = other;
    }
    return best;
  }
}

function wrongType(where: string, name: string, is: string, must: string): TypeError {
  return new TypeError(`${where}: ${name} is ${is}, must be ${must}`);
}

/**
 * The share of samples, from 0 to 1, whose class has the greatest score, or one of the `topK` greatest. Of equal scores the first
 * counts as the greatest, NaN as greater than all, as argMax has it.
 * @param logits [N, C, ...] of float32: scores, in any scale
 * @param target [N, ...] of int32 or uint8: classes from 0
 * @throws RangeError for shapes that do not fit, classes outside 0 to C - 1, and no samples; TypeError for wrong kinds
 * @example
 * ```ts
 * accuracy(tensor([[0.1, 0.9], [0.8, 0.2]]), tensor(Int32Array.of(1, 1))); // 0.5
 * ```
 */
export function accuracy(
  logits: Tensor,
  target: Tensor<'int32' | 'uint8'>,
  options: AccuracyOptions = {},
): number {
  const where = 'accuracy';
  checkOptions(where, options, ['topK']);
  const topK = integer(where, 'topK', options.topK ?? 1, 1);
  const scored = new Scored(where, logits, target);
  let right = 0;
  for (let i = 0; i < target.size; i++) {
    if (scored.rank(i, scored.target[i] as number) < topK) right += 1;
  }
  return right / target.size;
}

/**
 * How often each class was taken for which: row i, column j counts the samples of class i whose greatest score is that of class
 * j. The diagonal is right.
 * @param logits [N, C, ...] of float32: scores, in any scale
 * @param target [N, ...] of int32 or uint8: classes from 0
 * @param classes C
 * @returns [classes, classes] of int32
 * @throws RangeError for shapes that do not fit, classes outside 0 to C - 1, and no samples; TypeError for wrong kinds
 * @example
 * ```ts
 * confusionMatrix(tensor([[0.1, 0.9], [0.8, 0.2]]), tensor(Int32Array.of(1, 1)), 2).toArray(); // [[0, 0], [1, 1]]
 * ```
 */
export function confusionMatrix(
  logits: Tensor,
  target: Tensor<'int32' | 'uint8'>,
  classes: number,
): Tensor<'int32'> {
  const where = 'confusionMatrix';
  integer(where, 'classes', classes, 1);
  const scored = new Scored(where, logits, target);
  if (scored.classes !== classes) {
    throw new RangeError(`${where}: logits has ${scored.classes} classes, must have ${classes}`);
  }
  const counts = emptyTensor(where, [classes, classes], 'int32');
  const { data } = counts;
  data.fill(0);
  for (let i = 0; i < target.size; i++) {
    const cell = (scored.target[i] as number) * classes + scored.best(i);
    data[cell] = (data[cell] as number) + 1;
  }
  return counts;
}
