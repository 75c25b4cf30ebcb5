/**
 * A graph's nodes, in order, through their handlers. While a program is traced, nodes whose inputs are known are computed
 * and the others recorded; elsewhere all are computed. Only what the wanted values need is visited.
 */
import type { DType } from '../base/dtype.ts';
import { ModelError, OutOfMemoryError } from '../base/errors.ts';
import { atOnce, NODES, type Steps } from '../base/steps.ts';
import { engine } from '../engine/engine.ts';
import { currentTrace, type Trace } from '../graph/trace.ts';
import { reshape } from '../ops/reshape.ts';
import { symbolOf, Tensor } from '../tensor/tensor.ts';
import { Call, isKnown, type RunBody, type Value } from './call.ts';
import { draws, type GraphNode } from './handler.ts';
import { inputSpec } from './row.ts';

/** What a name stands for, where it is known by that name. */
export type Lookup = (name: string) => Value | undefined;

/** How nodes run: recorded in the open trace as far as they are not known, or computed at once. */
export type Mode = 'record' | 'compute';

/** A graph in a node's attribute, made ready. */
export interface Body {
  /** Its outputs, by nodes of the trace or computed one by one. */
  inline(mode: Mode, inputs: readonly Value[], around: Lookup): Value[];
  /** Its outputs, by programs of its own. */
  run(inputs: readonly Value[], around: Lookup): Value[];
}

export type Bodies = ReadonlyMap<GraphNode, ReadonlyMap<string, Body>>;

/** What is left of a graph when its static nodes have been computed. */
export interface Plan {
  readonly nodes: readonly GraphNode[];
  readonly makers: ReadonlyMap<string, GraphNode>;
  /** Static nodes whose results were too large to be kept: programs compute them. */
  readonly staying: ReadonlySet<GraphNode>;
  /** The weights, and what was computed of them. */
  readonly constants: ReadonlyMap<string, Value>;
  /** Constants that are weights: initializers, and what was made of them. */
  readonly weights: ReadonlySet<string>;
  /** Names whose values were not kept: other constants were computed from them. */
  readonly released: ReadonlySet<string>;
}

/** What nodes are built with. */
export interface Surroundings {
  readonly lookup: Lookup;
  readonly bodies: Bodies;
  readonly staying: ReadonlySet<GraphNode>;
  /** The nodes are those of a module that is trained. */
  readonly isTraining?: boolean;
}

/** Gives the values of `nodes` in order their names in `values`. @throws ModelError that names node, operator, reason */
export function build(
  nodes: Iterable<GraphNode>,
  values: Map<string, Value>,
  around: Surroundings,
  mode: Mode,
): void {
  atOnce(building(nodes, values, around, mode));
}

/** The same in steps. */
export function* building(
  nodes: Iterable<GraphNode>,
  values: Map<string, Value>,
  around: Surroundings,
  mode: Mode,
): Steps<void> {
  const { isTraining = false } = around;
  const lookup: Lookup = (name) => values.get(name) ?? around.lookup(name);
  let done = 0;
  for (const node of nodes) {
    const body: (mode: Mode) => RunBody = (how) => (attribute, inputs) =>
      around.bodies.get(node)!.get(attribute)!.inline(how, inputs, lookup);
    const isRecorded = mode === 'record' && (around.staying.has(node) || !isComputed(node, lookup));
    assign(
      node,
      isRecorded
        ? record(node, lookup, body('record'), isTraining)
        : compute(node, lookup, body('compute'), isTraining),
      values,
    );
    done += 1;
    if (done % NODES === 0) yield;
  }
}

/** Whether a node's inputs are known, as far as it reads them, while a program is planned. */
function isComputed(of: GraphNode, lookup: Lookup): boolean {
  if (draws(of)) return false;
  const { reads, handler, node } = of;
  return reads.every((name, read) => {
    if (name === '' || (read < node.inputs.length && inputSpec(handler, read)?.needs === 'shape'))
      return true;
    const value = lookup(name);
    return value === undefined || isKnown(value);
  });
}

/** A node's outputs, of inputs that are known as far as the node needs them. */
export function compute(
  node: GraphNode,
  lookup: Lookup,
  body: RunBody,
  isTraining = false,
): readonly Value[] {
  return run(node, new Call(node, operands(node, lookup), null, body, isTraining));
}

/** A node's outputs as symbols of the open trace. */
function record(node: GraphNode, lookup: Lookup, body: RunBody, isTraining: boolean): readonly Value[] {
  const trace = currentTrace() as Trace;
  const capture = (tensor: Tensor<DType>) =>
    tensor.symbol === null ? symbolOf(trace.valueOf(tensor)) : tensor;
  const call = new Call(node, operands(node, lookup), capture, body, isTraining);
  let results: readonly Value[] = [];
  // What is one tensor has the node's name.
  trace.inside(node.name, () => {
    results = run(node, call);
    return results.length === 1 ? results[0] : null;
  });
  node.node.outputs.forEach((name, i) => {
    const result = results[i];
    if (name !== '' && result instanceof Tensor) trace.alsoNamed(name, result);
  });
  return results;
}

/** Gives a node's outputs their names. */
export function assign({ node }: GraphNode, results: readonly Value[], values: Map<string, Value>): void {
  node.outputs.forEach((name, i) => {
    const result = results[i];
    if (name !== '' && result !== undefined) values.set(name, result);
  });
}

const operands = ({ node }: GraphNode, lookup: Lookup) =>
  node.inputs.map((name) => (name === '' ? undefined : lookup(name)));

/** Whatever a node's operators find wrong names the node. */
function run({ handler, label, node }: GraphNode, call: Call): readonly Value[] {
  try {
    node.inputs.forEach((_, index) => {
      const value = call.value(index);
      const { holds = 'tensor', name } = inputSpec(handler, index)!;
      if (value === undefined || holds === 'any' || (holds === 'tensor') === value instanceof Tensor) return;
      const is = value instanceof Tensor ? 'a tensor' : 'a sequence of tensors';
      throw new TypeError(
        `${name} is ${is}, must be ${holds === 'tensor' ? 'a tensor' : 'a sequence of tensors'}`,
      );
    });
    const result = handler.build(call);
    return result instanceof Tensor ? [result] : result;
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

/** The tensors of a value. */
export function tensorsOf(value: Value): readonly Tensor<DType>[] {
  return value instanceof Tensor ? [value] : value;
}

/** The same values under handles of their own, so that each can be disposed by itself. */
export function sharing(value: Value): Value {
  return value instanceof Tensor ? reshape(value, value.shape) : value.map((one) => reshape(one, one.shape));
}
