/**
 * cumSum(x, dim): y[k] = x[0] + ... + x[k] along an axis (crates/core/src/instructions/cumulate.rs). Gradient: the same
 * from the other end.
 *
 * params: dim, exclusive, reverse.
 * @category Reductions
 */
import { axisIndex, checkOptions } from '../base/checks.ts';
import type { DType } from '../base/dtype.ts';
import { countOf, newBlock } from '../instructions/emit.ts';
import { writeCumulate } from '../instructions/order.ts';
import type { Along } from '../instructions/reduce.ts';
import { requireTensor, type Tensor } from '../tensor/tensor.ts';
import { type Entry, operator } from './operator.ts';
import { flag } from './options.ts';

/** The options of `cumSum`, as ONNX has them. */
export interface CumSumOptions {
  /** Without the element itself: the sum of those before it. Default false. */
  exclusive?: boolean | undefined;
  /** From the axis' end. Default false. */
  reverse?: boolean | undefined;
}

interface Problem extends Along {
  readonly exclusive: boolean;
  readonly reverse: boolean;
}

const CUM_SUM: Entry<Problem> = {
  name: 'cumSum',
  torch: 'torch.cumsum',
  onnx: ['CumSum'],
  args: ['x'],
  resolve([x], [dim = 0, exclusive, reverse]) {
    const { shape, dtype } = x!;
    if (dtype !== 'float32' && dtype !== 'int32') {
      throw new TypeError(`cumSum: x is ${dtype}, must be float32 or int32`);
    }
    const [outer, inner] = [countOf(shape.slice(0, dim)), countOf(shape.slice(dim + 1))];
    const flags = { exclusive: exclusive === 1, reverse: reverse === 1 };
    return { outputs: [x!], problem: { outer, size: shape[dim] ?? 1, inner, ...flags } };
  },
  lower(to, { types: [x], problem, inputs, outputs }) {
    const dtype = x!.dtype;
    writeCumulate(to, { x: inputs[0]!, y: outputs[0]! }, { ...problem, dtype });
  },
  gradient(to, { types: [x], problem, gradients: [dy] }) {
    const { buffer } = newBlock(to, x!.shape);
    writeCumulate(to, { x: dy!, y: buffer }, { ...problem, reverse: !problem.reverse });
    return [buffer];
  },
  reads: { inputs: [], outputs: [] },
};

/**
 * The sums of x up to each element of an axis. As PyTorch's cumsum and ONNX's CumSum; the sums themselves are kept in
 * float64.
 * @param x of float32 or int32, which wraps and which the result keeps
 * @param dim the axis, counted from the end when negative
 * @throws RangeError for an axis that x does not have; TypeError for another dtype
 * @example
 * ```ts
 * cumSum(tensor([1, 2, 3]), 0).toArray(); // [1, 3, 6]
 * ```
 */
export const cumSum = /*#__PURE__*/ operator(
  CUM_SUM,
  (invoke) =>
    <D extends 'float32' | 'int32'>(x: Tensor<D>, dim: number, options: CumSumOptions = {}): Tensor<D> => {
      const { shape } = requireTensor('cumSum', 'x', x);
      const axis = axisIndex('cumSum', 'dim', dim, Math.max(shape.length, 1));
      checkOptions('cumSum', options, ['exclusive', 'reverse']);
      const params = [
        axis,
        flag('cumSum', 'exclusive', options.exclusive ?? false),
        flag('cumSum', 'reverse', options.reverse ?? false),
      ];
      return invoke([x as unknown as Tensor<DType>], params)[0] as unknown as Tensor<D>;
    },
);
