/** Normalisation by the input's own values. */
import { localResponseNorm } from '../../ops/localResponseNorm.ts';
import { instanceNorm } from '../../ops/normalization.ts';
import type { Handlers } from '../handler.ts';
import { float, int, required } from '../row.ts';

export const normalization: Handlers = {
  InstanceNormalization: {
    inputs: ['input', 'scale', 'B'],
    attributes: { epsilon: float(1e-5) },
    build: (call) =>
      instanceNorm(call.float32(0), call.float32(1), call.float32(2), { eps: call.float('epsilon') }),
  },
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
