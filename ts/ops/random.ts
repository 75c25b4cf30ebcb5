/**
 * Random numbers, computed in Rust from a key, a stream and each element's index (Philox, Salmon et al., 2011), so that
 * they are the same on every machine and for any number of threads. `manualSeed` sets the generator behind all calls
 * that are not given a seed of their own.
 *
 * inputs: state (int32 [3]: key, key, stream). params: normal (0 or 1), p0, p1, then the shape.
 */
import type { DType } from '../dtype.ts';
import { elementCount, integer } from '../errors.ts';
import { bits, OP } from '../graph/lowering.ts';
import { emptyTensor, type Tensor } from '../tensor.ts';
import { operator } from './operator.ts';

let seed = 0;
let stream = 0;
let seeded = false;

/** Seeds the generator behind rand, randn, dropout and the layers' initial values. Not for secrets. */
export function manualSeed(n: number): void {
  seed = integer('manualSeed', 'n', n, 0, Number.MAX_SAFE_INTEGER);
  stream = 0;
  seeded = true;
}

/** The key and stream of one call: its own seed's, or the generator's next. */
function nextState(where: string, own: number | undefined, ownStream: number): [number, number, number] {
  if (own !== undefined) {
    integer(where, 'seed', own, 0, Number.MAX_SAFE_INTEGER);
    return [own | 0, (own / 2 ** 32) | 0, ownStream];
  }
  if (!seeded) manualSeed(Math.floor(Math.random() * Number.MAX_SAFE_INTEGER));
  stream += 1;
  return [seed | 0, (seed / 2 ** 32) | 0, stream];
}

const random = /*#__PURE__*/ operator(
  {
    name: 'random',
    torch: 'torch.rand',
    onnx: [],
    args: ['state'],
    infer: (_, [, , , ...shape]) => [{ shape, dtype: 'float32' }],
    lower(to, { params: [normal, p0, p1, ...shape], inputs, outputs }) {
      const count = elementCount('random', shape);
      to.step(OP.random, inputs, outputs, [normal as number, bits(p0 as number), bits(p1 as number), count]);
    },
  },
  (invoke) =>
    (
      where: string,
      normal: 0 | 1,
      p0: number,
      p1: number,
      shape: readonly number[],
      own: number | undefined,
      ownStream: number,
    ): Tensor => {
      const words = nextState(where, own, ownStream);
      const state = emptyTensor(where, [3], 'int32');
      try {
        state.data.set(words);
        return invoke(
          [state as unknown as Tensor<DType>],
          [normal, p0, p1, ...shape],
        )[0] as unknown as Tensor;
      } finally {
        state.dispose();
      }
    },
);

/** Uniform numbers from `low` up to, but not with, `high`; what shares a seed takes another stream of it each, from 0 down. */
export function uniform(
  where: string,
  shape: readonly number[],
  low: number,
  high: number,
  own?: number,
  ownStream = 0,
): Tensor {
  return random(where, 0, low, high, shape, own, ownStream);
}

/** Normally distributed numbers. */
export function normal(
  where: string,
  shape: readonly number[],
  mean: number,
  deviation: number,
  own?: number,
): Tensor {
  return random(where, 1, mean, deviation, shape, own, 0);
}
