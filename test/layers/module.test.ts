import {
  type AnyTensor,
  add,
  BatchNorm2d,
  buffer,
  Conv2d,
  compile,
  Linear,
  Module,
  ModuleList,
  memory,
  ones,
  parameter,
  ReLU,
  relu,
  Sequential,
  type StateSource,
  type StateValue,
  scope,
  type Tensor,
  tensor,
  valueAndGrad,
  zeros,
} from 'striate';
import { expect, expectTypeOf, test } from 'vitest';
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
      expect(net.features[0].weight.data[0]).toBe(3);
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
      net.train(false);
      expect(net.training).toBe(false);
      net.heads[1]?.train();
      expect(all.map((part) => part?.training)).toEqual([false, false, true, false]);
      net.train();
      expect(all.map((part) => part?.training)).toEqual([true, true, true, true]);
    });
  });

  test('a module and its parts, each once', () => {
    scope(() => {
      const net = new Net();
      const [a, b] = net.heads as [Linear, Linear];
      const [conv, norm, act] = [net.features[0], net.features[1], net.features[2]];
      expect(net.children()).toEqual([net.features, a, b, net.list]);
      expect(net.namedModules().map(([path]) => path)).toEqual([
        ...['', 'features', 'features.0', 'features.1', 'features.2'],
        ...['heads.0', 'heads.1', 'list', 'list.0'],
      ]);
      const all = [net, net.features, conv, norm, act, a, b, net.list, net.list[0]];
      for (const [i, module] of net.modules().entries()) expect(module).toBe(all[i]);
      expect(net.modules().length).toBe(all.length);
      expect(new ReLU().children()).toEqual([]);
      expect(net.namedBuffers()).toEqual([
        ['features.1.running_mean', norm.running_mean],
        ['features.1.running_var', norm.running_var],
        ['steps', net.steps],
      ]);
      expectTypeOf(net.namedBuffers()).toEqualTypeOf<[string, AnyTensor][]>();
    });
  });

  test('apply calls parts first and the module last, each once', () => {
    scope(() => {
      class Twice extends Module {
        inner = new Sequential(new Linear(1, 1), new ReLU());
        again = this.inner;
        self = this;
        forward(x: Tensor): Tensor {
          return this.again.forward(this.inner.forward(x));
        }
      }
      const net = new Twice();
      const met: unknown[] = [];
      expect(
        net.apply((module) => {
          met.push(module);
          if (module instanceof Linear) module.weight.data.fill(2);
        }),
      ).toBe(net);
      const all = [net.inner[0], net.inner[1], net.inner, net];
      expect(met.length).toBe(all.length);
      for (const [i, module] of met.entries()) expect(module).toBe(all[i]);
      expect(net.inner[0].weight.item()).toBe(2);
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

withRuntime('Sequential and ModuleList', () => {
  test('layers by number: properties, from either end, and one after the other', () => {
    scope(() => {
      const [a, act, b] = [new Linear(2, 3), new ReLU(), new Linear(3, 1)];
      const x = ones([1, 2]);
      const net = new Sequential(a, act, b);
      expect(net.forward(x).toArray()).toEqual(b.forward(relu(a.forward(x))).toArray());
      expect([net.length, net[0], net[2], net.at(0), net.at(-1), net.at(3), net.at(-4)]).toEqual([
        ...[3, a, b, a, b],
        ...[undefined, undefined],
      ]);
      expect([...net]).toEqual([a, act, b]);
      expectTypeOf(net[0]).toEqualTypeOf<Linear>();
      expectTypeOf(net.at(0)).toEqualTypeOf<Linear | ReLU | undefined>();
      // @ts-expect-error: three layers
      expect(net[3]).toBeUndefined();
      const empty = new Sequential();
      expect([empty.forward(x), empty.length, empty.at(0), ...empty]).toEqual([x, 0, undefined]);
      expect(Object.keys(net.stateDict())).toEqual(['0.weight', '0.bias', '2.weight', '2.bias']);
      const other = new Linear(2, 3, { seed: 1 });
      net[0] = other;
      expect(net.forward(x).toArray()).toEqual(b.forward(relu(other.forward(x))).toArray());
      expect(net instanceof Sequential && net instanceof Module).toBe(true);
    });
  });

  test("layers by name: PyTorch's keys, properties with their types", () => {
    scope(() => {
      const net = new Sequential({
        conv: new Conv2d(1, 2, 3),
        block: new Sequential({ norm: new BatchNorm2d(2), relu: new ReLU() }),
      });
      expectTypeOf(net.conv).toEqualTypeOf<Conv2d>();
      expectTypeOf(net.block.norm).toEqualTypeOf<BatchNorm2d>();
      expect(Object.keys(net.stateDict())).toEqual([
        ...['conv.weight', 'conv.bias', 'block.norm.weight', 'block.norm.bias'],
        ...['block.norm.running_mean', 'block.norm.running_var'],
      ]);
      expect([...net]).toEqual([net.conv, net.block]);
      expect([net.length, net.at(0), net.at(-1)]).toEqual([2, net.conv, net.block]);
      const x = ones([1, 1, 4, 4]);
      const program = compile(net, { inputs: [x.shape], outputs: ['conv', 'block.relu'] });
      const { conv, 'block.relu': activated } = program.run(x);
      expectTypeOf(conv).toEqualTypeOf<Tensor>();
      expect(conv.shape).toEqual(activated.shape);
      expect(net.eval().forward(x).shape).toEqual([1, 2, 2, 2]);
      expect(new Sequential({}).length).toBe(0);
      // @ts-expect-error: no such layer
      expect(net.pool).toBeUndefined();
    });
  });

  test('what layers are known as elsewhere fits: in fields, in lists, below one another', () => {
    scope(() => {
      class Block extends Sequential<[Linear, ReLU]> {
        constructor(size: number) {
          super(new Linear(size, size), new ReLU());
        }
      }
      class Net extends Module {
        body: Sequential = new Sequential(new Block(2), new Sequential({ linear: new Linear(2, 1) }));
        blocks = new ModuleList(...[1, 2].map((size) => new Block(size)));
        forward(x: Tensor): Tensor {
          let y = this.body.forward(x);
          for (const block of [this.blocks[0]!, this.blocks.at(0)!]) y = block.forward(y);
          return y;
        }
      }
      class Free extends Sequential {}
      const net = new Net();
      expectTypeOf(net.blocks.at(0)).toEqualTypeOf<Block | undefined>();
      expect(net.forward(ones([1, 2])).shape).toEqual([1, 1]);
      expect(net.blocks[1]?.[0].weight.shape).toEqual([2, 2]);
      expect(net.namedModules().map(([path]) => path)).toContain('body.1.linear');
      expect(new Free(new ReLU(), new Block(1)).length).toBe(2);
    });
  });

  test('ModuleList gives its modules', () => {
    scope(() => {
      const [a, b] = [new Linear(2, 3), new Conv2d(3, 1, 1)];
      const list = new ModuleList(a, b);
      expect([list.length, list.at(1), list.at(-2), list.at(2)]).toEqual([2, b, a, undefined]);
      expect([...list]).toEqual([a, b]);
      expectTypeOf(list[1]).toEqualTypeOf<Conv2d>();
      for (const module of list) expectTypeOf(module).toEqualTypeOf<Linear | Conv2d>();
    });
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
      expect(net.loadStateDict(dict)).toEqual({ missing: [], unexpected: [] });
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
      (dict: Record<string, Tensor>) => ({ ...dict, '1.running_var': 'one' as unknown as Tensor }),
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
      const difference = net.loadStateDict({ '1.bias': ones([1]), more: ones([9]) }, { strict: false });
      const missing = Object.keys(net.stateDict()).filter((key) => key !== '1.bias');
      expect(difference).toEqual({ missing, unexpected: ['more'] });
      const after = values(net);
      expect(after[3]).toEqual([1]);
      expect(after.filter((_, i) => i !== 3)).toEqual(before.filter((_, i) => i !== 3));
      expect(() => net.loadStateDict({ '1.bias': ones([2]) }, { strict: false })).toThrow(
        '1.bias has shape 2, must be 1',
      );
    });
  });

  test('in a traced function nothing is copied', () => {
    scope(() => {
      const net = new Sequential(new BatchNorm2d(1), new Linear(1, 1, { bias: false }));
      const before = values(net);
      const dict = Object.fromEntries(Object.keys(net.stateDict()).map((key) => [key, [9]]));
      const x = ones([1, 1]);
      const load = () => {
        net.loadStateDict({ ...dict, '1.weight': x }, { strict: false });
        return x;
      };
      const inside = (params: Tensor[]) => () => valueAndGrad(load, x, ...params);
      expect(inside([])).toThrow(/^loadStateDict: 1\.weight is symbolic: /);
      expect(inside([net[1].weight])).toThrow(/^loadStateDict: the module's 1\.weight is symbolic: /);
      expect(values(net)).toEqual(before);
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

  test('a Map, typed arrays and arrays of numbers', () => {
    scope(() => {
      const net = new Sequential(new Linear(2, 1), new BatchNorm2d(1));
      const loaded = () => [
        net[0].weight.toArray(),
        net[0].bias?.toArray(),
        net[1].running_mean?.toArray(),
        net[1].running_var?.toArray(),
      ];
      const map = new Map<string, StateValue>([
        ['0.weight', [[1, 2]]],
        ['0.bias', Float64Array.of(3)],
        ['1.weight', ones([1])],
        ['1.bias', [0]],
        ['1.running_mean', [4]],
        ['1.running_var', Float32Array.of(5)],
        ['1.num_batches_tracked', 7],
      ]);
      expect(net.loadStateDict(map)).toEqual({ missing: [], unexpected: [] });
      expect(map.size).toBe(7);
      expect(loaded()).toEqual([[[1, 2]], [3], [4], [5]]);
      net.loadStateDict({ '0.weight': [6, 7], '0.bias': [8] }, { strict: false });
      expect(loaded()).toEqual([[[6, 7]], [8], [4], [5]]);
    });
  });

  test('numbers, scalars and integers', () => {
    scope(() => {
      class Counter extends Module {
        steps = buffer(zeros([], { dtype: 'int32' }));
        num_batches_tracked = buffer(zeros([1], { dtype: 'int32' }));
        forward(x: Tensor): Tensor {
          return x;
        }
      }
      const net = new Counter();
      net.loadStateDict({ steps: 3, num_batches_tracked: BigInt64Array.of(5n) });
      expect([net.steps.item(), net.num_batches_tracked.item()]).toEqual([3, 5]);
      const wrong = (values: Record<string, StateValue>) => () =>
        net.loadStateDict(values, { strict: false });
      expect(wrong({ steps: 1.5 })).toThrow(
        new RangeError('loadStateDict: steps holds 1.5 at 0, must fit in int32'),
      );
      expect(wrong({ steps: Float32Array.of(1) })).toThrow(
        /^loadStateDict: steps is a.* Float32Array, must hold int32$/,
      );
      expect(wrong({ steps: [[1]] })).toThrow(
        new RangeError('loadStateDict: steps has shape 1x1, must be scalar'),
      );
      expect(wrong({ num_batches_tracked: Int32Array.of(6), steps: [1, 2] })).toThrow(
        new RangeError('loadStateDict: steps has 2 values, must have 1 (scalar)'),
      );
      expect(net.num_batches_tracked.item()).toBe(5);
    });
  });

  test('keys that objects have of themselves are keys as all others', () => {
    scope(() => {
      const net = new Sequential(new Linear(1, 1));
      const values = {
        ...net.stateDict(),
        ['__proto__']: ones([1]),
        constructor: ones([1]),
        toString: ones([1]),
      };
      expect(net.loadStateDict(values as StateSource, { strict: false }).unexpected).toEqual([
        ...['__proto__', 'constructor', 'toString'],
      ]);
      class Odd extends Module {
        weight = ones([1]);
        constructor() {
          super();
          for (const name of ['__proto__', 'valueOf']) {
            const value = parameter(zeros([1]));
            Object.defineProperty(this, name, { value, enumerable: true });
          }
        }
        forward(x: Tensor): Tensor {
          return x;
        }
      }
      const odd = new Odd();
      expect(Object.keys(odd.stateDict())).toEqual(['__proto__', 'valueOf']);
      expect(() => odd.loadStateDict({})).toThrow('missing keys: __proto__, valueOf; unexpected keys: none');
      odd.loadStateDict(new Map([...odd.namedParameters()].map(([key]) => [key, [2]])));
      expect(odd.parameters().map((one) => one.item())).toEqual([2, 2]);
    });
  });

  test('a prefix of every key, which the module knows without it, is named; long lists are cut', () => {
    scope(() => {
      const net = new Sequential(...Array.from({ length: 5 }, () => new Linear(1, 1)));
      const under = (prefix: string) =>
        Object.fromEntries(Object.entries(net.stateDict()).map(([key, one]) => [prefix + key, one]));
      const sentence = (prefix: string, more: Record<string, Tensor> = {}) => {
        try {
          net.loadStateDict({ ...under(prefix), ...more });
        } catch (error) {
          return (error as Error).message;
        }
        return 'loaded';
      };
      const first = ['0.weight', '0.bias', '1.weight', '1.bias', '2.weight', '2.bias', '3.weight', '3.bias'];
      expect(sentence('module.')).toBe(
        `loadStateDict: missing keys: ${first.join(', ')} and 2 more; unexpected keys: ` +
          `${first.map((key) => `module.${key}`).join(', ')} and 2 more; every key starts with 'module.': strip it`,
      );
      expect(sentence('module.model.')).toMatch(/; every key starts with 'module\.model\.': strip it$/);
      expect(sentence('module.', { epoch: ones([1]) })).toMatch(/epoch|3 more$/);
      expect(sentence('module_')).not.toMatch('strip');
      expect(sentence('', { 'a.b': ones([1]) })).toBe(
        'loadStateDict: missing keys: none; unexpected keys: a.b',
      );
      expect(sentence('')).toBe('loaded');
    });
  });

  test('results can be given to operators: narrowed by dtype, or made known', () => {
    scope(() => {
      const net = make();
      const weight = net.stateDict()['0.weight']!;
      expectTypeOf(weight).toEqualTypeOf<AnyTensor>();
      expect(relu(weight.as('float32')).shape).toEqual([1, 1, 1, 1]);
      if (weight.dtype === 'float32') expect(add(weight, 1).shape).toEqual([1, 1, 1, 1]);
      expect(() => weight.as('int32')).toThrow(TypeError);
    });
  });
});
