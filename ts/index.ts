/** The public names of striate; nothing runs at import. */

export type { DType, TensorType } from './dtype.ts';
export type { InitOptions, RuntimeInfo } from './engine/engine.ts';
export { disposeRuntime, runtime } from './engine/engine.ts';
export type { MemoryStats } from './engine/memory.ts';
export { memory, scope } from './engine/memory.ts';
export { init } from './entries/default.ts';
export { ModelError, OutOfMemoryError } from './errors.ts';
export { manualSeed } from './graph/draw.ts';
export type { PadMode } from './instructions/emitPad.ts';
export * from './layers/activation.ts';
export {
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AdaptiveAvgPool3d,
  AdaptiveMaxPool1d,
  AdaptiveMaxPool2d,
  AdaptiveMaxPool3d,
  FractionalMaxPool2d,
  FractionalMaxPool3d,
  GlobalAvgPool,
  GlobalMaxPool,
  MaxUnpool1d,
  MaxUnpool2d,
  MaxUnpool3d,
} from './layers/adaptivePooling.ts';
export type { CompileOptions } from './layers/compile.ts';
export { compile } from './layers/compile.ts';
export * from './layers/convolution.ts';
export * from './layers/convTranspose.ts';
export * from './layers/deform.ts';
export * from './layers/dropout.ts';
export * from './layers/flatten.ts';
export * from './layers/linear.ts';
export type { StateDict } from './layers/module.ts';
export { buffer, Module, parameter } from './layers/module.ts';
export * from './layers/normalization.ts';
export * from './layers/padding.ts';
export * from './layers/pooling.ts';
export * from './layers/separable.ts';
export { ModuleList, Sequential } from './layers/sequential.ts';
export * from './layers/shuffle.ts';
export * from './layers/unfold.ts';
export * from './layers/upsample.ts';
export type { GeluOptions, SoftplusOptions } from './ops/activation.ts';
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
} from './ops/activation.ts';
export type { AdaptiveMaxPoolOptions, AdaptiveSize } from './ops/adaptivePooling.ts';
export {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  globalAvgPool,
  globalMaxPool,
} from './ops/adaptivePooling.ts';
export * from './ops/arithmetic.ts';
export type { BatchNormOptions } from './ops/batchNorm.ts';
export { batchNorm } from './ops/batchNorm.ts';
export { concat, slice, split } from './ops/concat.ts';
export { conv1d, conv2d, conv3d } from './ops/convolution.ts';
export type { ConvOptions, PaddingMode } from './ops/convolutionStep.ts';
export type { ConvTransposeOptions } from './ops/convTranspose.ts';
export { convTranspose1d, convTranspose2d, convTranspose3d } from './ops/convTranspose.ts';
export type { DTypeOf, DTypeOption, RandomOptions, TensorData } from './ops/create.ts';
export { arange, full, ones, rand, randn, tensor, zeros } from './ops/create.ts';
export type { DeformConvOptions } from './ops/deform.ts';
export { deformConv2d } from './ops/deform.ts';
export type { DropoutOptions } from './ops/dropout.ts';
export { dropout, dropout1d, dropout2d, dropout3d } from './ops/dropout.ts';
export type { FactorizedKernel } from './ops/factorizeKernel.ts';
export { factorizeKernel } from './ops/factorizeKernel.ts';
export type { FractionalMaxPoolOptions } from './ops/fractionalPooling.ts';
export { fractionalMaxPool2d, fractionalMaxPool3d } from './ops/fractionalPooling.ts';
export type { GridSampleOptions } from './ops/gridSample.ts';
export { gridSample } from './ops/gridSample.ts';
export type { InterpolateOptions } from './ops/interpolate.ts';
export { interpolate } from './ops/interpolate.ts';
export { linear } from './ops/linear.ts';
export type { LocalResponseNormOptions } from './ops/localResponseNorm.ts';
export { localResponseNorm } from './ops/localResponseNorm.ts';
export { matmul } from './ops/matmul.ts';
export type { InstanceNormOptions, NormOptions } from './ops/normalization.ts';
export { groupNorm, instanceNorm, layerNorm } from './ops/normalization.ts';
export type { Operator } from './ops/operator.ts';
export type { Padding, Size } from './ops/options.ts';
export { outputShape } from './ops/outputShape.ts';
export type { PadOptions, PadWidths } from './ops/padding.ts';
export { pad1d, pad2d, pad3d } from './ops/padding.ts';
export { permute } from './ops/permute.ts';
export type { AvgPoolOptions, LpPoolOptions, MaxPoolOptions, PoolOptions } from './ops/pooling.ts';
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
} from './ops/pooling.ts';
export type { ReduceOptions } from './ops/reduction.ts';
export { argMax, max, mean, min, sum } from './ops/reduction.ts';
export { flatten, reshape } from './ops/reshape.ts';
export type { RoiAlignOptions } from './ops/roiAlign.ts';
export { roiAlign } from './ops/roiAlign.ts';
export type { SeparableConvOptions } from './ops/separable.ts';
export {
  separableConv1d,
  separableConv2d,
  separableConv3d,
  spatialSeparableConv2d,
} from './ops/separable.ts';
export { channelShuffle, pixelShuffle, pixelUnshuffle } from './ops/shuffle.ts';
export type { SoftmaxOptions } from './ops/softmax.ts';
export { logSoftmax, softmax } from './ops/softmax.ts';
export type { UnfoldOptions } from './ops/unfold.ts';
export { fold, unfold } from './ops/unfold.ts';
export type { MaxUnpoolOptions } from './ops/unpooling.ts';
export { maxUnpool1d, maxUnpool2d, maxUnpool3d } from './ops/unpooling.ts';
export type { StepProfile } from './program/report.ts';
export type { NestedArray } from './tensor/tensor.ts';
export { Tensor } from './tensor/tensor.ts';
export { Vjp, valueAndGrad, vjp } from './transforms/gradient.ts';
export type { InputSpec } from './transforms/program.ts';
export { Program } from './transforms/program.ts';
