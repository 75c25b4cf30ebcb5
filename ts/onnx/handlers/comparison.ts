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
import type { Handler, Handlers } from '../handler.ts';

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
  Where: {
    since: 9,
    inputs: ['condition', 'X', 'Y'],
    build: (call) => where(call.tensor(0), call.tensor(1), call.tensor(2)),
  },
};
