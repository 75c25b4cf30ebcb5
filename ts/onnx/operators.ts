/** The operators that models are imported as. */
export {
  abs,
  clip,
  elu,
  exp,
  hardSigmoid,
  hardSwish,
  leakyRelu,
  log,
  neg,
  relu,
  selu,
  sigmoid,
  softplus,
  sqrt,
  tanh,
} from '../ops/activation.ts';
export { globalAvgPool, globalMaxPool } from '../ops/adaptivePooling.ts';
export { add, div, maximum, minimum, mul, pow, prelu, sub } from '../ops/arithmetic.ts';
export { batchNorm } from '../ops/batchNorm.ts';
export { cast } from '../ops/cast.ts';
export { concat, slice, split } from '../ops/concat.ts';
export { conv1d, conv2d, conv3d } from '../ops/convolution.ts';
export { convTranspose1d, convTranspose2d, convTranspose3d } from '../ops/convTranspose.ts';
export { gridSample } from '../ops/gridSample.ts';
export { interpolate } from '../ops/interpolate.ts';
export { linear } from '../ops/linear.ts';
export { localResponseNorm } from '../ops/localResponseNorm.ts';
export { matmul } from '../ops/matmul.ts';
export { instanceNorm } from '../ops/normalization.ts';
export { pad1d, pad2d, pad3d } from '../ops/padding.ts';
export { permute } from '../ops/permute.ts';
export {
  avgPool1d,
  avgPool2d,
  avgPool3d,
  lpPool1d,
  lpPool2d,
  lpPool3d,
  maxPool1d,
  maxPool2d,
  maxPool3d,
} from '../ops/pooling.ts';
export { argMax, max, mean, min, sum } from '../ops/reduction.ts';
export { reshape } from '../ops/reshape.ts';
export { roiAlign } from '../ops/roiAlign.ts';
export { pixelShuffle } from '../ops/shuffle.ts';
export { logSoftmax, softmax } from '../ops/softmax.ts';
