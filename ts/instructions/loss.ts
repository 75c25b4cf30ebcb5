/** Losses and their gradients (loss.rs and cross_entropy.rs in crates/core/src/instructions). */
import { DTYPE } from '../base/boundary.ts';
import { GRADIENTS } from '../engine/side.ts';
import { selection } from '../engine/sides/selection.ts';
import { type Builder, bits, type OperandsOf } from './builder.ts';
import type { Along } from './reduce.ts';
import { type LOSS, OP } from './table.ts';

/** A loss of each element. */
export interface Elementwise {
  readonly kind: (typeof LOSS)[keyof typeof LOSS];
  /** Its own numbers. */
  readonly p0: number;
  readonly p1: number;
  readonly count: number;
  /** What the results are divided by. */
  readonly divisor: number;
}

const wordsOf = ({ kind, p0, p1, count, divisor }: Elementwise): number[] => [
  ...[DTYPE.float32, kind, bits(p0), bits(p1), count, divisor],
];

/** y = the weighted losses, or the sums of blocks of them, `block` elements each, where that is not 0. */
export function writeLoss(
  to: Builder,
  { x, target, weight, positive, y }: OperandsOf<'loss'>,
  { block, ...loss }: Elementwise & { block: number },
): void {
  to.needs(selection);
  const reads = [x, target, weight ?? null, positive ?? null];
  to.step(OP.loss, reads, [y], [...wordsOf(loss), block], { inPlace: block === 0 ? 0 : -1 });
}

/** d = dy times the derivative by x, or by the target; `each`: dy has an element for each, else one. */
export function writeLossGradient(
  to: Builder,
  { dy, x, target, weight, positive, d }: OperandsOf<'lossGradient'>,
  { each, byTarget, ...loss }: Elementwise & { each: boolean; byTarget: boolean },
): void {
  to.needs(GRADIENTS);
  const reads = [dy, x, target, weight ?? null, positive ?? null];
  to.step(OP.lossGradient, reads, [d], [...wordsOf(loss), each ? 1 : 0, byTarget ? 1 : 0], { inPlace: 1 });
}

/** A loss of each column of x as [outer, size, inner]. */
export interface CrossEntropy extends Along {
  /** x has to be normalised by log softmax; else it holds logarithms of probabilities. */
  readonly normalise: boolean;
  /** Targets are probabilities of x's shape; else int32 classes. */
  readonly probabilities: boolean;
  readonly smoothing: number;
  /** The class that is left out. */
  readonly ignored: number;
}

const columnWords = (problem: CrossEntropy): number[] => [
  ...[DTYPE.float32, problem.outer, problem.size, problem.inner],
  ...[problem.normalise ? 1 : 0, problem.probabilities ? 1 : 0, bits(problem.smoothing), problem.ignored],
];

/** y = the loss of each column, share the weight of its class; state is what the gradient asks for. */
export function writeCrossEntropy(
  to: Builder,
  { x, target, weight, y, share, state }: OperandsOf<'crossEntropy'>,
  problem: CrossEntropy,
): void {
  to.needs(selection);
  to.step(
    OP.crossEntropy,
    [x, target, weight ?? null],
    [y, share ?? null, state ?? null],
    columnWords(problem),
  );
}

/** d = dy over `divisor` and `total` times the derivative by x, or by target. */
export function writeCrossEntropyGradient(
  to: Builder,
  { dy, x, target, weight, state, total, d }: OperandsOf<'crossEntropyGradient'>,
  {
    divisor,
    each,
    byTarget,
    ...problem
  }: CrossEntropy & { divisor: number; each: boolean; byTarget: boolean },
): void {
  to.needs(GRADIENTS);
  const reads = [dy, x, target, weight ?? null, state ?? null, total ?? null];
  const words = [...columnWords(problem), divisor, each ? 1 : 0, byTarget ? 1 : 0];
  to.step(OP.crossEntropyGradient, reads, [d], words, { inPlace: 1 });
}
