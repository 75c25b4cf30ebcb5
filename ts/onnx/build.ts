/**
 * Runs a checked graph's nodes, in order, through their handlers: the function that is traced into a program. Only what
 * the wanted values need is visited.
 */

import type { DType } from '../dtype.ts';
import { ModelError } from '../errors.ts';
import { currentTrace } from '../graph/trace.ts';
import { tensor } from '../ops/create.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { Call, type Flow, Host, hostOf } from './call.ts';
import type { CheckedGraph, GraphNode } from './graph.ts';
import type { ModelProto, TensorProto } from './protobuf.ts';
import { tensorValues } from './weights.ts';

/** The tensors that hold a model's weights. */
export interface Weights {
  readonly initializers: ReadonlyMap<string, Tensor<DType>>;
  /** Of the tensors in attributes. */
  readonly attributes: ReadonlyMap<TensorProto, Tensor<DType>>;
}

/** The tensors of `wanted` names, given the flows of the inputs. @throws ModelError that names node, operator, reason */
export function build(
  graph: CheckedGraph,
  weights: Weights,
  inputs: ReadonlyMap<string, Flow>,
  wanted: readonly string[],
): Map<string, Tensor<DType>> {
  const flows = new Map<string, Flow>([...weights.initializers, ...inputs]);
  const made = new Map<Host, Tensor<DType>>();
  const constant = (host: Host): Tensor<DType> => {
    let one = made.get(host);
    if (one === undefined) {
      one = tensor([...host.values], host.shape, { dtype: host.dtype });
      made.set(host, one);
    }
    return one;
  };
  for (const node of needed(graph, wanted)) {
    const site = {
      node: node.node,
      label: node.label,
      opset: graph.opset,
      constant,
      attributeTensor: (proto: TensorProto) => weights.attributes.get(proto) as Tensor<DType>,
    };
    const call = new Call(
      site,
      node.node.inputs.map((name) => (name === '' ? undefined : flows.get(name))),
    );
    const results = run(node, call);
    node.node.outputs.forEach((name, i) => {
      const result = results[i];
      if (name !== '' && result !== undefined) flows.set(name, result);
    });
  }
  return new Map(
    wanted.map((name) => {
      const flow = flows.get(name) as Flow;
      return [name, flow instanceof Host ? constant(flow) : flow];
    }),
  );
}

/** One node's outputs; whatever its operators find wrong names the node. */
function run(node: GraphNode, call: Call): Flow[] {
  const { handler, label, name } = node;
  try {
    const known =
      handler.fold !== undefined &&
      call.inputs.every((flow) => flow !== undefined && hostOf(flow) !== undefined);
    const folded = known ? handler.fold?.(call) : undefined;
    if (folded !== undefined) return [folded];
    const trace = currentTrace();
    const result = trace === null ? handler.build(call) : trace.inside(name, () => handler.build(call));
    return Array.isArray(result) ? result : [result];
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
    throw new ModelError(`${label}: ${error.message}`, { cause: error });
  }
}

/** The nodes that the wanted names need, in order. */
function needed({ nodes, makers }: CheckedGraph, wanted: readonly string[]): GraphNode[] {
  const found = new Set<GraphNode>();
  const pending = [...wanted];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const maker = makers.get(name);
    if (maker === undefined || found.has(maker)) continue;
    found.add(maker);
    pending.push(...maker.node.inputs);
  }
  return nodes.filter((node) => found.has(node));
}

/** Tensors of the initializers that are used, and of attributes; the file's bytes are not needed afterwards. */
export function makeWeights({ file, graph }: ModelProto, { nodes }: CheckedGraph): Weights {
  const used = new Set([
    ...nodes.flatMap(({ node }) => node.inputs),
    ...graph.outputs.map(({ name }) => name),
  ]);
  const initializers = new Map<string, Tensor<DType>>();
  const attributes = new Map<TensorProto, Tensor<DType>>();
  const make = (proto: TensorProto, what: string): Tensor<DType> => {
    const { values, dtype, shape } = tensorValues(proto, what);
    return tensor(values, shape, { dtype });
  };
  try {
    for (const proto of graph.initializers) {
      const what = `${file}: initializer '${proto.name}'`;
      if (used.has(proto.name)) initializers.set(proto.name, make(proto, what));
      else tensorValues(proto, what);
    }
    for (const { node, label } of nodes) {
      for (const [name, { kind, tensor: proto }] of node.attributes) {
        if (kind !== 'tensor' || proto === null) continue;
        attributes.set(proto, make(proto, `${label}: attribute ${name}`));
        Object.assign(proto, { raw: null, floats: [], doubles: [], int32s: [], int64s: [] });
      }
    }
  } catch (error) {
    for (const one of [...initializers.values(), ...attributes.values()]) one.dispose();
    throw error;
  }
  return { initializers, attributes };
}
