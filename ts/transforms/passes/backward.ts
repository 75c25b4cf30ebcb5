/**
 * What a graph that holds its own gradients need not write: what a batch norm ends with, the gradient of a relu before that of
 * the batch norm in front of it or of a pool behind it, and sums of gradients whose last term a rule can add itself. All of it
 * has the bits of the parts. Nodes are amended where they are: they write running statistics, or make several gradients.
 */
import { sameShape } from '../../base/dtype.ts';
import { SUM } from '../../graph/builtin.ts';
import { gradientEntry } from '../../graph/differentiate.ts';
import type { Entry, GradientOf } from '../../graph/entry.ts';
import type { Graph } from '../../graph/graph.ts';
import type { Pass } from '../../graph/rewrite.ts';
import { type Node, originsOf, unshaped, type Value } from '../../graph/value.ts';
import { emitUnaryGradient } from '../../instructions/emit.ts';
import { ACTIVATION } from '../../instructions/table.ts';
import { endsPlainly, withInput } from './epilogue.ts';

/** The only node that reads a value; null where there are others, or it is given. */
function readerOf({ uses }: Value): Node | null {
  const [use] = uses;
  return uses.length === 1 && use!.node !== null ? use!.node : null;
}

/** Has whoever reads a node's output read a value that has become the same. */
function replaceBy(graph: Graph, node: Node, value: Value): void {
  graph.replace(node.outputs[0]!, value);
  graph.erase(node);
}

/** y = relu(f(x) + other), where f writes state besides: other and relu become f's own. */
function end(graph: Graph, f: Node): void {
  const epilogue = f.entry.traits?.epilogue;
  const y = f.outputs[0];
  if (!epilogue || f.state.length === 0 || !y) return;
  const sum = readerOf(y);
  if (sum?.entry.traits?.sums && endsPlainly(f)) {
    const other = sum.inputs[0] === y ? sum.inputs[1]! : sum.inputs[0]!;
    // What f writes is read by nobody who could stand before it.
    if (sameShape(other, y) && f.state.every(({ uses }) => uses.every(({ node }) => node === null))) {
      graph.amend(f, f.entry, withInput(f.inputs, epilogue.residual, other));
      replaceBy(graph, sum, y);
    }
  }
  const act = readerOf(y);
  if (act?.entry.name === 'relu' && f.params.length === epilogue.own(f.params)) {
    graph.amend(f, f.entry, f.inputs, [...f.params, ACTIVATION.relu, 0, 0]);
    replaceBy(graph, act, y);
  }
}

/** Of which call a node computes the gradients, of an operator that fits. */
function gradientOf(node: Node | null | undefined, fits: (entry: Entry) => boolean): GradientOf<Node> | null {
  const of = node?.entry.gradientOf as GradientOf<Node> | undefined;
  return of && fits(of.node.entry) ? of : null;
}

const isRelu = ({ name }: Entry) => name === 'relu';

/** dy * (y > 0). inputs: y, dy. */
const MASKED: Entry = {
  name: 'gradient of relu',
  torch: 'torch.nn.functional.relu',
  onnx: [],
  args: ['y', 'dy'],
  resolve: ([, dy]) => ({ outputs: [dy!], problem: null }),
  makes: true,
  lower(to, { types: [type], inputs: [y, dy] }) {
    const { shape } = type!;
    const [out, flow] = [y!, dy!].map((buffer) => ({ buffer, shape }));
    return [emitUnaryGradient(to, ACTIVATION.relu, flow!, out!).buffer];
  },
};

/** A relu's gradient: of the pool's outputs where that only picks, else together with that of what is in front of the relu. */
function mask(graph: Graph, relu: Node): void {
  if (!gradientOf(relu, isRelu)) return;
  const [, y, dy] = relu.inputs as [null, Value, Value];
  const made = relu.outputs[0]!;
  const pool = gradientOf(dy.maker, ({ traits }) => traits?.picks === true);
  const values = pool?.node.outputs[0];
  if (pool?.node.inputs[0] === y && pool.node.outputs.length === 1 && values && readerOf(dy) === relu) {
    const scattered = dy.maker as Node;
    const flow = scattered.inputs.at(-1) as Value;
    const masked = graph.add(MASKED, [values, flow], [], originsOf(relu), scattered.order - 0.5);
    graph.amend(scattered, scattered.entry, [...scattered.inputs.slice(0, -1), masked.outputs[0]!]);
    replaceBy(graph, relu, dy);
    return;
  }
  const next = readerOf(made);
  const of = gradientOf(next, ({ traits }) => traits?.gradientTakes?.after === true);
  if (!next || !of || of.after || of.added || next.inputs.at(-1) !== made) return;
  graph.amend(next, gradientEntry(of.node, of.wanted, { after: true }), [...next.inputs.slice(0, -1), dy, y]);
  graph.erase(relu);
}

/** A sum of gradients, the later of which its rule adds to the other. */
function gather(graph: Graph, sum: Node): void {
  if (sum.entry !== SUM) return;
  const [a, b] = sum.inputs as [Value, Value];
  for (const [value, other] of [
    [b, a],
    [a, b],
  ] as const) {
    const maker = value.maker;
    const of = gradientOf(maker, ({ traits }) => traits?.gradientTakes?.added === true);
    const isLater = (unshaped(other).maker?.order ?? -1) < (maker?.order ?? -1);
    if (!maker || !of || of.added || of.after || !of.wanted[0] || maker.outputs[0] !== value || !isLater)
      continue;
    if (value === other || readerOf(value) !== sum) continue;
    graph.amend(maker, gradientEntry(of.node, of.wanted, { added: true }), [...maker.inputs, other]);
    replaceBy(graph, sum, value);
    return;
  }
}

function run(graph: Graph): void {
  for (const each of [end, mask, gather]) {
    for (const node of [...graph.nodes]) each(graph, node);
    graph.settle();
    graph.number();
  }
}

export const backward: Pass = { name: 'backward', run };
