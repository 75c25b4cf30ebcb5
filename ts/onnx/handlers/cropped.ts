/** Resize of a crop, as TensorFlow has it: what lies beyond the input has a value of its own. */
import type { DType } from '../../base/dtype.ts';
import { where } from '../../ops/comparison.ts';
import { tensor } from '../../ops/create.ts';
import type { Axis } from '../../ops/resample.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Call } from '../call.ts';
import type { Handlers } from '../handler.ts';
import { CROPPED, type Request, resized, resizing } from './resize.ts';

export const cropping: Handlers = {
  Resize: [resizing.Resize!].flat().map((row) => ({
    ...row,
    build(call) {
      if (call.string('coordinate_transformation_mode') !== CROPPED) return row.build(call);
      const { y, asked, axes } = resized(call);
      return extrapolated(call, y, asked, axes);
    },
  })),
};

/** What lies beyond the input has the attribute's value. */
function extrapolated(
  call: Call,
  y: Tensor<DType>,
  asked: readonly Request[],
  axes: readonly Axis[],
): Tensor<DType> {
  const { fround } = Math;
  return axes.reduce((sum, { axis, output, positions: { factor, divisor, shift } }, i) => {
    const outside = Array.from({ length: output }, (_, o) => {
      const position = fround(fround(fround(o * fround(factor)) / fround(divisor)) + fround(shift));
      return Number(position < 0 || position > asked[i]!.input - 1);
    });
    if (!outside.includes(1)) return sum;
    const shape = y.shape.map((_, other) => (other === axis ? output : 1));
    const mask = tensor(outside, shape, { dtype: 'uint8' });
    return where(mask, call.float('extrapolation_value'), sum as Tensor) as Tensor<DType>;
  }, y);
}
