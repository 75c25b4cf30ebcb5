/**
 * Losses element by element: how far x is from y, as a mean, as a sum, or for each (crates/core/src/instructions/loss.rs).
 * Sums go by blocks, whatever the number of threads, and the blocks' sums in float64.
 *
 * inputs: x, y, weight, posWeight. params: reduction, LOSS, its two numbers.
 * @category Losses
 */
import { checkOptions, real } from '../base/checks.ts';
import { sameShape, type TensorType } from '../base/dtype.ts';
import { shapeText, wrongValue } from '../base/errors.ts';
import type { Buffer, Builder } from '../instructions/builder.ts';
import { broadcast, countOf, emitStretched, newBlock } from '../instructions/emit.ts';
import { type Elementwise, writeLoss, writeLossGradient } from '../instructions/loss.ts';
import { LOSS } from '../instructions/table.ts';
import type { Tensor } from '../tensor/tensor.ts';
import {
  BATCH_MEAN,
  emitTotal,
  type LossOptions,
  MEAN,
  NONE,
  type Reduction,
  reductionOf,
  requireShape,
} from './lossReduction.ts';
import { type Entry, operator, type Types } from './operator.ts';
import { flag } from './options.ts';
import { float32 } from './types.ts';

/** Elements that are summed together: enough to fill vectors, few enough to lose no digits. */
const BLOCK = 1024;

interface Problem {
  readonly shape: readonly number[];
  readonly each: boolean;
  readonly loss: Elementwise;
}

/** What a loss is besides its name; the arguments' names are those of the public function. */
interface Rule {
  readonly torch: string;
  /** Of x and y. */
  readonly names?: readonly [string, string];
  /** Weights among the options. */
  readonly weights?: readonly string[];
}

/** Weights, stretched to x's shape. */
function stretch(to: Builder, inputs: readonly (Buffer | null)[], types: Types, shape: readonly number[]) {
  const [weight = null, positive = null] = [2, 3].map((i) => {
    const buffer = inputs[i];
    return buffer ? emitStretched(to, { buffer, shape: types[i]!.shape }, shape).buffer : null;
  });
  return { x: inputs[0]!, target: inputs[1]!, weight, positive };
}

function requireWeight(name: string, argument: string, { shape }: TensorType, x: readonly number[]): void {
  const both = broadcast(name, shape, x, [argument, 'x']);
  if (sameShape({ shape: both }, { shape: x })) return;
  throw new RangeError(`${name}: ${argument} has shape ${shapeText(shape)}, must stretch to ${shapeText(x)}`);
}

function entryOf(name: string, { torch, names = ['x', 'y'], weights = [] }: Rule): Entry<Problem> {
  const args = [...names, ...weights];
  return {
    name,
    torch,
    onnx: [],
    args,
    constants: weights,
    required: 2,
    optionTensors: weights.length,
    resolve(types, [reduction, kind, p0 = 0, p1 = 0]) {
      float32(name, args, types);
      const [x, y] = types as [TensorType, TensorType];
      const { shape } = x;
      requireShape(name, args[1]!, y, shape, `as ${args[0]}`);
      for (const [i, type] of types.entries()) if (type && i > 1) requireWeight(name, args[i]!, type, shape);
      const each = reduction === NONE;
      const count = countOf(shape);
      const divisor = reduction === MEAN ? count : reduction === BATCH_MEAN ? (shape[0] ?? 1) : 1;
      const loss = { kind: kind as Elementwise['kind'], p0, p1, count, divisor };
      return { outputs: [each ? x : { shape: [], dtype: 'float32' }], problem: { shape, each, loss } };
    },
    lower(to, { types, problem: { shape, each, loss }, inputs, outputs: [y] }) {
      const operands = stretch(to, inputs, types, shape);
      const blocks = Math.ceil(loss.count / BLOCK);
      if (each || blocks < 2) {
        writeLoss(to, { ...operands, y: y! }, { ...loss, block: each ? 0 : BLOCK });
        return;
      }
      const sums = newBlock(to, [blocks]).buffer;
      writeLoss(to, { ...operands, y: sums }, { ...loss, block: BLOCK });
      emitTotal(to, sums, blocks, y!);
    },
    gradient(to, { types, problem: { shape, each, loss }, inputs, gradients: [dy], wanted }) {
      const operands = { ...stretch(to, inputs, types, shape), dy: dy! };
      return args.map((_, i) => {
        if (i > 1 || !wanted[i]) return null;
        const d = newBlock(to, shape).buffer;
        writeLossGradient(to, { ...operands, d }, { ...loss, each, byTarget: i === 1 });
        return d;
      });
    },
    reads: { outputs: [] },
  };
}

/** A loss; `numbers`: its number and its own numbers, by its options, which are named by `own`. */
function elementwise<O extends object>(
  name: string,
  rule: Rule,
  numbers: (options: O) => readonly number[],
  own: readonly string[] = [],
) {
  const weights = rule.weights ?? [];
  const known = [...weights, 'reduction', ...own];
  return operator(entryOf(name, rule), (invoke) => (x: Tensor, y: Tensor, options?: O): Tensor => {
    checkOptions(name, options, known);
    const given = (options ?? {}) as O & Record<string, unknown>;
    const reductions = name === 'klDiv' ? 4 : 3;
    const params = [reductionOf(name, given.reduction as string | undefined, reductions)];
    const inputs = [x, y, ...weights.map((weight) => (given[weight] ?? null) as Tensor | null)];
    return invoke(inputs, [...params, ...numbers(given)])[0] as unknown as Tensor;
  });
}

/**
 * The squared error, (x - y)^2.
 * @param x of float32, of any shape
 * @param y of x's shape
 * @returns a scalar; with the reduction "none" of x's shape
 * @throws RangeError for a y of another shape; TypeError for another dtype
 * @example
 * ```ts
 * mseLoss(tensor([1, 2]), tensor([1, 4])).item(); // 2
 * ```
 */
export const mseLoss = /*#__PURE__*/ elementwise<LossOptions>(
  'mseLoss',
  { torch: 'torch.nn.functional.mse_loss' },
  () => [LOSS.mse],
);

/**
 * The absolute error, |x - y|; where they are equal its slope is 0.
 * @param x of float32, of any shape
 * @param y of x's shape
 * @returns a scalar; with the reduction "none" of x's shape
 * @throws RangeError for a y of another shape; TypeError for another dtype
 */
export const l1Loss = /*#__PURE__*/ elementwise<LossOptions>(
  'l1Loss',
  { torch: 'torch.nn.functional.l1_loss' },
  () => [LOSS.l1],
);

/** The options of `smoothL1Loss`. */
export interface SmoothL1Options extends LossOptions {
  /** Where the parabola ends. Default 1. With 0 there is none, as in l1Loss. */
  beta?: number | undefined;
}

/**
 * With d = |x - y|: d^2 / (2 beta) below beta, beyond it d - beta / 2 (Girshick, Fast R-CNN, 2015).
 * @param x of float32, of any shape
 * @param y of x's shape
 * @returns a scalar; with the reduction "none" of x's shape
 * @throws RangeError for a y of another shape, and for a negative beta; TypeError for another dtype
 */
export const smoothL1Loss = /*#__PURE__*/ elementwise<SmoothL1Options>(
  'smoothL1Loss',
  { torch: 'torch.nn.functional.smooth_l1_loss' },
  ({ beta = 1 }) => {
    if (real('smoothL1Loss', 'beta', beta) < 0) throw wrongValue('smoothL1Loss', 'beta', beta, 'at least 0');
    return beta === 0 ? [LOSS.l1] : [LOSS.huber, beta, 1 / beta];
  },
  ['beta'],
);

/** The options of `huberLoss`. */
export interface HuberOptions extends LossOptions {
  /** Where the parabola ends. Default 1. */
  delta?: number | undefined;
}

/**
 * With d = |x - y|: d^2 / 2 up to delta, beyond it delta (d - delta / 2) (Huber, Robust estimation of a location
 * parameter, 1964).
 * @param x of float32, of any shape
 * @param y of x's shape
 * @returns a scalar; with the reduction "none" of x's shape
 * @throws RangeError for a y of another shape, and for a delta that is not above 0; TypeError for another dtype
 */
export const huberLoss = /*#__PURE__*/ elementwise<HuberOptions>(
  'huberLoss',
  { torch: 'torch.nn.functional.huber_loss' },
  ({ delta = 1 }) => {
    if (real('huberLoss', 'delta', delta) <= 0) throw wrongValue('huberLoss', 'delta', delta, 'above 0');
    return [LOSS.huber, delta, 1];
  },
  ['delta'],
);

/** The options of `binaryCrossEntropy`. */
export interface BinaryCrossEntropyOptions extends LossOptions {
  /** What each element's loss is multiplied by; stretched to the shape of p. */
  weight?: Tensor | null | undefined;
}

/**
 * The cross entropy of probabilities, -y log p - (1 - y) log(1 - p), whose logarithms are -100 at least, as in PyTorch.
 * @param p of float32, from 0 to 1, of any shape
 * @param y what should be, from 0 to 1; of the shape of p
 * @returns a scalar; with the reduction "none" of the shape of p
 * @throws RangeError for a p that is no probability, and for a y of another shape; TypeError for another dtype
 */
export const binaryCrossEntropy: (p: Tensor, y: Tensor, options?: BinaryCrossEntropyOptions) => Tensor =
  /*#__PURE__*/ elementwise<BinaryCrossEntropyOptions>(
    'binaryCrossEntropy',
    { torch: 'torch.nn.functional.binary_cross_entropy', names: ['p', 'y'], weights: ['weight'] },
    () => [LOSS.binaryCrossEntropy],
  );

/** The options of `binaryCrossEntropyWithLogits`. */
export interface BinaryCrossEntropyWithLogitsOptions extends BinaryCrossEntropyOptions {
  /** What the first term, that of y, is multiplied by, such as one number per class; stretched to x's shape. */
  posWeight?: Tensor | null | undefined;
}

/**
 * The cross entropy of logits: binaryCrossEntropy of sigmoid(x), computed so that no large x loses digits.
 * @param x of float32, of any shape
 * @param y what should be, from 0 to 1; of x's shape
 * @returns a scalar; with the reduction "none" of x's shape
 * @throws RangeError for a y of another shape; TypeError for another dtype
 */
export const binaryCrossEntropyWithLogits = /*#__PURE__*/ elementwise<BinaryCrossEntropyWithLogitsOptions>(
  'binaryCrossEntropyWithLogits',
  { torch: 'torch.nn.functional.binary_cross_entropy_with_logits', weights: ['weight', 'posWeight'] },
  () => [LOSS.binaryCrossEntropyWithLogits],
);

/** The options of `klDiv`. */
export interface KlDivOptions {
  /** As of every loss, or "batchmean": the sum over the size of axis 0, which is the divergence itself. Default "mean". */
  reduction?: Reduction | 'batchmean' | undefined;
  /** y holds logarithms as well. Default false. */
  logTarget?: boolean | undefined;
}

/**
 * The divergence of Kullback and Leibler, y (log y - x).
 * @param x logarithms of probabilities, float32, of any shape
 * @param y the probabilities that should be; of x's shape
 * @returns a scalar; with the reduction "none" of x's shape
 * @throws RangeError for a y of another shape; TypeError for another dtype
 */
export const klDiv = /*#__PURE__*/ elementwise<KlDivOptions>(
  'klDiv',
  { torch: 'torch.nn.functional.kl_div' },
  ({ logTarget = false }) => [
    flag('klDiv', 'logTarget', logTarget) === 1 ? LOSS.klDivOfLogarithm : LOSS.klDiv,
  ],
  ['logTarget'],
);
