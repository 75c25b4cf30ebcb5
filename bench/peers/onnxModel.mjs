// ONNX models of one node, made in memory: the layer's operator with its weights as initializers, as exporters write it.
// Field numbers are those of onnx.proto (IR version 9, operator set 19).
import { PbfWriter } from 'pbf';
import { perAxis, shapeOf } from '../layers.mjs';

const TYPES = { float32: 1, int64: 7 };
const ATTRIBUTE_TYPES = { int: 2, ints: 7 };

/** [name of the ONNX operator, attributes], or null where ONNX has no such operator. */
export function nodeOf({ operator, inputs, weights, args, options, pass }) {
  const shape = shapeOf(inputs[0]);
  const rank = shape.length - 2;
  const { stride, padding = 0, dilation = 1, groups = 1, outputPadding } = options;
  const twice = (sizes) => [...sizes, ...sizes];
  const window = (sizes, defaultStride) => ({
    kernel_shape: perAxis(sizes, rank),
    strides: perAxis(stride ?? defaultStride, rank),
    pads: twice(perAxis(padding, rank)),
  });
  const size = args.at(-1);
  if (weights.length > 0) {
    const taps = weights[0].slice(2);
    const attributes = { ...window(taps, 1), dilations: perAxis(dilation, rank), group: groups };
    if (pass === 'input') {
      // What a strided forward does not read at the end is part of the gradient's shape all the same.
      const unread = shape.slice(2).map((length, axis) => {
        const covered =
          length + 2 * attributes.pads[axis] - attributes.dilations[axis] * (taps[axis] - 1) - 1;
        return covered % attributes.strides[axis];
      });
      return ['ConvTranspose', { ...attributes, output_padding: unread }];
    }
    if (pass !== undefined) return null;
    if (operator === 'deformConv2d') return ['DeformConv', { ...attributes, offset_group: 1 }];
    if (operator.startsWith('convTranspose')) {
      return ['ConvTranspose', { ...attributes, output_padding: perAxis(outputPadding ?? 0, rank) }];
    }
    return ['Conv', attributes];
  }
  if (operator.startsWith('maxPool')) return ['MaxPool', window(size, size)];
  if (operator.startsWith('avgPool')) {
    return [
      'AveragePool',
      { ...window(size, size), count_include_pad: options.countIncludePad === false ? 0 : 1 },
    ];
  }
  if (operator.startsWith('lpPool')) return ['LpPool', { ...window(size, size), p: args[0] }];
  if (operator === 'globalAvgPool') return ['GlobalAveragePool', {}];
  if (operator === 'globalMaxPool') return ['GlobalMaxPool', {}];
  if (operator === 'maxUnpool2d') return ['MaxUnpool', window(size, size)];
  return null;
}

function writeAttribute([name, value], to) {
  to.writeStringField(1, name);
  if (Array.isArray(value)) for (const one of value) to.writeVarintField(8, one);
  else to.writeVarintField(3, value);
  to.writeVarintField(20, Array.isArray(value) ? ATTRIBUTE_TYPES.ints : ATTRIBUTE_TYPES.int);
}

function writeNode({ operator, attributes, inputs, output }, to) {
  for (const input of inputs) to.writeStringField(1, input);
  to.writeStringField(2, output);
  to.writeStringField(4, operator);
  for (const attribute of Object.entries(attributes)) to.writeMessage(5, writeAttribute, attribute);
}

function writeTensor({ name, shape, data }, to) {
  for (const size of shape) to.writeVarintField(1, size);
  to.writeVarintField(2, TYPES.float32);
  to.writeStringField(8, name);
  to.writeBytesField(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

const writeAxis = (size, to) => to.writeVarintField(1, size);
const writeShape = (shape, to) => {
  for (const size of shape) to.writeMessage(1, writeAxis, size);
};
const writeTensorType = ({ type, shape }, to) => {
  to.writeVarintField(1, TYPES[type]);
  if (shape) to.writeMessage(2, writeShape, shape);
};
const writeType = (port, to) => to.writeMessage(1, writeTensorType, port);
const writePort = (port, to) => {
  to.writeStringField(1, port.name);
  to.writeMessage(2, writeType, port);
};

function writeGraph({ node, weights, inputs, output }, to) {
  to.writeMessage(1, writeNode, node);
  to.writeStringField(2, 'layer');
  for (const weight of weights) to.writeMessage(5, writeTensor, weight);
  for (const input of inputs) to.writeMessage(11, writePort, input);
  to.writeMessage(12, writePort, output);
}

const writeOperatorSet = (version, to) => to.writeVarintField(2, version);

/**
 * The bytes of a model of one node. `inputs`: { name, shape, type } each, `weights`: { name, shape, data } each;
 * the node reads the inputs and then the weights, and writes `y`.
 */
export function modelOf(operator, attributes, inputs, weights) {
  const read = order(
    operator,
    [...inputs, ...weights].map(({ name }) => name),
  );
  const node = { operator, attributes, inputs: read, output: 'y' };
  const to = new PbfWriter();
  to.writeVarintField(1, 9);
  to.writeMessage(7, writeGraph, { node, weights, inputs, output: { name: 'y', type: 'float32' } });
  to.writeMessage(8, writeOperatorSet, 19);
  return to.finish();
}

/** DeformConv reads x, weight, offset; the layers have their inputs first. */
const order = (operator, [x, offset, weight, ...rest]) =>
  operator === 'DeformConv'
    ? [x, weight, offset, ...rest]
    : [x, offset, weight, ...rest].filter((one) => one);
