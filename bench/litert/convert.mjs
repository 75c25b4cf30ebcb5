// A network as a .tflite file, in floats or on bytes. TensorFlow Lite keeps channels last, and where a stride leaves one row of padding
// it puts it behind the rows and not before them: so pictures and kernels are mirrored in both directions, which gives the same
// values, mirrored.
import { tflite } from './tflite.mjs';

const SAME = 0;
const VALID = 1;
const RELU6 = 3;

/** Puts each element of NCHW where it lies in mirrored NHWC, or takes it from there. */
function moved(data, [batch, channels, height, width], put) {
  const pixels = height * width;
  const made = new data.constructor(data.length);
  for (let n = 0; n < batch; n++)
    for (let c = 0; c < channels; c++)
      for (let p = 0; p < pixels; p++)
        put(made, (n * channels + c) * pixels + p, (n * pixels + pixels - 1 - p) * channels + c);
  return made;
}

/** NCHW as NHWC, mirrored; [O, C, kh, kw] as [O, kh, kw, C]. */
export const mirrored = (data, shape) =>
  moved(data, shape, (made, first, last) => {
    made[last] = data[first];
  });

/** What `mirrored` made, back. */
export const mirroredBack = (data, shape) =>
  moved(data, shape, (made, first, last) => {
    made[first] = data[last];
  });

const channelsLast = ([batch, channels, height, width]) => [batch, height, width, channels];

/** Of bytes: the scale and the zero point of values from `least` to `most`. */
export function scaleOf([least, most]) {
  const [low, high] = [Math.min(0, least), Math.max(0, most)];
  const scale = Math.fround((high - low) / 255 || 1);
  return { scales: [scale], zero: Math.round(-128 - low / scale) };
}

/** The weights of each output channel in 127 steps; channels are the elements of `axis`, the first or the last one. */
function bytesOf({ shape, data }, axis) {
  const channels = shape[axis];
  const channelOf = (i) => (axis === 0 ? Math.floor(i / (data.length / channels)) : i % channels);
  const largest = new Float32Array(channels);
  for (const [i, value] of data.entries())
    largest[channelOf(i)] = Math.max(largest[channelOf(i)], Math.abs(value));
  const scales = Array.from(largest, (value) => Math.fround(value / 127 || 1));
  const bytes = Int8Array.from(data, (value, i) => Math.round(value / scales[channelOf(i)]));
  return { shape, type: 'int8', data: bytes, scaled: { scales, zero: 0, axis } };
}

function biasOf({ shape, data }, input, weight) {
  const scales = weight.scaled.scales.map((scale) => scale * input.scaled.scales[0]);
  const sums = Int32Array.from(data, (value, i) => Math.round(value / scales[i]));
  return { shape, type: 'int32', data: sums, scaled: { scales, zero: 0, axis: 0 } };
}

/** The operator's name and options in the file, and its weights with the axis of their outputs. */
function converted({ operator, weight, options, clamp }) {
  if (operator === 'dense') return { operator, values: {}, weight, axis: 0 };
  if (operator !== 'conv') return { operator, values: operator === 'mean' ? { keepDims: 1 } : {} };
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  const [outputs, perGroup, height, width] = weight.shape;
  const isDepthwise = groups === outputs && perGroup === 1 && groups > 1;
  const data = isDepthwise
    ? mirrored(weight.data, [1, outputs, height, width])
    : mirrored(weight.data, weight.shape);
  return {
    operator: isDepthwise ? 'depthwise' : 'conv',
    values: {
      padding: padding === 0 ? VALID : SAME,
      ...{ strideX: stride, strideY: stride, dilationX: dilation, dilationY: dilation },
      ...(isDepthwise && { multiplier: 1 }),
      activation: clamp ? RELU6 : 0,
    },
    weight: {
      shape: isDepthwise ? [1, height, width, outputs] : [outputs, height, width, perGroup],
      data,
    },
    axis: isDepthwise ? 3 : 0,
  };
}

/** `shapes` has the shape of each value, `ranges` its least and its most where the file is to be of bytes. */
export function toTflite({ nodes }, shapes, ranges) {
  const tensors = shapes.map((shape, i) => ({
    shape: shape.length === 4 ? channelsLast(shape) : shape,
    ...(ranges === undefined ? { type: 'float32' } : { type: 'int8', scaled: scaleOf(ranges[i]) }),
  }));
  const constant = (tensor) => tensors.push(tensor) - 1;
  const operators = nodes.map((node, i) => {
    const { operator, values, weight, axis } = converted(node);
    const inputs = [...node.from];
    if (operator === 'mean') inputs.push(constant({ shape: [2], type: 'int32', data: Int32Array.of(1, 2) }));
    if (weight !== undefined) {
      const type = 'float32';
      const stored = ranges === undefined ? { ...weight, type } : bytesOf(weight, axis);
      const bias =
        ranges === undefined ? { ...node.bias, type } : biasOf(node.bias, tensors[node.from[0]], stored);
      inputs.push(constant(stored), constant(bias));
    }
    return { operator, inputs, output: i + 1, values };
  });
  return tflite({ tensors, operators });
}
