/** Losses of classes: what each target's class has, negated, weighted by class, and summed up or not. */
import type { DType } from '../../base/dtype.ts';
import { shapeText } from '../../base/errors.ts';
import { neg } from '../../ops/activation.ts';
import { div, mul } from '../../ops/arithmetic.ts';
import { notEqual, where } from '../../ops/comparison.ts';
import { ones } from '../../ops/create.ts';
import { gather, indexSelect } from '../../ops/indexing.ts';
import { mean, sum } from '../../ops/reduction.ts';
import { reshape } from '../../ops/reshape.ts';
import { logSoftmax } from '../../ops/softmax.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Call } from '../call.ts';
import type { Handlers } from '../handler.ts';
import { choice, int, optional } from '../row.ts';

const ATTRIBUTES = { ignore_index: int(), reduction: choice('mean', 'sum', 'none') };

export const losses: Handlers = {
  NegativeLogLikelihoodLoss: {
    since: 12,
    inputs: ['input', 'target', optional('weight')],
    attributes: ATTRIBUTES,
    build: (call) => lossOf(call, call.float32(0)),
  },
  SoftmaxCrossEntropyLoss: {
    since: 12,
    inputs: ['scores', 'labels', optional('weights')],
    attributes: ATTRIBUTES,
    outputs: 2,
    build(call) {
      const probabilities = logSoftmax(call.float32(0), { dim: 1 });
      return [lossOf(call, probabilities), probabilities];
    },
  },
};

/** Of log-probabilities [N, C, ...]; targets are [N, ...]. */
function lossOf(call: Call, x: Tensor): Tensor<DType> {
  const target = call.tensor(1) as Tensor<'int32'>;
  const [n = 0, , ...spatial] = x.shape;
  const shape = [n, ...spatial];
  if (x.shape.length < 2 || shapeText(target.shape) !== shapeText(shape))
    call.fail(
      `the input is ${shapeText(x.shape)} and the target ${shapeText(target.shape)}, must be NxC... and N...`,
    );
  const kept = call.given('ignore_index') ? notEqual(target, call.int('ignore_index')) : null;
  const classes = kept === null ? target : (where(kept, target, 0) as Tensor<'int32'>);
  const found = reshape(gather(x, reshape(classes, [n, 1, ...spatial]), { dim: 1 }), shape);
  const weight = weightsOf(call, classes, kept);
  const each = neg(weight === null ? found : mul(found, weight));
  switch (call.string('reduction')) {
    case 'none':
      return each;
    case 'sum':
      return sum(each);
    default:
      return weight === null ? mean(each) : div(sum(each), sum(weight));
  }
}

/** What each target counts: its class' weight, and nothing where it is ignored. */
function weightsOf(call: Call, classes: Tensor<'int32'>, kept: Tensor<'uint8'> | null): Tensor | null {
  const given = call.optional(2);
  if (given === null && kept === null) return null;
  const flat = reshape(classes, [classes.size]);
  const weight = given === null ? ones(classes.shape) : reshape(indexSelect(given, flat), classes.shape);
  return kept === null ? weight : (where(kept, weight, 0) as Tensor);
}
