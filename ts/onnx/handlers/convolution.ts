/**
 * Convolution, and the rules that it shares with transposed convolution and pooling: `auto_pad`, and `pads` in ONNX's order
 * (all axes' beginnings, then all axes' ends).
 */
import { sameShape } from '../../base/dtype.ts';
import { counted, shapeText } from '../../base/errors.ts';
import { conv1d, conv2d, conv3d } from '../../ops/convolution.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Call } from '../call.ts';
import type { Handlers } from '../handler.ts';
import { choice, int, ints, optional } from '../row.ts';

export const WINDOW_ATTRIBUTES = {
  auto_pad: choice('NOTSET', 'SAME_UPPER', 'SAME_LOWER', 'VALID'),
  dilations: ints,
  kernel_shape: ints,
  pads: ints,
  strides: ints,
} as const;

type WindowPadding = [number, number][] | 'same' | 'same-lower' | 'valid';

/** The number of spatial axes of input 0, from 1 to 3. */
export function spatialAxes(call: Call): 1 | 2 | 3 {
  const { length } = call.shape(0);
  if (length === 3 || length === 4 || length === 5) return (length - 2) as 1 | 2 | 3;
  return call.fail(`the input is ${shapeText(call.shape(0))}, must have 3, 4 or 5 axes`);
}

/** Pairs from `pads`: [lo, lo, ..., hi, hi, ...]. */
export function padPairs(call: Call, pads: readonly number[], axes: number): [number, number][] {
  if (pads.length !== 2 * axes)
    call.fail(`pads has ${counted(pads.length, 'entry', 'entries')}, must have ${2 * axes}`);
  return Array.from({ length: axes }, (_, axis) => [pads[axis] as number, pads[axis + axes] as number]);
}

export function windowPadding(call: Call, axes: number): WindowPadding {
  switch (call.string('auto_pad')) {
    case 'SAME_UPPER':
      return 'same';
    case 'SAME_LOWER':
      return 'same-lower';
    case 'VALID':
      return 'valid';
    default:
      return padPairs(call, call.perAxis('pads', 2 * axes, 0), axes);
  }
}

export const convolution: Handlers = {
  Conv: {
    inputs: ['X', 'W', optional('B')],
    attributes: { ...WINDOW_ATTRIBUTES, group: int(1) },
    build: buildConv,
  },
};

export function buildConv(call: Call): Tensor {
  const axes = spatialAxes(call);
  const [x, weight, bias] = [call.float32(0), call.float32(1), call.optional(2)];
  const options = { ...windowOptions(call, axes, weight), padding: windowPadding(call, axes) };
  return [conv1d, conv2d, conv3d][axes - 1]!(x, weight, bias, options);
}

/** What both kinds say of their window beside the padding. */
export function windowOptions(call: Call, axes: number, weight: Tensor) {
  const kernel = weight.shape.slice(2);
  const declared = call.list('kernel_shape') ?? kernel;
  if (!sameShape({ shape: declared }, { shape: kernel })) {
    call.fail(`kernel_shape is ${shapeText(declared)}, but the weight is ${shapeText(weight.shape)}`);
  }
  return {
    stride: call.perAxis('strides', axes, 1),
    dilation: call.perAxis('dilations', axes, 1),
    groups: call.int('group'),
  };
}
