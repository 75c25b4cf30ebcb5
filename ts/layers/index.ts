/** The public names of ts/layers, by `npm run generate` from its files. */
export type { PReLUOptions } from './activation.ts';
export { PReLU } from './activation.ts';
export type { CompiledResults, CompileOptions, GivenTo, TensorsOf } from './compile.ts';
export { compile } from './compile.ts';
export type { ConvLayerOptions } from './convolution.ts';
export { Conv1d, Conv2d, Conv3d } from './convolution.ts';
export type { ConvTransposeLayerOptions } from './convTranspose.ts';
export { ConvTranspose1d, ConvTranspose2d, ConvTranspose3d } from './convTranspose.ts';
export type { DeformConvLayerOptions, DeformConvPackOptions } from './deform.ts';
export { DeformConv2d, DeformConv2dPack } from './deform.ts';
export {
  ELU,
  GELU,
  Hardsigmoid,
  Hardswish,
  LeakyReLU,
  Mish,
  ReLU,
  ReLU6,
  SELU,
  Sigmoid,
  SiLU,
  Softplus,
  Tanh,
} from './generated/activation.ts';
export {
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AdaptiveAvgPool3d,
  AdaptiveMaxPool1d,
  AdaptiveMaxPool2d,
  AdaptiveMaxPool3d,
  GlobalAvgPool,
  GlobalMaxPool,
} from './generated/adaptivePooling.ts';
export { Dropout, Dropout1d, Dropout2d, Dropout3d } from './generated/dropout.ts';
export { FractionalMaxPool2d, FractionalMaxPool3d } from './generated/fractionalPooling.ts';
export { Upsample } from './generated/interpolate.ts';
export { LocalResponseNorm } from './generated/localResponseNorm.ts';
export {
  CircularPad1d,
  CircularPad2d,
  CircularPad3d,
  ConstantPad1d,
  ConstantPad2d,
  ConstantPad3d,
  ReflectionPad1d,
  ReflectionPad2d,
  ReflectionPad3d,
  ReplicationPad1d,
  ReplicationPad2d,
  ReplicationPad3d,
} from './generated/padding.ts';
export {
  AvgPool1d,
  AvgPool2d,
  AvgPool3d,
  LPPool1d,
  LPPool2d,
  LPPool3d,
  MaxPool1d,
  MaxPool2d,
  MaxPool3d,
  MinPool1d,
  MinPool2d,
  MinPool3d,
  SumPool1d,
  SumPool2d,
  SumPool3d,
} from './generated/pooling.ts';
export { Flatten } from './generated/reshape.ts';
export { ChannelShuffle, PixelShuffle, PixelUnshuffle } from './generated/shuffle.ts';
export { LogSoftmax, Softmax } from './generated/softmax.ts';
export { Fold, Unfold } from './generated/unfold.ts';
export { MaxUnpool1d, MaxUnpool2d, MaxUnpool3d } from './generated/unpooling.ts';
export type { LinearLayerOptions } from './linear.ts';
export { Linear } from './linear.ts';
export type { AnyModule } from './module.ts';
export { buffer, Module, parameter } from './module.ts';
export type {
  BatchNormLayerOptions,
  GroupNormLayerOptions,
  InstanceNormLayerOptions,
  LayerNormLayerOptions,
} from './normalization.ts';
export {
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  GroupNorm,
  InstanceNorm1d,
  InstanceNorm2d,
  InstanceNorm3d,
  LayerNorm,
} from './normalization.ts';
export { ZeroPad1d, ZeroPad2d, ZeroPad3d } from './padding.ts';
export type { SeparableConvLayerOptions, SpatialSeparableConvLayerOptions } from './separable.ts';
export { SeparableConv1d, SeparableConv2d, SeparableConv3d, SpatialSeparableConv2d } from './separable.ts';
export type { ModuleListConstructor, NamedLayers, SequentialConstructor } from './sequential.ts';
export { ModuleList, Sequential } from './sequential.ts';
export type { LoadOptions, StateDict, StateDifference, StateSource, StateValue } from './state.ts';
