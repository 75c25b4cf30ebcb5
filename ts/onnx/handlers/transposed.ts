/** Transposed convolution. */
import { counted } from '../../base/errors.ts';
import { convTranspose1d, convTranspose2d, convTranspose3d } from '../../ops/convTranspose.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Call } from '../call.ts';
import type { Handlers } from '../handler.ts';
import { int, ints, optional } from '../row.ts';
import { spatialAxes, WINDOW_ATTRIBUTES, windowOptions, windowPadding } from './convolution.ts';

export const transposedConvolution: Handlers = {
  ConvTranspose: {
    inputs: ['X', 'W', optional('B')],
    attributes: { ...WINDOW_ATTRIBUTES, group: int(1), output_padding: ints, output_shape: ints },
    build: buildConvTranspose,
  },
};

/** By `pads` and `output_padding`; or to an `output_shape` (input times stride under SAME), padding being what that leaves. */
function buildConvTranspose(call: Call): Tensor {
  const axes = spatialAxes(call);
  const [x, weight, bias] = [call.float32(0), call.float32(1), call.optional(2)];
  const window = windowOptions(call, axes, weight);
  const transposed = [convTranspose1d, convTranspose2d, convTranspose3d][axes - 1]!;
  const outputPadding = call.perAxis('output_padding', axes, 0);
  const padding = windowPadding(call, axes);
  const same = padding === 'same' || padding === 'same-lower';
  const declared = call.list('output_shape');
  if (declared === undefined && !same) {
    return transposed(x, weight, bias, { ...window, padding, outputPadding });
  }
  const input = x.shape.slice(2);
  const outputSize = declared?.slice(-axes) ?? input.map((size, axis) => size * window.stride[axis]!);
  if (outputSize.length !== axes) {
    call.fail(`output_shape has ${counted(outputSize.length, 'entry', 'entries')}, must have ${axes}`);
  }
  const pads = outputSize.map((size, axis): [number, number] => {
    const extent = window.dilation[axis]! * (weight.shape[2 + axis]! - 1) + 1;
    const whole = window.stride[axis]! * (input[axis]! - 1) + extent + outputPadding[axis]!;
    const [total, half] = [Math.max(0, whole - size), Math.floor(Math.max(0, whole - size) / 2)];
    return padding === 'same' ? [half, total - half] : [total - half, half];
  });
  return transposed(x, weight, bias, { ...window, padding: pads, outputSize });
}
