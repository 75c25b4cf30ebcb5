/** How an operator of ONNX becomes calls of ours: a row of the tables in handlers/. */
import type { DType } from '../base/dtype.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Call, Value } from './call.ts';
import type { GraphNode } from './nodes.ts';
import type { Row } from './row.ts';

export interface Handler extends Row {
  /** What is wrong with a node and the graphs in its attributes, before any shape is known. */
  check?(node: GraphNode): string | undefined;
  /** Inputs of a graph in an attribute that are the same at each of its runs, and the names that the node gives for them. */
  invariants?(node: GraphNode): ReadonlyMap<string, string>;
  /** Its output, a tensor; or the list of its outputs, of which each may be a sequence. */
  build(call: Call): Tensor<DType> | readonly Value[];
}

/** Operators by ONNX's name; those that changed have a row for each form, in the order of operator sets. */
export type Handlers = Readonly<Record<string, Handler | readonly Handler[]>>;
