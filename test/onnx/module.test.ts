/** Imported models as modules: at once, compiled, under gradients, trained, in part frozen. */
import { readFileSync } from 'node:fs';
import {
  add,
  allClose,
  batchNorm,
  compile,
  conv2d,
  flatten,
  globalAvgPool,
  init,
  linear,
  Module,
  mean,
  memory,
  mul,
  ones,
  randn,
  relu,
  scope,
  sub,
  sum,
  type Tensor,
  tensor,
  valueAndGrad,
  zeros,
} from 'striate';
import { loadModel, type Model } from 'striate/onnx';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { fetchData } from '../../scripts/fetch-data.mjs';
import { Float, floats, int64s, type ModelSpec, model } from './encode.ts';

beforeAll(async () => {
  await init();
});

afterEach(() => {
  expect(memory.stats()).toMatchObject({ liveBytes: 0, liveTensors: 0 });
});

// biome-ignore lint/suspicious/noExplicitAny: the calls are wrong on purpose.
const any = (value: unknown): any => value;

const counting = (size: number, step: number) =>
  Array.from({ length: size }, (_, i) => (((i * 7) % 11) - 5) * step);

const net: ModelSpec = {
  nodes: [
    { op: 'Conv', in: ['x', 'conv.weight', 'conv.bias'], out: ['a'], attributes: { pads: [1, 1, 1, 1] } },
    { op: 'BatchNormalization', in: ['a', 'bn.weight', 'bn.bias', 'bn.mean', 'bn.var'], out: ['b'] },
    { op: 'Clip', in: ['b', 'low', 'high'], out: ['c'], name: 'clip' },
    { op: 'GlobalAveragePool', in: ['c'], out: ['d'] },
    { op: 'Flatten', in: ['d'], out: ['e'] },
    { op: 'Gemm', in: ['e', 'fc.weight', 'fc.bias'], out: ['y'], attributes: { transB: 1 } },
  ],
  weights: [
    floats('conv.weight', [4, 2, 3, 3], counting(72, 0.1)),
    floats('conv.bias', [4], [0.1, -0.2, 0.3, 0]),
    floats('bn.weight', [4], [1, 2, 0.5, 1]),
    floats('bn.bias', [4], [0, 1, 0, -1]),
    floats('bn.mean', [4], [0.5, 0, 0, 1]),
    floats('bn.var', [4], [1, 2, 1, 0.5]),
    floats('low', [], [0]),
    floats('high', [], [6]),
    floats('fc.weight', [3, 4], counting(12, 0.2)),
    floats('fc.bias', [3], [1, 2, 3]),
  ],
  inputs: { x: [['batch', 2, 6, 6]] },
};

/** Loads a model and has `use` look at it in a scope. */
async function load(spec: ModelSpec, use: (loaded: Model) => void): Promise<void> {
  const loaded = await loadModel(model(spec));
  try {
    scope(() => use(loaded));
  } finally {
    loaded.dispose();
  }
}

const close = (a: Tensor, b: Tensor, rtol = 1e-5) => expect(allClose(a, b, { rtol, atol: 1e-6 })).toBe(true);

describe('a module of a model', () => {
  test('its float weights are parameters by name, statistics buffers, and bounds nothing', () =>
    load(net, (loaded) => {
      const made = loaded.toModule();
      expect(made).toBeInstanceOf(Module);
      expect(made.training).toBe(false);
      expect(made.namedParameters().map(([name]) => name)).toEqual([
        ...['conv.weight', 'conv.bias', 'bn.weight', 'bn.bias', 'fc.weight', 'fc.bias'],
      ]);
      expect(made.namedBuffers().map(([name]) => name)).toEqual(['bn.mean', 'bn.var']);
      expect(Object.keys(made.stateDict()).length).toBe(8);
      expect(`${made}`).toBe('OnnxModule(x -> y)');
    }));
  test('gives what the model gives: at once, compiled, and as a part of another', () =>
    load(net, (loaded) => {
      const made = loaded.toModule();
      const x = randn([2, 2, 6, 6], { seed: 1 });
      const { y } = loaded.run({ x }) as { y: Tensor };
      close(made.forward(x), y);
      close(compile(made, { inputs: [[2, 2, 6, 6]] }).run(x), y);
      class Whole extends Module {
        body = made;
        forward(a: Tensor): Tensor {
          return mul(this.body.forward(a), 2);
        }
      }
      const whole = new Whole();
      expect(whole.namedParameters()[0]?.[0]).toBe('body.conv.weight');
      close(whole.forward(x), mul(y, 2));
      const named = compile(whole, { inputs: [[2, 2, 6, 6]], outputs: ['body', 'clip'] }).run(x);
      close(named.body, y);
      expect((named.clip as unknown as Tensor).shape).toEqual([2, 4, 6, 6]);
    }));
  test('nothing of a call is left but its result', () =>
    load(net, (loaded) => {
      const made = loaded.toModule();
      const x = ones([1, 2, 6, 6]);
      const before = memory.stats().liveTensors;
      made.forward(x).dispose();
      expect(memory.stats().liveTensors).toBe(before);
    }));
  test('gradients are those of the same operators', () =>
    load(net, (loaded) => {
      const made = loaded.toModule();
      const x = randn([2, 2, 6, 6], { seed: 2 });
      const loss = (y: Tensor) => mean(mul(y, y));
      const { value, grads } = valueAndGrad((one: Module) => loss(one.forward(x)), made as Module);
      const state = made.stateDict() as Record<string, Tensor>;
      const plain = (...w: Tensor[]): Tensor => {
        const [weight, bias, scale, shift, head, last] = w as [
          Tensor,
          Tensor,
          Tensor,
          Tensor,
          Tensor,
          Tensor,
        ];
        const a = conv2d(x, weight, bias, { padding: 1 });
        const b = batchNorm(a, state['bn.mean']!, state['bn.var']!, scale, shift);
        // No value is above 6.
        return loss(linear(flatten(globalAvgPool(relu(b)), 1), head, last));
      };
      const names = made.namedParameters().map(([name]) => name);
      const expected = valueAndGrad(plain, made.parameters());
      close(value, expected.value);
      for (const [i, name] of names.entries()) close(grads[name]!, expected.grads[i] as Tensor, 1e-4);
    }));
  test('trained, its weights change and the model does not; what is frozen stays', () =>
    load(net, (loaded) => {
      const made = loaded.toModule();
      const x = randn([4, 2, 6, 6], { seed: 3 });
      const target = zeros([4, 3]);
      const before = loaded.run({ x }).y as Tensor;
      const head = made.namedParameters().filter(([name]) => name.startsWith('fc.'));
      const body = made.stateDict()['conv.weight']!.toArray();
      const losses: number[] = [];
      for (let step = 0; step < 20; step++) {
        const tensors = head.map(([, one]) => one);
        const { value, grads } = valueAndGrad(() => {
          const difference = sub(made.forward(x), target);
          return mean(mul(difference, difference));
        }, tensors);
        losses.push(value.item());
        for (const [i, one] of tensors.entries()) one.assign(sub(one, mul(grads[i] as Tensor, 0.1)));
      }
      expect(losses[19]!).toBeLessThan(losses[0]! / 10);
      expect(made.stateDict()['conv.weight']!.toArray()).toEqual(body);
      close(loaded.run({ x }).y as Tensor, before);
      expect(allClose(made.forward(x), before)).toBe(false);
      made.loadStateDict(loaded.toModule().stateDict());
      close(made.forward(x), before);
    }));
  test('in training, batch norm goes by the batch and keeps its statistics running', () =>
    load(net, (loaded) => {
      const made = loaded.toModule({ outputs: ['b'] }).train();
      const x = randn([3, 2, 6, 6], { seed: 4 });
      const state = made.stateDict() as Record<string, Tensor>;
      const a = conv2d(x, state['conv.weight']!, state['conv.bias']!, { padding: 1 });
      const running = [state['bn.mean']!.clone(), state['bn.var']!.clone()] as const;
      const y = batchNorm(a, ...running, state['bn.weight']!, state['bn.bias']!, {
        training: true,
        momentum: Math.fround(1 - Math.fround(0.9)),
      });
      close(made.forward(x), y);
      close(state['bn.mean']!, running[0]);
      close(state['bn.var']!, running[1]);
      expect(state['bn.mean']!.toArray()).not.toEqual([0.5, 0, 0, 1]);
      const program = compile(made, { inputs: [[3, 2, 6, 6]], mode: 'train' });
      close(program.run(x), y);
      expect(allClose(state['bn.mean']!, running[0])).toBe(false);
    }));
  test('in training, dropout drops', async () => {
    const weights = [floats('r', [], [0.25])];
    for (const [opset, inputs] of [
      [7, ['x']],
      [13, ['x', 'r']],
    ] as const) {
      const attributes = opset === 7 ? { ratio: new Float(0.25) } : {};
      const nodes = [{ op: 'Dropout', in: inputs, attributes }];
      await load({ nodes, weights, inputs: { x: [[1000]] }, opset }, (loaded) => {
        const made = loaded.toModule();
        const x = ones([1000]);
        expect(sum(made.forward(x)).item()).toBe(1000);
        const dropped = made.train().forward(x).toTypedArray();
        expect(new Set(dropped)).toEqual(new Set([0, Math.fround(4 / 3)]));
        expect(
          compile(made, { inputs: [[1000]] })
            .run(x)
            .toTypedArray(),
        ).toEqual(x.toTypedArray());
      });
    }
  });
  test('a weight that loading folded, one that shapes need, and names that objects have', () =>
    load(
      {
        nodes: [
          { op: 'Transpose', in: ['raw'], out: ['turned'] },
          { op: 'MatMul', in: ['x', 'turned'], out: ['a'] },
          { op: 'Add', in: ['a', 'forward'], out: ['b'] },
          { op: 'Mul', in: ['b', '__proto__'], out: ['c'] },
          { op: 'Resize', in: ['c', '', 'scales'], out: ['d'] },
          { op: 'Constant', in: [], out: ['half'], attributes: { value_float: new Float(0.5) } },
          { op: 'Mul', in: ['d', 'half'], out: ['y'] },
        ],
        weights: [
          floats('raw', [2, 2], [1, 2, 3, 4]),
          floats('forward', [2], [1, 1]),
          floats('__proto__', [2], [2, 2]),
          floats('scales', [2], [1, 2]),
        ],
        inputs: { x: [[1, 2]] },
      },
      (loaded) => {
        const made = loaded.toModule();
        expect(
          made
            .namedParameters()
            .map(([name]) => name)
            .sort(),
        ).toEqual(['__proto__', 'forward', 'turned']);
        expect(made.forward(tensor([[1, 1]])).toArray()).toEqual([[4, 4, 8, 8]]);
      },
    ));
  test('several inputs and outputs, by order and by name; inner values', () =>
    load(
      {
        nodes: [
          { op: 'Add', in: ['a', 'b'], out: ['sum'] },
          { op: 'Relu', in: ['sum'], out: ['positive'] },
          { op: 'Neg', in: ['positive'], out: ['negative'] },
        ],
        inputs: { a: [[2]], b: [[2]] },
        outputs: ['positive', 'negative'],
      },
      (loaded) => {
        const [a, b] = [tensor([1, -3]), tensor([1, 1])];
        const both = loaded.toModule<Record<'positive' | 'negative', Tensor>>().forward(a, b);
        expect([both.positive.toArray(), both.negative.toArray()]).toEqual([
          [2, 0],
          [-2, -0],
        ]);
        expect(
          loaded
            .toModule({ outputs: ['sum'] })
            .forward(a, b)
            .toArray(),
        ).toEqual([2, -2]);
        const given = loaded.toModule({ outputs: ['a'] }).forward(a, b);
        expect(given).not.toBe(a);
        expect(given.toArray()).toEqual([1, -3]);
      },
    ));
  test('both BlazeFace models', async () => {
    const { models } = fetchData({ log: () => {} });
    for (const file of [models.front, models.back]) {
      const loaded = await loadModel(new Uint8Array(readFileSync(file)));
      scope(() => {
        const made = loaded.toModule<Record<string, Tensor>>();
        const shape = loaded.inputs[0]!.shape!.map((size) => (typeof size === 'number' ? size : 1));
        const x = randn(shape, { seed: 5 });
        const expected = loaded.run(x) as Record<string, Tensor>;
        const found = made.forward(x);
        for (const name of Object.keys(expected)) close(found[name]!, expected[name]!, 1e-3);
        expect(made.parameters().length).toBeGreaterThan(50);
        const loss = () => add(sum(found[Object.keys(found)[0]!]!), 0);
        expect(loss().size).toBe(1);
        const { grads } = valueAndGrad(
          (one: Module) => mean(Object.values((one as unknown as typeof made).forward(x))[0] as Tensor),
          made as unknown as Module,
        );
        expect(Object.values(grads).some((one) => one.toTypedArray().some((value) => value !== 0))).toBe(
          true,
        );
      });
      loaded.dispose();
    }
  });
});

describe('what is wrong', () => {
  const refused = (
    call: (loaded: Model) => unknown,
    kind: ErrorConstructor | RangeErrorConstructor,
    is: string,
  ) =>
    load(net, (loaded) => {
      expect(() => call(loaded)).toThrow(kind);
      expect(() => call(loaded)).toThrow(is);
    });
  const x = () => ones([1, 2, 6, 6]);
  test('inputs', async () => {
    await refused(
      (m) => m.toModule().forward(),
      RangeError,
      "forward: it is given 0 tensors, must be given 1: 'x'",
    );
    await refused(
      (m) => m.toModule().forward(any([1])),
      TypeError,
      "forward: input 'x' is [1], must be a Tensor",
    );
    const bytes = () => zeros([1, 2, 6, 6], { dtype: 'uint8' });
    await refused(
      (m) => m.toModule().forward(bytes()),
      TypeError,
      "forward: input 'x' is a Tensor, must be a Tensor of float32",
    );
    await refused(
      (m) => m.toModule().forward(ones([1, 3, 6, 6])),
      RangeError,
      "forward: input 'x' has shape 1x3x6x6, must be [batch, 2, 6, 6]",
    );
  });
  test('options, and a model that is disposed', async () => {
    await refused(
      (m) => m.toModule(any({ output: [] })),
      TypeError,
      "Model.toModule: there is no option 'output'; options are outputs",
    );
    await refused(
      (m) => m.toModule({ outputs: ['z'] }),
      RangeError,
      "Model.toModule: outputs names 'z', which nothing in the model makes; its outputs are 'y'",
    );
    await refused(
      (m) => {
        m.dispose();
        m.toModule();
      },
      TypeError,
      'Model.toModule: the model is disposed',
    );
  });
  test('a disposed module', () =>
    load(net, (loaded) => {
      const made = loaded.toModule();
      made.dispose();
      expect(() => made.forward(x())).toThrow(/is disposed/);
      expect(loaded.run({ x: x() }).y).toBeDefined();
    }));
  test('values that a traced function does not have', () =>
    load(
      {
        nodes: [
          { op: 'Cast', in: ['x'], out: ['s'], attributes: { to: 7 } },
          { op: 'Reshape', in: ['w', 's'], out: ['y'], name: 'n' },
        ],
        weights: [floats('w', [4], [1, 2, 3, 4]), int64s('t', [4])],
        inputs: { x: [[2]] },
      },
      (loaded) => {
        const made = loaded.toModule();
        expect(made.forward(tensor([2, 2])).toArray()).toEqual([
          [1, 2],
          [3, 4],
        ]);
        expect(() => compile(made, { inputs: [[2]] })).toThrow(
          "model: node 'n' (Reshape): shape (input 's') is symbolic: while a function is traced it must have values",
        );
      },
    ));
});

test('weights in Constant nodes, as PaddlePaddle writes them, are parameters; a lone number is none', async () => {
  const values = counting(2 * 3 * 3, 0.1);
  const source = await loadModel(
    model({
      nodes: [
        { op: 'Constant', in: [], out: ['w'], attributes: { value: floats('w', [2, 1, 3, 3], values) } },
        { op: 'Constant', in: [], out: ['half'], attributes: { value: floats('half', [], [0.5]) } },
        { op: 'Identity', in: ['w'], out: ['same'] },
        { op: 'Conv', in: ['x', 'same'], out: ['c'] },
        { op: 'Mul', in: ['c', 'half'], out: ['y'] },
      ],
      inputs: { x: [[1, 1, 5, 5]] },
    }),
  );
  const net = source.toModule();
  expect(net.namedParameters().map(([name, { shape }]) => [name, shape])).toEqual([['same', [2, 1, 3, 3]]]);
  scope(() => {
    const x = randn([1, 1, 5, 5], { seed: 1 });
    const { grads } = valueAndGrad(() => sum(net.forward(x)), net);
    expect(Object.values(grads).map(({ shape }) => shape)).toEqual([[2, 1, 3, 3]]);
    expect(net.forward(x).toArray()).toEqual(Object.values(source.run(x))[0]!.toArray());
  });
  for (const one of [net, source]) one.dispose();
});
