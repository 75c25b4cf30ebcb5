// The layers that are measured, as data, and how many operations each of them is.
//
// A layer: { group, name, operator, inputs, weights, args, options, pass, algorithm }
//   inputs     shapes of what changes from run to run, x first; { shape, values } where the values are not random
//              (positions in planes of `plane` elements)
//   weights    shapes of what is frozen, after the inputs among the operator's arguments
//   args       what stands between the tensors and the options: a kernel size, an output size
//   pass       undefined: forward; 'input', 'weight': the gradient of x or of the weight, for a gradient of the output
//   algorithm  forced; undefined: the library chooses
//
// Groups: 'sixteen' are layers of well-known networks (ResNet-50, MobileNetV2, LeNet, ResNeXt, DeepLab), 'gemm' are those
// that show the general algorithm alone, then come the other operators.

const conv = (group, name, x, weight, options = {}, rest = {}) => ({
  group,
  name,
  operator: `conv${x.length - 2}d`,
  inputs: [x],
  weights: [weight],
  args: [],
  options,
  ...rest,
});

const pool = (name, operator, x, args = [], options = {}) => ({
  group: 'pooling',
  name,
  operator,
  inputs: [x].flat(Array.isArray(x[0]) ? 1 : 0),
  weights: [],
  args,
  options,
});

const square = (channels, size) => [1, channels, size, size];
const kernel = (outputs, channels, size) => [outputs, channels, size, size];

const sixteen = [
  conv('sixteen', '7x7 s2 3->64 @224', square(3, 224), kernel(64, 3, 7), { stride: 2, padding: 3 }),
  conv('sixteen', '3x3 64->64 @56', square(64, 56), kernel(64, 64, 3), { padding: 1 }),
  conv('sixteen', '3x3 128->128 @28', square(128, 28), kernel(128, 128, 3), { padding: 1 }),
  conv('sixteen', '3x3 256->256 @14', square(256, 14), kernel(256, 256, 3), { padding: 1 }),
  conv('sixteen', '3x3 512->512 @7', square(512, 7), kernel(512, 512, 3), { padding: 1 }),
  conv('sixteen', '1x1 256->64 @56', square(256, 56), kernel(64, 256, 1)),
  conv('sixteen', '1x1 512->2048 @7', square(512, 7), kernel(2048, 512, 1)),
  conv('sixteen', '3x3 s2 3->32 @224', square(3, 224), kernel(32, 3, 3), { stride: 2, padding: 1 }),
  conv('sixteen', 'depthwise 3x3 144 @56', square(144, 56), kernel(144, 1, 3), { padding: 1, groups: 144 }),
  conv('sixteen', 'depthwise 3x3 s2 96 @112', square(96, 112), kernel(96, 1, 3), {
    stride: 2,
    padding: 1,
    groups: 96,
  }),
  conv('sixteen', 'depthwise 3x3 576 @14', square(576, 14), kernel(576, 1, 3), { padding: 1, groups: 576 }),
  conv('sixteen', '1x1 24->144 @56', square(24, 56), kernel(144, 24, 1)),
  conv('sixteen', '1x1 960->320 @7', square(960, 7), kernel(320, 960, 1)),
  conv('sixteen', '5x5 6->16 @14', square(6, 14), kernel(16, 6, 5)),
  conv('sixteen', 'grouped (32) 3x3 128 @28', square(128, 28), kernel(128, 4, 3), { padding: 1, groups: 32 }),
  conv('sixteen', 'dilated 2, 3x3 64->64 @56', square(64, 56), kernel(64, 64, 3), {
    padding: 2,
    dilation: 2,
  }),
];

const byGemm = { algorithm: 'gemm' };
const gemm = [
  conv('gemm', '3x3 64->64 @56, gemm', square(64, 56), kernel(64, 64, 3), { padding: 1 }, byGemm),
  conv('gemm', '3x3 128->128 @28, gemm', square(128, 28), kernel(128, 128, 3), { padding: 1 }, byGemm),
  conv('gemm', '3x3 256->256 @14, gemm', square(256, 14), kernel(256, 256, 3), { padding: 1 }, byGemm),
  conv('gemm', '3x3 512->512 @7, gemm', square(512, 7), kernel(512, 512, 3), { padding: 1 }, byGemm),
  conv('gemm', '3x3 s2 128->256 @28', square(128, 28), kernel(256, 128, 3), { stride: 2, padding: 1 }),
  conv('gemm', '1x1 144->24 @56', square(144, 56), kernel(24, 144, 1)),
  conv('gemm', '1x1 s2 256->512 @56', square(256, 56), kernel(512, 256, 1), { stride: 2 }),
  conv('gemm', '1x1 160->960 @7', square(160, 7), kernel(960, 160, 1)),
  conv('gemm', '5x5 48->64 @27', square(48, 27), kernel(64, 48, 5), { padding: 2 }),
];

const transposed = (name, x, weight, options) => ({
  ...conv('other', name, x, weight, options),
  operator: `convTranspose${x.length - 2}d`,
});

const other = [
  conv('other', '1-D 3 64->64 @3000', [1, 64, 3000], [64, 64, 3], { padding: 1 }),
  conv('other', '1-D 10 s5 1->512 @16000', [1, 1, 16000], [512, 1, 10], { stride: 5 }),
  conv('other', '1-D depthwise 31 256 @400', [1, 256, 400], [256, 1, 31], { padding: 15, groups: 256 }),
  conv('other', '3-D 3x3x3 16->32 @16x28x28', [1, 16, 16, 28, 28], [32, 16, 3, 3, 3], { padding: 1 }),
  conv('other', '3-D 1x3x3 64->64 @8x28x28', [1, 64, 8, 28, 28], [64, 64, 1, 3, 3], { padding: [0, 1, 1] }),
  transposed('transposed 4x4 s2 64->32 @28', square(64, 28), [64, 32, 4, 4], { stride: 2, padding: 1 }),
  transposed('transposed 2x2 s2 128->64 @28', square(128, 28), [128, 64, 2, 2], { stride: 2 }),
  transposed('transposed 3x3 64->64 @28', square(64, 28), [64, 64, 3, 3], { padding: 1 }),
  {
    ...conv('other', 'deformable 3x3 64->64 @28', square(64, 28), kernel(64, 64, 3), { padding: 1 }),
    operator: 'deformConv2d',
    inputs: [square(64, 28), square(18, 28)],
  },
];

/** In each window of 2 x 2 one position, another from window to window. */
const positions = ([, , rows, columns]) => {
  return (i) => {
    const row = Math.floor(i / columns) % rows;
    const column = i % columns;
    return (2 * row + (i % 2)) * 2 * columns + 2 * column + (row % 2);
  };
};
const unpooled = square(64, 28);

const pooling = [
  pool('max 2x2 s2 64 @112', 'maxPool2d', square(64, 112), [2]),
  pool('max 3x3 s2 64 @112', 'maxPool2d', square(64, 112), [3], { stride: 2, padding: 1 }),
  pool('max 5x5 s1 128 @20', 'maxPool2d', square(128, 20), [5], { stride: 1, padding: 2 }),
  pool('min 3x3 s2 64 @112', 'minPool2d', square(64, 112), [3], { stride: 2, padding: 1 }),
  pool('average 2x2 s2 64 @112', 'avgPool2d', square(64, 112), [2]),
  pool('average 3x3 s2 64 @112', 'avgPool2d', square(64, 112), [3], {
    stride: 2,
    padding: 1,
    countIncludePad: false,
  }),
  pool('sum 3x3 s2 64 @112', 'sumPool2d', square(64, 112), [3], { stride: 2, padding: 1 }),
  pool('Lp (2) 3x3 s2 64 @112', 'lpPool2d', square(64, 112), [2, 3], { stride: 2, padding: 1 }),
  pool('1-D max 3 s2 64 @3000', 'maxPool1d', [1, 64, 3000], [3], { stride: 2 }),
  pool('3-D max 2x2x2 s2 32 @16x28x28', 'maxPool3d', [1, 32, 16, 28, 28], [2]),
  pool('3-D average 2x2x2 s2 32 @16x28x28', 'avgPool3d', [1, 32, 16, 28, 28], [2]),
  pool('adaptive average to 7 512 @28', 'adaptiveAvgPool2d', square(512, 28), [7]),
  pool('adaptive max to 7 512 @28', 'adaptiveMaxPool2d', square(512, 28), [7]),
  pool('global average 1280 @7', 'globalAvgPool', square(1280, 7)),
  pool('global max 1280 @7', 'globalMaxPool', square(1280, 7)),
  pool('fractional max to 56 64 @112', 'fractionalMaxPool2d', square(64, 112), [2], {
    outputSize: 56,
    seed: 1,
  }),
  pool(
    'max unpooling 2x2 64 @28',
    'maxUnpool2d',
    [unpooled, { shape: unpooled, dtype: 'int32', values: positions(unpooled), plane: 56 * 56 }],
    [2],
  ),
];

const backward = [
  ['3x3 64->64 @56', square(64, 56), kernel(64, 64, 3), { padding: 1 }],
  ['3x3 128->128 @28', square(128, 28), kernel(128, 128, 3), { padding: 1 }],
  ['3x3 s2 32->64 @56', square(32, 56), kernel(64, 32, 3), { padding: 1, stride: 2 }],
  ['1x1 256->256 @14', square(256, 14), kernel(256, 256, 1), {}],
  ['depthwise 3x3 128 @28', square(128, 28), kernel(128, 1, 3), { padding: 1, groups: 128 }],
].flatMap(([name, x, weight, options]) =>
  ['input', 'weight'].map((pass) =>
    conv('backward', `gradient of ${pass}, ${name}`, x, weight, options, { pass }),
  ),
);

export const LAYERS = [...sixteen, ...gemm, ...other, ...pooling, ...backward];

export const shapeOf = (input) => (Array.isArray(input) ? input : input.shape);

const product = (sizes) => sizes.reduce((total, size) => total * size, 1);

/** One number per spatial axis of `rank`. */
export const perAxis = (size, rank) => (Array.isArray(size) ? size : Array(rank).fill(size));

/** The spatial size of the output of a window that walks over `sizes`. */
function windowed(sizes, kernelSizes, { stride = 1, padding = 0, dilation = 1 }) {
  const rank = sizes.length;
  const [strides, pads, dilations] = [stride, padding, dilation].map((option) => perAxis(option, rank));
  return sizes.map(
    (size, axis) =>
      Math.floor((size + 2 * pads[axis] - dilations[axis] * (kernelSizes[axis] - 1) - 1) / strides[axis]) + 1,
  );
}

/**
 * Operations of a layer. A convolution: 2 for each multiply-accumulate that its definition has, also where an algorithm
 * does with fewer, and where a tap lies in the padding. Pooling: 1 for each value of each window. Gradients: as forward.
 */
export function operationsOf({ operator, inputs, weights, args, options }) {
  const [batch, channels, ...sizes] = shapeOf(inputs[0]);
  const planes = batch * channels;
  if (weights.length > 0) {
    const [outputs, perGroup, ...taps] = weights[0];
    if (operator.startsWith('convTranspose'))
      return 2 * planes * product(sizes) * product(weights[0].slice(1));
    return 2 * batch * outputs * perGroup * product(taps) * product(windowed(sizes, taps, options));
  }
  if (operator === 'maxUnpool2d') return planes * product(sizes);
  if (operator === 'fractionalMaxPool2d') {
    return planes * product(perAxis(options.outputSize, 2)) * product(perAxis(args[0], 2));
  }
  if (/^(adaptive|global)/.test(operator)) return planes * product(sizes); // where the windows do not overlap
  const size = perAxis(args.at(-1), sizes.length);
  return planes * product(size) * product(windowed(sizes, size, { stride: size, ...options }));
}

/** The shape of a convolution's output. */
export function convolvedShape({ inputs, weights, options }) {
  const [batch, , ...sizes] = shapeOf(inputs[0]);
  const [outputs, , ...taps] = weights[0];
  return [batch, outputs, ...windowed(sizes, taps, options)];
}

/** The sizes that decide how well a GEMM does: output channels per group, and output positions. */
export function gemmShape(layer) {
  const [batch, outputs, ...sizes] = convolvedShape(layer);
  return { outputs: outputs / (layer.options.groups ?? 1), pixels: batch * product(sizes) };
}
