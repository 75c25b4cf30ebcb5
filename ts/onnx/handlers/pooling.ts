/** Pooling. ONNX's stride is 1 where none is given, PyTorch's the kernel's size. */
import type { DType } from '../../dtype.ts';
import type { Tensor } from '../../tensor.ts';
import type { Call, Handlers } from '../call.ts';
import { maxPool1d, maxPool2d, maxPool3d } from '../operators.ts';
import { spatialAxes, WINDOW_ATTRIBUTES, windowPadding } from './convolution.ts';

export const pooling: Handlers = {
  MaxPool: {
    inputs: [1, 1],
    // storage_order is the order of the second output's indices, which is not given.
    attributes: { ...WINDOW_ATTRIBUTES, ceil_mode: 'int', storage_order: 'int' },
    build: buildMaxPool,
  },
};

function buildMaxPool(call: Call): Tensor<DType> {
  const axes = spatialAxes(call);
  if (call.integers('kernel_shape') === undefined) call.fail('attribute kernel_shape is missing');
  const options = {
    stride: call.perAxis('strides', axes, 1),
    dilation: call.perAxis('dilations', axes, 1),
    padding: windowPadding(call, axes),
    ceilMode: call.integer('ceil_mode', 0) !== 0,
  };
  const pool = [maxPool1d, maxPool2d, maxPool3d][axes - 1]!;
  return pool(call.tensor(0), call.perAxis('kernel_shape', axes, 1), options);
}
