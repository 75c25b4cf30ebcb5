/** The forms that valueAndGrad takes its tensors in, and what the function gives beside its value. */
import {
  add,
  argMax,
  BatchNorm1d,
  Linear,
  logSoftmax,
  Module,
  mean,
  memory,
  mul,
  ones,
  parameter,
  Sequential,
  scope,
  sum,
  type Tensor,
  tensor,
  valueAndGrad,
  vjp,
} from 'striate';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { inEachVariant } from '../support/runtime.ts';

const list = (t: Tensor): number[] => [...t.data];

class Net extends Module {
  fc = new Linear(3, 2, { seed: 1 });
  scale = parameter(ones([2]));
  forward(x: Tensor): Tensor {
    return mul(this.fc.forward(x), this.scale);
  }
}

inEachVariant('what valueAndGrad takes', () => {
  test('a list of tensors, which the function is called with', () => {
    scope(() => {
      const [a, b] = [tensor([1, 2]), tensor([3, 4])];
      const spread = valueAndGrad((a, b) => sum(mul(mul(a, a), b)), a, b);
      const listed = valueAndGrad((a, b) => sum(mul(mul(a, a), b)), [a, b]);
      expect(listed.value.item()).toBe(19);
      expect(listed.grads.map(list)).toEqual(spread.grads.map(list));
      expect(listed.grads.map(list)).toEqual([
        [6, 16],
        [1, 4],
      ]);
      expect(valueAndGrad(() => sum(a), []).grads).toEqual([]);
      expect(valueAndGrad(() => sum(a)).grads).toEqual([]);
    });
  });

  test("a module's parameters as a list", () => {
    scope(() => {
      const net = new Net();
      const x = ones([4, 3]);
      const { grads } = valueAndGrad(() => mean(net.forward(x)), net.parameters());
      const { grads: spread } = valueAndGrad(() => mean(net.forward(x)), ...net.parameters());
      expect(grads.map(list)).toEqual(spread.map(list));
    });
  });

  test('a module: its gradients by name', () => {
    scope(() => {
      const net = new Net();
      const x = ones([4, 3]);
      const { grads, ...rest } = valueAndGrad((net) => sum(net.forward(x)), net);
      expect(Object.keys(rest)).toEqual(['value']);
      expect(Object.keys(grads)).toEqual(['fc.weight', 'fc.bias', 'scale']);
      const { grads: spread } = valueAndGrad(() => sum(net.forward(x)), ...net.parameters());
      expect(Object.values(grads).map(list)).toEqual(spread.map(list));
      expect(grads['fc.weight']?.shape).toEqual([2, 3]);
    });
  });

  test('a module with shared and with frozen parts, and one without parameters', () => {
    scope(() => {
      const layer = new Linear(2, 2, { bias: false, seed: 3 });
      const net = new Sequential(layer, new BatchNorm1d(2, { affine: false }), layer);
      const { grads } = valueAndGrad(
        () =>
          sum(
            mul(
              net.forward(
                tensor([
                  [1, 2],
                  [0, 1],
                ]),
              ),
              2,
            ),
          ),
        net,
      );
      expect(Object.keys(grads)).toEqual(['0.weight']);
      expect(valueAndGrad(() => sum(ones([2])), new Sequential()).grads).toEqual({});
    });
  });
});

inEachVariant('what the function gives beside its value', () => {
  test('a tensor, in every form', () => {
    scope(() => {
      const net = new Net();
      const x = tensor([
        [1, 2, 3],
        [-1, 0, 1],
      ]);
      const body = () => {
        const logits = net.forward(x);
        return [sum(logSoftmax(logits)), argMax(logits, { dim: 1 })] as const;
      };
      const plain = valueAndGrad(() => body()[0], ...net.parameters());
      const classes = argMax(net.forward(x), { dim: 1 });
      const found = [
        valueAndGrad(body, ...net.parameters()),
        valueAndGrad(body, net.parameters()),
        valueAndGrad(body, net),
      ];
      for (const { value, aux, grads } of found) {
        expect(value.item()).toBe(plain.value.item());
        expect([...aux.data]).toEqual([...classes.data]);
        expect(Object.values(grads).map(list)).toEqual(plain.grads.map(list));
      }
    });
  });

  test('any form of tensors; nothing flows back from them', () => {
    scope(() => {
      const [x, constant] = [tensor([2, 3]), tensor([7])];
      const { value, aux, grads } = valueAndGrad((x) => {
        const loss = sum(mul(x, x));
        return [loss, { loss, twice: [mul(x, 2), { x, constant }], none: [] }];
      }, x);
      expect(value.item()).toBe(13);
      expect(aux.loss.item()).toBe(13);
      expect(list(aux.twice[0])).toEqual([4, 6]);
      expect(list(aux.twice[1].x)).toEqual([2, 3]);
      expect(list(aux.twice[1].constant)).toEqual([7]);
      expect(aux.none).toEqual([]);
      expect(list(grads[0])).toEqual([4, 6]);
      expect(aux.loss).not.toBe(value);
      value.dispose();
      expect(aux.loss.item()).toBe(13);
    });
  });

  test('stays after the scope that it was made in', () => {
    scope(() => {
      const x = tensor([1]);
      const { aux } = scope(() => valueAndGrad((x) => [sum(x), { y: [add(x, 1)] }], x));
      expect(list(aux.y[0])).toEqual([2]);
    });
  });

  test('a structure that was seen is not compiled again, and the aux is part of it', () => {
    scope(() => {
      const net = new Net();
      const step = (seed: number, withAux: boolean) =>
        scope(() => {
          const x = tensor([[seed, 2, 3]]);
          if (!withAux) return valueAndGrad(() => sum(net.forward(x)), net).value.item();
          const { aux } = valueAndGrad(() => {
            const y = net.forward(x);
            return [sum(y), { y }];
          }, net);
          return sum(aux.y).item();
        });
      expect(step(1, true)).toBeCloseTo(step(1, false), 5);
      const { cacheBytes } = memory.stats();
      for (let seed = 2; seed < 6; seed++) expect(step(seed, true)).toBeCloseTo(step(seed, false), 5);
      expect(memory.stats().cacheBytes).toBe(cacheBytes);
    });
  });
});

describe('types', () => {
  test('of gradients and of an aux', () => {
    // Never called: what the compiler makes of it is what is tested.
    const _ = (a: Tensor, net: Net) => {
      expectTypeOf(valueAndGrad((x) => sum(x), a)).toEqualTypeOf<{ value: Tensor; grads: [Tensor] }>();
      expectTypeOf(valueAndGrad((x, y) => sum(add(x, y)), [a, a])).toEqualTypeOf<{
        value: Tensor;
        grads: [Tensor, Tensor];
      }>();
      expectTypeOf(valueAndGrad(() => sum(a), net.parameters())).toEqualTypeOf<{
        value: Tensor;
        grads: Tensor[];
      }>();
      expectTypeOf(valueAndGrad(() => sum(a), ...net.parameters())).toEqualTypeOf<{
        value: Tensor;
        grads: Tensor[];
      }>();
      expectTypeOf(valueAndGrad((own) => sum(own.scale), net)).toEqualTypeOf<{
        value: Tensor;
        grads: Record<string, Tensor>;
      }>();
      const { aux, grads } = valueAndGrad((x) => [sum(x), argMax(x)], a);
      expectTypeOf(aux).toEqualTypeOf<Tensor<'int32'>>();
      expectTypeOf(grads).toEqualTypeOf<[Tensor]>();
      const named = valueAndGrad(() => [sum(a), { classes: argMax(a), all: [a, a] }], net);
      expectTypeOf(named.aux.classes).toEqualTypeOf<Tensor<'int32'>>();
      expectTypeOf(named.aux.all[1]).toEqualTypeOf<Tensor>();
      // @ts-expect-error no aux was given
      valueAndGrad((x) => sum(x), a).aux;
      // @ts-expect-error more is taken than there are tensors
      valueAndGrad((x, y) => sum(add(x, y)), a);
      expectTypeOf(vjp((x) => [x, x], a).value).toEqualTypeOf<Tensor[]>();
    };
    expect(typeof _).toBe('function');
  });
});
