/**
 * A graph's nodes, in order, through their handlers. This is the function that is traced into a program: planned nodes
 * are computed while it is traced, the others are recorded. Only what the wanted values need is visited.
 */
import type { DType } from '../base/dtype.ts';
import { ModelError, OutOfMemoryError } from '../base/errors.ts';
import { engine } from '../engine/engine.ts';
import { currentTrace, type Trace } from '../graph/trace.ts';
import { symbolOf, type Tensor } from '../tensor/tensor.ts';
import { Call } from './call.ts';
import type { GraphNode } from './nodes.ts';
import type { Time } from './times.ts';

/** What is left of a graph when its static nodes have been computed. */
export interface Plan {
  readonly nodes: readonly GraphNode[];
  readonly makers: ReadonlyMap<string, GraphNode>;
  readonly times: ReadonlyMap<GraphNode, Time>;
  /** The weights, and what was computed of them. */
  readonly constants: ReadonlyMap<string, Tensor<DType>>;
  /** Names whose values were not kept: other constants were computed from them. */
  readonly released: ReadonlySet<string>;
}

/** The tensors of `wanted` names, given those of the inputs. @throws ModelError that names node, operator, reason */
export function build(
  { nodes, makers, times, constants }: Plan,
  inputs: ReadonlyMap<string, Tensor<DType>>,
  wanted: readonly string[],
): Map<string, Tensor<DType>> {
  const values = new Map([...constants, ...inputs]);
  const found = needed(makers, wanted);
  for (const node of nodes) {
    if (!found.has(node)) continue;
    const results = times.get(node) === 'planned' ? compute(node, values) : record(node, values);
    assign(node, results, values);
  }
  return new Map(wanted.map((name) => [name, values.get(name) as Tensor<DType>]));
}

/** A node's outputs, of inputs that are known as far as the node needs them. */
export function compute(node: GraphNode, values: ReadonlyMap<string, Tensor<DType>>): Tensor<DType>[] {
  return run(node, new Call(node, operands(node, values), null));
}

/** A node's outputs as symbols of the open trace. */
function record(node: GraphNode, values: ReadonlyMap<string, Tensor<DType>>): Tensor<DType>[] {
  const trace = currentTrace() as Trace;
  const call = new Call(node, operands(node, values), (tensor) =>
    tensor.symbol === null ? symbolOf(trace.valueOf(tensor)) : tensor,
  );
  return trace.inside(node.name, () => run(node, call));
}

/** Gives a node's outputs their names. */
export function assign(
  { node }: GraphNode,
  results: readonly Tensor<DType>[],
  values: Map<string, Tensor<DType>>,
): void {
  node.outputs.forEach((name, i) => {
    const result = results[i];
    if (name !== '' && result !== undefined) values.set(name, result);
  });
}

const operands = ({ node }: GraphNode, values: ReadonlyMap<string, Tensor<DType>>) =>
  node.inputs.map((name) => (name === '' ? undefined : values.get(name)));

/** Whatever a node's operators find wrong names the node. */
function run({ handler, label }: GraphNode, call: Call): Tensor<DType>[] {
  try {
    const result = handler.build(call);
    return Array.isArray(result) ? result : [result];
  } catch (error) {
    if (error instanceof OutOfMemoryError)
      throw new OutOfMemoryError(label, error.bytes, engine('loadModel').info.maxMemoryBytes);
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
    throw new ModelError(`${label}: ${error.message}`, { cause: error });
  }
}

/** The nodes that the wanted names need. */
export function needed(
  makers: ReadonlyMap<string, GraphNode>,
  wanted: Iterable<string>,
): ReadonlySet<GraphNode> {
  const found = new Set<GraphNode>();
  const pending = [...wanted];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const maker = makers.get(name);
    if (maker === undefined || found.has(maker)) continue;
    found.add(maker);
    pending.push(...maker.reads);
  }
  return found;
}
