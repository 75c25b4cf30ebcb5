/** Reductions over axes. */
import type { DType } from '../../dtype.ts';
import type { ReduceOptions } from '../../ops/reduction.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Call, Flow, Handler, Handlers } from '../call.ts';
import { argMax, max, mean, min, sum } from '../operators.ts';

type Reduction = (x: Tensor<never>, options: ReduceOptions) => Tensor<DType>;

function reduction(operator: unknown): Handler {
  return {
    inputs: [1, 1],
    attributes: { axes: 'ints', keepdims: 'int' },
    build(call): Flow {
      const x = call.tensor(0);
      const axes = axesOf(call);
      if (axes.length === 0 && call.integer('noop_with_empty_axes', 0) !== 0) return x;
      const dim = axes.map((axis) => call.axis(axis, x.shape.length));
      const options = { dim, keepDim: call.integer('keepdims', 1) !== 0 };
      return (operator as Reduction)(x as Tensor<never>, options);
    },
  };
}

/** The axes of ReduceSum are an input from opset 13 on. */
function axesOf(call: Call): readonly number[] {
  if (call.has(1)) {
    if (call.opset >= 13) return call.numbers(1, 'axes');
    call.fail(`it has 2 inputs, which operator set ${call.opset} does not know`);
  }
  return call.integers('axes') ?? [];
}

export const reductions: Handlers = {
  ReduceSum: {
    ...reduction(sum),
    inputs: [1, 2],
    attributes: { axes: 'ints', keepdims: 'int', noop_with_empty_axes: 'int' },
    host: [1],
  },
  ReduceMean: reduction(mean),
  ReduceMax: reduction(max),
  ReduceMin: reduction(min),
  ArgMax: {
    inputs: [1, 1],
    attributes: { axis: 'int', keepdims: 'int', select_last_index: 'int' },
    build(call) {
      const x = call.tensor(0);
      if (call.integer('select_last_index', 0) !== 0) call.fail('select_last_index must be 0');
      const dim = call.axis(call.integer('axis', 0), x.shape.length);
      return argMax(x, { dim, keepDim: call.integer('keepdims', 1) !== 0 });
    },
  },
};
