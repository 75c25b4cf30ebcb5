/** Reductions where plain loops and differences do not reach: ties, nothing at all, long sums. */
import {
  argMax,
  max,
  mean,
  min,
  rand,
  scope,
  sum,
  type Tensor,
  tensor,
  valueAndGrad,
  vjp,
  zeros,
} from 'striate';
import { expect, test } from 'vitest';
import { inEachVariant } from '../support/runtime.ts';

inEachVariant('reductions', () => {
  test('elements that are equal to the extremum share its gradient', () => {
    scope(() => {
      const x = tensor([1, 3, 3, 3, -2, 5, 5, -2], [2, 4]);
      const dy = tensor([6, 10]);
      const [upper] = vjp((t: Tensor) => max(t, { dim: 1 }), x).pullback(dy);
      expect(Array.from(upper!.data)).toEqual([0, 2, 2, 2, 0, 5, 5, 0]);
      const [lower] = vjp((t: Tensor) => min(t, { dim: -1 }), x).pullback(dy);
      expect(Array.from(lower!.data)).toEqual([6, 0, 0, 0, 5, 0, 0, 5]);
      const { grads } = valueAndGrad((t) => max(t), x);
      expect(Array.from(grads[0].data)).toEqual([0, 0, 0, 0, 0, 0.5, 0.5, 0]);
    });
  });

  test('means of nothing are NaN, sums of nothing 0', () => {
    scope(() => {
      expect(Array.from(mean(zeros([2, 0]), { dim: 1 }).data)).toEqual([Number.NaN, Number.NaN]);
      expect(mean(zeros([0])).item()).toBeNaN();
      expect(sum(zeros([0])).item()).toBe(0);
      expect(mean(zeros([0, 3]), { dim: 1 }).shape).toEqual([0]);
    });
  });

  test('a million numbers lose next to nothing', () => {
    scope(() => {
      const x = rand([1000, 1000], { seed: 3 });
      let exact = 0;
      for (const value of x.data) exact += value;
      const sums = [
        sum(x),
        sum(sum(x, { dim: 0 })),
        sum(sum(x, { dim: 1 })),
        sum(x.reshape([1000000, 1]), { dim: 0 }),
      ];
      for (const total of sums) expect(Math.abs(total.item() / exact - 1)).toBeLessThan(2e-7);
      expect(mean(x).item()).toBeCloseTo(exact / 1e6, 6);
      expect(argMax(x).item()).toBe(x.data.indexOf(max(x).item()));
    });
  });

  test('a gradient of a mean and of what is added twice', () => {
    scope(() => {
      const x = tensor([1, 2, 3, 4], [2, 2]);
      const { value, grads } = valueAndGrad((t) => mean(t), x);
      expect(value.item()).toBe(2.5);
      expect(Array.from(grads[0].data)).toEqual([0.25, 0.25, 0.25, 0.25]);
    });
  });
});
