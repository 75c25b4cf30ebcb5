/**
 * What needs no computing: equal nodes are one; x + 0, x * 1 and the like, and a slice of all of x, are x; another shape of
 * another shape is one; powers are products and roots. All of it is exact, but that -0 + 0 is -0 here, and that powers
 * round as their products do.
 */
import { sameShape } from '../../base/dtype.ts';
import { RESHAPE } from '../../graph/builtin.ts';
import type { Entry } from '../../graph/entry.ts';
import type { Graph } from '../../graph/graph.ts';
import { originsOfAll, type Pass, type Rule } from '../../graph/rewrite.ts';
import { type Node, unshaped, type Value } from '../../graph/value.ts';
import { sqrt } from '../../ops/activation.ts';
import { mul } from '../../ops/arithmetic.ts';
import { entryOf } from '../../ops/operator.ts';
import { exactly } from '../../program/keys.ts';
import { made } from './match.ts';

/** Operators by the number that changes nothing, and whether it may stand on the left. */
const NEUTRAL: Readonly<Record<string, readonly [number: number, commutes: boolean]>> = {
  add: [0, true],
  sub: [0, false],
  mul: [1, true],
  div: [1, false],
  pow: [1, false],
};

const neutral: Rule = {
  name: 'neutral number',
  on: /*#__PURE__*/ Object.keys(NEUTRAL),
  match({ entry, inputs: [a, b], outputs: [y] }, graph) {
    const [number, commutes] = NEUTRAL[entry.name]!;
    const isNeutral = (value: Value) => graph.numberOf(value) === number;
    const x = isNeutral(b!) ? a : commutes && isNeutral(a!) ? b : null;
    return x && sameShape(x, y!) && x.dtype === y!.dtype ? { inner: [], make: () => [x] } : null;
  },
};

const whole: Rule = {
  name: 'all of a value',
  on: ['slice', 'expand'],
  match({ entry, inputs: [x], outputs: [y], params }) {
    const turns = entry.name === 'slice' && params.some((step, i) => i % 3 === 2 && step < 0);
    return !turns && sameShape(x!, y!) ? { inner: [], make: () => [x!] } : null;
  },
};

/** A shape of another shape, or one that its base has. */
export const reshaped: Rule = {
  name: 'another shape',
  match({ entry, inputs: [x], outputs: [y] }) {
    if (!entry.alias) return null;
    const base = unshaped(x!);
    if (sameShape(base, y!)) return { inner: [], make: () => [base] };
    return base === x ? null : { inner: [], make: (add) => add(RESHAPE, [base], y!.shape) };
  },
};

const power: Rule = {
  name: 'power',
  on: ['pow'],
  match({ inputs: [x, exponent], outputs: [y] }, graph) {
    if (x!.dtype !== 'float32' || !sameShape(x!, y!)) return null;
    const number = graph.numberOf(exponent);
    if (number === 2) return { inner: [], make: (add) => add(entryOf(mul)!, [x!, x!], []) };
    return number === 0.5 ? { inner: [], make: (add) => add(entryOf(sqrt)!, [x!], []) } : null;
  },
};

const twiceNegated: Rule = {
  name: 'negated twice',
  on: ['neg'],
  match({ inputs: [y] }) {
    const first = made(y, 'neg');
    return first && { inner: [], make: () => [first.inputs[0]!] };
  },
};

function runsOnce({ outputs }: Node, graph: Graph): boolean {
  return outputs.every((output) => graph.isFixed(output));
}

/** A rule for what is computed at each run. */
function atEachRun(rule: Rule): Rule {
  return {
    ...rule,
    match: (root, graph) => (runsOnce(root, graph) ? null : rule.match(root, graph)),
  };
}

/** Has whoever reads a node's values read those of an equal node before it. What runs once may stay. */
function merge(graph: Graph): void {
  const entries = new Map<Entry, number>();
  const known = new Map<string, Node>();
  const written = new Set(graph.nodes.flatMap(({ state }) => state.map(({ before }) => before)));
  let merged = false;
  for (const node of graph.nodes) {
    const isOwn = node.state.length > 0 || node.outputs.some((output) => written.has(output));
    if (isOwn || runsOnce(node, graph)) continue;
    if (!entries.has(node.entry)) entries.set(node.entry, entries.size);
    const key = keyOf(graph, node, entries.get(node.entry)!);
    const first = known.get(key);
    if (first === undefined) {
      known.set(key, node);
      continue;
    }
    node.outputs.forEach((output, i) => {
      graph.replace(output, first.outputs[i]!);
    });
    first.origins = originsOfAll([first, node]);
    merged = true;
  }
  if (merged) graph.settle();
}

/** The same for nodes that compute the same: entry, inputs, and params bit by bit. */
function keyOf(graph: Graph, { entry, inputs, params }: Node, kind: number): string {
  const names = inputs.map((value) => {
    if (value?.kind !== 'number') return value === null ? '-' : `${value.id}`;
    return `${value.dtype} ${exactly([graph.numberOf(value)!])}`;
  });
  if (entry.traits?.commutes) names.sort();
  return `${kind}(${names})${exactly(params)}`;
}

export const tidy: Pass = {
  name: 'tidy',
  rules: /*#__PURE__*/ [neutral, whole, reshaped, power, twiceNegated].map(atEachRun),
  run: merge,
};
