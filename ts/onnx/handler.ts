/** How an operator of ONNX becomes calls of ours, a row of the tables in handlers/; and nodes with the rows that hold for them. */
import type { DType } from '../base/dtype.ts';
import type { Pass } from '../graph/rewrite.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Call, Value } from './call.ts';
import type { GraphProto, NodeProto } from './protobuf.ts';
import type { Row, Signature } from './row.ts';

export interface Handler extends Row {
  /** What is wrong with a node and the graphs in its attributes, before any shape is known. */
  check?(node: GraphNode): string | undefined;
  /** Inputs of a graph in an attribute that are the same at each of its runs, and the names that the node gives for them. */
  invariants?(node: GraphNode): ReadonlyMap<string, string>;
  /** What a program's graph is rewritten by before all else, where the node is in it. */
  readonly passes?: readonly Pass[];
  /** Its output, a tensor; or the list of its outputs, of which each may be a sequence. */
  build(call: Call): Tensor<DType> | readonly Value[];
}

/** Operators by ONNX's name; those that changed have a row for each form, in the order of operator sets. */
export type Handlers = Readonly<Record<string, Handler | readonly Handler[]>>;

export interface GraphNode {
  readonly node: NodeProto;
  readonly handler: Handler;
  /** The file, node and operator, as errors name them. */
  readonly label: string;
  /** The node's name, else its first output's. */
  readonly name: string;
  /** The names that it reads: its inputs ('' where one is left out), then what graphs in its attributes read of this one. */
  readonly reads: readonly string[];
  /** What these take and give, by the attribute's name. */
  readonly signatures: ReadonlyMap<string, Signature>;
  /** The graphs themselves, until they are made ready. */
  readonly bodies: Map<string, CheckedGraph>;
}

export interface CheckedGraph {
  readonly proto: GraphProto;
  readonly opset: number;
  /** Each node after those whose outputs it reads. */
  readonly nodes: readonly GraphNode[];
  /** The node that makes a name. */
  readonly makers: ReadonlyMap<string, GraphNode>;
  /** The names that it has from the graphs around it. */
  readonly outer: readonly string[];
}

/** Whether a node draws numbers. */
export function draws({ handler: { random }, node: { inputs } }: GraphNode): boolean {
  return random === true || (random !== undefined && (inputs[random] ?? '') !== '');
}
