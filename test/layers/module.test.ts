import {
  add,
  BatchNorm2d,
  buffer,
  Conv2d,
  Linear,
  Module,
  ModuleList,
  memory,
  ones,
  parameter,
  ReLU,
  relu,
  Sequential,
  scope,
  type Tensor,
  tensor,
  zeros,
} from 'striate';
import { expect, test } from 'vitest';
import { withRuntime } from '../support/runtime.ts';

class Net extends Module {
  features = new Sequential(new Conv2d(1, 2, 3, { bias: false }), new BatchNorm2d(2), new ReLU());
  scale = parameter(tensor([2]));
  steps = buffer(tensor(Int32Array.of(0)));
  /** Neither parameter nor buffer. */
  cache = tensor([1, 2, 3]);
  heads = [new Linear(2, 3), new Linear(2, 1, { bias: false })];
  list = new ModuleList(new Linear(1, 1));
  name = 'net';
  nothing: Module | null = null;
  forward(x: Tensor): Tensor {
    return this.features.forward(x);
  }
}

const keys = [
  'features.0.weight',
  'features.1.weight',
  'features.1.bias',
  'features.1.running_mean',
  'features.1.running_var',
  'scale',
  'steps',
  'heads.0.weight',
  'heads.0.bias',
  'heads.1.weight',
  'list.0.weight',
  'list.0.bias',
];
const state = new Set(['steps', 'features.1.running_mean', 'features.1.running_var']);

withRuntime('modules', () => {
  test("keys are PyTorch's, in the order of the properties", () => {
    scope(() => {
      const net = new Net();
      expect(Object.keys(net.stateDict())).toEqual(keys);
      expect(net.namedParameters().map(([key]) => key)).toEqual(keys.filter((key) => !state.has(key)));
      expect(net.parameters()).toEqual(net.namedParameters().map(([, t]) => t));
    });
  });

  test("they are the module's own, live tensors", () => {
    scope(() => {
      const net = new Net();
      expect(net.parameters()).toContain(net.scale);
      (net.stateDict()['features.0.weight'] as Tensor).data.fill(3);
      expect((net.features as unknown as [Conv2d])[0].weight.data[0]).toBe(3);
    });
  });

  test('a module that occurs twice has two sets of keys and one of parameters', () => {
    scope(() => {
      class Tied extends Module {
        a = new Linear(1, 1);
        b = this.a;
        own = this.a.weight;
        forward(x: Tensor): Tensor {
          return this.b.forward(this.a.forward(x));
        }
      }
      const tied = new Tied();
      expect(Object.keys(tied.stateDict())).toEqual(['a.weight', 'a.bias', 'b.weight', 'b.bias', 'own']);
      expect(tied.namedParameters().map(([key]) => key)).toEqual(['a.weight', 'a.bias']);
      tied.loadStateDict(new Tied().stateDict());
    });
  });

  test('modules that hold each other', () => {
    scope(() => {
      class Knot extends Module {
        self: Module = this;
        weight = parameter(ones([1]));
        forward(x: Tensor): Tensor {
          return x;
        }
      }
      const knot = new Knot();
      expect(Object.keys(knot.stateDict())).toEqual(['weight']);
      expect(knot.eval().training).toBe(false);
    });
  });

  test('train and eval reach every part', () => {
    scope(() => {
      const net = new Net();
      const all = [net, net.features, net.heads[1], net.list.at(0)];
      expect(all.map((part) => part?.training)).toEqual([true, true, true, true]);
      expect(net.eval()).toBe(net);
      expect(all.map((part) => part?.training)).toEqual([false, false, false, false]);
      net.heads[1]?.train();
      expect(all.map((part) => part?.training)).toEqual([false, false, true, false]);
      net.train();
      expect(all.map((part) => part?.training)).toEqual([true, true, true, true]);
    });
  });

  test('Sequential passes results on, and ModuleList gives its modules', () => {
    scope(() => {
      const [a, b] = [new Linear(2, 3), new Linear(3, 1)];
      const x = ones([1, 2]);
      const sequence = new Sequential(a, new ReLU(), b);
      expect(sequence.length).toBe(3);
      expect(sequence.forward(x).toArray()).toEqual(b.forward(relu(a.forward(x))).toArray());
      expect(new Sequential().forward(x)).toBe(x);
      const list = new ModuleList(a, b);
      expect([list.length, list.at(1), list.at(2)]).toEqual([2, b, undefined]);
      expect([...list]).toEqual([a, b]);
    });
  });

  test('run leaves only the result, whatever forward makes and wherever it fails', () => {
    class Wasteful extends Module<[Tensor, boolean], [Tensor, { last: Tensor }]> {
      forward(x: Tensor, fail: boolean): [Tensor, { last: Tensor }] {
        const y = add(x, add(x, ones([2])));
        if (fail) throw new RangeError('mine');
        return [y, { last: add(y, 1) }];
      }
    }
    const x = ones([2]);
    const net = new Wasteful();
    const [y, { last }] = net.run(x, false);
    expect(memory.stats().liveTensors).toBe(3);
    expect(last.toArray()).toEqual([4, 4]);
    for (const one of [y, last]) one.dispose();
    expect(() => net.run(x, true)).toThrow(new RangeError('mine'));
    expect(memory.stats().liveTensors).toBe(1);
    x.dispose();
  });

  test('dispose gives parameters and buffers back, and may be called again', () => {
    const net = new Net();
    net.dispose();
    net.dispose();
    expect(memory.stats().liveTensors).toBe(1);
    expect(net.cache.disposed).toBe(false);
    net.cache.dispose();
  });
});

withRuntime('loadStateDict', () => {
  const make = () => new Sequential(new Conv2d(1, 1, 1, { seed: 1 }), new BatchNorm2d(1));
  const other = () =>
    Object.fromEntries(Object.entries(make().stateDict()).map(([key, t]) => [key, add(t as Tensor, 1)]));
  const values = (net: Module) => Object.values(net.stateDict()).map((t) => t.toArray());

  test('copies: neither side sees later changes of the other', () => {
    scope(() => {
      const [net, dict] = [make(), other()];
      net.loadStateDict(dict);
      const expected = Object.values(dict).map((t) => t.toArray());
      expect(values(net)).toEqual(expected);
      for (const t of Object.values(dict)) t.dispose();
      expect(values(net)).toEqual(expected);
    });
  });

  test("PyTorch's num_batches_tracked is accepted, at any depth, and not kept", () => {
    scope(() => {
      const net = make();
      net.loadStateDict({ ...other(), '1.num_batches_tracked': tensor(Int32Array.of(7)).reshape([]) });
      expect(Object.keys(net.stateDict())).not.toContain('1.num_batches_tracked');
      new BatchNorm2d(1).loadStateDict({ ...new BatchNorm2d(1).stateDict(), num_batches_tracked: zeros([]) });
    });
  });

  test.each([
    [
      'a shape that differs',
      (dict: Record<string, Tensor>) => ({ ...dict, '1.running_var': ones([2]) }),
      RangeError,
    ],
    ['a key that is missing', ({ '1.running_var': _, ...rest }: Record<string, Tensor>) => rest, RangeError],
    ['a key that is unknown', (dict: Record<string, Tensor>) => ({ ...dict, more: ones([1]) }), RangeError],
    [
      'a value that is no tensor',
      (dict: Record<string, Tensor>) => ({ ...dict, '1.running_var': [1] as unknown as Tensor }),
      TypeError,
    ],
  ])('with %s nothing is copied', (_, change, kind) => {
    scope(() => {
      const net = make();
      const before = values(net);
      expect(() => net.loadStateDict(change(other()))).toThrow(kind);
      expect(values(net)).toEqual(before);
    });
  });

  test('not strict: what fits by key is copied, a shape that differs is still an error', () => {
    scope(() => {
      const net = make();
      const before = values(net);
      net.loadStateDict({ '1.bias': ones([1]), more: ones([9]) }, { strict: false });
      const after = values(net);
      expect(after[3]).toEqual([1]);
      expect(after.filter((_, i) => i !== 3)).toEqual(before.filter((_, i) => i !== 3));
      expect(() => net.loadStateDict({ '1.bias': ones([2]) }, { strict: false })).toThrow(
        '1.bias has shape 2, must be 1',
      );
    });
  });

  test("the module's own state dict changes nothing", () => {
    scope(() => {
      const net = make();
      const before = values(net);
      net.loadStateDict(net.stateDict());
      expect(values(net)).toEqual(before);
    });
  });
});
