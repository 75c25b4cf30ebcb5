/**
 * (x convolved with w + b) * scale + shift = x convolved with (w * scale) + (b * scale + shift), per output channel: batch
 * norm by known statistics, and a product or sum with one known value per channel, go into weight and bias, as ordinary
 * nodes, which constants make once.
 */
import { RESHAPE } from '../../graph/builtin.ts';
import type { AffineMap, Entry, Params } from '../../graph/entry.ts';
import { makerOf, type Pass, type Rule } from '../../graph/rewrite.ts';
import type { Node, Value } from '../../graph/value.ts';
import { add as addition, mul } from '../../ops/arithmetic.ts';
import { entryOf } from '../../ops/operator.ts';
import { channelAxisOf, endsPlainly } from './epilogue.ts';

/** A map along the channels of what can take it, and that node. */
function mapOf(entry: Entry, inputs: readonly (Value | null)[], params: Params): [Node, AffineMap] | null {
  if (entry.traits?.affine === undefined) return null;
  for (const input of inputs) {
    const f = makerOf(input, endsPlainly);
    const map = f && entry.traits.affine(inputs, params, channelAxisOf(f));
    if (map && inputs[map.x] === input) return [f, map];
  }
  return null;
}

const intoWeights: Rule = {
  name: 'affine map into weights',
  match({ entry, inputs, params }, graph) {
    const [f, map] = mapOf(entry, inputs, params) ?? [];
    if (!map || !f) return null;
    const { weight: w, bias: b, channelAxis } = f.entry.traits!.epilogue!;
    const [weight, bias] = [f.inputs[w] as Value, f.inputs[b] ?? null];
    const known = [weight, bias, ...map.inputs.map((i) => inputs[i] ?? null)];
    if (!known.every((value) => value === null || graph.isFixed(value))) return null;
    return {
      inner: [f],
      make(add) {
        const [scale, shift] = add(
          map.entry,
          map.inputs.map((i) => inputs[i] ?? null),
          map.params,
        ) as [Value, Value];
        const shape = weight.shape.map((size, axis) => (axis === channelAxis(f.params) ? size : 1));
        const scaled = add(entryOf(mul)!, [weight, add(RESHAPE, [scale], shape)[0]!], [])[0]!;
        const moved =
          bias && add(entryOf(addition)!, [add(entryOf(mul)!, [bias, scale], [])[0]!, shift], [])[0]!;
        const all = [...f.inputs];
        [all[w], all[b]] = [scaled, moved ?? shift];
        return add(f.entry, all, f.params);
      },
    };
  },
};

export const affine: Pass = { name: 'affine', rules: [intoWeights] };
