// What the two onnxruntimes share: a session of a one-node model per layer, run as its users run it.
import { convolvedShape } from '../layers.mjs';
import { valuesOf } from '../values.mjs';
import { modelOf, nodeOf } from './onnxModel.mjs';

/** Positions in planes as ONNX has them: counted through the whole tensor. */
function throughout(positions, shape, plane) {
  const perPlane = positions.length / (shape[0] * shape[1]);
  return BigInt64Array.from(positions, (position, i) => BigInt(position + plane * Math.floor(i / perPlane)));
}

/** `prepare` of a peer whose sessions `create(bytes)` makes and whose tensors are `Tensor`s. */
export const preparing = (create, Tensor) => async (layer) => {
  const node = nodeOf(layer);
  if (node === null) return null;
  const values = valuesOf(layer);
  // The gradient of x is that of the output, transposed: the library's own record is given the same dy.
  const given =
    layer.pass === 'input'
      ? valuesOf({ inputs: [convolvedShape(layer)], weights: [] }).inputs
      : values.inputs;
  const inputs = given.map(({ shape, data }, i) => {
    const name = `x${i}`;
    return data instanceof Float32Array
      ? { name, shape, type: 'float32', data }
      : { name, shape, type: 'int64', data: throughout(data, shape, layer.inputs[i].plane) };
  });
  const weights = values.weights.map((weight, i) => ({ name: `w${i}`, ...weight }));
  const session = await create(modelOf(...node, inputs, weights));
  const feeds = Object.fromEntries(
    inputs.map(({ name, shape, type, data }) => [name, new Tensor(type, data, shape)]),
  );
  return {
    run: () => session.run(feeds),
    output: async () => Float32Array.from((await session.run(feeds)).y.data),
    dispose: () => session.release(),
  };
};
