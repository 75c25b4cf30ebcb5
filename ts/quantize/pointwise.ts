/**
 * Functions of each element that are written as several nodes: x * sigmoid(x), x * clip(x + 3, 0, 6) / 6, the gelus. From x on, nodes
 * are taken in whose operands are x, what was taken in before, or single constants; the function is the longest such row of nodes
 * that gives one value to the rest of the graph.
 */
import type { NodeProto } from '../onnx/protobuf.ts';
import type { Editing, Readers } from './editing.ts';

/** Functions of an element, whose further operands, if any, are constants. */
const FUNCTIONS = new Set([
  ...[
    'Relu',
    'Clip',
    'LeakyRelu',
    'PRelu',
    'Sigmoid',
    'HardSigmoid',
    'HardSwish',
    'Tanh',
    'Elu',
    'Selu',
    'Celu',
  ],
  ...[
    'Softplus',
    'Softsign',
    'Mish',
    'Gelu',
    'Erf',
    'ThresholdedRelu',
    'Neg',
    'Abs',
    'Add',
    'Sub',
    'Mul',
    'Div',
  ],
]);
/** Longer rows than the gelu's are no activation. */
const LONGEST = 12;

/** The nodes of the function that begins at x, in order; none where nothing of the kind does. */
export function pointwiseAt(
  graph: Editing,
  readers: Readers,
  x: string,
  taken: ReadonlySet<NodeProto>,
): readonly NodeProto[] {
  const inside = new Set([x]);
  const nodes: NodeProto[] = [];
  let longest = 0;
  const near = new Set<NodeProto>();
  const reach = (name: string) => {
    for (const reader of readers.get(name) ?? []) if (reader !== null && !taken.has(reader)) near.add(reader);
  };
  reach(x);
  const fits = (node: NodeProto) =>
    FUNCTIONS.has(node.operator) &&
    node.outputs.length === 1 &&
    node.inputs.every((name, i) => name === '' || inside.has(name) || isConstant(graph, node, name, i));
  while (nodes.length < LONGEST) {
    const next = [...near].find((node) => !nodes.includes(node) && fits(node));
    if (next === undefined) break;
    nodes.push(next);
    const [y = ''] = next.outputs;
    inside.add(y);
    reach(y);
    // All that was made so far is read by these nodes alone, but for the last.
    const isClosed = nodes
      .slice(0, -1)
      .every(({ outputs }) =>
        readers.get(outputs[0] as string)?.every((one) => one !== null && nodes.includes(one)),
      );
    if (isClosed) longest = nodes.length;
  }
  return nodes.slice(0, longest);
}

/** One number for all elements; a slope for each channel. */
function isConstant(graph: Editing, { operator }: NodeProto, name: string, index: number): boolean {
  const weight = graph.weight(name);
  return weight !== null && (weight.data.length === 1 || (operator === 'PRelu' && index === 1));
}
