/**
 * Maps per channel, x * scale + shift: batch norm by known statistics, and a sum, product or quotient with one known value per
 * channel. Behind a convolution, (x convolved with w + b) * scale + shift is x convolved with (w * scale) + (b * scale +
 * shift); before one, its input channels' weights take the scale, and its bias what they make of the shift. What is left
 * between two others is one map. Weights and biases are ordinary nodes, which constants make once; what they round is
 * of the order of what the convolution's own sum rounds.
 */
import { sameShape } from '../../base/dtype.ts';
import { FILL, RESHAPE } from '../../graph/builtin.ts';
import type { AffineMap, Entry } from '../../graph/entry.ts';
import type { Graph } from '../../graph/graph.ts';
import { type Add, makerOf, type Pass, type Rule } from '../../graph/rewrite.ts';
import type { Node, Value } from '../../graph/value.ts';
import { writeAffine } from '../../instructions/channels.ts';
import { countOf } from '../../instructions/emit.ts';
import { add as addition, mul } from '../../ops/arithmetic.ts';
import { entryOf } from '../../ops/operator.ts';
import { sum } from '../../ops/reduction.ts';
import { channelAxisOf, endsPlainly } from './epilogue.ts';
import { made, orders } from './match.ts';

/** x * scale + shift along an axis. params: the axis. */
const AFFINE: Entry<number> = {
  name: 'affine',
  torch: 'torch.nn.functional.batch_norm',
  onnx: [],
  args: ['x', 'scale', 'shift'],
  resolve: ([x], [axis]) => ({ outputs: [x!], problem: axis as number }),
  lower(to, { types: [x], problem: axis, inputs: [from, scale, shift], outputs: [y] }) {
    const { shape } = x!;
    writeAffine(
      to,
      { x: from!, scale: scale!, shift: shift!, y: y! },
      {
        n: countOf(shape.slice(0, axis)),
        channels: shape[axis] as number,
        inner: countOf(shape.slice(axis + 1)),
      },
    );
  },
};

/** A node that is a map of one input by what is known before any run. */
interface Mapped {
  readonly node: Node;
  readonly x: Value;
  readonly isScale: boolean;
  /** Adds its scale and its shift. */
  make(add: Add): readonly [Value, Value];
}

const mayMap = ({ entry }: Node): boolean => entry === AFFINE || entry.traits?.affine !== undefined;

/** A node as a map along an axis of its output; null where it is none. */
function mapOf(graph: Graph, node: Node, axis: number): Mapped | null {
  const { entry, inputs, params, outputs } = node;
  if (entry === AFFINE) {
    const [x, scale, shift] = inputs as [Value, Value, Value];
    return params[0] === axis ? { node, x, isScale: false, make: () => [scale, shift] } : null;
  }
  const map: AffineMap | null | undefined = entry.traits?.affine?.(inputs, params, axis);
  if (!map) return null;
  const x = inputs[map.x] as Value;
  const known = map.inputs.map((i) => inputs[i] ?? null);
  if (!sameShape(x, outputs[0]!) || !known.every((value) => value === null || graph.isFixed(value)))
    return null;
  const make = (add: Add) => add(map.entry, known, map.params) as unknown as readonly [Value, Value];
  return { node, x, isScale: map.isScale, make };
}

/** Whether a node's weight and bias are known. */
function isKnown(graph: Graph, { entry, inputs }: Node): boolean {
  const weights = entry.traits?.weights;
  if (weights === undefined) return false;
  return [inputs[weights.weight], inputs[weights.bias]].every((value) => !value || graph.isFixed(value));
}

const times = (add: Add, a: Value, b: Value) => add(entryOf(mul)!, [a, b], [])[0]!;
const plus = (add: Add, a: Value, b: Value) => add(entryOf(addition)!, [a, b], [])[0]!;

/** One value per channel, as a factor of a weight whose channels lie along `axis`. */
function along(add: Add, value: Value, { shape }: Value, axis: number): Value {
  const sizes = shape.map((size, i) => (i === axis ? size : 1));
  return add(RESHAPE, [value], sizes)[0]!;
}

/** A node's weights, where they have an axis of these channels. */
function weightsOf(node: Node, channels: 'output' | 'input') {
  const weights = node.entry.traits!.weights!;
  const weight = node.inputs[weights.weight] as Value;
  const axis = weights.axes(node.params, weight)[channels];
  return axis === null
    ? null
    : { ...weights, at: weights.weight, weight, axis, bias: node.inputs[weights.bias] ?? null };
}

const intoWeights: Rule = {
  name: 'affine map into weights',
  match(root, graph) {
    if (!mayMap(root)) return null;
    for (const input of root.inputs) {
      const f = makerOf(input, (node) => isOpen(node) && isKnown(graph, node));
      const map = f && mapOf(graph, root, channelAxisOf(f));
      const own = f && weightsOf(f, 'output');
      if (!f || !own || map?.x !== input) continue;
      return {
        inner: [f],
        make(add) {
          const [scale, shift] = map.make(add);
          const inputs = [...f.inputs];
          inputs[own.at] = times(add, own.weight, along(add, scale, own.weight, own.axis));
          inputs[f.entry.traits!.weights!.bias] = own.bias
            ? plus(add, times(add, own.bias, scale), shift)
            : shift;
          return add(f.entry, inputs, f.params, f.resolved);
        },
      };
    }
    return null;
  },
};

/** Whether what follows may go into a node's weights: it ends with nothing yet. */
function isOpen(node: Node): boolean {
  return node.entry.traits?.epilogue === undefined
    ? node.entry.traits?.weights !== undefined
    : endsPlainly(node);
}

const beforeWeights: Rule = {
  name: 'affine map before weights',
  match(f, graph) {
    const [x] = f.inputs;
    const maker = x?.uses.length === 1 ? x.maker : null;
    if (!x || !maker || !mayMap(maker) || !isKnown(graph, f)) return null;
    const own = weightsOf(f, 'input');
    const map = own && mapOf(graph, maker, own.channelsLast ? x.shape.length - 1 : 1);
    if (!own || !map || (!map.isScale && own.padsZeros(f.resolved.problem))) return null;
    return {
      inner: [map.node],
      make(add) {
        const [scale, shift] = map.make(add);
        const inputs = [...f.inputs];
        inputs[0] = map.x;
        inputs[own.at] = times(add, own.weight, along(add, scale, own.weight, own.axis));
        if (!map.isScale) {
          const parts = times(add, own.weight, along(add, shift, own.weight, own.axis));
          const output = weightsOf(f, 'output')!.axis;
          const axes = parts.shape.flatMap((_, axis) => (axis === output ? [] : [axis]));
          const moved = add(entryOf(sum)!, [parts], [0, ...axes])[0]!;
          inputs[f.entry.traits!.weights!.bias] = own.bias ? plus(add, own.bias, moved) : moved;
        }
        return add(f.entry, inputs, f.params, f.resolved);
      },
    };
  },
};

/** A map of a map. */
const pair: Rule = {
  name: 'affine map of another',
  match(root, graph) {
    if (!mayMap(root)) return null;
    const { shape } = root.outputs[0]!;
    for (const axis of shape.length === 2 ? [1] : [1, shape.length - 1]) {
      const second = axis < shape.length && axis >= 0 ? mapOf(graph, root, axis) : null;
      if (!second || graph.isFixed(second.x) || second.x.uses.length !== 1 || !second.x.maker) continue;
      const first = mapOf(graph, second.x.maker, axis);
      if (!first || graph.isFixed(first.x)) continue;
      return {
        inner: [first.node],
        make(add) {
          const [[scale, shift], [factor, summand]] = [first.make(add), second.make(add)];
          const moved = plus(add, times(add, shift, factor), summand);
          return add(AFFINE, [first.x, times(add, scale, factor), moved], [axis]);
        },
      };
    }
    return null;
  },
};

/** x + x * gate = x * (gate + 1), where gate is stretched over x. */
const shortcut: Rule = {
  name: 'shortcut of a gate',
  on: ['add'],
  match(root) {
    for (const [x, product] of orders(root)) {
      const node = made(product, 'mul');
      if (!node || x.dtype !== 'float32' || !sameShape(x, product)) continue;
      const gate = node.inputs[0] === x ? node.inputs[1] : node.inputs[1] === x ? node.inputs[0] : null;
      if (!gate || gate.kind === 'number' || countOf(gate.shape) === countOf(x.shape)) continue;
      return {
        inner: [node],
        make: (add) => [times(add, x, plus(add, gate, add(FILL, [], [1])[0]!))],
      };
    }
    return null;
  },
};

export const affine: Pass = { name: 'affine', rules: [intoWeights, beforeWeights, pair, shortcut] };
