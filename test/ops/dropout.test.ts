/** What dropout draws, when, and that its gradient sees the same. */
import {
  add,
  compile,
  Dropout,
  dropout,
  dropout2d,
  Module,
  manualSeed,
  mul,
  ones,
  rand,
  randn,
  scope,
  sum,
  type Tensor,
  valueAndGrad,
  vjp,
  zeros,
} from 'striate';
import { expect, test } from 'vitest';
import { inEachVariant } from '../support/runtime.ts';

const values = (t: Tensor) => Array.from(t.data);
/** Whether each element was kept. */
const kept = (t: Tensor) => values(t).map((value) => value !== 0);

inEachVariant('dropout', () => {
  test('drops with probability p and keeps the mean', () => {
    scope(() => {
      for (const p of [0.1, 0.5, 0.9]) {
        const y = values(dropout(ones([100_000]), { p, seed: 3 }));
        const dropped = y.filter((value) => value === 0).length / y.length;
        expect(Math.abs(dropped - p)).toBeLessThan(0.01);
        expect(new Set(y).size).toBe(2);
        expect(Math.max(...new Set(y))).toBeCloseTo(1 / (1 - p), 5);
      }
    });
  });

  test('each call draws anew; after manualSeed the same again; a seed of its own always the same', () => {
    scope(() => {
      const x = ones([200]);
      const draw = () => values(dropout(x));
      manualSeed(5);
      const [first, second] = [draw(), draw()];
      expect(first).not.toEqual(second);
      // In inference nothing is drawn.
      manualSeed(5);
      expect(values(dropout(x, { training: false }))).toEqual(values(x));
      expect([draw(), draw()]).toEqual([first, second]);
      expect(values(dropout(x, { seed: 8 }))).toEqual(values(dropout(x, { seed: 8 })));
      expect(values(dropout(x, { seed: 8 }))).not.toEqual(values(dropout(x, { seed: 9 })));
    });
  });

  test('whole channels are dropped', () => {
    scope(() => {
      const y = values(dropout2d(ones([8, 16, 3, 5]), { seed: 1 }));
      const channels = Array.from({ length: 128 }, (_, c) => new Set(y.slice(15 * c, 15 * c + 15)));
      expect(channels.every((channel) => channel.size === 1)).toBe(true);
      const dropped = channels.filter((channel) => channel.has(0)).length;
      expect(dropped).toBeGreaterThan(40);
      expect(dropped).toBeLessThan(88);
    });
  });

  test('a result has memory of its own, in inference too', () => {
    scope(() => {
      const x = ones([4]);
      for (const options of [{ training: false }, { p: 0 }, { p: 0.5 }]) {
        const y = dropout(x, options);
        y.data.fill(7);
        expect(values(x)).toEqual([1, 1, 1, 1]);
      }
    });
  });

  test('a compiled module draws anew at each run in train mode, and not in eval mode', () => {
    class Net extends Module {
      first = new Dropout({ p: 0.3 });
      second = new Dropout({ p: 0.3 });
      forward(x: Tensor): Tensor {
        return add(mul(this.first.forward(x), 2), this.second.forward(x));
      }
    }
    scope(() => {
      const net = new Net();
      const x = ones([300]);
      const train = compile(net, { inputs: [[300]], mode: 'train' });
      manualSeed(1);
      const [a, b] = [values(train.run(x)), values(train.run(x))];
      expect(a).not.toEqual(b);
      // Two layers draw apart: each of the four sums is there.
      expect(new Set(a).size).toBe(4);
      manualSeed(1);
      expect([values(train.run(x)), values(train.run(x))]).toEqual([a, b]);
      const inference = compile(net, { inputs: [[300]] });
      expect(values(inference.run(x))).toEqual(new Array(300).fill(3));
    });
  });

  test('pullbacks see what the forward run dropped', () => {
    scope(() => {
      const [x, dy] = [ones([500]), ones([500])];
      manualSeed(2);
      const first = vjp((a: Tensor) => dropout(a, { p: 0.4 }), x);
      const second = vjp((a: Tensor) => dropout(a, { p: 0.4 }), x);
      expect(kept(first.value)).not.toEqual(kept(second.value));
      for (const { value, pullback } of [second, first, second]) {
        expect(values(pullback(dy)[0] as Tensor)).toEqual(values(value));
      }
    });
  });

  test('valueAndGrad draws anew at each call', () => {
    scope(() => {
      const x = ones([1, 400, 1, 1]);
      const step = () =>
        valueAndGrad((a: Tensor) => sum(dropout2d(a)), x).grads.map((g) => values(g as Tensor));
      expect(step()).not.toEqual(step());
    });
  });

  test('rand and randn in traced functions draw anew at each run; with a seed they do not', () => {
    scope(() => {
      for (const make of [rand, randn]) {
        const program = compile((x: Tensor) => [add(x, make([100])), add(x, make([100], { seed: 7 }))], {
          inputs: [[100]],
        });
        const [first, second] = [0, 1].map(() => program.run(zeros([100])).map(values));
        expect(second![0]).not.toEqual(first![0]);
        expect(second![1]).toEqual(first![1]);
        expect(second![1]).toEqual(values(make([100], { seed: 7 })));
        manualSeed(3);
        const drawn = values(program.run(zeros([100]))[0] as Tensor);
        manualSeed(3);
        expect(values(make([100]))).toEqual(drawn);
        // The gradient of the same draw.
        const x = ones([100]);
        const { value, pullback, dispose } = vjp((a: Tensor) => mul(a, make([100])), x);
        expect(values(pullback(ones([100]))[0] as Tensor)).toEqual(values(value));
        expect(values(vjp((a: Tensor) => mul(a, make([100])), x).value)).not.toEqual(values(value));
        dispose();
      }
    });
  });
});
