/**
 * Losses of classes: of each column of x along its axis of classes (crates/core/src/instructions/cross_entropy.rs). Log softmax
 * and loss are one: nothing of x's size is kept but x.
 *
 * inputs: x, target, weight. params: reduction, ignoreIndex, labelSmoothing.
 * @category Losses
 */
import { checkOptions, integer, real } from '../base/checks.ts';
import type { DType, TensorType } from '../base/dtype.ts';
import { counted, wrongValue } from '../base/errors.ts';
import type { Buffer, Builder } from '../instructions/builder.ts';
import { countOf, emitBinaryInto, emitFill, newBlock } from '../instructions/emit.ts';
import { type CrossEntropy, writeCrossEntropy, writeCrossEntropyGradient } from '../instructions/loss.ts';
import { BINARY } from '../instructions/table.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { emitTotal, type LossOptions, MEAN, NONE, reductionOf, requireShape } from './lossReduction.ts';
import { type Backward, type Entry, type Lowered, operator, type Resolved, type Types } from './operator.ts';
import { float32 } from './types.ts';

/** The options of `nllLoss`. */
export interface NllLossOptions extends LossOptions {
  /** A weight for each class, [C]. A mean is then over the weights of the targets. Default: all 1. */
  weight?: Tensor | null | undefined;
  /** A target that adds nothing to the loss, nor to what a mean is over. Default -100. */
  ignoreIndex?: number | undefined;
}

/** The options of `crossEntropy`. */
export interface CrossEntropyOptions extends NllLossOptions {
  /** How much of the target is given to all classes evenly, from 0 to 1 (Szegedy et al., 2016). Default 0. */
  labelSmoothing?: number | undefined;
}

interface Problem extends CrossEntropy {
  readonly reduction: number;
  readonly columns: number;
}

/** The losses are divided by what their classes weigh. */
const isWeighed = ({ reduction, probabilities }: Problem): boolean => reduction === MEAN && !probabilities;

function resolve(
  name: string,
  args: readonly string[],
  normalise: boolean,
  types: Types,
  params: readonly number[],
): Resolved<Problem> {
  const [x, target, weight] = types as [TensorType, TensorType, TensorType | null];
  const [reduction = 0, ignored = 0, smoothing = 0] = params;
  float32(name, args, [x, null, weight]);
  const { shape } = x;
  if (shape.length === 0) {
    throw new RangeError(`${name}: ${args[0]} is a scalar, must be [C], [N, C] or [N, C, ...]`);
  }
  const axis = shape.length === 1 ? 0 : 1;
  const size = shape[axis] as number;
  const columns = shape.filter((_, i) => i !== axis);
  const probabilities = normalise && target.dtype === 'float32';
  if (probabilities) requireShape(name, 'target', target, shape, `as ${args[0]}: probabilities`);
  else if (target.dtype === 'int32') requireShape(name, 'target', target, columns, 'one class for each');
  else {
    const must = normalise ? 'int32 (classes) or float32 (probabilities)' : 'int32';
    throw new TypeError(`${name}: target is ${target.dtype}, must be ${must}`);
  }
  if (probabilities && ignored >= 0) {
    throw new RangeError(
      `${name}: ignoreIndex is ${ignored}, must be left out where target is probabilities`,
    );
  }
  if (weight) requireShape(name, 'weight', weight, [size], counted(size, 'class', 'classes'));
  const [outer, inner] = [countOf(shape.slice(0, axis)), countOf(shape.slice(axis + 1))];
  const problem: Problem = {
    ...{ outer, size, inner, normalise, probabilities, smoothing, ignored, reduction },
    columns: outer * inner,
  };
  const saved: TensorType[] = normalise ? [{ shape: [2, outer * inner], dtype: 'float32' }] : [];
  if (isWeighed(problem)) saved.push({ shape: [], dtype: 'float32' });
  return { outputs: [{ shape: reduction === NONE ? columns : [], dtype: 'float32' }], saved, problem };
}

/** What the gradient asks for: each column's state, and what the classes weigh together. */
function savedOf({ normalise }: Problem, saved: readonly Buffer[] | null | undefined) {
  const [first, second] = saved ?? [];
  return normalise ? { state: first, total: second } : { state: undefined, total: first };
}

function lower(to: Builder, { problem, inputs, outputs, saved }: Lowered<Problem>): void {
  const [x, target, weight] = inputs as [Buffer, Buffer, Buffer | null];
  const [y] = outputs as [Buffer];
  const { columns, reduction } = problem;
  const { state, total } = savedOf(problem, saved);
  const temporary = () => newBlock(to, [columns]).buffer;
  if (reduction === NONE) {
    writeCrossEntropy(to, { x, target, weight, y, state }, problem);
    return;
  }
  const weighed = isWeighed(problem);
  const [losses, share] = [temporary(), weighed ? temporary() : null];
  writeCrossEntropy(to, { x, target, weight, y: losses, share, state }, problem);
  if (reduction !== MEAN) {
    emitTotal(to, losses, columns, y);
    return;
  }
  const [sum, divisor] = [newBlock(to, []), weighed ? newBlock(to, []) : emitFill(to, [], columns)];
  const by = { ...divisor, buffer: total ?? divisor.buffer };
  emitTotal(to, losses, columns, sum.buffer);
  if (share) emitTotal(to, share, columns, by.buffer);
  emitBinaryInto(to, BINARY.div, 'float32', sum, by, { buffer: y, shape: [] });
}

function gradient(to: Builder, node: Backward<Problem>): (Buffer | null)[] {
  const { types, problem, inputs, gradients, wanted } = node;
  const [x, target, weight] = inputs as [Buffer, Buffer, Buffer | null];
  const { reduction, columns } = problem;
  const divisor = reduction === MEAN && problem.probabilities ? columns : 1;
  const operands = { dy: gradients[0]!, x, target, weight, ...savedOf(problem, node.saved) };
  return types.map((type, i) => {
    if (i > 1 || !wanted[i]) return null;
    const d = newBlock(to, type!.shape).buffer;
    const how = { divisor, each: reduction === NONE, byTarget: i === 1 };
    writeCrossEntropyGradient(to, { ...operands, d }, { ...problem, ...how });
    return d;
  });
}

function classes(
  name: string,
  torch: string,
  onnx: readonly string[],
  x: string,
  own: readonly string[] = [],
) {
  const args = [x, 'target', 'weight'];
  const normalise = name === 'crossEntropy';
  const entry: Entry<Problem> = {
    name,
    torch,
    onnx,
    args,
    constants: ['weight'],
    required: 2,
    optionTensors: 1,
    resolve: (types, params) => resolve(name, args, normalise, types, params),
    lower,
    gradient,
    reads: { outputs: [] },
  };
  return operator(
    entry,
    (invoke) =>
      (x: Tensor, target: Tensor<'int32'> | Tensor, options: CrossEntropyOptions = {}): Tensor => {
        checkOptions(name, options, ['weight', 'ignoreIndex', ...own, 'reduction']);
        const { weight = null, ignoreIndex = -100, labelSmoothing = 0, reduction } = options;
        if (!(real(name, 'labelSmoothing', labelSmoothing) >= 0 && labelSmoothing <= 1)) {
          throw wrongValue(name, 'labelSmoothing', labelSmoothing, 'from 0 to 1');
        }
        const ignored = integer(name, 'ignoreIndex', ignoreIndex, -0x80000000);
        const inputs = [x, target, weight] as Tensor<DType>[];
        return invoke(inputs, [
          reductionOf(name, reduction),
          ignored,
          labelSmoothing,
        ])[0] as unknown as Tensor;
      },
  );
}

/**
 * The cross entropy of the softmax of logits: the negative logarithm of the probability that logits give to the target, or, where
 * target is probabilities, the mean of all logarithms by these.
 * @param logits of float32, [N, C], [N, C, ...] or [C]
 * @param target int32 classes, of logits' shape without the axis of classes, or float32 probabilities of logits' shape
 * @returns a scalar: the mean over what is not ignored, by weight (NaN where all is); with the reduction "none" a loss for each
 * @throws RangeError for a target that is no class, and for shapes that do not fit; TypeError for another dtype
 * @example
 * ```ts
 * const target = tensor([2, 0], [2], { dtype: 'int32' });
 * crossEntropy(tensor([[0, 0, 0], [0, 0, 0]]), target).item(); // log(3)
 * ```
 */
export const crossEntropy: (
  logits: Tensor,
  target: Tensor<'int32'> | Tensor,
  options?: CrossEntropyOptions,
) => Tensor = /*#__PURE__*/ classes(
  'crossEntropy',
  'torch.nn.functional.cross_entropy',
  ['SoftmaxCrossEntropyLoss'],
  'logits',
  ['labelSmoothing'],
);

/**
 * The negative logarithm of the probability that is given to the target's class: crossEntropy of what logSoftmax gave.
 * @param logProbabilities logarithms of probabilities, float32, [N, C], [N, C, ...] or [C]
 * @param target int32 classes, of that shape without the axis of classes
 * @returns a scalar: the mean over what is not ignored, by weight (NaN where all is); with the reduction "none" a loss for each
 * @throws RangeError for a target that is no class, and for shapes that do not fit; TypeError for another dtype
 */
export const nllLoss: (
  logProbabilities: Tensor,
  target: Tensor<'int32'>,
  options?: NllLossOptions,
) => Tensor = /*#__PURE__*/ classes(
  'nllLoss',
  'torch.nn.functional.nll_loss',
  ['NegativeLogLikelihoodLoss'],
  'logProbabilities',
);
