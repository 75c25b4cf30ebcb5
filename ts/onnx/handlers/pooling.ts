/** Pooling. ONNX's stride is 1 where none is given, PyTorch's the kernel's size. */
import type { DType } from '../../base/dtype.ts';
import { globalAvgPool, globalMaxPool } from '../../ops/adaptivePooling.ts';
import {
  avgPool1d,
  avgPool2d,
  avgPool3d,
  lpPool1d,
  lpPool2d,
  lpPool3d,
  maxPool1d,
  maxPool2d,
  maxPool3d,
} from '../../ops/pooling.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Call } from '../call.ts';
import type { Handlers } from '../handler.ts';
import { int, required } from '../row.ts';
import { spatialAxes, WINDOW_ATTRIBUTES, windowPadding } from './convolution.ts';

const ATTRIBUTES = {
  ...WINDOW_ATTRIBUTES,
  kernel_shape: required(WINDOW_ATTRIBUTES.kernel_shape),
  ceil_mode: int(0),
};

export const pooling: Handlers = {
  GlobalAveragePool: { inputs: ['X'], build: (call) => globalAvgPool(call.float32(0)) },
  GlobalMaxPool: { inputs: ['X'], build: (call) => globalMaxPool(call.tensor(0)) },
  MaxPool: {
    inputs: ['X'],
    // storage_order is the order of the second output's indices, which is not given.
    attributes: { ...ATTRIBUTES, storage_order: int(0) },
    build: (call) => pool(call, [maxPool1d, maxPool2d, maxPool3d]),
  },
  AveragePool: {
    inputs: ['X'],
    attributes: { ...ATTRIBUTES, count_include_pad: int(0) },
    build: (call) =>
      pool(call, [avgPool1d, avgPool2d, avgPool3d], {
        countIncludePad: call.int('count_include_pad') !== 0,
      }),
  },
  LpPool: {
    inputs: ['X'],
    attributes: { ...ATTRIBUTES, p: int(2) },
    build: (call) => {
      const p = call.int('p');
      return pool(
        call,
        [lpPool1d, lpPool2d, lpPool3d].map(
          (lp) => (x: Tensor<DType>, kernel: number[], options: object) =>
            lp(x as Tensor, p, kernel, options),
        ),
        { absolute: true },
      );
    },
  },
};

type Pool = (x: Tensor<DType>, kernelSize: number[], options: object) => Tensor<DType>;

/** The pool of the input's rank, with the window that the attributes say. */
function pool(call: Call, ranks: readonly unknown[], more: object = {}): Tensor<DType> {
  const axes = spatialAxes(call);
  const options = {
    stride: call.perAxis('strides', axes, 1),
    dilation: call.perAxis('dilations', axes, 1),
    padding: windowPadding(call, axes),
    ceilMode: call.int('ceil_mode') !== 0,
    ...more,
  };
  return (ranks[axes - 1] as Pool)(call.tensor(0), call.perAxis('kernel_shape', axes, 1), options);
}
