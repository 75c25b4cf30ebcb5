/**
 * PyTorch's default initial values (torch.nn: kaiming_uniform_ with a = sqrt(5), which is uniform +-1 / sqrt(fan in)).
 * @internal
 */
import { integer } from '../base/checks.ts';
import { scope } from '../engine/memory.ts';
import { flag, type Size, sizes } from '../ops/options.ts';
import { uniform } from '../ops/random.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { parameter } from './module.ts';

/**
 * A weight and, if wanted, a bias [outputs], both uniform within 1 / sqrt(fan in), the fan in being all of the weight's
 * axes but the first, as PyTorch has it also where the first are inputs. `stream` and the one below are the seed's.
 */
export function initialValues(
  where: string,
  shape: readonly number[],
  bias: boolean,
  seed: number | undefined,
  outputs = shape[0] as number,
  stream = 0,
): { weight: Tensor; bias: Tensor | null } {
  const fanIn = shape.slice(1).reduce((product, axis) => product * axis, 1);
  const bound = fanIn > 0 ? 1 / Math.sqrt(fanIn) : 0;
  // In a scope, so that the weight does not stay when there is no room for the bias.
  return scope(() => ({
    weight: parameter(uniform(where, shape, -bound, bound, seed, stream)),
    bias: bias ? parameter(uniform(where, [outputs], -bound, bound, seed, stream - 1)) : null,
  }));
}

/**
 * The weight [out, in / groups, kernel...], of a transposed convolution [in, out / groups, kernel...], and bias [out] of
 * a convolution, with PyTorch's initial values.
 */
export function convolutionValues(
  name: string,
  rank: number,
  inChannels: number,
  outChannels: number,
  kernelSize: Size,
  options: { groups: number | undefined; bias: boolean; seed: number | undefined },
  transposed = false,
): { weight: Tensor; bias: Tensor | null } {
  const { bias, seed } = options;
  const groups = integer(name, 'groups', options.groups ?? 1, 1);
  integer(name, 'inChannels', inChannels, 1);
  integer(name, 'outChannels', outChannels, 1);
  flag(name, 'bias', bias);
  if (inChannels % groups !== 0)
    throw new RangeError(`${name}: inChannels is ${inChannels}, must be a multiple of groups ${groups}`);
  if (outChannels % groups !== 0)
    throw new RangeError(`${name}: outChannels is ${outChannels}, must be a multiple of groups ${groups}`);
  const [first, second] = transposed ? [inChannels, outChannels] : [outChannels, inChannels];
  const shape = [first, second / groups, ...sizes(name, 'kernelSize', kernelSize, rank)];
  return initialValues(name, shape, bias, seed, outChannels);
}
