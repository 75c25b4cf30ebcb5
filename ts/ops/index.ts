/** The public names of ts/ops, by `npm run generate` from its files. */
export type {
  EluOptions,
  GeluOptions,
  HardSigmoidOptions,
  LeakyReluOptions,
  SoftplusOptions,
} from './activation.ts';
export {
  abs,
  clip,
  elu,
  exp,
  gelu,
  hardSigmoid,
  hardSwish,
  leakyRelu,
  log,
  mish,
  neg,
  relu,
  relu6,
  selu,
  sigmoid,
  silu,
  softplus,
  sqrt,
  tanh,
} from './activation.ts';
export type { AdaptiveMaxPoolOptions, AdaptiveSize } from './adaptivePooling.ts';
export {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  globalAvgPool,
  globalMaxPool,
} from './adaptivePooling.ts';
export type { AllCloseOptions } from './allClose.ts';
export { allClose } from './allClose.ts';
export { add, div, maximum, minimum, mul, pow, prelu, sub } from './arithmetic.ts';
export type { BatchNormOptions } from './batchNorm.ts';
export { batchNorm } from './batchNorm.ts';
export { bitwiseAnd, bitwiseLeftShift, bitwiseOr, bitwiseRightShift, bitwiseXor } from './bitwise.ts';
export {
  equal,
  greater,
  greaterEqual,
  isNaN,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  notEqual,
  where,
} from './comparison.ts';
export type { SliceOptions } from './concat.ts';
export { concat, slice, split, stack } from './concat.ts';
export { conv1d, conv2d, conv3d } from './convolution.ts';
export type { ConvOptions, PaddingMode } from './convolutionStep.ts';
export type { ConvTransposeOptions } from './convTranspose.ts';
export { convTranspose1d, convTranspose2d, convTranspose3d } from './convTranspose.ts';
export type { Creation, DTypeOf, DTypeOption } from './create.ts';
export { arange, full, ones, tensor, zeros } from './create.ts';
export type { CrossEntropyOptions, NllLossOptions } from './crossEntropy.ts';
export { crossEntropy, nllLoss } from './crossEntropy.ts';
export type { CumSumOptions } from './cumSum.ts';
export { cumSum } from './cumSum.ts';
export type { DeformConvOptions } from './deform.ts';
export { deformConv2d } from './deform.ts';
export type { DropoutLayerOptions, DropoutOptions } from './dropout.ts';
export { dropout, dropout1d, dropout2d, dropout3d } from './dropout.ts';
export {
  acos,
  acosh,
  asin,
  asinh,
  atan,
  atanh,
  ceil,
  cos,
  cosh,
  erf,
  floor,
  reciprocal,
  round,
  sign,
  sin,
  sinh,
  tan,
} from './elementary.ts';
export { expand, tile } from './expand.ts';
export type { FactorizedKernel } from './factorizeKernel.ts';
export { factorizeKernel } from './factorizeKernel.ts';
export type { FractionalMaxPoolOptions } from './fractionalPooling.ts';
export { fractionalMaxPool2d, fractionalMaxPool3d } from './fractionalPooling.ts';
export type { GridSampleOptions } from './gridSample.ts';
export { gridSample } from './gridSample.ts';
export type { IndexOptions, OneHotOptions } from './indexing.ts';
export { gather, indexSelect, oneHot } from './indexing.ts';
export type { InterpolateOptions, UpsampleOptions } from './interpolate.ts';
export { interpolate } from './interpolate.ts';
export type { LinearOptions } from './linear.ts';
export { linear } from './linear.ts';
export type { LocalResponseNormOptions } from './localResponseNorm.ts';
export { localResponseNorm } from './localResponseNorm.ts';
export type {
  BinaryCrossEntropyOptions,
  BinaryCrossEntropyWithLogitsOptions,
  HuberOptions,
  KlDivOptions,
  SmoothL1Options,
} from './loss.ts';
export {
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  huberLoss,
  klDiv,
  l1Loss,
  mseLoss,
  smoothL1Loss,
} from './loss.ts';
export type { LossOptions, Reduction } from './lossReduction.ts';
export { matmul } from './matmul.ts';
export type { NmsOptions } from './nms.ts';
export { batchedNms, nms } from './nms.ts';
export type { InstanceNormOptions, NormOptions } from './normalization.ts';
export { groupNorm, instanceNorm, layerNorm } from './normalization.ts';
export type { Padding, Size } from './options.ts';
export { outputShape } from './outputShape.ts';
export type { PadOptions, PadWidths } from './padding.ts';
export { pad1d, pad2d, pad3d } from './padding.ts';
export { permute } from './permute.ts';
export type { AvgPoolOptions, Extremum, LpPoolOptions, MaxPoolOptions, PoolOptions } from './pooling.ts';
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
  minPool1d,
  minPool2d,
  minPool3d,
  sumPool1d,
  sumPool2d,
  sumPool3d,
} from './pooling.ts';
export type { RandomOptions } from './rand.ts';
export { rand, randn } from './rand.ts';
export type {
  CellActivation,
  CellActivationName,
  GruOptions,
  LstmOptions,
  LstmWeights,
  RecurrentWeights,
  RnnOptions,
} from './recurrent.ts';
export { gru, lstm, rnn } from './recurrent.ts';
export type { ReduceOptions, VarianceOptions } from './reduction.ts';
export { argMax, argMin, max, mean, min, std, sum, variance } from './reduction.ts';
export type { FlattenOptions } from './reshape.ts';
export { flatten, reshape, squeeze, unsqueeze } from './reshape.ts';
export type { RoiAlignOptions, RoiPoolOptions } from './roiAlign.ts';
export { roiAlign, roiPool } from './roiAlign.ts';
export type { Reduce, ScatterOptions } from './scatter.ts';
export { scatter } from './scatter.ts';
export type { SeparableConvOptions } from './separable.ts';
export { separableConv1d, separableConv2d, separableConv3d, spatialSeparableConv2d } from './separable.ts';
export { channelShuffle, pixelShuffle, pixelUnshuffle } from './shuffle.ts';
export type { SoftmaxOptions } from './softmax.ts';
export { logSoftmax, softmax } from './softmax.ts';
export type { SortOptions, TopKOptions } from './sort.ts';
export { sort, topK } from './sort.ts';
export { tril, triu } from './triangle.ts';
export type { UnfoldOptions } from './unfold.ts';
export { fold, unfold } from './unfold.ts';
export type { MaxUnpoolOptions } from './unpooling.ts';
export { maxUnpool1d, maxUnpool2d, maxUnpool3d } from './unpooling.ts';
