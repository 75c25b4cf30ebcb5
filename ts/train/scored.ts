/** Scores of classes beside the classes that are right: which is the greatest, and how many are greater than a class's. */
import type { DType } from '../base/dtype.ts';
import { shapeText } from '../base/errors.ts';
import { readable, requireTensor, type Tensor } from '../tensor/tensor.ts';

/** Scores `[N, C, ...]` and classes `[N, ...]`: where the scores of each position lie. */
export class Scored {
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
