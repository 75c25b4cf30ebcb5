/** Every line of the problem files in the new form (test/support/calls.ts), against the plain loops of test/reference. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'vitest';
import { references } from '../reference/index.ts';
import type { Reference } from '../reference/types.ts';
import { parseCall } from '../support/calls.ts';
import { checkedGradients, checkForward, checkGradients, quick } from '../support/checks.ts';
import { PROBLEM_FILES } from '../support/problems.ts';
import { inEachVariant, variants } from '../support/runtime.ts';

const folder = fileURLToPath(new URL('../problems/', import.meta.url));
const files = readdirSync(folder).filter(
  (file) => !(PROBLEM_FILES as readonly string[]).includes(file.slice(0, -4)),
);

function referenceOf(op: string): Reference {
  const found = references[op];
  if (found === undefined) throw new Error(`test/reference has no ${op}`);
  return found;
}

inEachVariant('problems', (variant) => {
  // The gradient rules are the same in all variants: one of them has every check.
  const effort = variant === variants[0] ? {} : quick;
  for (const file of files) {
    describe(file, () => {
      for (const line of readFileSync(`${folder}${file}`, 'utf8').split('\n')) {
        const call = parseCall(line);
        if (call === null) continue;
        const title = `${call.op}: ${call.name}`;
        test(title, () => checkForward(call, referenceOf(call.op)));
        const reference = references[call.op];
        if (reference === undefined) continue;
        const { linear, smooth } = checkedGradients(call, reference);
        if (linear.length + smooth.length > 0)
          test(`${title}, gradients`, () => checkGradients(call, reference, effort));
      }
    });
  }
});
