/** Random models on bytes, every other quantised dynamically, against plain integer loops, `==`. Nothing of vitest: `npm run fuzz -- --quantized N` runs it. */
import { memory, scope, tensor } from 'striate';
import { loadModel } from 'striate/onnx';
import { randomDynamic } from './dynamic.ts';
import { randomQuantized } from './quantized.ts';
import { Choices } from './random.ts';

interface QuantizedResult {
  /** Models whose bytes are others, with what they do. */
  readonly wrong: string[];
  readonly liveBytes: number;
}

export async function fuzzQuantized(options: {
  readonly models: number;
  readonly seed: number;
  readonly progress?: (done: number) => void;
}): Promise<QuantizedResult> {
  const { models, seed, progress } = options;
  const wrong: string[] = [];
  for (let i = 0; i < models; i++) {
    const { bytes, x, want, text } = (i % 2 === 0 ? randomQuantized : randomDynamic)(
      new Choices(Math.imul(seed, 0x9e3779b1) + i),
    );
    const model = await loadModel(bytes);
    const count = scope(() => {
      const input = tensor(x.values, x.shape, { dtype: x.dtype });
      const [y] = Object.values(model.run({ x: input }));
      return want.reduce((sum, value, at) => (y!.data[at] === value ? sum : sum + 1), 0);
    });
    model.dispose();
    if (count > 0) wrong.push(`fuzz ${seed}:${i}: ${count} of ${want.length} values are others: ${text}`);
    if (i % 50 === 0) progress?.(i);
  }
  return { wrong, liveBytes: memory.stats().liveBytes };
}
