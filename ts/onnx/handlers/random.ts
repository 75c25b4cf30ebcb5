/** Random numbers. A seed gives the same numbers at each run; they are not those of other runtimes. */
import type { DType } from '../../base/dtype.ts';
import { shapeText } from '../../base/errors.ts';
import { minimum } from '../../ops/arithmetic.ts';
import { cast } from '../../ops/cast.ts';
import { less, lessEqual } from '../../ops/comparison.ts';
import { cumSum } from '../../ops/cumSum.ts';
import { drawn } from '../../ops/random.ts';
import { sum } from '../../ops/reduction.ts';
import { reshape } from '../../ops/reshape.ts';
import { softmax } from '../../ops/softmax.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Call } from '../call.ts';
import type { Handler, Handlers } from '../handler.ts';
import { float, int, ints, required, shapeOnly } from '../row.ts';
import { dtypeOf, typeName } from '../weights.ts';

const NAME = 'loadModel';
const BOTH = { dtype: int(), seed: float() };
const NORMAL = { ...BOTH, mean: float(0), scale: float(1) };
const UNIFORM = { ...BOTH, high: float(1), low: float(0) };

type Make = (call: Call, shape: readonly number[]) => Tensor;

const normals: Make = (call, shape) =>
  drawn(NAME, shape, 'normal', [call.float('mean'), call.float('scale')], seedOf(call));
const uniforms: Make = (call, shape) =>
  drawn(NAME, shape, 'uniform', [call.float('low'), call.float('high')], seedOf(call));

export const randoms: Handlers = {
  RandomNormal: shaped(normals, NORMAL),
  RandomUniform: shaped(uniforms, UNIFORM),
  RandomNormalLike: like(normals, NORMAL),
  RandomUniformLike: like(uniforms, UNIFORM),
  Bernoulli: {
    since: 15,
    inputs: ['input'],
    attributes: BOTH,
    random: true,
    build(call) {
      const x = call.float32(0);
      const ones = less(drawn(NAME, x.shape, 'uniform', [0, 1], seedOf(call)), x);
      return typed(call, ones as Tensor<DType>, 'float32');
    },
  },
  Multinomial: {
    inputs: ['input'],
    attributes: { ...BOTH, sample_size: int(1) },
    random: true,
    build: buildMultinomial,
  },
};

function shaped(make: Make, attributes: NonNullable<Handler['attributes']>): Handler {
  return {
    inputs: [],
    attributes: { ...attributes, shape: required(ints) },
    random: true,
    build: (call) => typed(call, make(call, call.numbers('shape')), 'float32'),
  };
}

function like(make: Make, attributes: NonNullable<Handler['attributes']>): Handler {
  return {
    inputs: [shapeOnly('input')],
    attributes,
    random: true,
    build: (call) => typed(call, make(call, call.shape(0)), 'float32'),
  };
}

/** A seed is a float32: its bits are an integer. */
function seedOf(call: Call): number | undefined {
  if (!call.given('seed')) return undefined;
  return new Uint32Array(Float32Array.of(call.float('seed')).buffer)[0];
}

function typed(call: Call, x: Tensor<DType>, otherwise: DType): Tensor<DType> {
  const type = call.int('dtype');
  const found = call.given('dtype') ? dtypeOf(type) : otherwise;
  const dtype = found ?? call.fail(`attribute dtype is ${typeName(type)}, which is not supported`);
  return x.dtype === dtype ? x : cast(x, dtype);
}

/** For each sample, how many classes' probabilities add up to less than a number that is drawn. */
function buildMultinomial(call: Call): Tensor<DType> {
  const x = call.float32(0);
  const [n = 0, classes = 0] = x.shape;
  if (x.shape.length !== 2 || classes === 0)
    call.fail(`the input is ${shapeText(x.shape)}, must be batch x classes`);
  const samples = call.int('sample_size');
  if (samples < 1) call.fail(`attribute sample_size is ${samples}, must be at least 1`);
  const below = reshape(cumSum(softmax(x, { dim: 1 }), 1), [n, 1, classes]);
  const shares = drawn(NAME, [n, samples, 1], 'uniform', [0, 1], seedOf(call));
  const count = sum(cast(lessEqual(below, shares), 'float32'), { dim: 2 });
  return typed(call, cast(minimum(count, classes - 1), 'int32') as Tensor<DType>, 'int32');
}
