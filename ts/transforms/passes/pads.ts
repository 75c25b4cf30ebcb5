/**
 * Padding that a window can read for itself: zeros before a convolution, an average or a sum, and -Infinity before maxima. It is
 * exact, but that a convolution may choose another algorithm.
 */
import { makerOf, type Pass, type Rule } from '../../graph/rewrite.ts';

const padding: Rule = {
  name: 'padding into a window',
  match({ entry, inputs, params }) {
    if (entry.traits?.pads === undefined) return null;
    const pad = makerOf(inputs[0], (node) => node.entry.traits?.surrounds !== undefined);
    const around = pad?.entry.traits?.surrounds?.(pad.params);
    const own = around && entry.traits.pads(params, around.value, around.widths);
    if (!pad || !own) return null;
    const all = [pad.inputs[0]!, ...inputs.slice(1)];
    return {
      // What else reads the padded values still does.
      inner: inputs[0]!.uses.length === 1 ? [pad] : [],
      make: (add) => add(entry, all, own),
    };
  },
};

export const pads: Pass = { name: 'pads', rules: [padding] };
