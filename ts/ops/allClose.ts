/**
 * allClose: whether |a - b| <= atol + rtol * |b| for every element, in double precision.
 * @category Arithmetic
 */
import { checkOptions, real } from '../base/checks.ts';
import type { DType } from '../base/dtype.ts';
import { wrongValue } from '../base/errors.ts';
import { broadcast } from '../instructions/emit.ts';
import { stretched } from '../instructions/walk.ts';
import { readable, requireTensor, type Tensor } from '../tensor/tensor.ts';
import { flag } from './options.ts';

/** The options of `allClose`. */
export interface AllCloseOptions {
  /** What may differ, relative to |b|. Default 1e-5. */
  rtol?: number | undefined;
  /** What may differ besides. Default 1e-8. */
  atol?: number | undefined;
  /** Whether NaN is close to NaN. Default false. */
  equalNaN?: boolean | undefined;
}

const NAME = 'allClose';

function tolerance(name: string, value: number): number {
  if (real(NAME, name, value) < 0) throw wrongValue(NAME, name, value, 'at least 0');
  return value;
}

function valuesOf(name: string, tensor: Tensor<DType>): ArrayLike<number> {
  readable(NAME, name, requireTensor(NAME, name, tensor));
  return tensor.data;
}

/**
 * Whether a is close to b: |a - b| <= atol + rtol * |b| for every element, infinities being close to themselves. Shapes broadcast;
 * a and b are of the same dtype, which may be any. As `torch.allclose`.
 * @throws TypeError when one has no values (it is disposed, or symbolic inside a trace) or they differ in dtype; RangeError
 * when the shapes do not broadcast
 * @example
 * ```ts
 * allClose(tensor([1, 2]), tensor([1, 2.00001]));      // true
 * ```
 */
export function allClose(a: Tensor<DType>, b: Tensor<DType>, options: AllCloseOptions = {}): boolean {
  const [x, y] = [valuesOf('a', a), valuesOf('b', b)];
  checkOptions(NAME, options, ['rtol', 'atol', 'equalNaN']);
  const rtol = tolerance('rtol', options.rtol ?? 1e-5);
  const atol = tolerance('atol', options.atol ?? 1e-8);
  const equalNaN = flag(NAME, 'equalNaN', options.equalNaN ?? false) === 1;
  if (a.dtype !== b.dtype) throw new TypeError(`${NAME}: b is ${b.dtype}, must be ${a.dtype}, as a`);
  const close = (one: number, other: number): boolean => {
    const difference = Math.abs(one - other);
    if (difference < Number.POSITIVE_INFINITY) return difference <= atol + rtol * Math.abs(other);
    return one === other || (equalNaN && Number.isNaN(one) && Number.isNaN(other));
  };
  const shape = broadcast(NAME, a.shape, b.shape);
  const [ofA, ofB] = [stretched(a.shape, shape), stretched(b.shape, shape)];
  const all = (axis: number, i: number, j: number): boolean => {
    if (axis === shape.length) return close(x[i] as number, y[j] as number);
    const [stepA, stepB] = [ofA[axis] as number, ofB[axis] as number];
    for (let n = 0; n < (shape[axis] as number); n++) {
      if (!all(axis + 1, i + n * stepA, j + n * stepB)) return false;
    }
    return true;
  };
  return all(0, 0, 0);
}
