/** Losses of classes, as training graphs have them: the library's own. */
import { shapeText } from '../../base/errors.ts';
import { crossEntropy, type NllLossOptions, nllLoss } from '../../ops/crossEntropy.ts';
import type { Reduction } from '../../ops/lossReduction.ts';
import { logSoftmax } from '../../ops/softmax.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Call } from '../call.ts';
import type { Handlers } from '../handler.ts';
import { choice, int, optional } from '../row.ts';

/** Without an ignore_index no target is left out: -100 is no class. */
const ATTRIBUTES = { ignore_index: int(-100), reduction: choice('mean', 'sum', 'none') };

export const losses: Handlers = {
  NegativeLogLikelihoodLoss: {
    since: 12,
    inputs: ['input', 'target', optional('weight')],
    attributes: ATTRIBUTES,
    build: (call) => nllLoss(call.float32(0), targetOf(call), optionsOf(call)),
  },
  SoftmaxCrossEntropyLoss: {
    since: 12,
    inputs: ['scores', 'labels', optional('weights')],
    attributes: ATTRIBUTES,
    outputs: 2,
    build: (call) => [
      crossEntropy(call.float32(0), targetOf(call), optionsOf(call)),
      logSoftmax(call.float32(0), { dim: 1 }),
    ],
  },
};

/** Of an input [N, C, ...] the targets are [N, ...]. */
function targetOf(call: Call): Tensor<'int32'> {
  const [x, target] = [call.float32(0), call.tensor(1) as Tensor<'int32'>];
  const [n = 0, , ...spatial] = x.shape;
  if (x.shape.length < 2 || shapeText(target.shape) !== shapeText([n, ...spatial]))
    call.fail(
      `the input is ${shapeText(x.shape)} and the target ${shapeText(target.shape)}, must be NxC... and N...`,
    );
  return target;
}

function optionsOf(call: Call): NllLossOptions {
  return {
    weight: call.has(2) ? call.float32(2) : null,
    ignoreIndex: call.int('ignore_index'),
    reduction: call.string('reduction') as Reduction,
  };
}
