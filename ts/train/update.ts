/** The operator that optimisers are: it writes a parameter and its state in place, by its gradient. */
import type { Entry } from '../graph/entry.ts';
import { countOf } from '../instructions/emit.ts';
import { writeUpdate } from '../instructions/update.ts';

/** The places of what it writes: the parameter, and as many arrays of state as its rule has. */
const WRITTEN = [4, 5, 6, 7];

/**
 * inputs: rates [8], the gradient, a factor of it (or null), what must be finite for anything to be written (or null), the
 * parameter, three arrays of state (or null). params: the rule (UPDATE).
 */
export const UPDATE_STEP: Entry = {
  name: 'Optimizer.step',
  torch: 'torch.optim.Optimizer.step',
  onnx: [],
  args: ['rates', 'gradient', 'scale', 'guard', 'parameter', 'first', 'second', 'third'],
  required: 5,
  resolve: (types) => ({
    outputs: [],
    state: WRITTEN.filter((i) => types[i] !== null),
    problem: null,
  }),
  lower(to, { types, params: [rule], inputs }) {
    const [rates, gradient, scale, guard, parameter, first, second, third] = inputs;
    writeUpdate(
      to,
      { rates: rates!, gradient: gradient!, scale, guard, parameter: parameter!, first, second, third },
      { rule: rule as number, count: countOf(types[4]!.shape) },
    );
  },
};
