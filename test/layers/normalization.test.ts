/** Layers that normalise or drop: keys, initial values, running statistics, train and eval mode. */
import {
  BatchNorm1d,
  BatchNorm2d,
  batchNorm,
  compile,
  Dropout,
  Dropout1d,
  Dropout2d,
  Dropout3d,
  dropout,
  dropout1d,
  dropout2d,
  dropout3d,
  GroupNorm,
  groupNorm,
  InstanceNorm1d,
  InstanceNorm2d,
  InstanceNorm3d,
  instanceNorm,
  LayerNorm,
  LocalResponseNorm,
  layerNorm,
  localResponseNorm,
  type Module,
  manualSeed,
  ones,
  randn,
  scope,
  type Tensor,
  tensor,
  zeros,
} from 'striate';
import { expect, test } from 'vitest';
import { expectSame } from '../support/compare.ts';
import { inEachVariant } from '../support/runtime.ts';

const values = (t: Tensor) => Array.from(t.data);

interface Row {
  readonly make: () => Module;
  readonly shape: number[];
  readonly operator: (x: Tensor) => Tensor;
  /** Of the state dict, with the one value that each tensor starts with. */
  readonly state: Record<string, readonly [shape: number[], value: number]>;
}

const affine = (n: number) => ({ weight: [[n], 1], bias: [[n], 0] }) as const;
const running = (n: number) => ({ running_mean: [[n], 0], running_var: [[n], 1] }) as const;

const layers: Record<string, Row> = {
  GroupNorm: {
    make: () => new GroupNorm(2, 6),
    shape: [2, 6, 3],
    operator: (x) => groupNorm(x, 2, ones([6]), zeros([6])),
    state: affine(6) as never,
  },
  'GroupNorm without affine map': {
    make: () => new GroupNorm(3, 6, { affine: false, eps: 0.5 }),
    shape: [2, 6, 3],
    operator: (x) => groupNorm(x, 3, null, null, { eps: 0.5 }),
    state: {},
  },
  InstanceNorm1d: {
    make: () => new InstanceNorm1d(3),
    shape: [2, 3, 4],
    operator: (x) => instanceNorm(x),
    state: {},
  },
  InstanceNorm2d: {
    make: () => new InstanceNorm2d(3, { affine: true, eps: 0.25 }),
    shape: [2, 3, 4, 2],
    operator: (x) => instanceNorm(x, ones([3]), zeros([3]), { eps: 0.25 }),
    state: affine(3) as never,
  },
  InstanceNorm3d: {
    make: () => new InstanceNorm3d(2, { affine: true, trackRunningStats: true }),
    shape: [1, 2, 2, 3, 2],
    operator: (x) => instanceNorm(x, ones([2]), zeros([2])),
    state: { ...affine(2), ...running(2) } as never,
  },
  LayerNorm: {
    make: () => new LayerNorm(5),
    shape: [2, 3, 5],
    operator: (x) => layerNorm(x, 5, ones([5]), zeros([5])),
    state: affine(5) as never,
  },
  'LayerNorm over two axes without bias': {
    make: () => new LayerNorm([3, 5], { bias: false, eps: 0.1 }),
    shape: [2, 3, 5],
    operator: (x) => layerNorm(x, [3, 5], ones([3, 5]), null, { eps: 0.1 }),
    state: { weight: [[3, 5], 1] },
  },
  'LayerNorm without affine map': {
    make: () => new LayerNorm([5], { elementwiseAffine: false }),
    shape: [2, 3, 5],
    operator: (x) => layerNorm(x, 5),
    state: {},
  },
  LocalResponseNorm: {
    make: () => new LocalResponseNorm(3, { alpha: 0.5, beta: 0.5, k: 2 }),
    shape: [2, 5, 3],
    operator: (x) => localResponseNorm(x, 3, { alpha: 0.5, beta: 0.5, k: 2 }),
    state: {},
  },
  'LocalResponseNorm by default': {
    make: () => new LocalResponseNorm(2),
    shape: [2, 5, 3, 2],
    operator: (x) => localResponseNorm(x, 2),
    state: {},
  },
  Dropout: { make: () => new Dropout(), shape: [40], operator: (x) => dropout(x), state: {} },
  Dropout1d: {
    make: () => new Dropout1d({ p: 0.2 }),
    shape: [2, 9, 3],
    operator: (x) => dropout1d(x, { p: 0.2 }),
    state: {},
  },
  Dropout2d: {
    make: () => new Dropout2d({ p: 0.2 }),
    shape: [2, 9, 3, 1],
    operator: (x) => dropout2d(x, { p: 0.2 }),
    state: {},
  },
  Dropout3d: {
    make: () => new Dropout3d({ p: 1 }),
    shape: [2, 3, 1, 2, 2],
    operator: (x) => dropout3d(x, { p: 1 }),
    state: {},
  },
};

inEachVariant('layers that normalise or drop', () => {
  test.each(Object.entries(layers))('%s is its operator, with its state', (_, row) => {
    scope(() => {
      const [layer, x] = [row.make(), randn(row.shape, { seed: 3 })];
      const state = Object.entries(layer.stateDict()).map(([key, t]) => [
        key,
        [[...t.shape], values(t as Tensor)[0]],
      ]);
      expect(Object.fromEntries(state)).toEqual(row.state);
      manualSeed(4);
      const expected = row.operator(x);
      manualSeed(4);
      expectSame(layer.forward(x).data, expected.data);
      manualSeed(4);
      const program = compile(layer, { inputs: [row.shape], mode: 'train' });
      expectSame(program.run(x).data, expected.data);
    });
  });

  test('dropout layers pass x on in eval mode', () => {
    scope(() => {
      const x = randn([2, 3, 4, 5], { seed: 1 });
      const layer = new Dropout2d({ p: 0.9 }).eval();
      expect(values(layer.forward(x))).toEqual(values(x));
      expect(layer.forward(x)).not.toBe(x);
    });
  });

  // torch.nn.InstanceNorm1d(3, affine=True, track_running_stats=True) on arange(24) ** 1.5
  test('running statistics of InstanceNorm: the means over the images', () => {
    scope(() => {
      const x = tensor(
        Array.from({ length: 24 }, (_, i) => i ** 1.5),
        [2, 3, 4],
      );
      const layer = new InstanceNorm1d(3, { affine: true, trackRunningStats: true });
      const once = (run: (x: Tensor) => Tensor) => {
        layer.running_mean!.data.fill(0);
        layer.running_var!.data.fill(1);
        run(x);
        expectSame(layer.running_mean!.data, [2.5993, 4.321, 6.4613], 1e-4);
        expectSame(layer.running_var!.data, [3.6902, 5.207, 6.709], 1e-4);
      };
      once((a) => layer.forward(a));
      const program = compile(layer, { inputs: [[2, 3, 4]], mode: 'train' });
      once((a) => program.run(a));
      layer.eval();
      const { running_mean, running_var, weight, bias } = layer;
      expectSame(layer.forward(x).data, batchNorm(x, running_mean, running_var, weight, bias).data);
      expectSame(running_mean!.data, [2.5993, 4.321, 6.4613], 1e-4);
    });
  });

  test('BatchNorm1d of rows and of lines', () => {
    scope(() => {
      const layer = new BatchNorm1d(3, { affine: false });
      expect(Object.keys(layer.stateDict())).toEqual(['running_mean', 'running_var']);
      for (const shape of [
        [4, 3],
        [4, 3, 5],
      ]) {
        const x = randn(shape, { seed: 2 });
        const expected = batchNorm(x, null, null, null, null, { training: true });
        expectSame(layer.forward(x).data, expected.data);
      }
    });
  });

  test('nothing is lost far from zero', () => {
    scope(() => {
      const [near, far] = [randn([2, 4, 33], { seed: 5 }), zeros([2, 4, 33])];
      // What is added to 1000 is a multiple of 2^-14, so that both hold the same.
      near.data.forEach((value, i) => {
        near.data[i] = Math.round(value * 2 ** 13) / 2 ** 13;
        far.data[i] = 1000 + near.data[i]!;
      });
      const norms: ((x: Tensor) => Tensor)[] = [
        (x) => groupNorm(x, 2),
        (x) => instanceNorm(x, ones([4]), ones([4])),
        (x) => layerNorm(x, 33, ones([33])),
        (x) => new BatchNorm1d(4).forward(x),
        (x) => batchNorm(x, null, null, null, null, { training: true }),
      ];
      for (const norm of norms) expectSame(norm(far).data, norm(near).data, 4e-5);
    });
  });

  test('BatchNorm2d in eval mode does not see the batch', () => {
    scope(() => {
      const layer = new BatchNorm2d(2).eval();
      const x = randn([1, 2, 1, 1], { seed: 1 });
      expectSame(layer.forward(x).data, x.data, 1e-5);
      expect(values(layer.running_mean as Tensor)).toEqual([0, 0]);
    });
  });
});
