/**
 * Transposes: two are one, one that moves only axes of 1 is another shape, and others go behind what does not mind the order
 * of axes, where they meet those that undo them: permute(permute(x, a), b) = permute(x, a[b]), f(permute(x)) =
 * permute(f(x)). All of it is exact, but that a reduction sums in the order of x's memory.
 */
import { sameShape } from '../../base/dtype.ts';
import { RESHAPE } from '../../graph/builtin.ts';
import type { Graph } from '../../graph/graph.ts';
import { type Add, makerOf, type Pass, type Rule } from '../../graph/rewrite.ts';
import type { Node, Value } from '../../graph/value.ts';
import { orders } from './match.ts';
import { reshaped } from './tidy.ts';

/** The axes of a node that is a transpose. */
function axesOf(node: Node | null): readonly number[] | null {
  return node?.entry.traits?.permutes?.(node.params) ?? null;
}

/** The transpose that makes a value. */
const transposeOf = (value: Value | null | undefined) => makerOf(value, (node) => axesOf(node) !== null);

const inOrder = (axes: readonly number[]) => axes.every((axis, i) => i === 0 || axis > axes[i - 1]!);

const pair: Rule = {
  name: 'pair of transposes',
  match(root) {
    const second = axesOf(root);
    const first = second && transposeOf(root.inputs[0]);
    if (!second || !first) return null;
    const order = second.map((axis) => first.params[axis] as number);
    const [x] = first.inputs as [Value];
    return {
      // Another may still read the first.
      inner: root.inputs[0]!.uses.length === 1 ? [first] : [],
      make: (add) => (inOrder(order) ? [x] : add(root.entry, [x], order)),
    };
  },
};

const still: Rule = {
  name: 'transpose that moves nothing',
  match(root) {
    const [x] = root.inputs as [Value];
    const moved = axesOf(root)?.filter((axis) => x.shape[axis] !== 1);
    if (!moved || !inOrder(moved)) return null;
    return { inner: [], make: (add) => add(RESHAPE, [x], root.outputs[0]!.shape) };
  },
};

const behindUnary: Rule = {
  name: 'transpose behind a function',
  match({ entry, inputs, params }) {
    const act = entry.traits?.activation?.(inputs, params);
    const first = act && act.slope === undefined ? transposeOf(inputs[0]) : null;
    if (!first || inputs.length !== 1) return null;
    return {
      inner: [first],
      make: (add) => add(first.entry, [add(entry, first.inputs, params)[0]!], first.params),
    };
  },
};

const BINARY = ['add', 'sub', 'mul', 'div', 'pow', 'maximum', 'minimum'];

/** Both operands are transposed alike, or one of them is known. */
const behindBinary: Rule = {
  name: 'transpose behind two operands',
  on: BINARY,
  match(root, graph) {
    for (const [value, other] of orders(root)) {
      const first = transposeOf(value);
      const axes = axesOf(first);
      if (!first || !axes || !sameShape(value, root.outputs[0]!)) continue;
      const second = transposeOf(other);
      const same = second !== null && `${axesOf(second)}` === `${axes}` && sameShape(value, other);
      if (!same && !isStill(graph, other)) continue;
      const [x] = first.inputs as [Value];
      return {
        inner: same && second !== first ? [first, second] : [first],
        make(add) {
          const beside = same ? second.inputs[0]! : undone(add, first, other);
          const operands = root.inputs[0] === value ? [x, beside] : [beside, x];
          return add(first.entry, [add(root.entry, operands, root.params)[0]!], first.params);
        },
      };
    }
    return null;
  },
};

/** Whether a value costs nothing to be transposed: a number, or one that is known before any run. */
const isStill = (graph: Graph, value: Value) => value.shape.length === 0 || graph.isFixed(value);

/** What a transpose would make a value of, that is stretched beside the transpose's output. */
function undone(add: Add, transpose: Node, value: Value): Value {
  const axes = axesOf(transpose)!;
  const missing = axes.length - value.shape.length;
  if (value.shape.every((size) => size === 1)) return value;
  const shape = axes.map((_, i) => (i < missing ? 1 : value.shape[i - missing]!));
  const whole = missing === 0 ? value : add(RESHAPE, [value], shape)[0]!;
  const back = axes.map((_, axis) => axes.indexOf(axis));
  return add(transpose.entry, [whole], back)[0]!;
}

const behindConcat: Rule = {
  name: 'transpose behind a concatenation',
  on: ['concat'],
  match({ entry, inputs, params }) {
    const all = inputs.map(transposeOf);
    const [first] = all;
    const axes = axesOf(first ?? null);
    if (!first || !axes || all.some((one) => `${axesOf(one)}` !== `${axes}`)) return null;
    return {
      inner: [...new Set(all as Node[])],
      make(add) {
        const joined = add(
          entry,
          all.map((one) => one!.inputs[0]!),
          [axes[params[0] as number] as number],
        )[0]!;
        return add(first.entry, [joined], first.params);
      },
    };
  },
};

const behindReduction: Rule = {
  name: 'transpose behind a reduction',
  on: ['sum', 'mean', 'max', 'min'],
  match({ entry, inputs, params, outputs }) {
    const first = transposeOf(inputs[0]);
    const axes = axesOf(first);
    if (!first || !axes || outputs.length !== 1) return null;
    const [keeps, ...reduced] = params as [number, ...number[]];
    const own = reduced.map((axis) => axes[axis]!).sort((a, b) => a - b);
    const left = axes.filter((_, axis) => !reduced.includes(axis));
    const order = keeps === 1 ? axes : left.map((axis) => left.filter((other) => other < axis).length);
    return {
      inner: [first],
      make(add) {
        const made = add(entry, first.inputs, [keeps, ...own]);
        return inOrder(order) ? made : add(first.entry, [made[0]!], order);
      },
    };
  },
};

export const transposes: Pass = {
  name: 'transposes',
  rules: [pair, still, reshaped, behindUnary, behindBinary, behindConcat, behindReduction],
};
