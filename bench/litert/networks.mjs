// Networks as data, so that both libraries are given the same: a layer alone, and MobileNetV2 with random weights.
//
// A network: { shape, nodes }, of NCHW. A node reads values by their places: 0 is the input, n the result of the nth node.
//   { operator: 'conv', from: [x], weight, bias, options, clamp }   clamp: relu6
//   { operator: 'add', from: [a, b] }, { operator: 'mean', from: [x] }, { operator: 'dense', from: [x], weight, bias }
import { normal, valuesOf } from '../values.mjs';

const product = (sizes) => sizes.reduce((total, size) => total * size, 1);

export function layerNetwork(layer) {
  const { weights } = valuesOf(layer);
  const bias = { shape: [weights[0].shape[0]], data: new Float32Array(weights[0].shape[0]) };
  return {
    shape: layer.inputs[0],
    nodes: [{ operator: 'conv', from: [0], weight: weights[0], bias, options: layer.options, clamp: false }],
  };
}

/** Expansion, outputs, repetitions, stride of the first: table 2 of Sandler et al., 2018. */
const BLOCKS = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
];

/** MobileNetV2 at 224x224, its batch norms folded. */
export function mobileNetV2() {
  const nodes = [];
  const values = (shape, gain) => {
    const scale = gain / Math.sqrt(product(shape.slice(1)));
    return { shape, data: normal(product(shape), 7 + nodes.length).map((value) => value * scale) };
  };
  const bias = (outputs) => ({
    shape: [outputs],
    data: normal(outputs, 1007 + nodes.length).map((value) => value * 0.1),
  });
  const conv = (from, channels, outputs, size, { stride = 1, groups = 1, clamp = true } = {}) =>
    nodes.push({
      ...{ operator: 'conv', from: [from], clamp },
      weight: values([outputs, channels / groups, size, size], clamp ? Math.SQRT2 : 1),
      bias: bias(outputs),
      options: { stride, padding: (size - 1) / 2, groups },
    });
  let last = conv(0, 3, 32, 3, { stride: 2 });
  let channels = 32;
  for (const [expansion, outputs, repetitions, first] of BLOCKS) {
    for (let i = 0; i < repetitions; i++) {
      const [start, wide, stride] = [last, channels * expansion, i === 0 ? first : 1];
      if (expansion > 1) last = conv(last, channels, wide, 1);
      last = conv(last, wide, wide, 3, { stride, groups: wide });
      last = conv(last, wide, outputs, 1, { clamp: false });
      if (stride === 1 && channels === outputs) last = nodes.push({ operator: 'add', from: [start, last] });
      channels = outputs;
    }
  }
  last = conv(last, channels, 1280, 1);
  last = nodes.push({ operator: 'mean', from: [last] });
  nodes.push({ operator: 'dense', from: [last], weight: values([1000, 1280], 1), bias: bias(1000) });
  return { shape: [1, 3, 224, 224], nodes };
}

/** The network as a function of our tensors; gives all values, the input first. */
export function applied({ nodes }, library) {
  const { add, conv2d, flatten, globalAvgPool, linear, relu6, tensor } = library;
  const frozen = nodes.map(({ weight, bias }) =>
    [weight, bias].map((one) => one && tensor(one.data, one.shape)),
  );
  const of = {
    add: (_, [a, b]) => add(a, b),
    mean: (_, [x]) => globalAvgPool(x),
    dense: (i, [x]) => linear(flatten(x), ...frozen[i]),
    conv(i, [x]) {
      const y = conv2d(x, ...frozen[i], nodes[i].options);
      return nodes[i].clamp ? relu6(y) : y;
    },
  };
  return (x) => {
    const values = [x];
    for (const [i, { operator, from }] of nodes.entries()) {
      values.push(
        of[operator](
          i,
          from.map((place) => values[place]),
        ),
      );
    }
    return values;
  };
}
