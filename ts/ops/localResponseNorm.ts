/**
 * localResponseNorm: y = x / d^beta, where d = k + alpha * the mean of x^2 over `size` neighbouring channels, those that
 * there are not being 0 (Krizhevsky et al., 2012). The sum is a pool along the channels.
 *
 * inputs: x. params: size, alpha, beta, k, oddAfter.
 * @category Normalisation and noise
 */
import { checkOptions, integer, real } from '../base/checks.ts';
import type { TensorType } from '../base/dtype.ts';
import { shapeText } from '../base/errors.ts';
import { UNIT } from '../instructions/axes.ts';
import type { Builder } from '../instructions/builder.ts';
import { writeAffine } from '../instructions/channels.ts';
import {
  type Block,
  countOf,
  emitBinary,
  emitBinaryInto,
  emitFill,
  emitScale,
  emitUnary,
  newBlock,
} from '../instructions/emit.ts';
import { writePool } from '../instructions/pool.ts';
import { ACTIVATION, BINARY, POOL } from '../instructions/table.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Backward, type Lowered, operator, type Params } from './operator.ts';
import { flag } from './options.ts';
import { float32 } from './types.ts';

/** The options of `localResponseNorm`. */
export interface LocalResponseNormOptions {
  /** The factor of the mean of squares. Default 1e-4. */
  alpha?: number | undefined;
  /** The exponent. Default 0.75. */
  beta?: number | undefined;
  /** What is added to the mean. Default 1. */
  k?: number | undefined;
  /** Where `size` is even, the channel that makes it so is the one behind, as in ONNX, not the one before. Default false. */
  oddAfter?: boolean | undefined;
}

interface Problem {
  readonly size: number;
  readonly alpha: number;
  readonly beta: number;
  readonly k: number;
  /** How many channels before and after one belong to its window, no more than there are. */
  readonly before: number;
  readonly after: number;
}

/** What the params say for so many channels. */
function problemOf(channels: number, params: Params): Problem {
  const [size = 0, alpha = 0, beta = 0, k = 0, oddAfter] = params;
  const [less, more] = [Math.floor((size - 1) / 2), Math.floor(size / 2)];
  const [before, after] = oddAfter === 1 ? [less, more] : [more, less];
  return { size, alpha, beta, k, before: Math.min(before, channels), after: Math.min(after, channels) };
}

/** The sum over each channel and so many before and after it. */
function emitChannelSums(to: Builder, x: Block, before: number, after: number): Block {
  const [n, channels] = x.shape as [number, number];
  const sums = newBlock(to, x.shape);
  if (countOf(x.shape) === 0) return sums;
  const inner = countOf(x.shape.slice(2));
  const along = { ...UNIT, input: channels, kernel: before + after + 1, lo: before, hi: after };
  const axes = [UNIT, along, { ...UNIT, input: inner }] as const;
  const problem = { planes: n, axes, reduction: POOL.sum, dtype: 'float32' } as const;
  writePool(to, { x: x.buffer, y: sums.buffer }, problem);
  return sums;
}

/** x^exponent for an x that is not negative; the usual exponents by roots. */
function emitPower(to: Builder, x: Block, exponent: number): Block {
  if (exponent === 1) return x;
  if (exponent !== 0.5 && exponent !== 0.75) {
    return emitUnary(to, ACTIVATION.exp, emitScale(to, emitUnary(to, ACTIVATION.log, x), exponent));
  }
  const root = emitUnary(to, ACTIVATION.sqrt, x);
  return exponent === 0.5 ? root : emitBinary(to, BINARY.mul, root, emitUnary(to, ACTIVATION.sqrt, root));
}

/**
 * Divides each element of x by (k + alpha * mean)^beta, the mean being that of the squares at its place in `size`
 * channels around its own; of an even size the odd one lies before (Krizhevsky et al., 2012).
 * @param x [N, C, spatial...] of float32
 * @param size the number of channels
 * @returns of x's shape
 * @throws RangeError for an x with fewer than 3 axes, and a size below 1
 */
export const localResponseNorm = /*#__PURE__*/ operator(
  {
    name: 'localResponseNorm',
    torch: 'torch.nn.functional.local_response_norm',
    onnx: ['LRN'],
    args: ['x'],
    resolve(inputs, params) {
      float32('localResponseNorm', ['x'], inputs);
      const x = inputs[0] as TensorType;
      if (x.shape.length < 3) {
        throw new RangeError(
          `localResponseNorm: x has shape ${shapeText(x.shape)}, must have at least 3 axes`,
        );
      }
      const base: TensorType = { shape: x.shape, dtype: 'float32' };
      return { outputs: [x], saved: [base], problem: problemOf(x.shape[1] as number, params) };
    },
    lower(to, { types: [type], problem, inputs, outputs, saved }: Lowered<Problem>) {
      const { shape } = type!;
      const { size, alpha, beta, k, before, after } = problem;
      const x: Block = { buffer: inputs[0]!, shape };
      const sums = emitChannelSums(to, emitBinary(to, BINARY.mul, x, x), before, after);
      const base: Block = saved ? { buffer: saved[0]!, shape } : newBlock(to, shape);
      const [scale, shift] = [emitFill(to, [], alpha / size), emitFill(to, [], k)];
      const operands = { x: sums.buffer, scale: scale.buffer, shift: shift.buffer, y: base.buffer };
      writeAffine(to, operands, { n: 1, channels: 1, inner: countOf(shape) });
      emitBinaryInto(to, BINARY.div, 'float32', x, emitPower(to, base, beta), { buffer: outputs[0]!, shape });
    },
    // dx = dy / d^beta - 2 alpha beta / size * x * (the sum over the windows that x is in of dy * y / d).
    gradient(to, { types: [type], problem, inputs, outputs, saved, gradients }: Backward<Problem>) {
      const { shape } = type!;
      const { size, alpha, beta, before, after } = problem;
      const [x, y, base, dy] = [inputs[0], outputs[0], saved[0], gradients[0]].map((buffer) => ({
        buffer: buffer!,
        shape,
      })) as [Block, Block, Block, Block];
      const shares = emitBinary(to, BINARY.div, emitBinary(to, BINARY.mul, dy, y), base);
      const sums = emitScale(to, emitChannelSums(to, shares, after, before), (-2 * alpha * beta) / size);
      const direct = emitBinary(to, BINARY.div, dy, emitPower(to, base, beta));
      return [emitBinary(to, BINARY.add, direct, emitBinary(to, BINARY.mul, x, sums)).buffer];
    },
  },
  (invoke) =>
    (x: Tensor, size: number, options: LocalResponseNormOptions = {}): Tensor =>
      invoke([x], localResponseNormParams('localResponseNorm', size, options))[0] as unknown as Tensor,
  { layer: 'LocalResponseNorm', validate: localResponseNormParams },
);

/** The options as numbers. @throws RangeError for a size below 1 */
function localResponseNormParams(where: string, size: number, options: LocalResponseNormOptions): number[] {
  checkOptions(where, options, ['alpha', 'beta', 'k', 'oddAfter']);
  const { alpha = 1e-4, beta = 0.75, k = 1, oddAfter = false } = options;
  return [
    integer(where, 'size', size, 1),
    real(where, 'alpha', alpha),
    real(where, 'beta', beta),
    real(where, 'k', k),
    flag(where, 'oddAfter', oddAfter),
  ];
}
