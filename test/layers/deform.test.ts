import {
  compile,
  conv2d,
  DeformConv2d,
  DeformConv2dPack,
  deformConv2d,
  memory,
  rand,
  randn,
  scope,
  sigmoid,
  slice,
  type Tensor,
  tensor,
  zeros,
} from 'striate';
import { expect, test } from 'vitest';
import { expectSame } from '../support/compare.ts';
import { inEachVariant } from '../support/runtime.ts';

const shapesOf = (parts: Record<string, { shape: readonly number[] }>) =>
  Object.fromEntries(Object.entries(parts).map(([key, { shape }]) => [key, shape]));

inEachVariant('deformable layers', () => {
  test('DeformConv2d is its operator, with and without a mask', () => {
    scope(() => {
      const options = { stride: 2, padding: [1, 0] as const, dilation: [1, 2] as const };
      const layer = new DeformConv2d(4, 6, [3, 2], { ...options, groups: 2 });
      const x = randn([2, 4, 7, 6], { seed: 1 });
      const offset = randn([2, 24, 4, 2], { seed: 2 });
      const mask = rand([2, 12, 4, 2], { seed: 3 });
      expect(shapesOf(layer.stateDict())).toEqual({ weight: [6, 2, 3, 2], bias: [6] });
      for (const given of [null, mask]) {
        const expected = deformConv2d(x, offset, layer.weight, layer.bias, { ...options, mask: given });
        expectSame(layer.forward(x, offset, given).data, expected.data);
        expectSame(layer.run(x, offset, given).data, expected.data);
      }
      expectSame(layer.forward(x, offset).data, layer.forward(x, offset, null).data);
    });
  });

  test('without offsets it gives the bits of the convolution', () => {
    scope(() => {
      const layer = new DeformConv2d(3, 5, 5, { stride: 2, padding: 2 });
      const x = randn([2, 3, 11, 13], { seed: 1 });
      const y = layer.forward(x, zeros([2, 50, 6, 7]));
      expect([...y.data]).toEqual([...conv2d(x, layer.weight, layer.bias, { stride: 2, padding: 2 }).data]);
    });
  });

  test('initial values are uniform within 1 / sqrt(fan in), without bias if so asked', () => {
    scope(() => {
      const layer = new DeformConv2d(16, 64, 3, { seed: 1 });
      const bound = 1 / Math.sqrt(16 * 9);
      for (const { data } of layer.parameters()) {
        const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        expect(largest).toBeLessThanOrEqual(Math.fround(bound));
        expect(largest).toBeGreaterThan(0.9 * bound);
      }
      expect(new DeformConv2d(2, 2, 1, { bias: false }).bias).toBeNull();
    });
  });

  test('DeformConv2dPack starts as half of the convolution, without a mask as all of it', () => {
    scope(() => {
      const options = { padding: 1, stride: [1, 2] as const, groups: 2 };
      const x = randn([2, 4, 6, 7], { seed: 1 });
      const plain = new DeformConv2dPack(4, 6, 3, { ...options, mask: false, offsetGroups: 2 });
      expect(shapesOf(plain.stateDict())).toEqual({
        weight: [6, 2, 3, 3],
        bias: [6],
        'conv_offset.weight': [36, 4, 3, 3],
        'conv_offset.bias': [36],
      });
      expectSame(plain.forward(x).data, conv2d(x, plain.weight, plain.bias, options).data, 1e-6);

      const modulated = new DeformConv2dPack(4, 6, 3, { ...options, bias: false });
      expect(shapesOf(modulated.stateDict())).toEqual({
        weight: [6, 2, 3, 3],
        'conv_offset.weight': [27, 4, 3, 3],
        'conv_offset.bias': [27],
      });
      const half = conv2d(x, modulated.weight, null, options).data.map((value) => value / 2);
      expectSame(modulated.forward(x).data, half, 1e-6);
    });
  });

  test('DeformConv2dPack samples where its own convolution says, compiled too', () => {
    scope(() => {
      const options = { padding: 1, dilation: 1 };
      const layer = new DeformConv2dPack(4, 3, 3, { ...options, offsetGroups: 2 });
      for (const [i, values] of layer.conv_offset.parameters().entries())
        values.data.set(randn(values.shape, { seed: i + 1 }).data);
      const x = randn([2, 4, 5, 6], { seed: 9 });
      const before = memory.stats().liveTensors;
      const y = layer.forward(x);
      expect(memory.stats().liveTensors).toBe(before + 1);
      const predicted = conv2d(x, layer.conv_offset.weight, layer.conv_offset.bias, options);
      const offset = slice(predicted, [0, 0], [2, 36]);
      const mask = sigmoid(slice(predicted, [0, 36], [2, 54]));
      const expected = deformConv2d(x, offset, layer.weight, layer.bias, { ...options, mask });
      expectSame(y.data, expected.data);
      const program = compile(layer, { inputs: [x.shape] });
      expectSame((program.run(x) as Tensor).data, expected.data, 1e-6);
      expect(program.summary()).toContain('deformConv2d');
    });
  });

  test('a mask is an input of a trace like any other', () => {
    scope(() => {
      const [weight, x] = [randn([2, 3, 1, 1], { seed: 1 }), randn([1, 3, 2, 2], { seed: 2 })];
      const offset = tensor(new Float32Array(8).fill(0.25), [1, 2, 2, 2]);
      const program = compile((mask) => deformConv2d(x, offset, weight, null, { mask: mask as Tensor }), {
        inputs: [[1, 1, 2, 2]],
      });
      for (const seed of [3, 4]) {
        const mask = rand([1, 1, 2, 2], { seed });
        expectSame(program.run(mask).data, deformConv2d(x, offset, weight, null, { mask }).data);
      }
    });
  });
});
