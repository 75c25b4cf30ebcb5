/**
 * Activations that were written in parts: x times a gate (hard-swish, SiLU, Mish, GELU), the gates themselves (sigmoid,
 * hard-sigmoid), and bounds (ReLU, clip, leaky ReLU). Bounds are exact. The others round once where their parts rounded two to
 * six times, in another order: a few units in the last place.
 */
import { sameShape } from '../../base/dtype.ts';
import type { Entry, Params } from '../../graph/entry.ts';
import type { Graph } from '../../graph/graph.ts';
import type { Pass, Rule } from '../../graph/rewrite.ts';
import type { Node, Value } from '../../graph/value.ts';
import {
  clip,
  gelu,
  hardSigmoid,
  hardSwish,
  leakyRelu,
  mish,
  relu,
  sigmoid,
  silu,
} from '../../ops/activation.ts';
import { entryOf } from '../../ops/operator.ts';
import { baseOf, made, near, orders, polynomial, productOf } from './match.ts';

/** An activation of x, and the nodes in front of the last that compute it. */
interface Found {
  readonly of: unknown;
  readonly params?: Params;
  readonly x: Value;
  readonly inner: readonly (Node | null)[];
}

/** A rule that puts an activation in the place of its parts. */
function activationRule(
  name: string,
  on: readonly string[],
  find: (root: Node, graph: Graph) => Found | null,
): Rule {
  return {
    name,
    on,
    match(root, graph) {
      const found = find(root, graph);
      if (found === null || found.x.dtype !== 'float32' || !sameShape(found.x, root.outputs[0]!)) return null;
      const inner = [...new Set(found.inner.filter((node) => node !== null))];
      return { inner, make: (add) => add(entryOf(found.of) as Entry, [found.x], found.params ?? []) };
    },
  };
}

/** The bounds of a node that holds values between two numbers. */
function boundsOf({ entry: { name }, params: [low, high] }: Node): [number, number] {
  return name === 'relu' ? [0, Infinity] : [low as number, high as number];
}

/** min and max with a number. */
const bound = /*#__PURE__*/ activationRule('bound', ['maximum', 'minimum'], ({ entry, inputs }, graph) => {
  const place = inputs.findIndex((input) => graph.numberOf(input) !== undefined);
  const [number, x] = [graph.numberOf(inputs[place]), inputs[1 - place]];
  if (number === undefined || Number.isNaN(number) || !x) return null;
  if (entry.name === 'minimum') return { of: clip, params: [-Infinity, number], x, inner: [] };
  return number === 0 ? { of: relu, x, inner: [] } : { of: clip, params: [number, Infinity], x, inner: [] };
});

/** Bounds of what has bounds: where an increasing function takes the inner ones. */
const bounds = /*#__PURE__*/ activationRule('bounds of bounds', ['clip', 'relu', 'relu6'], (root) => {
  const first = made(root.inputs[0], 'clip', 'relu', 'relu6');
  if (first === null) return null;
  const [low, high] = boundsOf(root);
  const [from, to] = boundsOf(first);
  if (!(low <= high && from <= to)) return null;
  const held = (value: number) => Math.min(Math.max(value, low), high);
  return { of: clip, params: [held(from), held(to)], x: first.inputs[0]!, inner: [first] };
});

/** max(x, slope * x). */
const leaky = /*#__PURE__*/ activationRule('leaky ReLU', ['maximum'], (root, graph) => {
  for (const [x, other] of orders(root)) {
    const found = polynomial(graph, other, x);
    const [constant, slope = 0, ...more] = found?.terms ?? [];
    if (!found || constant !== 0 || more.length > 0 || !(slope > 0 && slope < 1)) continue;
    return { of: leakyRelu, params: [slope], x, inner: found.inner };
  }
  return null;
});

/** 1 / (1 + exp(-x)). */
const logistic = /*#__PURE__*/ activationRule('sigmoid', ['div', 'reciprocal'], (root, graph) => {
  if (root.entry.name === 'div' && graph.numberOf(root.inputs[0]) !== 1) return null;
  const found = growthOf(graph, root.inputs[root.inputs.length - 1]!);
  return found && { of: sigmoid, ...found };
});

/** x / (1 + exp(-x)). */
const quotient = /*#__PURE__*/ activationRule('SiLU as a quotient', ['div'], (root, graph) => {
  const found = growthOf(graph, root.inputs[1]!);
  return found?.x === root.inputs[0] && found ? { of: silu, ...found } : null;
});

/** The x of 1 + exp(-x). */
function growthOf(graph: Graph, value: Value): Pick<Found, 'x' | 'inner'> | null {
  const exp = made(baseOf(graph, value), 'exp');
  const neg = made(exp?.inputs[0], 'neg');
  const sum = exp && polynomial(graph, value, exp.outputs[0]!);
  if (!neg || sum?.terms.join() !== '1,1') return null;
  return { x: neg.inputs[0]!, inner: [neg, exp, ...sum.inner] };
}

/** A number times what a clip holds between 0 and what makes it 1. */
const hardGate = /*#__PURE__*/ activationRule('hard-sigmoid', ['mul', 'div'], (root, graph) => {
  const product = productOf(graph, root);
  const hard = product?.values.length === 1 ? hardOf(graph, product.values[0]!, null) : null;
  if (!product || !hard || !near(product.number * hard.top, 1)) return null;
  const params = [product.number * hard.slope, product.number * hard.shift];
  return { of: hardSigmoid, params, x: hard.x, inner: [...product.inner, ...hard.inner] };
});

/** A gate clip(slope * x + shift, 0, top); x is found where it is not given. */
function hardOf(graph: Graph, gate: Value, given: Value | null) {
  const node = made(gate, 'clip', 'relu6');
  const [bottom, top] = node ? boundsOf(node) : [NaN, NaN];
  if (!node || bottom !== 0 || !(top > 0)) return null;
  const x = given ?? baseOf(graph, node.inputs[0]!);
  const line = polynomial(graph, node.inputs[0], x);
  if (line?.terms.length !== 2) return null;
  const [shift, slope] = line.terms as [number, number];
  return { x, slope, shift, top, inner: [...line.inner, node] };
}

/** number * x * gate, by its gate. */
const gated = /*#__PURE__*/ activationRule('gate', ['mul', 'div'], (root, graph) => {
  const product = productOf(graph, root);
  if (product?.values.length !== 2) return null;
  for (const [x, gate] of orders({ inputs: product.values })) {
    const found = gateOf(graph, x, gate, product.number);
    if (found) return { x, ...found, inner: [...product.inner, ...found.inner] };
  }
  return null;
});

/** The activation number * x * gate. */
function gateOf(graph: Graph, x: Value, gate: Value, number: number): Omit<Found, 'x'> | null {
  const node = number === 1 ? made(gate, 'sigmoid', 'tanh', 'hardSigmoid') : null;
  if (node?.entry.name === 'sigmoid') return node.inputs[0] === x ? { of: silu, inner: [node] } : null;
  if (node?.entry.name === 'tanh') return mishOf(graph, x, node);
  if (node?.entry.name === 'hardSigmoid') {
    const [alpha, beta] = node.params as [number, number];
    const same = node.inputs[0] === x && near(alpha, 1 / 6) && near(beta, 0.5);
    return same ? { of: hardSwish, inner: [node] } : null;
  }
  const hard = hardOf(graph, gate, x);
  if (hard) {
    const same = [number * hard.top, number * hard.slope * 6, number * hard.shift * 2];
    return same.every((one) => near(one, 1)) ? { of: hardSwish, inner: hard.inner } : null;
  }
  return geluOf(graph, x, gate, number);
}

/** x * tanh(log(1 + exp(x))). */
function mishOf(graph: Graph, x: Value, tanh: Node): Omit<Found, 'x'> | null {
  const soft = made(tanh.inputs[0], 'softplus', 'log');
  if (soft?.entry.name === 'softplus') {
    return soft.inputs[0] === x && soft.params[0] === 1 ? { of: mish, inner: [soft, tanh] } : null;
  }
  const exp = soft && made(baseOf(graph, soft.inputs[0]!), 'exp');
  const sum = exp && polynomial(graph, soft.inputs[0], exp.outputs[0]!);
  if (exp?.inputs[0] !== x || sum?.terms.join() !== '1,1') return null;
  return { of: mish, inner: [exp, ...sum.inner, soft, tanh] };
}

/** x * (1 + erf(x / sqrt(2))) / 2, or tanh of its polynomial of third degree. */
function geluOf(graph: Graph, x: Value, gate: Value, number: number): Omit<Found, 'x'> | null {
  const node = made(baseOf(graph, gate), 'erf', 'tanh');
  const line = node && polynomial(graph, gate, node.outputs[0]!);
  const half = line?.terms.length === 2 && line.terms.every((term) => near(number * term, 0.5));
  const argument = node && half ? polynomial(graph, node.inputs[0], x) : null;
  if (argument?.terms[0] !== 0) return null;
  const wanted = node!.entry.name === 'erf' ? [Math.SQRT1_2] : CUBIC;
  const [, ...terms] = argument.terms;
  const same = terms.length === wanted.length && terms.every((term, i) => near(term, wanted[i]!));
  const inner = [...argument.inner, node, ...line!.inner] as Node[];
  return same ? { of: gelu, params: [wanted === CUBIC ? 1 : 0], inner } : null;
}

/** sqrt(2 / pi) * (x + 0.044715 * x^3), without its constant. */
const ROOT = /*#__PURE__*/ Math.sqrt(2 / Math.PI);
const CUBIC: readonly number[] = [ROOT, 0, ROOT * 0.044715];

export const gates: Pass = {
  name: 'gates',
  rules: [bound, bounds, leaky, logistic, quotient, hardGate, gated],
};
