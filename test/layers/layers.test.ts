import {
  AvgPool1d,
  AvgPool2d,
  AvgPool3d,
  avgPool1d,
  avgPool2d,
  avgPool3d,
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  batchNorm,
  ConstantPad1d,
  ConstantPad2d,
  ConstantPad3d,
  Conv1d,
  Conv2d,
  Conv3d,
  conv1d,
  conv2d,
  conv3d,
  ELU,
  elu,
  Flatten,
  flatten,
  GELU,
  gelu,
  Hardsigmoid,
  Hardswish,
  hardSigmoid,
  hardSwish,
  interpolate,
  LeakyReLU,
  Linear,
  LogSoftmax,
  LPPool1d,
  LPPool2d,
  LPPool3d,
  leakyRelu,
  linear,
  logSoftmax,
  lpPool1d,
  lpPool2d,
  lpPool3d,
  MaxPool1d,
  MaxPool2d,
  MaxPool3d,
  MinPool1d,
  MinPool2d,
  MinPool3d,
  Mish,
  type Module,
  manualSeed,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  minPool1d,
  minPool2d,
  minPool3d,
  mish,
  PReLU,
  pad1d,
  pad2d,
  pad3d,
  prelu,
  ReLU,
  ReLU6,
  randn,
  relu,
  relu6,
  SELU,
  Sigmoid,
  SiLU,
  Softmax,
  Softplus,
  SumPool1d,
  SumPool2d,
  SumPool3d,
  scope,
  selu,
  sigmoid,
  silu,
  softmax,
  softplus,
  sumPool1d,
  sumPool2d,
  sumPool3d,
  Tanh,
  type Tensor,
  tanh,
  tensor,
  Upsample,
  ZeroPad1d,
  ZeroPad2d,
  ZeroPad3d,
} from 'striate';
import { expect, test } from 'vitest';
import { expectSame } from '../support/compare.ts';
import { references } from '../support/families.ts';
import type { Plain } from '../support/plain.ts';
import { inEachVariant } from '../support/runtime.ts';

type Layer = Module<[Tensor], unknown> & { weight?: Tensor; bias?: Tensor | null };

/** A layer, an input's shape, and the operator that it must be. */
const layers: Record<
  string,
  [() => Module<[Tensor], Tensor>, number[], (x: Tensor, layer: Layer) => Tensor]
> = {
  Conv1d: [
    () => new Conv1d(2, 4, 3, { stride: 2, padding: 1 }),
    [1, 2, 7],
    (x, l) => conv1d(x, l.weight!, l.bias, { stride: 2, padding: 1 }),
  ],
  Conv2d: [
    () => new Conv2d(4, 6, [3, 2], { groups: 2, padding: 'same' }),
    [2, 4, 5, 6],
    (x, l) => conv2d(x, l.weight!, l.bias, { groups: 2, padding: 'same' }),
  ],
  'Conv2d without bias': [
    () => new Conv2d(2, 3, 1, { bias: false }),
    [1, 2, 3, 3],
    (x, l) => conv2d(x, l.weight!),
  ],
  'Conv2d that is flipped and dilated': [
    () => new Conv2d(2, 3, 2, { dilation: 2, flipKernel: true }),
    [1, 2, 4, 4],
    (x, l) => conv2d(x, l.weight!, l.bias, { dilation: 2, flipKernel: true }),
  ],
  Conv3d: [() => new Conv3d(1, 2, 2), [1, 1, 3, 4, 5], (x, l) => conv3d(x, l.weight!, l.bias)],
  Linear: [() => new Linear(5, 3), [2, 4, 5], (x, l) => linear(x, l.weight!, l.bias)],
  'Linear without bias': [() => new Linear(5, 3, { bias: false }), [5], (x, l) => linear(x, l.weight!)],
  MaxPool1d: [() => new MaxPool1d(3, { stride: 1 }), [1, 2, 6], (x) => maxPool1d(x, 3, { stride: 1 })],
  MaxPool2d: [
    () => new MaxPool2d([2, 3], { padding: [1, 1], ceilMode: true }),
    [1, 2, 6, 6],
    (x) => maxPool2d(x, [2, 3], { padding: [1, 1], ceilMode: true }),
  ],
  MaxPool3d: [() => new MaxPool3d(2), [1, 1, 4, 4, 4], (x) => maxPool3d(x, 2)],
  LeakyReLU: [
    () => new LeakyReLU({ negativeSlope: 0.5 }),
    [2, 3],
    (x) => leakyRelu(x, { negativeSlope: 0.5 }),
  ],
  GELU: [() => new GELU(), [2, 3], (x) => gelu(x)],
  'GELU by tanh': [() => new GELU({ approximate: 'tanh' }), [2, 3], (x) => gelu(x, { approximate: 'tanh' })],
  Mish: [() => new Mish(), [2, 3], (x) => mish(x)],
  Softplus: [() => new Softplus(), [2, 3], (x) => softplus(x)],
  'Softplus with options': [
    () => new Softplus({ beta: 2, threshold: 1 }),
    [2, 3],
    (x) => softplus(x, { beta: 2, threshold: 1 }),
  ],
  Softmax: [() => new Softmax(), [2, 3], (x) => softmax(x)],
  'Softmax along channels': [() => new Softmax({ dim: 1 }), [2, 3, 4], (x) => softmax(x, { dim: 1 })],
  LogSoftmax: [() => new LogSoftmax({ dim: -2 }), [2, 3, 4], (x) => logSoftmax(x, { dim: 1 })],
  'LeakyReLU by default': [() => new LeakyReLU(), [2, 3], (x) => leakyRelu(x)],
  ELU: [() => new ELU({ alpha: 2 }), [2, 3], (x) => elu(x, { alpha: 2 })],
  SELU: [() => new SELU(), [2, 3], (x) => selu(x)],
  SiLU: [() => new SiLU(), [2, 3], (x) => silu(x)],
  Tanh: [() => new Tanh(), [2, 3], (x) => tanh(x)],
  Hardswish: [() => new Hardswish(), [2, 3], (x) => hardSwish(x)],
  Hardsigmoid: [() => new Hardsigmoid(), [2, 3], (x) => hardSigmoid(x)],
  ZeroPad1d: [() => new ZeroPad1d(2) as never, [1, 2, 3], (x) => pad1d(x, 2)],
  ZeroPad2d: [
    () =>
      new ZeroPad2d([
        [1, 0],
        [0, 2],
      ]) as never,
    [1, 1, 2, 3],
    (x) =>
      pad2d(x, [
        [1, 0],
        [0, 2],
      ]),
  ],
  ZeroPad3d: [() => new ZeroPad3d(1) as never, [1, 1, 2, 2, 2], (x) => pad3d(x, 1)],
  ConstantPad1d: [() => new ConstantPad1d(1, -2) as never, [1, 2, 3], (x) => pad1d(x, 1, { value: -2 })],
  ConstantPad2d: [
    () =>
      new ConstantPad2d(
        [
          [1, 1],
          [0, 2],
        ],
        3,
      ) as never,
    [1, 2, 3, 2],
    (x) =>
      pad2d(
        x,
        [
          [1, 1],
          [0, 2],
        ],
        { value: 3 },
      ),
  ],
  ConstantPad3d: [
    () =>
      new ConstantPad3d(
        [
          [-1, 1],
          [0, 0],
          [2, 0],
        ],
        3,
      ) as never,
    [1, 1, 2, 2, 2],
    (x) =>
      pad3d(
        x,
        [
          [-1, 1],
          [0, 0],
          [2, 0],
        ],
        { value: 3 },
      ),
  ],
  MinPool1d: [() => new MinPool1d(3, { stride: 1 }), [1, 2, 6], (x) => minPool1d(x, 3, { stride: 1 })],
  MinPool2d: [() => new MinPool2d(2), [1, 2, 6, 6], (x) => minPool2d(x, 2)],
  MinPool3d: [() => new MinPool3d(2), [1, 1, 4, 4, 4], (x) => minPool3d(x, 2)],
  AvgPool1d: [() => new AvgPool1d(3), [1, 2, 6], (x) => avgPool1d(x, 3)],
  AvgPool2d: [
    () => new AvgPool2d(3, { padding: 1, countIncludePad: false }),
    [1, 2, 6, 6],
    (x) => avgPool2d(x, 3, { padding: 1, countIncludePad: false }),
  ],
  AvgPool3d: [
    () => new AvgPool3d(2, { divisorOverride: 3 }),
    [1, 1, 4, 4, 4],
    (x) => avgPool3d(x, 2, { divisorOverride: 3 }),
  ],
  SumPool1d: [() => new SumPool1d(2), [1, 2, 6], (x) => sumPool1d(x, 2)],
  SumPool2d: [() => new SumPool2d([1, 2]), [1, 2, 6, 6], (x) => sumPool2d(x, [1, 2])],
  SumPool3d: [() => new SumPool3d(2, { stride: 1 }), [1, 1, 4, 4, 4], (x) => sumPool3d(x, 2, { stride: 1 })],
  LPPool1d: [() => new LPPool1d(2, 3), [1, 2, 6], (x) => lpPool1d(x, 2, 3)],
  LPPool2d: [
    () => new LPPool2d(1, 2, { absolute: true }),
    [1, 2, 6, 6],
    (x) => lpPool2d(x, 1, 2, { absolute: true }),
  ],
  LPPool3d: [() => new LPPool3d(2, 2), [1, 1, 4, 4, 4], (x) => lpPool3d(x, 2, 2)],
  ReLU: [() => new ReLU(), [7], (x) => relu(x)],
  ReLU6: [() => new ReLU6(), [7], (x) => relu6(x)],
  Sigmoid: [() => new Sigmoid(), [7], (x) => sigmoid(x)],
  PReLU: [
    () => new PReLU({ numParameters: 3, init: 0.5 }),
    [2, 3, 4],
    (x) => prelu(x, tensor([0.5, 0.5, 0.5])),
  ],
  'PReLU with one slope': [() => new PReLU(), [2, 3], (x) => prelu(x, tensor([0.25]))],
  Flatten: [() => new Flatten() as unknown as Module<[Tensor], Tensor>, [2, 3, 4], (x) => flatten(x, 1)],
  'Flatten from the middle': [
    () => new Flatten({ startDim: -3, endDim: 2 }) as unknown as Module<[Tensor], Tensor>,
    [2, 3, 4, 5],
    (x) => flatten(x, 1, 2),
  ],
  Upsample: [
    () => new Upsample({ scaleFactor: 2 }) as unknown as Module<[Tensor], Tensor>,
    [1, 2, 3, 4],
    (x) => interpolate(x, { scaleFactor: 2 }),
  ],
  'Upsample to a size': [
    () =>
      new Upsample({ size: [5, 3], mode: 'bilinear', alignCorners: true }) as unknown as Module<
        [Tensor],
        Tensor
      >,
    [1, 2, 3, 4],
    (x) => interpolate(x, { size: [5, 3], mode: 'bilinear', alignCorners: true }),
  ],
  'BatchNorm2d in eval mode': [
    () => new BatchNorm2d(3, { eps: 0.5 }).eval(),
    [2, 3, 2, 2],
    (x) => batchNorm(x, tensor([0, 0, 0]), tensor([1, 1, 1]), null, null, { eps: 0.5 }),
  ],
  'BatchNorm2d without affine map': [
    () => new BatchNorm2d(3, { affine: false }).eval(),
    [2, 3, 2, 2],
    (x) => batchNorm(x, tensor([0, 0, 0]), tensor([1, 1, 1])),
  ],
  'BatchNorm2d without running statistics, in eval mode too': [
    () => new BatchNorm2d(3, { trackRunningStats: false }).eval(),
    [2, 3, 2, 2],
    (x) => batchNorm(x, null, null, null, null, { training: true }),
  ],
};

inEachVariant('layers', () => {
  test.each(Object.entries(layers))('%s is its operator', (_, [make, shape, operator]) => {
    scope(() => {
      const [layer, x] = [make(), randn(shape, { seed: 1 })];
      const expected = operator(x, layer as Layer);
      for (const y of [layer.forward(x), layer.run(x)]) {
        expect(y.shape).toEqual(expected.shape);
        expectSame(y.data, expected.data);
      }
    });
  });

  test('an option that a pooling layer does not have is refused by its constructor', () => {
    const any = (value: unknown) => value as never;
    expect(() => new MaxPool2d(2, any({ groups: 2 }))).toThrow(
      "MaxPool2d: there is no option 'groups'; options are stride, padding, dilation, ceilMode, returnIndices",
    );
    expect(() => new SumPool1d(2, any({ returnIndices: true }))).toThrow(TypeError);
    expect(() => new LPPool3d(2, 2, any({ divisorOverride: 2 }))).toThrow(
      "LPPool3d: there is no option 'divisorOverride'",
    );
  });

  test('MaxPool2d with returnIndices gives both', () => {
    scope(() => {
      const x = tensor([1, 4, 2, 3], [1, 1, 2, 2]);
      const [values, indices] = new MaxPool2d(2, { returnIndices: true }).forward(x);
      expect([values.item(), indices.item(), indices.dtype]).toEqual([4, 1, 'int32']);
    });
  });

  test.each([
    ['BatchNorm1d of rows', () => new BatchNorm1d(3, { momentum: 0.3 }), [5, 3], 0.3],
    ['BatchNorm1d of lines', () => new BatchNorm1d(3), [2, 3, 7], 0.1],
    ['BatchNorm2d', () => new BatchNorm2d(3, { momentum: 1 }), [2, 3, 4, 5], 1],
    ['BatchNorm2d with momentum 0', () => new BatchNorm2d(3, { momentum: 0 }), [2, 3, 4, 5], 0],
    ['BatchNorm3d', () => new BatchNorm3d(3), [2, 3, 2, 3, 2], 0.1],
  ] as const)(
    '%s in train mode: statistics of the batch, the running variance unbiased',
    (_, make, shape, momentum) => {
      scope(() => {
        const layer = make();
        const plain = (data: number[], of: readonly number[]): Plain => ({
          shape: [...of],
          dtype: 'float32',
          data,
        });
        const [mean, variance] = [plain([0, 0, 0], [3]), plain([1, 1, 1], [3])];
        const options = { training: true, momentum };
        for (const seed of [1, 2, 3]) {
          const x = randn(shape, { seed });
          x.data.set(x.data.map((v, i) => 3 * v + (i % 5)));
          const given = plain(Array.from(x.data), shape);
          // The reference moves the running statistics as well.
          const expected = references.batchNorm!.run(given, mean, variance, null, null, options) as Plain;
          expectSame(layer.forward(x).data, expected.data, 1e-5);
          expectSame(layer.running_mean!.data, mean.data, 1e-5);
          expectSame(layer.running_var!.data, variance.data, 1e-5);
        }
        const before = layer.running_mean!.toTypedArray();
        layer.eval().forward(randn(shape, { seed: 9 }));
        expectSame(layer.running_mean!.data, before);
      });
    },
  );
});

/** What numbers of a uniform distribution within +-bound must be, within five standard errors. */
function expectUniform(values: Float32Array, bound: number): void {
  const n = values.length;
  const mean = values.reduce((sum, v) => sum + v, 0) / n;
  const variance = values.reduce((sum, v) => sum + v * v, 0) / n;
  expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(Math.fround(bound));
  expect(Math.max(...values.map(Math.abs))).toBeGreaterThan(bound * (1 - 20 / n));
  expect(Math.abs(mean)).toBeLessThan((5 * bound) / Math.sqrt(3 * n));
  expect(Math.abs(variance / (bound * bound) - 1 / 3)).toBeLessThan((5 * Math.sqrt(4 / 45)) / Math.sqrt(n));
}

inEachVariant('initial values', () => {
  test.each([
    ['Conv2d', () => new Conv2d(16, 64, 3, { seed: 1 }), 16 * 9],
    ['Conv2d in groups', () => new Conv2d(64, 128, 3, { groups: 4, seed: 2 }), 16 * 9],
    ['depthwise Conv2d', () => new Conv2d(512, 512, 3, { groups: 512, seed: 3 }), 9],
    ['Conv1d', () => new Conv1d(32, 100, 5, { seed: 4 }), 160],
    ['Conv3d', () => new Conv3d(4, 100, [1, 2, 3], { seed: 5 }), 24],
    ['Linear', () => new Linear(100, 300, { seed: 6 }), 100],
  ] as const)('%s: weight and bias are uniform within 1 / sqrt(fan in), as PyTorch', (_, make, fanIn) => {
    scope(() => {
      const layer = make();
      expectUniform(layer.weight.data, 1 / Math.sqrt(fanIn));
      expectUniform(layer.bias!.data, 1 / Math.sqrt(fanIn));
    });
  });

  test('the same seed gives the same values, another gives others', () => {
    scope(() => {
      const [a, b, c] = [7, 7, 8].map((seed) => new Conv2d(3, 4, 3, { seed })) as [Conv2d, Conv2d, Conv2d];
      expectSame(a.weight.data, b.weight.data);
      expectSame(a.bias!.data, b.bias!.data);
      expect(Array.from(c.weight.data)).not.toEqual(Array.from(a.weight.data));
      // The bias is not the beginning of the weight.
      expect(Array.from(a.bias!.data)).not.toEqual(Array.from(a.weight.data.subarray(0, 4)));
    });
  });

  test('without a seed manualSeed decides, and layers differ from each other', () => {
    scope(() => {
      const make = () => [new Linear(3, 4), new Linear(3, 4)] as const;
      manualSeed(5);
      const [a, b] = make();
      manualSeed(5);
      const [c, d] = make();
      manualSeed(6);
      const [e] = make();
      expectSame(a.weight.data, c.weight.data);
      expectSame(b.weight.data, d.weight.data);
      expectSame(b.bias!.data, d.bias!.data);
      expect(Array.from(a.weight.data)).not.toEqual(Array.from(b.weight.data));
      expect(Array.from(a.weight.data)).not.toEqual(Array.from(e.weight.data));
    });
  });

  test('a layer with a seed takes nothing from the generator', () => {
    scope(() => {
      manualSeed(5);
      const a = randn([3]);
      manualSeed(5);
      new Linear(3, 4, { seed: 1 });
      expectSame(randn([3]).data, a.data);
    });
  });

  test('the largest seed', () => {
    scope(() => expect(new Linear(1, 1, { seed: Number.MAX_SAFE_INTEGER }).bias!.shape).toEqual([1]));
  });

  test('BatchNorm and PReLU begin with ones, zeros and quarters', () => {
    scope(() => {
      const { weight, bias, running_mean, running_var } = new BatchNorm2d(2);
      expect([weight, bias, running_mean, running_var].map((t) => t!.toArray())).toEqual([
        [1, 1],
        [0, 0],
        [0, 0],
        [1, 1],
      ]);
      expect(new PReLU().weight.toArray()).toEqual([0.25]);
    });
  });
});
