/** MaxUnpool: values back where MaxPool found them. */
import type { DType } from '../../base/dtype.ts';
import { shapeText } from '../../base/errors.ts';
import { sub } from '../../ops/arithmetic.ts';
import { maxUnpool1d, maxUnpool2d, maxUnpool3d } from '../../ops/unpooling.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Call } from '../call.ts';
import type { Handlers } from '../handler.ts';
import { ints, optional, required, value } from '../row.ts';
import { padAxes } from './constant.ts';
import { padPairs, spatialAxes } from './convolution.ts';
import { planeStarts } from './pooling.ts';

export const unpooling: Handlers = {
  MaxUnpool: {
    since: 9,
    inputs: ['X', 'I', optional(value('output_shape'))],
    attributes: { kernel_shape: required(ints), pads: ints, strides: ints },
    build: buildMaxUnpool,
  },
};

/** Of the size that kernel, strides and pads say, by which indices count; a larger output_shape has zeros behind it. */
function buildMaxUnpool(call: Call): Tensor<DType> {
  const axes = spatialAxes(call);
  const x = call.float32(0);
  const kernel = call.perAxis('kernel_shape', axes, 1);
  const strides = call.perAxis('strides', axes, 1);
  const pads = padPairs(call, call.perAxis('pads', 2 * axes, 0), axes);
  const spatial = kernel.map(
    (size, axis) => (x.shape[axis + 2]! - 1) * strides[axis]! + size - pads[axis]![0] - pads[axis]![1],
  );
  if (spatial.some((size) => size < 1)) call.fail(`the output is ${shapeText(spatial)}, must not be empty`);
  const whole = [...x.shape.slice(0, 2), ...spatial];
  const own = sub(call.tensor(1) as Tensor<'int32'>, planeStarts(whole));
  const options = { stride: strides, outputSize: spatial };
  const y = [maxUnpool1d, maxUnpool2d, maxUnpool3d][axes - 1]!(x, own, kernel, options);
  const wanted = call.list('output_shape') ?? whole;
  if (wanted.length !== whole.length || wanted.some((size, axis) => size < whole[axis]!)) {
    call.fail(`output_shape is ${shapeText(wanted)}, must be at least ${shapeText(whole)}`);
  }
  return padAxes(
    y,
    wanted.map((size, axis) => [0, size - whole[axis]!]),
    { mode: 'constant' },
  );
}
