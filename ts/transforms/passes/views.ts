/**
 * Values that lie within others, so that nothing is copied: a piece of a concatenation is made in its place in the whole,
 * and a part that is taken of a value stays where it is, where pieces and parts lie in one run of memory. A piece that is one
 * number (zeros behind the channels of a residual) is written there at each run: nobody keeps it.
 */
import { bytesPer } from '../../base/dtype.ts';
import { FILL } from '../../graph/builtin.ts';
import type { Graph } from '../../graph/graph.ts';
import { typeBytes } from '../../graph/resolve.ts';
import type { Pass, Rule } from '../../graph/rewrite.ts';
import type { Node, Value } from '../../graph/value.ts';
import type { Piece } from '../../instructions/walk.ts';

/** Gives homes to pieces and parts of these nodes: of all that join or part what is made at each run. */
export function giveHomes(graph: Graph, nodes: readonly Node[]): void {
  for (const { entry, inputs, outputs, resolved } of nodes) {
    if (entry.traits === undefined) continue;
    entry.traits.joins?.(resolved.problem).forEach((piece, i) => {
      const value = inputs[i] as Value;
      const isOnce = inputs.indexOf(value) === inputs.lastIndexOf(value);
      const isMade = isRunning(graph, value) || (isFill(value) && value.uses.length === 1);
      if (isOnce && isMade && isFree(value)) value.home = homeIn(outputs[0] as Value, piece);
    });
    const whole = inputs[0] as Value;
    entry.traits.parts?.(resolved.problem).forEach((piece, i) => {
      const value = outputs[i] as Value;
      if (isRunning(graph, whole) && isRunning(graph, value) && isFree(value))
        value.home = homeIn(whole, piece);
    });
  }
}

/** Where a piece lies in the whole; null where it does not lie in one run of memory. */
function homeIn(within: Value, { shape, own, place }: Piece): Value['home'] {
  const isRun = shape.every((size, axis) => size === 1 || own.strides[axis] === place.strides[axis]);
  return isRun ? { within, offset: place.offset * bytesPer(within.dtype) } : null;
}

/** Whether a value is made at each run, by a node that writes it, and stays: a version may be overwritten by the next. */
function isRunning(graph: Graph, value: Value): boolean {
  const { kind, maker, before } = value;
  if (kind === 'input') return true;
  return kind === 'node' && before === null && !graph.isFixed(value) && !(maker as Node).entry.makes;
}

const isFill = ({ maker }: Value): boolean => maker?.entry === FILL;

/** Whether a value may lie anywhere: written by its maker alone, given to nobody, with no home yet. */
function isFree(value: Value): boolean {
  const { home, before, maker, uses } = value;
  if (home !== null || before !== null || maker === null || maker.entry.alias) return false;
  return typeBytes(value) > 0 && !isGiven(uses);
}

/** Whether a result is a value itself, or it under another shape. */
function isGiven(uses: Value['uses']): boolean {
  return uses.some(({ node }) => node === null || (node.entry.alias && isGiven(node.outputs[0]!.uses)));
}

const filled: Rule = {
  name: 'one number in its place',
  match({ entry, inputs, outputs: [whole], params }, graph) {
    if (entry.traits?.joins === undefined || graph.isFixed(whole!)) return null;
    const numbers = inputs.map((input) => graph.fillOf(input!));
    if (numbers.every((number) => number === undefined)) return null;
    return {
      inner: [],
      make(add) {
        const pieces = inputs.map((input, i) => {
          const number = numbers[i];
          return number === undefined ? input : add(FILL, [], [number, ...input!.shape])[0]!;
        });
        return add(entry, pieces, params);
      },
    };
  },
};

export const views: Pass = {
  name: 'views',
  rules: [filled],
  run: (graph) => giveHomes(graph, graph.nodes),
};
