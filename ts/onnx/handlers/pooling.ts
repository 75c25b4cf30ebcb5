/** Pooling. ONNX's stride is 1 where none is given, PyTorch's the kernel's size. */
import type { DType } from '../../dtype.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Call, Handlers } from '../call.ts';
import {
  avgPool1d,
  avgPool2d,
  avgPool3d,
  globalAvgPool,
  globalMaxPool,
  lpPool1d,
  lpPool2d,
  lpPool3d,
  maxPool1d,
  maxPool2d,
  maxPool3d,
} from '../operators.ts';
import { spatialAxes, WINDOW_ATTRIBUTES, windowPadding } from './convolution.ts';

export const pooling: Handlers = {
  GlobalAveragePool: { inputs: [1, 1], build: (call) => globalAvgPool(call.float32(0)) },
  GlobalMaxPool: { inputs: [1, 1], build: (call) => globalMaxPool(call.tensor(0)) },
  MaxPool: {
    inputs: [1, 1],
    // storage_order is the order of the second output's indices, which is not given.
    attributes: { ...WINDOW_ATTRIBUTES, ceil_mode: 'int', storage_order: 'int' },
    build: (call) => pool(call, [maxPool1d, maxPool2d, maxPool3d]),
  },
  AveragePool: {
    inputs: [1, 1],
    attributes: { ...WINDOW_ATTRIBUTES, ceil_mode: 'int', count_include_pad: 'int' },
    build: (call) =>
      pool(call, [avgPool1d, avgPool2d, avgPool3d], {
        countIncludePad: call.integer('count_include_pad', 0) !== 0,
      }),
  },
  LpPool: {
    inputs: [1, 1],
    attributes: { ...WINDOW_ATTRIBUTES, ceil_mode: 'int', p: 'int' },
    build: (call) => {
      const p = call.integer('p', 2);
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
  if (call.integers('kernel_shape') === undefined) call.fail('attribute kernel_shape is missing');
  const options = {
    stride: call.perAxis('strides', axes, 1),
    dilation: call.perAxis('dilations', axes, 1),
    padding: windowPadding(call, axes),
    ceilMode: call.integer('ceil_mode', 0) !== 0,
    ...more,
  };
  return (ranks[axes - 1] as Pool)(call.tensor(0), call.perAxis('kernel_shape', axes, 1), options);
}
