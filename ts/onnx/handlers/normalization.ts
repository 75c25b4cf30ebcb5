/** Normalisation by the input's own values. */
import type { DType } from '../../base/dtype.ts';
import { shapeText } from '../../base/errors.ts';
import { abs, sqrt } from '../../ops/activation.ts';
import { add, div, mul, sub } from '../../ops/arithmetic.ts';
import { equal, where } from '../../ops/comparison.ts';
import { reciprocal } from '../../ops/elementary.ts';
import { expand } from '../../ops/expand.ts';
import { localResponseNorm } from '../../ops/localResponseNorm.ts';
import { groupNorm, instanceNorm, layerNorm } from '../../ops/normalization.ts';
import { mean, sum, variance } from '../../ops/reduction.ts';
import { reshape } from '../../ops/reshape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Call } from '../call.ts';
import type { Handlers } from '../handler.ts';
import { float, int, ints, optional, required } from '../row.ts';

const GROUPS = { epsilon: float(1e-5), num_groups: required(int()) };
/** Added to a standard deviation by MeanVarianceNormalization. */
const MVN_EPSILON = 1e-9;

export const normalization: Handlers = {
  InstanceNormalization: {
    inputs: ['input', 'scale', 'B'],
    attributes: { epsilon: float(1e-5) },
    build: (call) =>
      instanceNorm(call.float32(0), call.float32(1), call.float32(2), { eps: call.float('epsilon') }),
  },
  LayerNormalization: {
    since: 17,
    inputs: ['X', 'Scale', optional('B')],
    attributes: { axis: int(-1), epsilon: float(1e-5), stash_type: int(1) },
    outputs: 3,
    build: buildLayerNorm,
  },
  RMSNormalization: {
    since: 23,
    inputs: ['X', 'scale'],
    attributes: { axis: int(-1), epsilon: float(1e-5), stash_type: int(1) },
    build: buildRmsNorm,
  },
  GroupNormalization: [
    { since: 18, inputs: ['X', 'scale', 'bias'], attributes: GROUPS, build: buildGroupNorm },
    {
      since: 21,
      inputs: ['X', 'scale', 'bias'],
      attributes: { ...GROUPS, stash_type: int(1) },
      build: (call) =>
        groupNorm(call.float32(0), call.int('num_groups'), call.float32(1), call.float32(2), {
          eps: call.float('epsilon'),
        }),
    },
  ],
  MeanVarianceNormalization: {
    since: 9,
    inputs: ['X'],
    attributes: { axes: ints },
    build: buildMeanVariance,
  },
  LpNormalization: { inputs: ['input'], attributes: { axis: int(-1), p: int(2) }, build: buildLpNorm },
  LRN: {
    inputs: ['X'],
    attributes: { alpha: float(1e-4), beta: float(0.75), bias: float(1), size: required(int()) },
    build: (call) =>
      localResponseNorm(call.float32(0), call.int('size'), {
        alpha: call.float('alpha'),
        beta: call.float('beta'),
        k: call.float('bias'),
        oddAfter: true,
      }),
  },
};

/** Over the axes from `axis` on; also their mean, and what was multiplied by. */
function buildLayerNorm(call: Call): Tensor[] {
  const x = call.float32(0);
  const first = call.axis(call.int('axis'), x.shape.length);
  const last = x.shape.slice(first);
  const eps = call.float('epsilon');
  const [scale, bias] = [call.float32(1), call.optional(2)];
  const fits = [scale, bias].every((one) => one === null || shapeText(one.shape) === shapeText(last));
  const plain = fits
    ? layerNorm(x, last, scale, bias, { eps })
    : mul(layerNorm(x, last, null, null, { eps }), scale);
  const y = fits || bias === null ? plain : add(plain, bias);
  if (call.outputCount === 1) return [y];
  const over = { dim: last.map((_, axis) => first + axis), keepDim: true };
  const spread = sqrt(add(variance(x, { ...over, correction: 0 }), eps));
  return [y, mean(x, over), reciprocal(spread)];
}

/** Divided by the root of the mean square over the axes from `axis` on. */
function buildRmsNorm(call: Call): Tensor {
  const x = call.float32(0);
  const first = call.axis(call.int('axis'), x.shape.length);
  const dim = Array.from({ length: x.shape.length - first }, (_, axis) => first + axis);
  const square = mean(mul(x, x), { dim, keepDim: true });
  return mul(div(x, sqrt(add(square, call.float('epsilon')))), call.float32(1));
}

/** Scale and bias are those of groups: each channel has its group's. */
function buildGroupNorm(call: Call): Tensor {
  const [x, groups] = [call.float32(0), call.int('num_groups')];
  const channels = x.shape[1] ?? 0;
  const each = channels / groups;
  if (!Number.isInteger(each))
    call.fail(`num_groups is ${groups}, must divide ${channels}, the channels of X`);
  const perChannel = (index: number) => {
    const given = call.float32(index);
    if (given.size !== groups) call.fail(`input ${index} has ${given.size} values, must have ${groups}`);
    return reshape(expand(reshape(given, [groups, 1]), [groups, each]), [channels]);
  };
  return groupNorm(x, groups, perChannel(1), perChannel(2), { eps: call.float('epsilon') });
}

function buildMeanVariance(call: Call): Tensor {
  const x = call.float32(0);
  const axes = call.list('axes') ?? [0, 2, 3];
  const over = { dim: axes.map((axis) => call.axis(axis, x.shape.length, 'an axis')), keepDim: true };
  const deviation = sqrt(variance(x, { ...over, correction: 0 }));
  return div(sub(x, mean(x, over)), add(deviation, MVN_EPSILON));
}

/** Divided by the norm along an axis; zeros stay. */
function buildLpNorm(call: Call): Tensor<DType> {
  const x = call.float32(0);
  const p = call.int('p');
  if (p !== 1 && p !== 2) call.fail(`attribute p is ${p}, must be 1 or 2`);
  const over = { dim: call.axis(call.int('axis'), x.shape.length), keepDim: true };
  const norm = p === 1 ? sum(abs(x), over) : sqrt(sum(mul(x, x), over));
  return div(x, where(equal(norm, 0), 1, norm) as Tensor);
}
