/** Normalisation by the input's own values. */
import type { Handlers } from '../call.ts';
import { instanceNorm, localResponseNorm } from '../operators.ts';

export const normalization: Handlers = {
  InstanceNormalization: {
    inputs: [3, 3],
    attributes: { epsilon: 'float' },
    build: (call) =>
      instanceNorm(call.float32(0), call.float32(1), call.float32(2), { eps: call.float('epsilon', 1e-5) }),
  },
  LRN: {
    inputs: [1, 1],
    attributes: { alpha: 'float', beta: 'float', bias: 'float', size: 'int' },
    build: (call) =>
      localResponseNorm(call.float32(0), call.integer('size', 0), {
        alpha: call.float('alpha', 1e-4),
        beta: call.float('beta', 0.75),
        k: call.float('bias', 1),
        oddAfter: true,
      }),
  },
};
