/** t.assign(source): at once, and as a write that each run of a traced function makes, in its place between reads. */
import {
  add,
  batchNorm,
  compile,
  mean,
  memory,
  mul,
  ones,
  scope,
  sub,
  sum,
  type Tensor,
  tensor,
  valueAndGrad,
  vjp,
  zeros,
} from 'striate';
import { expect, test } from 'vitest';
import { Choices } from '../support/random.ts';
import { inEachVariant } from '../support/runtime.ts';
import { any } from '../support/wrong.ts';

const list = (t: Tensor): number[] => [...t.data];

inEachVariant('assign at once', () => {
  test('takes a number, arrays, typed arrays and tensors, and gives the tensor', () => {
    scope(() => {
      const t = zeros([2, 2]);
      expect(t.assign(3)).toBe(t);
      expect(list(t)).toEqual([3, 3, 3, 3]);
      expect(list(t.assign([1, 2, 3, 4]))).toEqual([1, 2, 3, 4]);
      expect(
        list(
          t.assign([
            [5, 6],
            [7, 8],
          ]),
        ),
      ).toEqual([5, 6, 7, 8]);
      expect(list(t.assign(new Float64Array([1, 2, 3, 4.5])))).toEqual([1, 2, 3, 4.5]);
      expect(list(t.assign(new Uint8Array([9, 8, 7, 6])))).toEqual([9, 8, 7, 6]);
      const source = tensor([
        [0, 1],
        [2, 3],
      ]);
      expect(list(t.assign(source))).toEqual([0, 1, 2, 3]);
      source.assign(9);
      expect(list(t)).toEqual([0, 1, 2, 3]);
      expect(list(t.assign(t))).toEqual([0, 1, 2, 3]);
      expect([...zeros([2], { dtype: 'int32' }).assign(new BigInt64Array([4n, -5n])).data]).toEqual([4, -5]);
      expect([...zeros([3], { dtype: 'uint8' }).assign(7).data]).toEqual([7, 7, 7]);
      expect(zeros([]).assign(2).item()).toBe(2);
    });
  });

  test('is seen by every handle on the storage', () => {
    scope(() => {
      const t = zeros([2, 2]);
      const flat = t.flatten();
      t.assign([1, 2, 3, 4]);
      expect(list(flat)).toEqual([1, 2, 3, 4]);
      flat.assign(0);
      expect(list(t)).toEqual([0, 0, 0, 0]);
    });
  });
});

inEachVariant('assign in a program', () => {
  test('is a write of each run, between the reads before and after it', () => {
    scope(() => {
      const state = tensor([10, 20]);
      const program = compile(
        (x: Tensor) => {
          const before = add(x, state);
          state.assign(x);
          return [before, add(x, state)];
        },
        { inputs: [[2]] },
      );
      expect(list(state)).toEqual([10, 20]);
      const [a, b] = program.run(tensor([1, 2])) as Tensor[];
      expect([list(a!), list(b!), list(state)]).toEqual([
        [11, 22],
        [2, 4],
        [1, 2],
      ]);
      const [c] = program.run(tensor([5, 5])) as Tensor[];
      expect([list(c!), list(state)]).toEqual([
        [6, 7],
        [5, 5],
      ]);
    });
  });

  test('what an operator had read at once, before it is written, is read by each run', () => {
    scope(() => {
      const average = zeros([1]);
      let traced = 0;
      const program = compile(
        (x: Tensor) => {
          traced++;
          return average.assign(add(mul(average, 0.5), mul(mean(x, { dim: 0, keepDim: true }), 0.5)));
        },
        { inputs: [[2]] },
      );
      expect(traced).toBe(2);
      expect(list(program.run(tensor([2, 4])))).toEqual([1.5]);
      expect(list(program.run(tensor([2, 4])))).toEqual([2.25]);
      expect(list(average)).toEqual([2.25]);
      compile(
        (x: Tensor) => {
          traced++;
          return average.assign(add(average, x));
        },
        { inputs: [[1]] },
      );
      expect(traced).toBe(3);
    });
  });

  test('a count that depends on nothing else', () => {
    scope(() => {
      const count = tensor([0], [1], { dtype: 'int32' });
      const program = compile(
        (x: Tensor) => {
          count.assign(add(count, 1));
          return x;
        },
        { inputs: [[1]] },
      );
      for (let i = 0; i < 3; i++) program.run(ones([1]));
      expect(count.item()).toBe(3);
    });
  });

  test('numbers, arrays, and writes one after the other', () => {
    scope(() => {
      const state = zeros([2]);
      const program = compile(
        (x: Tensor) => {
          state.assign(2);
          const twice = mul(x, state);
          state.assign([3, 4]);
          const more = mul(x, state);
          state.assign(x).assign(state);
          return [twice, more];
        },
        { inputs: [[2]] },
      );
      state.assign(100);
      for (let i = 0; i < 2; i++) {
        const [a, b] = program.run(tensor([1, 10])) as Tensor[];
        expect([list(a!), list(b!), list(state)]).toEqual([
          [2, 20],
          [3, 40],
          [1, 10],
        ]);
      }
    });
  });

  test('a reshape that was made before is the same storage', () => {
    scope(() => {
      const state = zeros([2, 2]);
      const program = compile(
        (x: Tensor) => {
          state.assign(x);
          const flat = state.flatten();
          flat.assign(mul(flat, 2));
          const all = state.reshape([4, 1]);
          state.assign(add(state, 1));
          return [flat, all, state];
        },
        { inputs: [[2, 2]] },
      );
      const results = program.run(
        tensor([
          [1, 2],
          [3, 4],
        ]),
      ) as Tensor[];
      for (const result of results) expect(list(result)).toEqual([3, 5, 7, 9]);
      expect(results.map(({ shape }) => shape)).toEqual([[4], [4, 1], [2, 2]]);
      expect(list(state)).toEqual([3, 5, 7, 9]);
    });
  });

  test('what it makes of the state is no constant of the program', () => {
    scope(() => {
      const state = tensor([1]);
      const program = compile(
        (x: Tensor) => {
          const half = mul(state, 0.5);
          state.assign(x);
          return add(half, mul(state, 10));
        },
        { inputs: [[1]] },
      );
      expect(list(program.run(tensor([4])))).toEqual([40.5]);
      expect(list(program.run(tensor([6])))).toEqual([62]);
    });
  });
});

/**
 * A random function that reads, computes, views and writes two states; what it gives are all its values, as they are at its
 * end.
 */
function randomFunction(
  seed: number,
): (x: Tensor, states: readonly Tensor[], views: readonly Tensor[]) => Tensor[] {
  const choose = new Choices(seed);
  const steps = Array.from({ length: choose.integer(4, 14) }, () => ({
    kind: choose.of(['add', 'half', 'view', 'assign', 'assign'] as const),
    a: choose.integer(0, 99),
    b: choose.integer(0, 99),
  }));
  return (x, states, views) => {
    const values = [x, ...states, ...views];
    const pick = (place: number) => values[place % values.length] as Tensor;
    for (const { kind, a, b } of steps) {
      if (kind === 'add') values.push(add(pick(a), pick(b)));
      else if (kind === 'half') values.push(mul(pick(a), 0.5));
      else if (kind === 'view') values.push((states[b % 2] as Tensor).reshape([4]).reshape([2, 2]));
      else (states[b % 2] as Tensor).assign(pick(a));
    }
    return values;
  };
}

inEachVariant('random functions with writes', () => {
  test('give in a program what they give at once, run after run', () => {
    for (let seed = 1; seed <= 60; seed++) {
      scope(() => {
        const body = randomFunction(seed);
        const fresh = () => {
          const states = [
            tensor([
              [1, 2],
              [3, 4],
            ]),
            tensor([
              [-5, 6],
              [7, -8],
            ]),
          ];
          return { states, views: states.map((state) => state.reshape([2, 2])) };
        };
        const [once, compiled, recorded] = [fresh(), fresh(), fresh()];
        const program = compile((x: Tensor) => body(x, compiled.states, compiled.views), {
          inputs: [[2, 2]],
        });
        for (let run = 0; run < 3; run++) {
          const x = tensor([
            [run, 1],
            [0.5, -run],
          ]);
          const expected = body(x, once.states, once.views).map(list);
          expect((program.run(x) as Tensor[]).map(list), `seed ${seed}, run ${run}`).toEqual(expected);
          expect(compiled.states.map(list), `states of seed ${seed}`).toEqual(once.states.map(list));
          const { value } = vjp((x) => body(x, recorded.states, recorded.views), x);
          expect(value.map(list), `seed ${seed}, run ${run}, vjp`).toEqual(expected);
          expect(recorded.states.map(list), `states of seed ${seed}, vjp`).toEqual(once.states.map(list));
        }
      });
    }
  });

  test('have the gradients that differences give', () => {
    for (let seed = 1; seed <= 40; seed++) {
      scope(() => {
        const body = randomFunction(seed);
        const states = [zeros([2, 2]), zeros([2, 2])];
        const start = () => {
          states[0]!.assign([1, 2, 3, 4]);
          states[1]!.assign([-5, 6, 7, -8]);
        };
        // Products, so that rules read values that are overwritten later.
        const score = (x: Tensor) => {
          const product = mul(mul(x, states[0]!), states[1]!);
          const values = body(x, states, []);
          return sum(
            add(
              product,
              values.reduce((all, value) => add(all, mul(value, value))),
            ),
          );
        };
        const at = [0.5, -1, 2, 0.25];
        start();
        const { grads } = valueAndGrad(score, tensor(at, [2, 2]));
        const value = (i: number, by: number) => {
          start();
          return score(
            tensor(
              at.map((v, j) => (j === i ? v + by : v)),
              [2, 2],
            ),
          ).item();
        };
        at.forEach((_, i) => {
          const slope = (value(i, 0.125) - value(i, -0.125)) / 0.25;
          expect(Math.abs(grads[0].data[i]! - slope), `seed ${seed}, element ${i}`).toBeLessThan(
            1e-3 * Math.max(1, Math.abs(slope)),
          );
        });
      });
    }
  });
});

inEachVariant('what batch norm writes', () => {
  test('is read by what comes behind it as it is then', () => {
    scope(() => {
      const [average, spread] = [zeros([1]), ones([1])];
      const program = compile(
        (x: Tensor) => {
          const y = batchNorm(x, average, spread, null, null, { training: true, momentum: 0.5 });
          return [y, mul(average, 10)];
        },
        { inputs: [[4, 1]] },
      );
      const read = () => list((program.run(tensor([[1], [2], [3], [2]])) as Tensor[])[1]!);
      expect(read()).toEqual([10]);
      expect(read()).toEqual([15]);
      expect(list(average)).toEqual([1.5]);
    });
  });
});

inEachVariant('gradients through assign', () => {
  test('flow to what was assigned, not into what was overwritten', () => {
    scope(() => {
      const [w, x] = [tensor([1, 2]), tensor([3, 4])];
      const { value, grads } = valueAndGrad(
        () => {
          const first = mul(w, 5);
          w.assign(mul(x, 2));
          return sum(add(first, mul(w, w)));
        },
        w,
        x,
      );
      expect(value.item()).toBe(15 + 36 + 64);
      expect(list(grads[0])).toEqual([5, 5]);
      expect(list(grads[1])).toEqual([24, 32]);
      expect(list(w)).toEqual([6, 8]);
    });
  });

  test('read what was there before the write', () => {
    scope(() => {
      const [scale, x] = [tensor([2, 3]), tensor([5, 7])];
      const { value, pullback } = vjp((x) => {
        const y = mul(x, scale.flatten());
        scale.assign(x);
        return mul(y, scale);
      }, x);
      expect(list(value)).toEqual([50, 147]);
      expect(list(scale)).toEqual([5, 7]);
      scale.assign(100);
      // y = 2 x and the new scale is x: d(2 x x) = 4 x.
      expect(list(pullback(ones([2]))[0])).toEqual([20, 42]);
      scale.assign([2, 3]);
      const { grads } = valueAndGrad((x) => {
        const y = mul(x, scale);
        scale.assign(0);
        return sum(y);
      }, x);
      expect(list(grads[0])).toEqual([2, 3]);
      expect(list(scale)).toEqual([0, 0]);
    });
  });

  test('a structure that was seen is not compiled again', () => {
    scope(() => {
      const [w, average] = [tensor([1, 2]), zeros([2])];
      const step = () =>
        scope(() => {
          valueAndGrad(() => {
            average.assign(add(mul(average, 0.5), mul(w, 0.5)));
            return sum(mul(sub(w, average), w));
          }, w);
        });
      step();
      step();
      const { cacheBytes } = memory.stats();
      for (let i = 0; i < 5; i++) step();
      expect(memory.stats().cacheBytes).toBe(cacheBytes);
      expect(list(average)).toEqual([1 - 2 ** -7, 2 - 2 ** -6]);
    });
  });
});

inEachVariant('assign refuses', () => {
  test('the values of what the traced function writes', () => {
    scope(() => {
      const state = zeros([1]);
      const body = (x: Tensor) => {
        state.assign(x);
        return any(state.item());
      };
      expect(() => compile(body, { inputs: [[1]] })).toThrow(
        'Tensor.item: tensor is symbolic: inside a traced function a tensor has a shape but no values',
      );
    });
  });
});
