/** A model that tests of models use, and how they use it: loaded, run, disposed. */
import { loadModel, type Model, type ModelResults } from 'striate/onnx';
import { floats, model } from './encode.ts';

/** y = relu(x + w), and a before it. */
export const adder = model({
  nodes: [
    { op: 'Add', name: 'sum', in: ['x', 'w'], out: ['a'] },
    { op: 'Relu', in: ['a'] },
  ],
  weights: [floats('w', [2], [1, -2])],
  inputs: { x: [['batch', 2]] },
});

/** What `use` makes of a model, which is disposed. */
export async function using<T>(bytes: Uint8Array, use: (loaded: Model) => T, options = {}): Promise<T> {
  const loaded = await loadModel(bytes, options);
  try {
    return use(loaded);
  } finally {
    loaded.dispose();
  }
}

/** Values of the results, which are disposed. */
export function values(results: ModelResults): Record<string, number[]> {
  return Object.fromEntries(
    Object.entries(results).map(([name, one]) => {
      const data = Array.from(one.data);
      one.dispose();
      return [name, data];
    }),
  );
}
