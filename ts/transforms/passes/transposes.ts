/** permute(permute(x, a), b) = permute(x, a[b]); where that leaves every axis in its place, x itself. */
import { RESHAPE } from '../../graph/builtin.ts';
import { makerOf, type Pass, type Rule } from '../../graph/rewrite.ts';

const pair: Rule = {
  name: 'pair of transposes',
  match({ entry, inputs: [y], params, outputs }) {
    const second = entry.traits?.permutes?.(params);
    const first = second && makerOf(y, (node) => node.entry.traits?.permutes !== undefined);
    if (!second || !first) return null;
    const order = second.map((axis) => first.params[axis] as number);
    const same = order.every((axis, i) => axis === i);
    const [x] = first.inputs;
    return {
      inner: [first],
      make: (add) => (same ? add(RESHAPE, [x!], outputs[0]!.shape) : add(entry, [x!], order)),
    };
  },
};

export const transposes: Pass = { name: 'transposes', rules: [pair] };
