/** What onnxruntime's optimiser writes: each is its parts, which models may name as well. */
import { expect, test } from 'vitest';
import { type Attribute, Float, floats, type NodeSpec } from './encode.ts';
import { type Case, run } from './run.ts';

const domain = 'com.microsoft';
const numbers = (size: number) => Array.from({ length: size }, (_, i) => ((7 * i) % 11) / 4 - 1.25);
const some = (name: string, ...shape: number[]) =>
  floats(name, shape, numbers(shape.reduce((a, b) => a * b, 1)));
const close = (values: number[]) => values.map((value) => expect.closeTo(value, 5));

/** One node and the nodes that it stands for give the same. */
async function same(fused: NodeSpec, parts: NodeSpec[], given: Case): Promise<void> {
  const values = numbers((given.shape as number[]).reduce((a, b) => a * b, 1));
  const [a] = await run([{ ...fused, domain }], { values, ...given });
  const [b] = await run(parts, { values, ...given });
  expect(a).toEqual({ shape: b!.shape, data: close(b!.data) });
}

test.each<[string, number[], Record<string, Attribute>]>([
  ['Relu', [], {}],
  ['Tanh', [], {}],
  ['Sigmoid', [], {}],
  ['LeakyRelu', [0.25], { alpha: new Float(0.25) }],
  ['HardSigmoid', [0.5, 0.25], { alpha: new Float(0.5), beta: new Float(0.25) }],
])('a convolution, an addend and %s', async (activation, params, attributes) => {
  const own = params.length === 0 ? {} : { activation_params: params.map((one) => new Float(one)) };
  await same(
    { op: 'FusedConv', in: ['x', 'w', 'b', 'z'], attributes: { activation, ...own, pads: [1, 0, 1, 0] } },
    [
      { op: 'Conv', in: ['x', 'w', 'b'], out: ['c'], attributes: { pads: [1, 0, 1, 0] } },
      { op: 'Add', in: ['c', 'z'], out: ['s'] },
      { op: activation, in: ['s'], attributes },
    ],
    { shape: [1, 2, 3, 3], weights: [some('w', 2, 2, 3, 3), some('b', 2), some('z', 1, 2, 3, 1)] },
  );
});

test('a convolution and a range', async () => {
  await same(
    {
      op: 'FusedConv',
      in: ['x', 'w'],
      attributes: { activation: 'Clip', activation_params: [new Float(-1), new Float(2)] },
    },
    [
      { op: 'Conv', in: ['x', 'w'], out: ['c'] },
      { op: 'Clip', in: ['c', 'low', 'high'] },
    ],
    { shape: [1, 2, 3], weights: [some('w', 3, 2, 2), floats('low', [], [-1]), floats('high', [], [2])] },
  );
});

test('matrix products', async () => {
  const factors = { alpha: new Float(0.5), transA: 1 };
  await same(
    {
      op: 'FusedGemm',
      in: ['x', 'w', 'b'],
      attributes: { ...factors, activation: 'LeakyRelu', activation_alpha: new Float(0.25) },
    },
    [
      { op: 'Gemm', in: ['x', 'w', 'b'], out: ['g'], attributes: factors },
      { op: 'LeakyRelu', in: ['g'], attributes: { alpha: new Float(0.25) } },
    ],
    { shape: [3, 2], weights: [some('w', 3, 4), some('b', 4)] },
  );
  await same(
    { op: 'FusedMatMul', in: ['x', 'w'], attributes: { alpha: new Float(2), transB: 1 } },
    [
      { op: 'Transpose', in: ['w'], out: ['t'], attributes: { perm: [0, 2, 1] } },
      { op: 'MatMul', in: ['x', 't'], out: ['m'] },
      { op: 'Add', in: ['m', 'm'] },
    ],
    { shape: [2, 3, 4], weights: [some('w', 2, 5, 4)] },
  );
  await same(
    { op: 'FusedMatMul', in: ['x', 'w'], attributes: { transA: 1 } },
    [
      { op: 'Transpose', in: ['x'], out: ['t'], attributes: { perm: [1, 0] } },
      { op: 'MatMul', in: ['t', 'w'] },
    ],
    { shape: [3, 2], weights: [some('w', 3, 2)] },
  );
});

test('linear units', async () => {
  const gelu = async (op: string, more: string[] = []) => {
    const given = { shape: [3], values: [-1, 0.5, 2], weights: [floats('b', [3], [1, 0, -1])] };
    const [y] = await run([{ op, domain, in: ['x', ...more] }], given);
    return y!.data;
  };
  expect(await gelu('Gelu')).toEqual(close([-0.158655, 0.345731, 1.9545]));
  expect(await gelu('BiasGelu', ['b'])).toEqual(close([0, 0.345731, 0.841345]));
  expect(await gelu('FastGelu')).toEqual(close([-0.158808, 0.345714, 1.954598]));
  expect(await gelu('FastGelu', ['b'])).toEqual(close([0, 0.345714, 0.841192]));
  expect(await gelu('QuickGelu')).toEqual(close([-0.154204, 0.350388, 1.935658]));
});

test('the norm of a sum, with what it was made of', async () => {
  const outputs = ['y', 'mean', 'inverse', 'sum'];
  const node: NodeSpec = {
    ...{ op: 'SkipLayerNormalization', domain, in: ['x', 'skip', 'gamma', 'beta', 'bias'], out: outputs },
    attributes: { epsilon: new Float(0) },
  };
  const weights = [
    ...[floats('skip', [2, 2], [1, 1, 0, 2]), floats('gamma', [2], [1, 2]), floats('beta', [2], [0, 10])],
    floats('bias', [2], [0, 2]),
  ];
  const given = { shape: [2, 2], values: [0, 0, 1, 5], weights };
  const found = await run([node], { ...given, outputs });
  expect(found.map(({ data }) => data)).toEqual([
    close([-1, 12, -1, 12]),
    close([2, 5]),
    close([1, 0.25]),
    [1, 3, 1, 9],
  ]);
  const one = { ...node, in: ['x', 'skip', 'gamma'], out: ['y'] };
  expect((await run([one], { ...given, values: [0, 4, 1, 5] }))[0]!.data).toEqual(close([-1, 2, -1, 2]));
});
