/**
 * Fusion, so that values between nodes are never written: what follows a convolution and touches each output element
 * once moves into its end, batch norm (into weights and bias), a residual addition, an activation, in this order.
 */
import { ACTIVATION } from '../instructions/table.ts';
import { type Graph, isFixed, type Node, type Value } from './graph.ts';

/** Rewrites the graph; values in `keep` were asked for by name and stay as they are. */
export function fuse(graph: Graph, keep: ReadonlySet<Value>): void {
  const users = countUsers(graph);
  const absorbed = new Set<Node>();
  for (const node of graph.nodes) {
    if (!node.entry.convolves) continue;
    for (let last = node; ; ) {
      const value = last.outputs[0] as Value;
      const [next, other] = users.get(value) ?? [];
      // An addition of two convolutions ends the first of them, the second gives its residual.
      if (next === undefined || other !== undefined || absorbed.has(next)) break;
      if (keep.has(value) || !absorb(node, value, next)) break;
      absorbed.add(next);
      last = next;
      // The node takes the place of the last one that it absorbed, where everything it reads has been made.
      const merged: Node = Object.assign(node, { outputs: next.outputs });
      for (const output of merged.outputs) output.producer = merged;
      graph.nodes[graph.nodes.indexOf(next)] = merged;
    }
  }
  // An absorbing node that moved stands at its new place only.
  const seen = new Set<Node>();
  graph.nodes = graph.nodes
    .reverse()
    .filter((node) => !seen.has(node) && seen.add(node))
    .reverse();
}

/** The nodes that read each value, once per use; an output of the graph counts as one more. */
function countUsers(graph: Graph): Map<Value, (Node | undefined)[]> {
  const users = new Map<Value, (Node | undefined)[]>();
  const use = (value: Value | null, node?: Node) => {
    if (value === null) return;
    const list = users.get(value);
    if (list === undefined) users.set(value, [node]);
    else list.push(node);
  };
  for (const node of graph.nodes) for (const input of node.inputs) use(input, node);
  for (const output of graph.outputs) use(output);
  return users;
}

/** Moves `next`, which reads nothing of the graph but `value` and constants or a residual, into `node`. */
function absorb(node: Node, value: Value, next: Node): boolean {
  const { entry, inputs, params } = next;
  const { affine, residual, activation } = node.fused;
  if (activation !== undefined) return false;
  const isFirst = inputs[0] === value;
  const alongChannels = node.entry.channelsLast !== true || value.shape.length === 2;
  if (entry.affine !== undefined && isFirst) {
    const fits =
      alongChannels && affine === undefined && residual === undefined && entry.isAffine?.(params) === true;
    const constant = [...node.inputs.slice(1), ...inputs.slice(1)].every(
      (input) => input === null || isFixed(input),
    );
    if (!fits || !constant || next.outputs.length !== 1) return false;
    node.fused = { ...node.fused, affine: next };
    return true;
  }
  if (entry.sums) {
    const other = (isFirst ? inputs[1] : inputs[0]) as Value;
    const same =
      other.shape.length === value.shape.length && other.shape.every((size, i) => size === value.shape[i]);
    if (residual !== undefined || !same || other === value) return false;
    node.fused = { ...node.fused, residual: other };
    return true;
  }
  const act = isFirst ? entry.activation?.(params, inputs) : undefined;
  if (act && (alongChannels || act.act !== ACTIVATION.prelu)) {
    node.fused = { ...node.fused, activation: next };
    return true;
  }
  return false;
}
