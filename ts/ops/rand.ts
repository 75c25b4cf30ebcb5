/**
 * Tensors of random numbers: rand, randn.
 * @category Tensors
 */
import { checkOptions, elementCount, integers } from '../base/checks.ts';
import { wrongKind } from '../base/errors.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Creation } from './create.ts';
import { type Distribution, drawn, seeded } from './random.ts';

/** The options of `rand` and `randn`. */
export interface RandomOptions {
  /** The same seed gives the same numbers. Default: the generator that manualSeed seeds. */
  seed?: number | undefined;
  /** Random numbers are float32. */
  dtype?: 'float32' | undefined;
}

/**
 * Uniform float32 numbers in [0, 1). In a traced function (compile, vjp) they are other ones at each run, unless there is a seed.
 * @throws RangeError for a shape that is no list of integers from 0
 * @example
 * ```ts
 * rand([2, 3], { seed: 1 });
 * ```
 */
export function rand(shape: readonly number[], options?: RandomOptions): Tensor;
export function rand(...given: Creation<RandomOptions>): Tensor {
  return random('rand', 'uniform', given);
}

/**
 * Normally distributed float32 numbers with mean 0 and variance 1, not for secrets. In a traced function (compile, vjp) they
 * are other ones at each run, unless there is a seed.
 * @throws RangeError for a shape that is no list of integers from 0
 */
export function randn(shape: readonly number[], options?: RandomOptions): Tensor;
export function randn(...given: Creation<RandomOptions>): Tensor {
  return random('randn', 'normal', given);
}

function random(where: string, distribution: Distribution, given: Creation<RandomOptions>): Tensor {
  const [shape, options = {}] = given;
  const checked = integers(where, 'shape', shape, 0, undefined, given);
  checkOptions(where, options, ['seed', 'dtype']);
  if (options.dtype !== undefined && options.dtype !== 'float32') {
    throw wrongKind(where, 'dtype', options.dtype, "'float32'");
  }
  elementCount(where, checked);
  const { seed } = options;
  if (seed !== undefined) return seeded(where, checked, distribution, [0, 1], seed);
  return drawn(where, checked, distribution, [0, 1]);
}
