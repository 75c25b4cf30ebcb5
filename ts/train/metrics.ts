/** What a classifier gets right: the share of its samples, and which class it takes for which. */
import { checkOptions, integer } from '../base/checks.ts';
import { emptyTensor, type Tensor } from '../tensor/tensor.ts';
import { Scored } from './scored.ts';

/** The options of `accuracy`. */
export interface AccuracyOptions {
  /** A sample counts when its class is among so many with the greatest scores. Default 1. */
  topK?: number | undefined;
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
