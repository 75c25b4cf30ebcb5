/** PyTorch's default initial values (torch.nn: kaiming_uniform_ with a = sqrt(5), which is uniform +-1 / sqrt(fan in)). */
import { scope } from '../memory.ts';
import { uniform } from '../ops/random.ts';
import type { Tensor } from '../tensor.ts';
import { parameter } from './module.ts';

/** A weight and, if wanted, a bias [shape[0]], both uniform within 1 / sqrt(fan in). */
export function initialValues(
  where: string,
  shape: readonly number[],
  bias: boolean,
  seed: number | undefined,
): { weight: Tensor; bias: Tensor | null } {
  const fanIn = shape.slice(1).reduce((product, axis) => product * axis, 1);
  const bound = fanIn > 0 ? 1 / Math.sqrt(fanIn) : 0;
  // In a scope, so that the weight does not stay when there is no room for the bias.
  return scope(() => ({
    weight: parameter(uniform(where, shape, -bound, bound, seed)),
    bias: bias ? parameter(uniform(where, [shape[0] as number], -bound, bound, seed, -1)) : null,
  }));
}
