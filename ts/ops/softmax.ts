/**
 * softmax(x) = exp(x) / sum(exp(x)) along one axis, and its logarithm (crates/core/src/instructions/softmax.rs).
 *
 * params: dim, not negative.
 * @category Activations
 */
import { axisIndex, checkOptions, integer } from '../base/checks.ts';
import type { DType } from '../base/dtype.ts';
import type { Buffer, Builder } from '../instructions/builder.ts';
import { type Block, countOf, emitBinary, emitSumTo, emitUnary } from '../instructions/emit.ts';
import { writeSoftmax } from '../instructions/reduce.ts';
import { ACTIVATION, BINARY } from '../instructions/table.ts';
import { requireTensor, type Tensor } from '../tensor/tensor.ts';
import { type Entry, operator } from './operator.ts';
import { float32 } from './types.ts';

/** The option of `softmax` and `logSoftmax`. */
export interface SoftmaxOptions {
  /** The axis, counted from the end when negative. Default -1. */
  dim?: number | undefined;
}

/** dx of y and dy; `sum` adds along the axis. */
type Rule = (to: Builder, y: Block, dy: Block, sum: (x: Block) => Block) => Block;

/** x as [outer, size, inner], softmax being along size. */
interface Problem {
  readonly outer: number;
  readonly size: number;
  readonly inner: number;
}

function entry(
  name: string,
  logarithm: boolean,
  torch: string,
  onnx: readonly string[],
  rule: Rule,
): Entry<Problem> {
  return {
    name,
    torch,
    onnx,
    args: ['x'],
    resolve(types, params) {
      float32(name, ['x'], types);
      const x = types[0]!;
      const { shape } = x;
      const dim = params[0] as number;
      const [outer, inner] = [countOf(shape.slice(0, dim)), countOf(shape.slice(dim + 1))];
      return { outputs: [x], problem: { outer, size: shape[dim] ?? 1, inner } };
    },
    lower(to, { problem, inputs, outputs }) {
      writeSoftmax(to, { x: inputs[0]!, y: outputs[0]! }, { ...problem, logarithm });
    },
    gradient(to, { problem: { outer, size, inner }, outputs, gradients }) {
      const shape = [outer, size, inner];
      const block = ([buffer]: readonly (Buffer | null)[]) => ({ buffer: buffer!, shape });
      return [rule(to, block(outputs), block(gradients), (x) => emitSumTo(to, x, [outer, 1, inner])).buffer];
    },
    reads: { inputs: [] },
  };
}

function along(
  name: string,
  layer: string,
  logarithm: boolean,
  torch: string,
  onnx: readonly string[],
  rule: Rule,
) {
  return operator(
    entry(name, logarithm, torch, onnx, rule),
    (invoke) =>
      (x: Tensor, options: SoftmaxOptions = {}): Tensor => {
        const { shape } = requireTensor(name, 'x', x);
        checkOptions(name, options, ['dim']);
        // A scalar is one value along its only axis.
        const dim = axisIndex(name, 'dim', options.dim ?? -1, Math.max(shape.length, 1));
        return invoke([x as Tensor<DType>], [dim])[0] as unknown as Tensor;
      },
    {
      layer,
      validate(where, options: SoftmaxOptions) {
        checkOptions(where, options, ['dim']);
        integer(where, 'dim', options.dim ?? -1, -0x7fffffff);
      },
    },
  );
}

/**
 * exp(x) over its sum along `dim`, by default the last axis.
 * @param x of float32
 * @returns of x's shape
 * @throws RangeError for an axis that x does not have
 * @example
 * ```ts
 * softmax(tensor([1, 1])).toArray(); // [0.5, 0.5]
 * ```
 */
export const softmax = /*#__PURE__*/ along(
  'softmax',
  'Softmax',
  false,
  'torch.nn.functional.softmax',
  ['Softmax'],
  (to, y, dy, sum) => {
    const mean = sum(emitBinary(to, BINARY.mul, dy, y));
    return emitBinary(to, BINARY.mul, y, emitBinary(to, BINARY.sub, dy, mean));
  },
);

/**
 * The logarithm of softmax, x - log(sum(exp(x))) along `dim`, by default the last axis.
 * @param x of float32
 * @returns of x's shape
 * @throws RangeError for an axis that x does not have
 */
export const logSoftmax = /*#__PURE__*/ along(
  'logSoftmax',
  'LogSoftmax',
  true,
  'torch.nn.functional.log_softmax',
  ['LogSoftmax'],
  (to, y, dy, sum) => {
    const share = emitBinary(to, BINARY.mul, emitUnary(to, ACTIVATION.exp, y), sum(dy));
    return emitBinary(to, BINARY.sub, dy, share);
  },
);
