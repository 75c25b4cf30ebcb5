/** The window of every pool's line by all reductions: minima, sums, means of each kind, norms. */
import { test } from 'vitest';
import type { Call } from '../support/calls.ts';
import { checkForward } from '../support/checks.ts';
import { references } from '../support/families.ts';
import { inEachVariant } from '../support/runtime.ts';
import { allCallsToRun } from '../support/sample.ts';

/** [operator, arguments before the kernel, options besides the window's] */
const REDUCTIONS: [string, number[], Record<string, unknown>][] = [
  ['minPool', [], {}],
  ['sumPool', [], {}],
  ['avgPool', [], {}],
  ['avgPool', [], { countIncludePad: false }],
  ['avgPool', [], { divisorOverride: 4 }],
  ['lpPool', [2], {}],
  ['lpPool', [3], { absolute: true }],
];

/** The same window with another reduction. */
function reduced(call: Call, [name, before, more]: (typeof REDUCTIONS)[number]): Call {
  const [x, ...rest] = call.args;
  if (call.op.startsWith('lpPool')) rest.shift();
  const [kernelSize, given] = rest as [unknown, Record<string, unknown>?];
  const { stride, padding, dilation, ceilMode } = given ?? {};
  const window = Object.entries({ stride, padding, dilation, ceilMode }).filter(([, v]) => v !== undefined);
  const args = [x, ...before, kernelSize, { ...Object.fromEntries(window), ...more }];
  return { ...call, op: name + call.op.slice(-2), args, expected: null };
}

inEachVariant('other reductions', () => {
  for (const call of allCallsToRun) {
    const [x] = call.tensors;
    if (!/^(max|min|sum|avg|lp)Pool/.test(call.op) || x?.kind !== 'integers' || x.dtype !== 'float32')
      continue;
    test(`${call.op}: ${call.name}`, () => {
      for (const reduction of REDUCTIONS) {
        const other = reduced(call, reduction);
        checkForward(other, references[other.op]!, { programs: false });
      }
    });
  }
});
