/** Pooling. ONNX's stride is 1 where none is given, PyTorch's the kernel's size. */
import type { DType } from '../../base/dtype.ts';
import { globalAvgPool, globalMaxPool } from '../../ops/adaptivePooling.ts';
import { add, div, mul, sub } from '../../ops/arithmetic.ts';
import { arange } from '../../ops/create.ts';
import { avgPool1d, avgPool2d, avgPool3d, maxPool1d, maxPool2d, maxPool3d } from '../../ops/pooling.ts';
import { reshape } from '../../ops/reshape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Call } from '../call.ts';
import type { Handlers } from '../handler.ts';
import { int, required } from '../row.ts';
import { spatialAxes, WINDOW_ATTRIBUTES, windowPadding } from './convolution.ts';

export const POOL_ATTRIBUTES = {
  ...WINDOW_ATTRIBUTES,
  kernel_shape: required(WINDOW_ATTRIBUTES.kernel_shape),
  ceil_mode: int(0),
};

export const pooling: Handlers = {
  GlobalAveragePool: { inputs: ['X'], build: (call) => globalAvgPool(call.float32(0)) },
  GlobalMaxPool: { inputs: ['X'], build: (call) => globalMaxPool(call.tensor(0)) },
  MaxPool: {
    inputs: ['X'],
    attributes: { ...POOL_ATTRIBUTES, storage_order: int(0) },
    outputs: 2,
    build: buildMaxPool,
  },
  AveragePool: {
    inputs: ['X'],
    attributes: { ...POOL_ATTRIBUTES, count_include_pad: int(0) },
    build: (call) =>
      pool(call, [avgPool1d, avgPool2d, avgPool3d], {
        countIncludePad: call.int('count_include_pad') !== 0,
      }),
  },
};

type Pool = (x: Tensor<DType>, kernelSize: number[], options: object) => Tensor<DType>;

/** With indices: places in the whole input, in the order of its axes or of those of its planes reversed. */
function buildMaxPool(call: Call): Tensor<DType>[] {
  const ranks = [maxPool1d, maxPool2d, maxPool3d];
  if (call.outputCount === 1) return [pool(call, ranks)];
  const { shape } = call.tensor(0);
  const [y, own] = pool(call, ranks, { returnIndices: true }) as unknown as [Tensor<DType>, Tensor<'int32'>];
  const spatial = shape.slice(2);
  const indices = call.int('storage_order') === 1 ? reversed(own, spatial) : own;
  return [y, add(indices, planeStarts(shape))];
}

/** Places in planes of this shape, counted along the first axis first. */
function reversed(indices: Tensor<'int32'>, spatial: readonly number[]): Tensor<'int32'> {
  let rest = indices;
  let places: Tensor<'int32'> | null = null;
  for (let axis = spatial.length - 1; axis >= 0; axis--) {
    const step = spatial.slice(0, axis).reduce((a, b) => a * b, 1);
    const size = spatial[axis] as number;
    const quotient = div(rest, size);
    const term = mul(sub(rest, mul(quotient, size)), step);
    places = places === null ? term : add(places, term);
    rest = quotient;
  }
  return places as Tensor<'int32'>;
}

/** Where each plane of a shape begins: [N, C, 1...]. */
export function planeStarts([n = 0, channels = 0, ...spatial]: readonly number[]): Tensor<'int32'> {
  const plane = spatial.reduce((a, b) => a * b, 1);
  const starts = mul(arange(n * channels, { dtype: 'int32' }), plane);
  return reshape(starts, [n, channels, ...spatial.map(() => 1)]);
}

/** The pool of the input's rank, with the window that the attributes say. */
export function pool(call: Call, ranks: readonly unknown[], more: object = {}): Tensor<DType> {
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
