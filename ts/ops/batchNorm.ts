/**
 * batchNorm: y = (x - mean) / sqrt(var + eps) * weight + bias per channel (axis 1), as an affine map x * scale + shift
 * (Ioffe and Szegedy, 2015). In training mean and variance are the batch's, and the running ones are written in place.
 *
 * inputs: x, runningMean, runningVar, weight, bias, and what passes add to it. params: training, momentum, eps, and the
 * activation that it ends with.
 * @category Normalisation and noise
 */
import { checkOptions, real } from '../base/checks.ts';
import type { DType, TensorType } from '../base/dtype.ts';
import { counted, shapeText } from '../base/errors.ts';
import type { Buffer, Builder } from '../instructions/builder.ts';
import type { Activation } from '../instructions/elementwise.ts';
import { type Block, countOf, emitFill } from '../instructions/emit.ts';
import { activationOf } from '../instructions/emitConvolution.ts';
import {
  emitMap,
  emitMoments,
  emitNorm,
  emitNormGradients,
  emitRunning,
  emitScaleOf,
  type Learned,
  type NormShapes,
  type Statistics,
} from '../instructions/emitNorm.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Entry, type Lowered, operator } from './operator.ts';
import { flag } from './options.ts';
import { float32 } from './types.ts';

/** The options of `batchNorm`. */
export interface BatchNormOptions {
  /** Use and record the batch's statistics. Default false. */
  training?: boolean | undefined;
  /** The weight of the batch in the running statistics. Default 0.1. */
  momentum?: number | undefined;
  /** Added to the variance. Default 1e-5. */
  eps?: number | undefined;
}

interface Problem {
  readonly training: boolean;
  readonly momentum: number;
  readonly eps: number;
  readonly shapes: NormShapes;
  readonly activation: Activation;
  /** A batch of nothing in training: there are no statistics to normalise by, or to record. */
  readonly isEmpty: boolean;
}

const ARGS = ['x', 'runningMean', 'runningVar', 'weight', 'bias'];

/** x as [batch, channels, inner], with statistics and weights per channel. */
function shapesOf(x: TensorType): NormShapes {
  const [n, channels] = x.shape as [number, number];
  const per = [1, channels, 1];
  return { x: [n, channels, countOf(x.shape.slice(2))], statistics: per, weight: per };
}

function block(buffer: Buffer | null | undefined, { weight: shape }: NormShapes): Block | null {
  return buffer ? { buffer, shape } : null;
}

function learnedOf({ problem: { shapes }, inputs }: Lowered<Problem>): Learned {
  return { weight: block(inputs[3], shapes), bias: block(inputs[4], shapes) };
}

/** The statistics to normalise by; in training also the running ones' update. */
function emitStatistics(to: Builder, node: Lowered<Problem>): Statistics {
  const { training, momentum, eps, shapes } = node.problem;
  const [x, runningMean, runningVar] = node.inputs as (Buffer | null)[];
  const [savedMean, savedScale] = node.saved ?? [];
  if (!training) {
    if (savedMean !== undefined) to.copy(runningMean!, savedMean);
    const scale = emitScaleOf(to, block(runningVar, shapes)!, eps, savedScale);
    return { mean: block(runningMean, shapes)!, scale };
  }
  const { mean, variance } = emitMoments(to, shapes, x!, savedMean);
  const count = countOf(shapes.x) / countOf(shapes.weight);
  if (runningMean) emitRunning(to, runningMean, mean, shapes.weight, momentum, 1);
  if (runningVar) emitRunning(to, runningVar, variance, shapes.weight, momentum, count / (count - 1));
  return { mean, scale: emitScaleOf(to, variance, eps, savedScale) };
}

/** Batch norm by known statistics as a map x * scale + shift: both of them. inputs: mean, variance, weight, bias. params: eps. */
const MAP: Entry<{ readonly eps: number }> = {
  name: 'batchNormMap',
  torch: 'torch.nn.functional.batch_norm',
  onnx: [],
  args: ['runningMean', 'runningVar', 'weight', 'bias'],
  resolve: ([mean], [eps]) => ({ outputs: [mean!, mean!], problem: { eps: eps as number } }),
  makes: true,
  lower(to, { types: [mean], problem: { eps }, inputs }) {
    const [middle, variance, weight, bias] = inputs.map((buffer) => buffer && { buffer, shape: mean!.shape });
    const statistics = { mean: middle!, scale: emitScaleOf(to, variance!, eps) };
    const { scale, shift } = emitMap(to, statistics, { weight: weight ?? null, bias: bias ?? null });
    return [scale.buffer, shift.buffer];
  },
};

const BATCH_NORM: Entry<Problem> = {
  name: 'batchNorm',
  torch: 'torch.nn.functional.batch_norm',
  onnx: ['BatchNormalization'],
  args: ARGS,
  constants: ['runningMean', 'runningVar'],
  required: 1,
  resolve(types, params) {
    const [training, momentum, eps, ...act] = params as [number, number, number, ...number[]];
    float32('batchNorm', ARGS, types);
    const x = types[0]!;
    if (x.shape.length < 2) {
      throw new RangeError(`batchNorm: x has shape ${shapeText(x.shape)}, must have at least 2 axes`);
    }
    const channels = x.shape[1] as number;
    types.slice(1, 5).forEach((input, i) => {
      if (input !== null && (input.shape.length !== 1 || input.shape[0] !== channels)) {
        throw new RangeError(
          `batchNorm: ${ARGS[i + 1]} has shape ${shapeText(input.shape)}, must be [${channels}]`,
        );
      }
    });
    const values = (x.shape[0] as number) * countOf(x.shape.slice(2));
    const isEmpty = training === 1 && values === 0;
    if (training === 1 && values === 1) {
      throw new RangeError(
        `batchNorm: x has ${counted(values, 'value')} per channel, must have more than 1 in training`,
      );
    }
    if (training !== 1 && (types[1] === null || types[2] === null)) {
      throw new TypeError('batchNorm: runningMean and runningVar must be given where training is false');
    }
    const statistics: TensorType = { shape: [channels], dtype: 'float32' };
    return {
      outputs: [x],
      state: training === 1 && !isEmpty ? [1, 2] : [],
      // The running statistics may change between the forward run and a pullback.
      saved: isEmpty ? [] : [statistics, statistics],
      problem: {
        ...{ training: training === 1, momentum, eps, shapes: shapesOf(x), isEmpty },
        activation: activationOf(act),
      },
    };
  },
  lower(to, node) {
    const { shapes, isEmpty, activation } = node.problem;
    if (isEmpty) return;
    const statistics = emitStatistics(to, node);
    const ending = { residual: node.inputs[5] ?? null, activation };
    emitNorm(to, shapes, node.inputs[0]!, statistics, learnedOf(node), node.outputs[0]!, ending);
  },
  gradient(to, { types, problem, inputs, saved, gradients, wanted, after }) {
    const { training, shapes, isEmpty } = problem;
    if (isEmpty)
      return types.map((type, i) => (type && wanted[i] ? emitFill(to, type.shape, 0).buffer : null));
    const [mean, scale] = saved.map((buffer) => block(buffer, shapes)!) as [Block, Block];
    const found = emitNormGradients(
      to,
      shapes,
      inputs[0]!,
      { mean, scale },
      block(inputs[3], shapes),
      gradients[0]!,
      [wanted[0]!, wanted[3]!, wanted[4]!],
      !training,
      after,
    );
    return [found.x, null, null, found.weight, found.bias].map((one) => one?.buffer ?? null);
  },
  reads: { inputs: [0, 3], outputs: [] },
  traits: {
    epilogue: { residual: 5, slope: null, own: () => 3 },
    gradientTakes: { after: true },
    affine: (_, [training, , eps, ...act], axis) =>
      training === 0 && act.length === 0 && axis === 1
        ? { x: 0, entry: MAP, inputs: [1, 2, 3, 4], params: [eps as number], isScale: false }
        : null,
  },
};

/**
 * (x - mean) / sqrt(variance + eps) * weight + bias, per channel (Ioffe and Szegedy, 2015). As PyTorch's
 * batch_norm.
 * @param x [N, C, spatial...] of float32
 * @param runningMean [C]: the mean; in training it is written in place and may be null. It has no gradient
 * @param runningVar [C]: the variance, likewise
 * @param weight [C]; left out or null: 1
 * @param bias [C]; left out or null: 0
 * @returns of x's shape
 * @throws RangeError for shapes that do not fit, or one value per channel in training (of none the result is empty, and nothing
 * is recorded); TypeError where statistics are missing
 * @example
 * ```ts
 * batchNorm(x, runningMean, runningVar, weight, bias); // by known statistics
 * batchNorm(x, runningMean, runningVar, weight, bias, { training: true }); // by the batch's, which are recorded
 * ```
 */
export const batchNorm = /*#__PURE__*/ operator(
  BATCH_NORM,
  (invoke) =>
    (
      x: Tensor,
      runningMean: Tensor | null,
      runningVar: Tensor | null,
      weight?: Tensor | null,
      bias?: Tensor | null,
      options: BatchNormOptions = {},
    ): Tensor => {
      checkOptions('batchNorm', options, ['training', 'momentum', 'eps']);
      const { training = false, momentum = 0.1, eps = 1e-5 } = options;
      const params = [
        flag('batchNorm', 'training', training),
        real('batchNorm', 'momentum', momentum),
        real('batchNorm', 'eps', eps),
      ];
      const inputs = [x, runningMean ?? null, runningVar ?? null, weight ?? null, bias ?? null];
      return invoke(inputs as Tensor<DType>[], params)[0] as unknown as Tensor;
    },
);
