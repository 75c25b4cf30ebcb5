/**
 * What of a graph can run on small integers, as steps. A step is
 *
 *   weighted   a convolution or a product with constant weights, and a bias that is added behind the latter, or a value that is
 *              added behind the former
 *   joined     Add, Mul, Concat, a mean, a linear Resize: integers in, integers out, each with a scale of its own
 *   pointwise  a function of each element, of one node or several (x * sigmoid(x)): a table of 256 entries
 *   passing    what moves or chooses values: the scale stays what it was
 *
 * with the Relu or Clip behind it, where nothing else reads what it is given: its bounds are those of the integers. A value that only
 * floats read stays in floats, so what a model gives is not rounded in the end.
 */
import type { NodeProto } from '../onnx/protobuf.ts';
import type { Editing, Readers } from './editing.ts';
import { pointwiseAt } from './pointwise.ts';

export interface Step {
  readonly kind: 'weighted' | 'joined' | 'pointwise' | 'passing';
  /** By which reports and `exclude` call it: its first node's, else that one's first output's. */
  readonly name: string;
  /** In the order in which they run. */
  readonly nodes: readonly NodeProto[];
  /** What it reads that differs from run to run. */
  readonly inputs: readonly string[];
  /** What it gives. */
  readonly outputs: readonly string[];
}

/** What can run on integers but does not, and why. */
export interface Left {
  readonly name: string;
  readonly operator: string;
  readonly reason: string;
}

export const nameOf = ({ name, outputs }: NodeProto): string => name || (outputs[0] ?? '');

const JOINED = new Set(['Add', 'Mul', 'Sub', 'Concat', 'AveragePool', 'GlobalAveragePool', 'Resize']);
const PASSING = new Set([
  ...[
    'MaxPool',
    'GlobalMaxPool',
    'Reshape',
    'Flatten',
    'Transpose',
    'Squeeze',
    'Unsqueeze',
    'Slice',
    'Split',
  ],
  ...['DepthToSpace', 'SpaceToDepth', 'Identity', 'Pad'],
]);

/** The steps of a graph whose nodes are in order, and the products that are none; nodes of `apart` are steps by themselves. */
export function stepsOf(graph: Editing, apart: ReadonlySet<string>): { steps: Step[]; left: Left[] } {
  const readers = graph.readers();
  const sums = sumsOf(graph, readers, apart);
  const summed = new Set(sums.values());
  const taken = new Set<NodeProto>();
  const steps: Step[] = [];
  const left: Left[] = [];
  const add = (kind: Step['kind'], nodes: readonly NodeProto[], inputs: readonly string[]) => {
    const all = [...nodes];
    const bounded = kind === 'passing' ? null : boundBehind(graph, readers, nodes.at(-1) as NodeProto);
    if (bounded !== null) all.push(bounded);
    for (const node of all) taken.add(node);
    const outputs = (all.at(-1) as NodeProto).outputs.filter((name) => name !== '');
    steps.push({ kind, name: nameOf(all[0] as NodeProto), nodes: all, inputs, outputs });
  };
  for (const node of graph.nodes) {
    // A convolution waits for what is added to it.
    if (taken.has(node) || summed.has(node)) continue;
    const conv = sums.get(node);
    if (conv !== undefined) {
      const other = node.inputs.find((name) => name !== conv.outputs[0]) as string;
      add('weighted', [conv, node], [conv.inputs[0] as string, other]);
      continue;
    }
    const [x = ''] = node.inputs;
    const why = whyFloat(graph, node);
    if (why !== undefined) left.push({ name: nameOf(node), operator: node.operator, reason: why });
    else if (WEIGHTED.has(node.operator)) {
      const behind = node.operator === 'MatMul' ? biasBehind(graph, readers, node) : null;
      add('weighted', behind === null ? [node] : [node, behind], [x]);
    } else if (graph.weight(x) === null && !graph.isStored(x)) {
      const nodes = pointwiseAt(graph, readers, x, taken);
      if (nodes[0] === node) add('pointwise', nodes, [x]);
      else if (JOINED.has(node.operator)) joined(node);
      else if (PASSING.has(node.operator) && padsZero(graph, node)) add('passing', [node], [x]);
    }
  }
  return { steps, left };

  function joined(node: NodeProto): void {
    const all = node.operator === 'Resize' ? node.inputs.slice(0, 1) : node.inputs;
    const inputs = all.filter((name) => name !== '' && graph.weight(name) === null);
    // Constants become integers where they are put beside others.
    if (inputs.length === all.length || node.operator === 'Concat')
      add(isNearest(node) ? 'passing' : 'joined', [node], inputs);
  }
}

const isNearest = ({ operator, attributes }: NodeProto): boolean =>
  operator === 'Resize' && (attributes.get('mode')?.string ?? 'nearest') === 'nearest';

/** A margin of another number may lie beyond the range of the values. */
const padsZero = (graph: Editing, { operator, inputs, attributes }: NodeProto): boolean =>
  operator !== 'Pad' ||
  (attributes.get('mode')?.string ?? 'constant') !== 'constant' ||
  (inputs[2] ?? '') === '' ||
  graph.weight(inputs[2])?.data[0] === 0;

const WEIGHTED = new Set(['Conv', 'Gemm', 'MatMul']);

/** Why a product stays in floats; undefined for what can be integers, or is no product with weights. */
function whyFloat(graph: Editing, { operator, inputs, attributes }: NodeProto): string | undefined {
  if (operator === 'ConvTranspose') return 'transposed convolutions have no integer form';
  if (!WEIGHTED.has(operator)) return undefined;
  const weight = graph.weight(inputs[1]);
  if (weight === null)
    return operator === 'MatMul' ? 'neither factor is a weight' : 'its weights are computed';
  if (operator === 'Conv') {
    const bias = inputs[2] ?? '';
    return bias !== '' && graph.weight(bias) === null ? 'its bias is computed' : undefined;
  }
  if (weight.shape.length !== 2) return 'its weights are no matrix';
  if (operator === 'MatMul') return undefined;
  const [alpha, beta] = ['alpha', 'beta'].map((name) => attributes.get(name)?.float ?? 1);
  const bias = graph.weight(inputs[2]);
  const isPlain = alpha === 1 && beta === 1 && (attributes.get('transA')?.int ?? 0) === 0;
  const outputs = weight.shape[(attributes.get('transB')?.int ?? 0) === 0 ? 1 : 0];
  const fits = (inputs[2] ?? '') === '' || bias?.data.length === outputs;
  return isPlain && fits ? undefined : 'it is scaled, or its bias is no row';
}

/** The Adds behind convolutions that nothing else reads, and these: of two the one that runs last. */
function sumsOf(graph: Editing, readers: Readers, apart: ReadonlySet<string>): Map<NodeProto, NodeProto> {
  const sums = new Map<NodeProto, NodeProto>();
  const isFree = (node: NodeProto) => !apart.has(nameOf(node));
  for (const conv of graph.nodes) {
    if (conv.operator !== 'Conv' || whyFloat(graph, conv) !== undefined || !isFree(conv)) continue;
    const [sum, ...more] = readers.get(conv.outputs[0] as string) ?? [];
    if (!sum || more.length > 0 || sum.operator !== 'Add' || !isFree(sum)) continue;
    if (sum.inputs.every((name) => graph.weight(name) === null && !graph.isStored(name))) sums.set(sum, conv);
  }
  return sums;
}

/** The Add of a constant row behind a product. */
function biasBehind(graph: Editing, readers: Readers, { inputs, outputs }: NodeProto): NodeProto | null {
  const [y = ''] = outputs;
  const [next, ...more] = readers.get(y) ?? [];
  if (!next || more.length > 0 || next.operator !== 'Add') return null;
  const row = graph.weight(next.inputs.find((name) => name !== y));
  const columns = graph.weight(inputs[1])?.shape[1];
  return row !== null && row.data.length === columns && row.shape.at(-1) === columns ? next : null;
}

/** The Add of a step's bias. */
export function biasOf({ nodes }: Step): NodeProto | null {
  const [node, behind] = nodes as [NodeProto, NodeProto?];
  return node.operator === 'MatMul' && behind?.operator === 'Add' ? behind : null;
}

/** The Relu, or the Clip with constant bounds, that alone reads what a node gives. */
function boundBehind(graph: Editing, readers: Readers, { outputs }: NodeProto): NodeProto | null {
  if (outputs.length !== 1) return null;
  const [next, ...more] = readers.get(outputs[0] as string) ?? [];
  if (!next || more.length > 0) return null;
  return isBound(graph, next) ? next : null;
}

const isBound = (graph: Editing, { operator, inputs }: NodeProto): boolean =>
  operator === 'Relu' ||
  (operator === 'Clip' && inputs.slice(1).every((name) => name === '' || graph.weight(name) !== null));

/**
 * The steps that do run on integers: weighted ones, and of the others those that get integers, or can be given them, and whose results
 * are read as such.
 */
export function chosenOf(steps: readonly Step[], excluded: ReadonlySet<string>): Step[] {
  const integers = new Set<string>();
  let chosen = steps.filter((step) => {
    const isExcluded = step.nodes.some((node) => excluded.has(nameOf(node)));
    const gets =
      step.kind === 'weighted' || step.kind === 'passing' || step.inputs.some((name) => integers.has(name));
    if (isExcluded || !gets) return false;
    for (const name of step.outputs) integers.add(name);
    return true;
  });
  for (let count = -1; count !== chosen.length; ) {
    count = chosen.length;
    const read = new Set(chosen.flatMap(({ inputs }) => inputs));
    chosen = chosen.filter(
      ({ kind, outputs }) => kind === 'weighted' || outputs.some((name) => read.has(name)),
    );
  }
  return chosen;
}
