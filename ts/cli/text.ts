/**
 * Text out of scores for each column of a picture (connectionist temporal classification, Graves et al., 2006): the best class
 * of each column, equal neighbours and blanks left out.
 */
import type { DType, Tensor } from 'striate';

/** A text, and the mean probability of its characters. */
export interface Reading {
  readonly text: string;
  readonly score: number;
}

/** Class 0 is the blank; characters follow, and the space where there is one class more. */
export function readingOf(output: Tensor<DType>, characters: readonly string[] | null): Reading | null {
  const [batch, columns = 0, classes = 0] = output.shape;
  const blanks = classes - (characters?.length ?? 0);
  if (characters === null || output.shape.length !== 3 || batch !== 1 || (blanks !== 1 && blanks !== 2))
    return null;
  const values = output.data as ArrayLike<number>;
  let [text, sum, count, before] = ['', 0, 0, 0];
  for (let column = 0; column < columns; column++) {
    const row = Array.prototype.slice.call(values, column * classes, (column + 1) * classes) as number[];
    const most = row.reduce((best, value) => Math.max(best, value), Number.NEGATIVE_INFINITY);
    const winner = row.indexOf(most);
    if (winner > 0 && winner !== before) {
      text += characters[winner - 1] ?? ' ';
      sum += probabilityOf(row, most);
      count += 1;
    }
    before = winner;
  }
  return { text: text.trim(), score: count === 0 ? 0 : sum / count };
}

/** The best one's probability: itself where all are some, else its softmax. */
function probabilityOf(row: readonly number[], most: number): number {
  if (row.every((value) => value >= 0 && value <= 1)) return most;
  return 1 / row.reduce((sum, value) => sum + Math.exp(value - most), 0);
}
