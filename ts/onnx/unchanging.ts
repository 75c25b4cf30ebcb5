/**
 * What a loop's body computes alike in every turn: products of what does not change while the loop goes round. They become
 * a graph of their own, which runs once, at the loop's first turn, and gives their results to all of them.
 */
import { needed } from './build.ts';
import { type CheckedGraph, draws, type GraphNode } from './handler.ts';
import { outerNames } from './nodes.ts';

type Makers = ReadonlyMap<string, GraphNode>;

/**
 * The value that a name stands for when it goes back through what leaves a value as it is: Identity, the addition of
 * nothing, axes of 1 that come and go (so PaddlePaddle's exporter writes an assignment).
 */
export function unchangedFrom(makers: Makers, name: string): string {
  let [at, found] = [name, name];
  const removed: string[] = [];
  for (;;) {
    const { operator, inputs } = makers.get(at)?.node ?? { operator: '', inputs: [] };
    const axes = operator.endsWith('queeze') ? axesOf(makers, at) : null;
    if (operator === 'Identity') at = inputs[0] as string;
    else if (operator === 'Add' && inputs.some((one) => isNothing(makers, one, removed.length))) {
      at = inputs.find((one) => !isNothing(makers, one, removed.length)) ?? '';
    } else if (operator === 'Squeeze' && axes !== null) {
      removed.push(axes);
      at = inputs[0] as string;
    } else if (operator === 'Unsqueeze' && axes !== null && removed.at(-1) === axes) {
      removed.pop();
      at = inputs[0] as string;
    } else return found;
    if (removed.length === 0) found = at;
  }
}

/** The tensor of a Constant. */
const constantOf = (makers: Makers, name: string) => makers.get(name)?.node.attributes.get('value')?.tensor;

/** Whether a name is a zero that leaves a value's shape as it is, which has at least so many axes. */
function isNothing(makers: Makers, name: string, axes: number): boolean {
  const tensor = constantOf(makers, name);
  if (!tensor || tensor.dims.length > axes || tensor.dims.some((size) => size !== 1)) return false;
  const { raw, floats, int32s, int64s, external } = tensor;
  return external === null && [...(raw ?? []), ...floats, ...int32s, ...int64s].every((one) => one === 0);
}

/** The axes of Squeeze or Unsqueeze as a text; null where they are not written down. */
function axesOf(makers: Makers, name: string): string | null {
  const { attributes, inputs } = (makers.get(name) as GraphNode).node;
  const listed = attributes.get('axes')?.ints;
  if (listed !== undefined) return listed.join();
  const tensor = constantOf(makers, inputs[1] ?? '');
  if (!tensor) return null;
  return tensor.raw === null ? tensor.int64s.join() : tensor.raw.join();
}

/** What takes long beside the reading of its result. */
const PRODUCTS: ReadonlySet<string> = /*#__PURE__*/ new Set([
  ...['Conv', 'ConvInteger', 'ConvTranspose', 'DeformConv', 'Einsum', 'Gemm', 'GRU', 'LSTM', 'MatMul'],
  ...['MatMulInteger', 'QLinearConv', 'QLinearMatMul', 'RNN'],
]);

/** A body in two graphs. */
interface Halves {
  /** What runs once; null where there is nothing. */
  readonly once: CheckedGraph | null;
  /** What runs at each turn, and reads from around what `once` gives. */
  readonly each: CheckedGraph;
}

/** Parts a body: `fixed` has its inputs that are the same at each turn, `isKnown` tells what has one value for all runs. */
export function halvesOf(
  graph: CheckedGraph,
  fixed: ReadonlyMap<string, string>,
  isKnown: (name: string) => boolean,
): Halves {
  const { nodes, makers, proto } = graph;
  const changing = new Set(proto.inputs.map(({ name }) => name).filter((name) => !fixed.has(name)));
  // What is made of constants alone is computed on loading, and of nothing that changes once.
  const atRuns = new Set([...graph.outer, ...fixed.keys()].filter((name) => !isKnown(name)));
  const products: GraphNode[] = [];
  for (const one of nodes) {
    const { node, handler, bodies, reads } = one;
    const changes = draws(one) || handler.between === true || bodies.size > 0;
    const [to, isOnce] =
      changes || reads.some((name) => changing.has(name))
        ? [changing, false]
        : [atRuns, reads.some((name) => atRuns.has(name))];
    if (to === changing || isOnce) for (const name of node.outputs) to.add(name);
    if (isOnce && PRODUCTS.has(node.operator)) products.push(one);
  }
  if (products.length === 0) return { once: null, each: graph };
  const gives = products.flatMap(({ node }) => node.outputs.filter((name) => name !== ''));
  const before = needed(makers, gives);
  return {
    once: part(
      graph,
      nodes.filter((node) => before.has(node)),
      gives,
    ),
    each: part(
      graph,
      nodes.filter((node) => !products.includes(node)),
      null,
    ),
  };
}

/** Some of a graph's nodes; `gives`: with these outputs, and no inputs but what lies around. */
function part(
  graph: CheckedGraph,
  nodes: readonly GraphNode[],
  gives: readonly string[] | null,
): CheckedGraph {
  const read = new Set(nodes.flatMap(({ reads }) => reads));
  const outputs =
    gives === null ? graph.proto.outputs : gives.map((name) => ({ name, type: 0, other: null, shape: null }));
  const proto = {
    ...graph.proto,
    nodes: nodes.map(({ node }) => node),
    inputs: gives === null ? graph.proto.inputs : [],
    outputs,
    initializers: graph.proto.initializers.filter(
      ({ name }) => read.has(name) || outputs.some((output) => output.name === name),
    ),
  };
  const makers = new Map(nodes.flatMap((node) => node.node.outputs.map((name) => [name, node] as const)));
  makers.delete('');
  return { proto, opset: graph.opset, nodes, makers, outer: outerNames(proto, nodes) };
}
