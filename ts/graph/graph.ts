/**
 * A traced function as data: values and the nodes that make them, in the order of their calls. Nothing here runs.
 */
import type { DType, TensorType } from '../dtype.ts';
import type { Entry } from '../ops/operator.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Draw } from './draw.ts';

/** Anything that a node reads or makes. */
export interface Value extends TensorType {
  /** Its place among the values of its trace, in the order in which they were met. */
  readonly id: number;
  /**
   * input: bound at each run. parameter: a tensor that the function's module keeps and may change. constant: a tensor
   * that was met in the function, or a number in a tensor's place. draw: the
   * generator's state. node: made by `producer`.
   */
  readonly kind: 'input' | 'parameter' | 'constant' | 'draw' | 'node';
  /** The tensor of a parameter or constant. */
  readonly tensor: Tensor<DType> | null;
  /** The value of a number in a tensor's place. */
  readonly scalar: number;
  /** What is drawn at each run. */
  readonly draw: Draw | null;
  producer: Node | null;
}

/** One call of an operator. */
export interface Node {
  readonly entry: Entry;
  /** Null where an optional tensor was left out. */
  readonly inputs: (Value | null)[];
  readonly params: readonly number[];
  readonly outputs: Value[];
  /** The path of the module whose forward made the call; '' outside any. */
  readonly path: string;
  /** What fusion moved into this node. */
  fused: Fused;
}

/** What a convolution does besides convolving: act(affine(conv(x)) + residual). */
export interface Fused {
  readonly affine?: Node;
  readonly residual?: Value;
  readonly activation?: Node;
}

export interface Graph {
  readonly inputs: Value[];
  nodes: Node[];
  outputs: Value[];
}

/** Whether a value is known before the program runs. */
export function isFixed(value: Value): boolean {
  return value.kind === 'parameter' || value.kind === 'constant';
}
