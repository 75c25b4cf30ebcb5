/** The examples that learn, in a short form. */
import { expect, test } from 'vitest';
import { KERNELS, learnKernel } from '../../examples/learn-kernel.ts';
import { trainDigits } from '../../examples/train-digits.ts';
import { fetchDigits } from '../../scripts/fetch-data.mjs';
import { withRuntime } from '../support/runtime.ts';

withRuntime('examples that learn', () => {
  test.each(Object.entries(KERNELS))('learn-kernel finds %s to three digits', (_, kernel) => {
    const lines: string[] = [];
    const found = learnKernel(kernel, 200, (line) => lines.push(line));
    expect(lines.length).toBe(20);
    for (const [i, row] of found.entries()) {
      for (const [j, value] of row.entries()) expect(Math.abs(value - kernel[i]![j]!)).toBeLessThan(5e-4);
    }
  });

  test('train-digits learns from every eighth digit', async () => {
    const history = await trainDigits(fetchDigits({ log: () => {} }), { epochs: 2, thin: 8 });
    expect(history.map(({ epoch }) => epoch)).toEqual([0, 1]);
    expect(history[1]!.validation!.accuracy).toBeGreaterThan(0.8);
  });
});
