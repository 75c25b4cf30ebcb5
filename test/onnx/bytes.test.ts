/** Models on bytes against plain integer loops, `==`, in every variant, whole and in parts. */
import { scope, tensor } from 'striate';
import { loadModel } from 'striate/onnx';
import { expect, test } from 'vitest';
import { randomDynamic } from '../support/dynamic.ts';
import { randomQuantized } from '../support/quantized.ts';
import { Choices } from '../support/random.ts';
import { inThreads } from '../support/runtime.ts';

inThreads('models on bytes', () => {
  test('give what integers give, and compute on bytes', async () => {
    for (let seed = 1; seed <= 150; seed++) {
      const { bytes, x, want, text } = randomQuantized(new Choices(seed));
      const model = await loadModel(bytes);
      scope(() => {
        const input = tensor(x.values, x.shape, { dtype: x.dtype });
        const [y] = Object.values(model.run({ x: input }));
        const summary = model.summary();
        expect(Array.from(y!.data), `seed ${seed}: ${text}\n${summary}`).toEqual([...want]);
        // Each operator became one with the quantisation behind it, or gives floats.
        const alone = summary
          .split('\n')
          .filter((row) => /^v.* (conv\dd|add|mul|Pool|pad|interpolate|relu|dequantize)/.test(row));
        expect(
          alone.filter((row) => !row.includes(' + quantize ')),
          `seed ${seed}: ${text}\n${summary}`,
        ).toEqual([]);
      });
      model.dispose();
    }
  });

  test('give so what zero points and scales of a run ask for', async () => {
    for (let seed = 1; seed <= 100; seed++) {
      const { bytes, x, want, text } = randomDynamic(new Choices(seed));
      const model = await loadModel(bytes);
      scope(() => {
        const [y] = Object.values(model.run({ x: tensor(x.values, x.shape) }));
        expect(Array.from(y!.data), `seed ${seed}: ${text}\n${model.summary()}`).toEqual([...want]);
      });
      model.dispose();
    }
  });
});
