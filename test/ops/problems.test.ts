/** Every line of test/families against the family's plain loops: values in every way of calling, and gradients. */
import { describe, test } from 'vitest';
import { checkedGradients, checkForward, checkGradients, quick } from '../support/checks.ts';
import { families } from '../support/families.ts';
import { inEachVariant, variants } from '../support/runtime.ts';
import { callsToRun } from '../support/sample.ts';

inEachVariant('problems', (variant) => {
  // The gradient rules are the same in all variants: one of them has every check.
  const effort = variant === variants[0] ? {} : quick;
  for (const [name, family] of Object.entries(families)) {
    describe(name, () => {
      for (const call of callsToRun(name)) {
        const title = `${call.op}: ${call.name}`;
        const reference = family.references[call.op];
        if (reference === undefined)
          throw new Error(`test/families/${name}.ts has no reference of ${call.op}`);
        test(title, () => checkForward(call, reference));
        const { linear, smooth } = checkedGradients(call, reference);
        if (linear.length + smooth.length > 0)
          test(`${title}, gradients`, () => checkGradients(call, reference, effort));
      }
    });
  }
});
