/**
 * Layer norm that was written in parts: (x - mean) / sqrt(mean of squares + eps), and its weight and bias. The operator sums
 * in another order, and multiplies by the root's reciprocal: a few units in the last place of the largest value.
 */
import { sameShape } from '../../base/dtype.ts';
import { RESHAPE } from '../../graph/builtin.ts';
import type { Graph } from '../../graph/graph.ts';
import type { Pass, Rule } from '../../graph/rewrite.ts';
import type { Node, Value } from '../../graph/value.ts';
import { layerNorm } from '../../ops/normalization.ts';
import { entryOf } from '../../ops/operator.ts';
import { made, orders } from './match.ts';

/** A value that is another's mean along its last axes, which stay as axes of 1: that one, and their sizes. */
function meanOf(value: Value | null | undefined) {
  const node = made(value, 'mean');
  if (node === null) return null;
  const [x] = node.inputs as [Value];
  const [keeps, ...axes] = node.params;
  const first = x.shape.length - axes.length;
  if (keeps !== 1 || axes.length === 0 || axes.some((axis, i) => axis !== first + i)) return null;
  return { node, x, sizes: x.shape.slice(first) };
}

/** The root of a variance: what it is the root of, and the nodes of it. */
function deviationOf(value: Value | null | undefined): { readonly sum: Node; readonly inner: Node[] } | null {
  const root = made(value, 'sqrt');
  const sum = made(root?.inputs[0], 'add');
  return root && sum && { sum, inner: [sum, root] };
}

/** The x, or the difference, that is divided by its deviation, which may be made a reciprocal before. */
function* quotients(root: Node, graph: Graph): Generator<[Value, Value, Node[]]> {
  if (root.entry.name === 'div') yield [root.inputs[0]!, root.inputs[1]!, []];
  if (root.entry.name !== 'mul') return;
  for (const [difference, other] of orders(root)) {
    const inverse = made(other, 'reciprocal', 'div');
    if (inverse?.entry.name === 'reciprocal') yield [difference, inverse.inputs[0]!, [inverse]];
    else if (inverse && graph.numberOf(inverse.inputs[0]) === 1)
      yield [difference, inverse.inputs[1]!, [inverse]];
  }
}

const parts: Rule = {
  name: 'layer norm',
  on: ['div', 'mul'],
  match(root, graph) {
    for (const [difference, deviation, more] of quotients(root, graph)) {
      const found = normOf(graph, difference, deviation);
      if (found === null || !sameShape(found.x, root.outputs[0]!)) continue;
      const { x, params, inner } = found;
      return {
        inner: [...inner, ...more],
        make: (add) => add(entryOf(layerNorm)!, [x, null, null], params),
      };
    }
    return null;
  },
};

/** What is normalised where a difference from the mean is divided by the root of the mean of its squares. */
function normOf(graph: Graph, difference: Value, deviation: Value) {
  const minus = made(difference, 'sub');
  const mean = meanOf(minus?.inputs[1]);
  const root = deviationOf(deviation);
  if (!minus || !mean || mean.x !== minus.inputs[0] || !root) return null;
  for (const [variance, number] of orders(root.sum)) {
    const eps = graph.numberOf(number);
    const squares = meanOf(variance);
    const square = made(squares?.x, 'mul');
    const isSquare = square?.inputs.every((input) => input === difference);
    if (eps === undefined || !squares || !square || !isSquare) continue;
    if (squares.sizes.length !== mean.sizes.length) continue;
    const inner = [mean.node, minus, square, squares.node, ...root.inner];
    return { x: mean.x, params: [eps, ...mean.sizes], inner };
  }
  return null;
}

/** A factor, and a summand, of the shape of what was normalised. */
const learned: Rule = {
  name: 'weight and bias of layer norm',
  on: ['mul', 'add'],
  match(root) {
    for (const [normed, value] of orders(root)) {
      const norm = made(normed, 'layerNorm');
      const place = root.entry.name === 'mul' ? 1 : 2;
      if (
        !norm ||
        norm.inputs[2] !== null ||
        norm.inputs[place] !== null ||
        !sameShape(normed, root.outputs[0]!)
      )
        continue;
      const [, ...sizes] = norm.params;
      const extra = value.shape.length - sizes.length;
      const fits = extra >= 0 && value.shape.every((size, i) => size === (i < extra ? 1 : sizes[i - extra]));
      if (!fits) continue;
      return {
        inner: [norm],
        make(add) {
          const inputs = [...norm.inputs];
          inputs[place] = extra === 0 ? value : add(RESHAPE, [value], sizes)[0]!;
          return add(norm.entry, inputs, norm.params);
        },
      };
    }
    return null;
  },
};

export const norms: Pass = { name: 'norms', rules: [parts, learned] };
