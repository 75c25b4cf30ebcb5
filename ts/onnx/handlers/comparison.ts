/** Questions about one value or two, whose answers, ONNX's bool, are uint8; and what is chosen by them. */
import type { DType } from '../../base/dtype.ts';
import { add, sub } from '../../ops/arithmetic.ts';
import { cast } from '../../ops/cast.ts';
import {
  equal,
  greater,
  greaterEqual,
  isNaN as isNotANumber,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  notEqual,
  where,
} from '../../ops/comparison.ts';
import { oneHot } from '../../ops/indexing.ts';
import { argMax } from '../../ops/reduction.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Call } from '../call.ts';
import type { Handler, Handlers } from '../handler.ts';
import { float, int } from '../row.ts';
import { BOOL } from '../weights.ts';
import { softmaxRows } from './activation.ts';
import { constants } from './constant.ts';

type Question = (a: Tensor<DType>, b: Tensor<DType>) => Tensor<'uint8'>;

/** Before operator set 7 the operands broadcast by attributes. */
function both(ask: Question, since = 7): Handler {
  return {
    since,
    inputs: ['A', 'B'],
    build: (call) => ask(call.tensor(0), call.tensor(1)) as unknown as Tensor<DType>,
  };
}

/** Casts to bool. */
export const truth: Handlers = {
  Cast: [constants.Cast!].flat().map((row) => ({
    ...row,
    build: (call) =>
      call.int('to') === BOOL ? (notEqual(call.tensor(0), 0) as unknown as Tensor<DType>) : row.build(call),
  })),
};

export const comparisons: Handlers = {
  Equal: both(equal),
  Greater: both(greater),
  GreaterOrEqual: both(greaterEqual, 12),
  Less: both(less),
  LessOrEqual: both(lessEqual, 12),
  And: both(logicalAnd),
  Or: both(logicalOr),
  Xor: both(logicalXor),
  Not: { inputs: ['X'], build: (call) => logicalNot(call.tensor(0)) as unknown as Tensor<DType> },
  IsNaN: {
    since: 9,
    inputs: ['X'],
    build: (call) => isNotANumber(call.float32(0)) as unknown as Tensor<DType>,
  },
  IsInf: {
    since: 10,
    inputs: ['X'],
    attributes: { detect_negative: int(1), detect_positive: int(1) },
    build: buildIsInf,
  },
  ThresholdedRelu: {
    since: 10,
    inputs: ['X'],
    attributes: { alpha: float(1) },
    build: (call) => where(greater(call.float32(0), call.float('alpha')), call.float32(0), 0),
  },
  Shrink: {
    since: 9,
    inputs: ['input'],
    attributes: { lambd: float(0.5), bias: float(0) },
    build: buildShrink,
  },
  Hardmax: softmaxRows(hardmax),
  Where: {
    since: 9,
    inputs: ['condition', 'X', 'Y'],
    build: (call) => where(call.tensor(0), call.tensor(1), call.tensor(2)),
  },
};

function buildIsInf(call: Call): Tensor<DType> {
  const x = call.float32(0);
  const high = call.int('detect_positive') !== 0 ? Number.POSITIVE_INFINITY : Number.NaN;
  const low = call.int('detect_negative') !== 0 ? Number.NEGATIVE_INFINITY : Number.NaN;
  return logicalOr(equal(x, high), equal(x, low)) as unknown as Tensor<DType>;
}

/** Both ends moved towards 0 by the bias, and 0 between them. */
function buildShrink(call: Call): Tensor {
  const [x, lambd, bias] = [call.float32(0), call.float('lambd'), call.float('bias')];
  return where(less(x, -lambd), add(x, bias), where(greater(x, lambd), sub(x, bias), 0));
}

/** 1 where the first of the largest is, else 0. */
function hardmax(x: Tensor, { dim }: { dim: number }): Tensor {
  return cast(oneHot(argMax(x, { dim }), x.shape[dim] as number, { dim }), 'float32');
}
