/**
 * What every runtime does with the installed package, imported as users import it: `init`, tensors, an operator, a
 * compiled module, a model from bytes, and the end with nothing alive. Gives plain data for a test to compare.
 */
import {
  Conv2d,
  compile,
  conv2d,
  disposeRuntime,
  init,
  memory,
  randn,
  runtime,
  scope,
  sigmoid,
  tensor,
} from 'striate';
import { loadModel, ModelError } from 'striate/onnx';

/** An ONNX model: y = relu(conv(x, [[0, 1], [2, 3]])), x of shape [1, 1, 3, 3]. */
const MODEL =
  'CAc6cQoTCgF4CgF3EgFhGgAiBENvbnY6AAoQCgFhEgF5GgAiBFJlbHU6ABIFZ3JhcGgqHwgBCAEIAggCEAFCAXdKEAAAAAAAAIA/AAAAQAAAQEBaGwoBeBIWChQIARIQCgIIAQoCCAEKAggDCgIIA2IDCgF5QgQKABAN';

const messageOf = async (work) => {
  try {
    await work();
    return 'no error';
  } catch (error) {
    return `${error instanceof ModelError ? 'ModelError' : error.name}: ${error.message}`;
  }
};

/** Everything that must be the same on every runtime, in the variant that is running. */
async function results() {
  const image = tensor([0, 1, 2, 3, 4, 5, 6, 7, 8], [1, 1, 3, 3]);
  const kernel = tensor([0, 1, 2, 3], [1, 1, 2, 2]);
  const bytes = Uint8Array.from(atob(MODEL), (character) => character.charCodeAt(0));
  const model = await loadModel(bytes);
  const values = scope(() => {
    const net = new Conv2d(2, 3, 3, { padding: 1, seed: 1 });
    const program = compile(net, { inputs: [[1, 2, 5, 5]] });
    const noise = randn([1, 2, 5, 5], { seed: 7 });
    return {
      eager: [...conv2d(image, kernel).data],
      model: [...model.run({ x: image }).y.data],
      // To the last bit: float32 values print exactly.
      compiled: [...program.run(noise).data],
      sigmoid: [...sigmoid(noise).data],
    };
  });
  const errors = [
    await messageOf(() => conv2d(image, kernel, null, { stride: 0 })),
    await messageOf(() => loadModel(bytes.subarray(0, 40))),
  ];
  for (const one of [image, kernel, model]) one.dispose();
  const { liveBytes, liveTensors } = memory.stats();
  return { ...values, errors, liveBytes, liveTensors };
}

/** The results of each variant that this runtime has; `relaxed` is null where it has none. */
export async function smoke() {
  const before = await messageOf(() => tensor([1]));
  await init({ variant: 'simd' });
  const simd = await results();
  disposeRuntime();
  await init();
  const { variant } = runtime();
  const best = await results();
  disposeRuntime();
  return { before, simd, relaxed: variant === 'relaxed' ? best : null };
}
