/**
 * groupNorm, instanceNorm and layerNorm: y = (x - mean) / sqrt(variance + eps) * weight + bias, the statistics being those
 * of a group of channels of one image (Wu and He, 2018), of one channel of one image (Ulyanov et al., 2016), or of the
 * last axes (Ba et al., 2016).
 *
 * inputs: x, weight, bias; instanceNorm also runningMean, runningVar. params: eps, then groups; momentum; or the
 * normalised shape.
 * @category Normalisation and noise
 */
import { checkOptions, integer, integers, real } from '../base/checks.ts';
import type { TensorType } from '../base/dtype.ts';
import { shapeText, wrongValue } from '../base/errors.ts';
import type { Buffer, Builder } from '../instructions/builder.ts';
import { type Block, countOf } from '../instructions/emit.ts';
import {
  emitMoments,
  emitNorm,
  emitNormGradients,
  emitRunning,
  emitScaleOf,
  type NormShapes,
} from '../instructions/emitNorm.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Entry, type Lowered, operator, type Params } from './operator.ts';
import { float32 } from './types.ts';

/** The option of `groupNorm` and `layerNorm`. */
export interface NormOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number | undefined;
}

/** The options of `instanceNorm`. */
export interface InstanceNormOptions extends NormOptions {
  /** Written in place: the mean of each channel, over what was seen, by `momentum`. */
  runningMean?: Tensor | null | undefined;
  /** Written in place: the (unbiased) variance, likewise. */
  runningVar?: Tensor | null | undefined;
  /** The weight of this call in the running statistics. Default 0.1. */
  momentum?: number | undefined;
}

const ARGS = ['x', 'weight', 'bias', 'runningMean', 'runningVar'];

/** The shapes of x [N, C, ...] in groups of channels. */
function groupedShapes({ shape }: TensorType, groups: number): NormShapes {
  const [n, channels] = shape as [number, number];
  const each = channels / groups;
  return {
    x: [n, groups, each, countOf(shape.slice(2))],
    statistics: [n, groups, 1, 1],
    weight: [1, groups, each, 1],
  };
}

/** What a norm is for an x. */
interface Kind {
  readonly shapes: NormShapes;
  /** Of running statistics. */
  readonly momentum?: number;
}

interface Problem extends Kind {
  readonly eps: number;
}

/** What a norm is besides its names; the params behind eps are its own. */
interface Norm {
  kindOf(x: TensorType, own: Params): Kind;
  /** The shape of weight and bias. @throws RangeError for an x that does not fit */
  validate(x: TensorType, own: Params): readonly number[];
  /** Updates running statistics, the inputs behind bias. */
  update?(to: Builder, node: Lowered<Problem>, mean: Block, variance: Block): void;
}

function entry(name: string, torch: string, onnx: readonly string[], norm: Norm): Entry<Problem> {
  const args = norm.update === undefined ? ARGS.slice(0, 3) : ARGS;
  return {
    name,
    torch,
    onnx,
    args,
    constants: args.slice(3),
    required: 1,
    optionTensors: 2,
    resolve(types, [eps, ...own]) {
      float32(name, ARGS, types);
      const x = types[0] as TensorType;
      const wanted = norm.validate(x, own);
      types.slice(1).forEach((input, i) => {
        if (input === null || shapeText(input.shape) === shapeText(wanted)) return;
        throw new RangeError(
          `${name}: ${ARGS[i + 1]} has shape ${shapeText(input.shape)}, must be ${shapeText(wanted)}`,
        );
      });
      const kind = norm.kindOf(x, own);
      const statistics: TensorType = { shape: kind.shapes.statistics, dtype: 'float32' };
      return {
        outputs: [x],
        state: norm.update && [3, 4],
        saved: [statistics, statistics],
        problem: { eps: eps as number, ...kind },
      };
    },
    lower(to, node) {
      const { eps, shapes } = node.problem;
      const [savedMean, savedScale] = node.saved ?? [];
      const [x, weight, bias] = node.inputs;
      const { mean, variance } = emitMoments(to, shapes, x!, savedMean);
      norm.update?.(to, node, mean, variance);
      const scale = emitScaleOf(to, variance, eps, savedScale);
      const learned = { weight: block(weight, shapes.weight), bias: block(bias, shapes.weight) };
      emitNorm(to, shapes, x!, { mean, scale }, learned, node.outputs[0]!);
    },
    gradient(to, { problem: { shapes }, inputs: [x, weight], saved, gradients: [dy], wanted }) {
      const [mean, scale] = saved.map((buffer) => block(buffer, shapes.statistics)) as [Block, Block];
      const learned = block(weight, shapes.weight);
      const found = emitNormGradients(to, shapes, x!, { mean, scale }, learned, dy!, wanted, false);
      // Running statistics have none.
      return args.map((_, i) => [found.x, found.weight, found.bias][i]?.buffer ?? null);
    },
    reads: { inputs: [0, 1], outputs: [] },
  };
}

function block(buffer: Buffer | null | undefined, shape: readonly number[]): Block | null {
  return buffer ? { buffer, shape } : null;
}

/** The channels of x [N, C, ...]. @throws RangeError where it has none, and for a mean of a single value */
function channelsOf(name: string, { shape }: TensorType, per: string, values: number) {
  if (shape.length < 2) {
    throw new RangeError(`${name}: x has shape ${shapeText(shape)}, must have at least 2 axes`);
  }
  if (values === 1) {
    throw new RangeError(`${name}: x of shape ${shapeText(shape)} has 1 value per ${per}, must have more`);
  }
  return shape[1] as number;
}

/**
 * Normalises the channels of each image in groups, by each group's mean and variance, then scales and shifts each
 * channel (Wu and He, 2018).
 * @param x [N, C, spatial...] of float32
 * @param groups how many groups of C / groups channels
 * @param weight [C]; left out or null: 1
 * @param bias [C]; left out or null: 0
 * @returns of x's shape
 * @throws RangeError for shapes that do not fit, groups that do not divide C, and a single value per group
 */
export const groupNorm = /*#__PURE__*/ operator(
  /*#__PURE__*/ entry('groupNorm', 'torch.nn.functional.group_norm', [], {
    kindOf: (x, [groups]) => ({ shapes: groupedShapes(x, groups as number) }),
    validate(x, [groups]) {
      // As PyTorch, which counts the values of all images.
      const values = countOf(x.shape) / (groups as number);
      const channels = channelsOf('groupNorm', x, 'group', values);
      if (channels % (groups as number) !== 0) {
        throw new RangeError(`groupNorm: groups is ${groups}, must divide ${channels}, the channels of x`);
      }
      return [channels];
    },
  }),
  (invoke) =>
    (
      x: Tensor,
      groups: number,
      weight?: Tensor | null,
      bias?: Tensor | null,
      options: NormOptions = {},
    ): Tensor => {
      checkOptions('groupNorm', options, ['eps']);
      const params = [
        real('groupNorm', 'eps', options.eps ?? 1e-5),
        integer('groupNorm', 'groups', groups, 1),
      ];
      return invoke([x, weight ?? null, bias ?? null], params)[0] as unknown as Tensor;
    },
);

/**
 * Normalises each channel of each image by its mean and variance, then scales and shifts it (Ulyanov et al., 2016).
 * @param x [N, C, spatial...] of float32
 * @param weight [C]; left out or null: 1
 * @param bias [C]; left out or null: 0
 * @returns of x's shape
 * @throws RangeError for shapes that do not fit, and a single value per channel
 */
export const instanceNorm = /*#__PURE__*/ operator(
  /*#__PURE__*/ entry('instanceNorm', 'torch.nn.functional.instance_norm', ['InstanceNormalization'], {
    kindOf: (x, [momentum]) => ({
      shapes: groupedShapes(x, x.shape[1] as number),
      momentum: momentum as number,
    }),
    validate: (x) => [channelsOf('instanceNorm', x, 'channel', countOf(x.shape.slice(2)))],
    update(to, { problem, inputs: [, , , runningMean, runningVar] }, mean, variance) {
      const { momentum = 0, shapes } = problem;
      const count = countOf(shapes.x.slice(2));
      if (runningMean) emitRunning(to, runningMean, mean, shapes.weight, momentum, 1);
      if (runningVar) emitRunning(to, runningVar, variance, shapes.weight, momentum, count / (count - 1));
    },
  }),
  (invoke) =>
    (x: Tensor, weight?: Tensor | null, bias?: Tensor | null, options: InstanceNormOptions = {}): Tensor => {
      checkOptions('instanceNorm', options, ['eps', 'momentum', 'runningMean', 'runningVar']);
      const { eps = 1e-5, momentum = 0.1, runningMean = null, runningVar = null } = options;
      const params = [real('instanceNorm', 'eps', eps), real('instanceNorm', 'momentum', momentum)];
      return invoke(
        [x, weight ?? null, bias ?? null, runningMean, runningVar],
        params,
      )[0] as unknown as Tensor;
    },
);

/**
 * Normalises over the last axes of x by their mean and variance, then scales and shifts each element (Ba et al.,
 * 2016).
 * @param x [..., ...normalizedShape] of float32
 * @param normalizedShape the last axes' sizes; a number: the last axis alone
 * @param weight of that shape; left out or null: 1
 * @param bias of that shape; left out or null: 0
 * @returns of x's shape
 * @throws RangeError for shapes that do not fit
 */
export const layerNorm = /*#__PURE__*/ operator(
  /*#__PURE__*/ entry('layerNorm', 'torch.nn.functional.layer_norm', [], {
    kindOf({ shape }, last) {
      const [outer, inner] = [countOf(shape.slice(0, shape.length - last.length)), countOf(last)];
      return { shapes: { x: [outer, inner], statistics: [outer, 1], weight: [1, inner] } };
    },
    validate({ shape }, last) {
      const own = shape.slice(Math.max(0, shape.length - last.length));
      if (shapeText(own) !== shapeText(last)) {
        throw new RangeError(
          `layerNorm: x has shape ${shapeText(shape)}, must end with normalizedShape ${shapeText(last)}`,
        );
      }
      return last;
    },
  }),
  (invoke) =>
    (
      x: Tensor,
      normalizedShape: number | readonly number[],
      weight?: Tensor | null,
      bias?: Tensor | null,
      options: NormOptions = {},
    ): Tensor => {
      checkOptions('layerNorm', options, ['eps']);
      const last = normalizedAxes('layerNorm', normalizedShape);
      const params = [real('layerNorm', 'eps', options.eps ?? 1e-5), ...last];
      return invoke([x, weight ?? null, bias ?? null], params)[0] as unknown as Tensor;
    },
);

/** layerNorm's axes: a number for the last one, or a list. @internal */
export function normalizedAxes(where: string, value: unknown): number[] {
  if (typeof value === 'number') return [integer(where, 'normalizedShape', value, 0)];
  const axes = integers(where, 'normalizedShape', value, 0);
  if (axes.length === 0) throw wrongValue(where, 'normalizedShape', value, 'at least one axis');
  return axes;
}
