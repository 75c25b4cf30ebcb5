// A layer on bytes, as it runs between other layers on bytes, beside the same layer in float32.
import { exportOnnx } from '../dist/onnx.js';
import { quantize } from '../dist/quantize.js';
import { conv2d, loadModel, randn, tensor } from './striate.mjs';
import { valuesOf } from './values.mjs';

/** A layer as a model, in float32 and on bytes. What a model gives stays in floats: so a small layer follows. */
export async function modelsOf(layer, settings = {}) {
  const { inputs, weights } = valuesOf(layer);
  const { options } = layer;
  const [weight] = weights.map(({ shape, data }) => tensor(data, shape));
  const x = tensor(inputs[0].data, inputs[0].shape);
  const last = randn([4, weight.shape[0], 1, 1]);
  const float = await loadModel(
    exportOnnx((one) => conv2d(conv2d(one, weight, null, options), last), {
      inputs: [inputs[0].shape],
    }),
  );
  return { x, float, bytes: await quantize(float, [x], { threshold: -100, keepHeads: false, ...settings }) };
}

/** The milliseconds of the layer's own step: the first that multiplies. */
export const stepOf = (model, x, runs) =>
  model.profile(x, { runs }).find(({ gflops }) => gflops > 0).milliseconds;
