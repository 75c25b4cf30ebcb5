/**
 * Values that lie within others, so that nothing is copied: a piece of a concatenation is made in its place in the whole,
 * and a part that is taken of a value stays where it is, where pieces and parts lie in one run of memory.
 */
import type { Graph } from '../../graph/graph.ts';
import { typeBytes } from '../../graph/resolve.ts';
import type { Node, Value } from '../../graph/value.ts';

/** Gives homes to pieces and parts. */
export function views(graph: Graph): void {
  for (const node of graph.nodes) {
    const { entry, inputs, outputs, params } = node;
    const joins = entry.traits?.joins?.(inputs, params);
    joins?.forEach((offset, i) => {
      const piece = inputs[i] as Value;
      if (isFree(graph, piece) && inputs.indexOf(piece) === inputs.lastIndexOf(piece))
        piece.home = { within: outputs[0] as Value, offset };
    });
    const parts = entry.traits?.parts?.(inputs, params);
    const whole = inputs[0] as Value;
    if (!parts || !isRunning(graph, whole)) continue;
    outputs.forEach((part, i) => {
      if (isFree(graph, part)) part.home = { within: whole, offset: parts[i] as number };
    });
  }
}

/** Whether a value is made at each run, by a node that writes it. */
function isRunning(graph: Graph, { kind, maker }: Value): boolean {
  if (kind === 'input') return true;
  return (
    kind === 'node' && !graph.isFixed((maker as Node).outputs[0] as Value) && !(maker as Node).entry.makes
  );
}

/** Whether a value may lie anywhere: written by its maker alone, given to nobody, with no home yet. */
function isFree(graph: Graph, value: Value): boolean {
  const { home, before, maker, uses } = value;
  if (home !== null || before !== null || maker === null || maker.entry.alias) return false;
  return isRunning(graph, value) && typeBytes(value) > 0 && !isGiven(uses);
}

/** Whether a result is a value itself, or it under another shape. */
function isGiven(uses: Value['uses']): boolean {
  return uses.some(({ node }) => node === null || (node.entry.alias && isGiven(node.outputs[0]!.uses)));
}
