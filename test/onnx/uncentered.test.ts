/** Weights about any zero point, between QuantizeLinear and DequantizeLinear: their convolutions multiply bytes, and give what floats give. */
import { memory, scope, tensor } from 'striate';
import { loadModel } from 'striate/onnx';
import { expect, test } from 'vitest';
import { Choices } from '../support/random.ts';
import { withRuntime } from '../support/runtime.ts';
import { floats, model, rawTensor, TYPE } from './encode.ts';

const [CHANNELS, OUTPUTS, SIDE] = [64, 5, 6];
const [X_STEP, X_ZERO] = [0.05, 117];

const OF = { uint8: Uint8Array, int8: Int8Array };
const CASES = (['uint8', 'int8'] as const).flatMap((dtype) =>
  [1, OUTPUTS].flatMap((zeros) =>
    [true, false].map((isBiased) => ({
      dtype,
      zeros,
      isBiased,
      name: `${dtype}, ${zeros}, bias ${isBiased}`,
    })),
  ),
);

withRuntime('convolutions of bytes with weights about any zero point', () => {
  test.each(CASES)('$name', async ({ dtype, zeros, isBiased }) => {
    const choices = new Choices(CASES.length * zeros + dtype.length);
    const whole = (count: number, low: number, high: number) =>
      Array.from({ length: count }, () => choices.integer(low, high));
    const [low, high] = dtype === 'uint8' ? [0, 255] : [-128, 127];
    const w = whole(OUTPUTS * CHANNELS, low, high);
    const z = whole(zeros, low, high);
    const steps = whole(zeros, 1, 9).map((one) => one / 512);
    const bias = whole(OUTPUTS, -9, 9);
    const x = whole(CHANNELS * SIDE * SIDE, 0, 255);
    const dims = zeros === 1 ? [] : [zeros];
    const file = model({
      inputs: { x: [[1, CHANNELS, SIDE, SIDE], TYPE.uint8] },
      outputs: ['y'],
      nodes: [
        { op: 'DequantizeLinear', in: ['x', 'xs', 'xz'], out: ['xf'] },
        { op: 'DequantizeLinear', in: ['w', 'ws', 'wz'], out: ['wf'], attributes: { axis: 0 } },
        {
          op: 'Conv',
          in: ['xf', 'wf', ...(isBiased ? ['b'] : [])],
          out: ['s'],
          attributes: { strides: [2, 2], pads: [1, 1, 0, 0] },
        },
        { op: 'Relu', in: ['s'], out: ['y'] },
      ],
      weights: [
        ...[floats('xs', [], [X_STEP]), rawTensor('xz', TYPE.uint8, [], Uint8Array.of(X_ZERO))],
        rawTensor('w', TYPE[dtype], [OUTPUTS, CHANNELS, 1, 1], OF[dtype].from(w)),
        ...[floats('ws', dims, steps), rawTensor('wz', TYPE[dtype], dims, OF[dtype].from(z))],
        floats('b', [OUTPUTS], bias),
      ],
    });
    const loaded = await loadModel(file);
    expect(loaded.summary()).toMatch(/ conv2d \+ relu +bytes /);
    scope(() => {
      const { y } = loaded.run({ x: tensor(x, [1, CHANNELS, SIDE, SIDE], { dtype: 'uint8' }) });
      // One row and one column of padding before, and every second pixel.
      const across = Math.floor(SIDE / 2) + 1;
      const want = bias.flatMap((bias, output) =>
        Array.from({ length: across * across }, (_, at) => {
          const [row, column] = [2 * Math.floor(at / across) - 1, 2 * (at % across) - 1];
          let sum = 0;
          for (let c = 0; c < CHANNELS && row >= 0 && column >= 0; c++) {
            const pixel = x[(c * SIDE + row) * SIDE + column]! - X_ZERO;
            sum += pixel * (w[output * CHANNELS + c]! - z[output % zeros]!);
          }
          return Math.max(sum * X_STEP * steps[output % zeros]! + (isBiased ? bias : 0), 0);
        }),
      );
      const found = Array.from((y as { data: ArrayLike<number> }).data);
      expect(found).toHaveLength(want.length);
      for (const [i, value] of want.entries()) {
        expect(Math.abs(found[i]! - value), `${i}: ${found[i]}, ${value}`).toBeLessThanOrEqual(
          1e-5 * Math.abs(value) + 1e-4,
        );
      }
      expect(found.some((value) => value > 0)).toBe(true);
    });
    loaded.dispose();
    expect(memory.stats().liveTensors).toBe(0);
  });
});
