/** Dropout: nothing is dropped but in training. */
import type { DType } from '../../base/dtype.ts';
import { div, mul, sub } from '../../ops/arithmetic.ts';
import { cast } from '../../ops/cast.ts';
import { greaterEqual } from '../../ops/comparison.ts';
import { full } from '../../ops/create.ts';
import { dropout } from '../../ops/dropout.ts';
import { drawn } from '../../ops/random.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Call } from '../call.ts';
import type { Handlers } from '../handler.ts';
import { float, int, optional, value } from '../row.ts';

export const dropouts: Handlers = {
  Dropout: [
    { inputs: ['data'], attributes: { ratio: float(0.5) }, outputs: 2, build: (call) => kept(call, false) },
    {
      since: 10,
      inputs: ['data'],
      attributes: { ratio: float(0.5) },
      outputs: 2,
      build: (call) => kept(call, true),
    },
    {
      since: 12,
      inputs: ['data', optional('ratio'), optional(value('training_mode'))],
      attributes: { seed: int() },
      outputs: 2,
      random: 2,
      build: buildDropout,
    },
  ],
};

/** In training each element is 0 with the ratio's probability, else divided by what is left of 1. */
function buildDropout(call: Call): Tensor<DType>[] {
  const ratio = call.has(1) ? call.known(1)?.[0] : 0.5;
  const training = call.list('training_mode')?.[0] ?? 0;
  if (training === 0 || ratio === 0) return kept(call, true, ratio ?? 0);
  if (ratio !== undefined && !(ratio > 0 && ratio < 1))
    call.fail(`ratio is ${ratio}, must be from 0 to below 1`);
  const x = call.float32(0);
  const seed = call.given('seed') ? Math.abs(call.int('seed')) % 2 ** 53 : undefined;
  const share = ratio ?? call.float32(1);
  const mask = greaterEqual(drawn('loadModel', x.shape, 'uniform', [0, 1], seed), share);
  const scaled = typeof share === 'number' ? mul(x, 1 / (1 - share)) : div(x, sub(1, share));
  return [mul(scaled, cast(mask, 'float32')) as Tensor<DType>, mask as Tensor<DType>];
}

/**
 * The input, and the mask by which nothing is dropped: bool, before operator set 10 of the input's type. In a module that is
 * trained, what is left of the input.
 */
function kept(call: Call, bool: boolean, ratio?: number): Tensor<DType>[] {
  const x = call.tensor(0);
  if (call.isTraining && call.outputCount === 1)
    return [dropout(call.float32(0), { p: ratio ?? call.float('ratio') }) as Tensor<DType>];
  return call.outputCount > 1 ? [x, full(x.shape, 1, { dtype: bool ? 'uint8' : x.dtype })] : [x];
}
