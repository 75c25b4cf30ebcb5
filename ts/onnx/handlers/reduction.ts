/** Reductions over axes. */
import type { DType } from '../../base/dtype.ts';
import { div, sub } from '../../ops/arithmetic.ts';
import { slice } from '../../ops/concat.ts';
import { argMax, argMin, max, mean, min, type ReduceOptions, sum } from '../../ops/reduction.ts';
import { reshape } from '../../ops/reshape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Call } from '../call.ts';
import type { Handler, Handlers } from '../handler.ts';
import { int, ints, optional, value } from '../row.ts';

type Reduction = (x: Tensor<never>, options: ReduceOptions) => Tensor<DType>;

/** By axes in an attribute, and from operator set `since` on in an input. */
export function reduction(operator: unknown, since = 18): Handler[] {
  const build = (call: Call): Tensor<DType> => {
    const x = call.tensor(0);
    const axes = call.list('axes') ?? [];
    const none = axes.length === 0 && call.int('noop_with_empty_axes') === 1;
    // Over an axis of one, what is made of each element (its square, say) is still made.
    const [of, dims] = none ? [reshape(x, [...x.shape, 1]), [x.shape.length]] : [x, axes];
    const dim = dims.map((axis) => call.axis(axis, of.shape.length));
    const options = { dim, keepDim: !none && call.int('keepdims') !== 0 };
    return (operator as Reduction)(of as Tensor<never>, options);
  };
  return [
    { inputs: ['data'], attributes: { axes: ints, keepdims: int(1) }, build },
    {
      since,
      inputs: ['data', optional(value('axes'))],
      attributes: { keepdims: int(1), noop_with_empty_axes: int(0) },
      build,
    },
  ];
}

function place(operator: typeof argMax): Handler {
  return {
    inputs: ['data'],
    attributes: { axis: int(0), keepdims: int(1), select_last_index: int(0) },
    build(call) {
      const x = call.tensor(0);
      const dim = call.axis(call.int('axis'), x.shape.length);
      const options = { dim, keepDim: call.int('keepdims') !== 0 };
      if (call.int('select_last_index') === 0) return operator(x, options);
      return sub((x.shape[dim] as number) - 1, operator(reversed(x, dim), options));
    },
  };
}

/** The last along an axis first. */
function reversed(x: Tensor<DType>, dim: number): Tensor<DType> {
  const along = <T>(one: T, others: readonly T[]) =>
    others.map((other, axis) => (axis === dim ? one : other));
  const { shape } = x;
  const zeros = shape.map(() => 0);
  const ends = along(-(shape[dim] as number) - 1, shape);
  return slice(x, along((shape[dim] as number) - 1, zeros), ends, {
    steps: along(
      -1,
      shape.map(() => 1),
    ),
  });
}

/** Of integers cut to the whole. */
function average(x: Tensor, options: ReduceOptions): Tensor {
  if (x.dtype === 'float32') return mean(x, options);
  const total = sum(x, options);
  return div(total, x.size / Math.max(1, total.size));
}

export const reductions: Handlers = {
  ReduceSum: reduction(sum, 13),
  ReduceMean: reduction(average),
  ReduceMax: reduction(max),
  ReduceMin: reduction(min),
  ArgMax: place(argMax),
  ArgMin: place(argMin),
};
