// tfjs-backend-wasm, through tfjs-core. It keeps channels last: inputs and weights are permuted beforehand and the output
// afterwards, outside of what is measured. Its kernels are synchronous, so a run ends when they have written the result.
import { createRequire } from 'node:module';
import path from 'node:path';
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { convolvedShape, perAxis, shapeOf } from '../layers.mjs';
import { valuesOf } from '../values.mjs';

export const name = 'tfjs-backend-wasm';

export async function start({ threads }) {
  const manifest = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json');
  setWasmPaths(path.join(path.dirname(manifest), 'dist/'));
  setThreadsCount(threads);
  tf.enableProdMode();
  await tf.setBackend('wasm');
  await tf.ready();
  const threaded = await tf.env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT');
  if (threads > 1 && !threaded) return { missing: 'has one thread only under Node' };
}

/** The tensor of `shape` and `data` (channels second) with its axes in the order that tfjs has. */
function permuted({ shape, data }, axes) {
  return tf.tidy(() => tf.transpose(tf.tensor(data, shape), axes));
}

const spatial = (rank) => Array.from({ length: rank }, (_, axis) => axis + 2);
const channelsLast = (rank) => [0, ...spatial(rank), 1];
const channelsSecond = (rank) => [0, rank + 1, ...spatial(rank).map((axis) => axis - 1)];

/** A 1-D layer as a 2-D one of one row, as tfjs does itself. */
function planar(layer) {
  if (shapeOf(layer.inputs[0]).length !== 3) return layer;
  const row = ([first, second, ...rest]) => [first, second, 1, ...rest];
  const sizes = (size, ones) => (size === undefined ? undefined : [ones, ...perAxis(size, 1)]);
  const { stride, padding, dilation } = layer.options;
  const options = { stride: sizes(stride, 1), padding: sizes(padding, 0), dilation: sizes(dilation, 1) };
  return {
    ...layer,
    operator: layer.operator.replace('1d', '2d'),
    inputs: layer.inputs.map(row),
    weights: layer.weights.map(row),
    args: layer.args.length > 0 ? [[1, ...perAxis(layer.args.at(-1), 1)]] : [],
    options: {
      ...layer.options,
      ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
    },
  };
}

/** A function of x and the weight, both permuted, or null where tfjs has no such kernel; and the weight's axes. */
function kernelOf(layer) {
  const { operator, inputs, weights, args, options, pass } = layer;
  const shape = shapeOf(inputs[0]);
  const rank = shape.length - 2;
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  const pads = perAxis(padding, rank);
  const explicit = [[0, 0], ...pads.map((one) => [one, one]), [0, 0]];
  const strides = perAxis(stride, rank);
  const forward = [...spatial(rank), 1, 0];
  if (weights.length > 0) {
    const taps = weights[0].slice(2);
    if (pass === 'weight' || operator === 'deformConv2d' || rank > 3) return null;
    const isDepthwise = groups === shape[1] && groups > 1 && weights[0][0] === groups;
    if (pass === 'input') {
      if (groups > 1) return null;
      const [batch, channels, ...sizes] = shape;
      return [(dy, w) => tf.conv2dTranspose(dy, w, [batch, ...sizes, channels], strides, explicit), forward];
    }
    if (operator === 'convTranspose2d') {
      const [batch, , ...sizes] = shape;
      const out = sizes.map((size, axis) => (size - 1) * strides[axis] - 2 * pads[axis] + taps[axis]);
      const outShape = [batch, ...out, weights[0][1]];
      return [(x, w) => tf.conv2dTranspose(x, w, outShape, strides, explicit), forward];
    }
    if (operator === 'conv3d') {
      const isSame =
        strides.every((one) => one === 1) && taps.every((tap, axis) => 2 * pads[axis] === tap - 1);
      return isSame && groups === 1 ? [(x, w) => tf.conv3d(x, w, strides, 'same'), forward] : null;
    }
    if (operator !== 'conv2d') return null;
    const dilations = perAxis(dilation, rank);
    if (isDepthwise) {
      const depthwise = [...spatial(rank), 0, 1];
      return [(x, w) => tf.depthwiseConv2d(x, w, strides, explicit, 'NHWC', dilations), depthwise];
    }
    if (groups > 1) return null;
    return [(x, w) => tf.conv2d(x, w, strides, explicit, 'NHWC', dilations), forward];
  }
  if (operator === 'globalAvgPool') return [(x) => tf.mean(x, [1, 2], true)];
  if (operator === 'globalMaxPool') return [(x) => tf.max(x, [1, 2], true)];
  const size = perAxis(args.at(-1), rank);
  const steps = perAxis(options.stride ?? size, rank);
  if (operator === 'maxPool2d') return [(x) => tf.maxPool(x, size, steps, explicit)];
  if (pads.some((pad) => pad > 0) && options.countIncludePad !== false) return null;
  if (operator === 'avgPool2d') return [(x) => tf.avgPool(x, size, steps, explicit)];
  if (operator === 'maxPool3d') return [(x) => tf.maxPool3d(x, size, steps, 'valid')];
  if (operator === 'avgPool3d') return [(x) => tf.avgPool3d(x, size, steps, 'valid')];
  return null;
}

export async function prepare(given) {
  const layer = planar(given);
  const made = kernelOf(layer);
  if (made === null) return null;
  const [kernel, weightAxes] = made;
  const shape = layer.pass === 'input' ? convolvedShape(layer) : shapeOf(layer.inputs[0]);
  const rank = shape.length - 2;
  const values = valuesOf({ inputs: [shape], weights: layer.weights });
  const x = permuted(values.inputs[0], channelsLast(rank));
  const w = values.weights.map((weight) => permuted(weight, weightAxes))[0];
  return {
    run: () => kernel(x, w).dispose(),
    output: () => tf.tidy(() => tf.transpose(kernel(x, w), channelsSecond(rank)).dataSync().slice()),
    dispose: () => tf.dispose([x, w ?? []]),
  };
}
