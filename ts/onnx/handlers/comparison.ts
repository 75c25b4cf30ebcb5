/** Questions about one value or two, whose answers, ONNX's bool, are uint8; and Where. */
import type { DType } from '../../base/dtype.ts';
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
  where,
} from '../../ops/comparison.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Call } from '../call.ts';
import type { Handler, Handlers } from '../handler.ts';
import { int } from '../row.ts';

type Question = (a: Tensor<DType>, b: Tensor<DType>) => Tensor<'uint8'>;

/** Before operator set 7 the operands broadcast by attributes. */
function both(ask: Question, since = 7): Handler {
  return {
    since,
    inputs: ['A', 'B'],
    build: (call) => ask(call.tensor(0), call.tensor(1)) as unknown as Tensor<DType>,
  };
}

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
