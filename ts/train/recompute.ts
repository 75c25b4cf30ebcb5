/**
 * Time for memory: what a module's nodes make for each other and its gradients read again is not kept from the forward run, but
 * made once more, of what goes into the module, right before the first of its gradients (Chen et al., 2016). What the module gives to
 * others is kept. A second time has the same bits: draws of random numbers are values, and what writes state does not write it again.
 */
import { describe, wrongKind } from '../base/errors.ts';
import type { Graph } from '../graph/graph.ts';
import { NO_VALUES, type Node, originsOf, type Value } from '../graph/value.ts';

/** @throws TypeError, RangeError for what are no names of modules that ran */
export function requireNames(where: string, names: unknown, known: Iterable<string>): void {
  if (!Array.isArray(names)) throw wrongKind(where, 'recompute', names, "an array of modules' paths");
  const paths = [...known].filter((path) => path !== '');
  for (const name of names) {
    if (paths.includes(name)) continue;
    throw new RangeError(
      `${where}: recompute names ${describe(name)}, there are ${paths.length === 0 ? 'no names' : paths.join(', ')}`,
    );
  }
}

/** Has the gradients, which are the nodes from `forward` on, read second values of the modules of these paths. */
export function recompute(graph: Graph, forward: number, names: readonly string[]): void {
  const nodes = graph.nodes.slice(0, forward);
  const backward = new Set(graph.nodes.slice(forward));
  // A module that is part of another one that is named belongs to that.
  const sorted = [...names].sort((a, b) => a.length - b.length);
  const groups = new Map<string, Node[]>();
  for (const node of nodes) {
    const name = sorted.find((one) => node.path === one || node.path.startsWith(`${one}.`));
    if (name !== undefined) groups.set(name, [...(groups.get(name) ?? []), node]);
  }
  for (const own of groups.values()) recomputeOne(graph, own, backward);
}

function recomputeOne(graph: Graph, own: readonly Node[], backward: ReadonlySet<Node>): void {
  const group = new Set(own);
  const isInner = (value: Value): boolean =>
    value.maker !== null &&
    group.has(value.maker) &&
    !value.maker.state.includes(value) &&
    value.uses.every(({ node }) => node !== null && (group.has(node) || backward.has(node)));
  const readers = ({ uses }: Value) => uses.flatMap(({ node }) => (node && backward.has(node) ? [node] : []));
  const wanted = own
    .flatMap(({ outputs, saved }) => [...outputs, ...saved])
    .filter((value) => isInner(value) && readers(value).length > 0);
  // Right before the first of them.
  const first = Math.min(...wanted.flatMap(readers).map(({ order }) => order));
  const second = new Map<Node, Node>();
  const again = (node: Node): Node => {
    const known = second.get(node);
    if (known !== undefined) return known;
    const { entry, params, resolved, saved } = node;
    const inputs = node.inputs.map((input, i) => {
      if (input === null || resolved.state?.includes(i)) return null;
      return isInner(input) ? secondOf(input) : input;
    });
    const order = first - 1 + (1 + second.size) / (2 + own.length);
    const made = graph.add(entry, inputs, params, originsOf(node), order);
    if (saved.length > 0) graph.save(made);
    second.set(node, made);
    return made;
  };
  const secondOf = (value: Value): Value => {
    const maker = value.maker as Node;
    const { outputs, saved } = again(maker);
    const at = maker.outputs.indexOf(value);
    return (at < 0 ? saved[maker.saved.indexOf(value)] : outputs[at]) as Value;
  };
  for (const value of wanted) graph.replaceIn(backward, value, secondOf(value));
  for (const node of own) if (node.saved.every(({ uses }) => uses.length === 0)) node.saved = NO_VALUES;
}
