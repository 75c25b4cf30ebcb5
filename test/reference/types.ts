/** What the plain loops take and give, and what they say about the operator. */
import type { DType } from 'striate';

/** A tensor as plain numbers. */
export interface Plain {
  shape: number[];
  data: number[];
  dtype: DType;
}

/** An operator's meaning, written as plainly as possible, and how well the implementation must agree with it. */
export interface Reference {
  /**
   * What the public function gives for these arguments, tensors being `Plain`, in double precision. An operator that
   * writes an input (running statistics) has the input's `data` changed here as well.
   */
  // biome-ignore lint/suspicious/noExplicitAny: every operator has arguments of its own.
  readonly run: (...args: any[]) => Plain | readonly Plain[];
  /**
   * The largest difference, relative to the largest expected value; 0: compared with == (lines whose tensors are
   * reals, "~" and "+", are then compared with ROUNDING, see test/support/checks.ts).
   */
  readonly tolerance: number;
  /** Tensors (by their order in the line) in which the operator is affine: adjoint identity and exact differences. */
  readonly linear?: readonly number[] | 'all';
  /** Tensors whose gradient is compared with central differences of `run`. */
  readonly smooth?: readonly number[] | 'all';
  /** The largest difference of those gradients, relative to the largest; 1e-3 without it. */
  readonly differentiableTol?: number;
}
