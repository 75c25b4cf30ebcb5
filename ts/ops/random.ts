/**
 * Random numbers, computed in Rust from a key, a stream and each element's index (Philox, Salmon et al., 2011), so that
 * they are the same on every machine and for any number of threads.
 *
 * inputs: a draw. params: normal (0 or 1), p0, p1, then the shape.
 * @internal
 */
import { engine } from '../engine/engine.ts';
import { elementCount } from '../errors.ts';
import { Draw } from '../graph/draw.ts';
import { bits, OP } from '../instructions/builder.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { operator } from './operator.ts';

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
    (where: string, state: Draw, normal: 0 | 1, p0: number, p1: number, shape: readonly number[]): Tensor => {
      engine(where);
      return invoke([state], [normal, p0, p1, ...shape])[0] as unknown as Tensor;
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
  return random(where, new Draw(where, own, ownStream), 0, low, high, shape);
}

/** Normally distributed numbers. */
export function normal(
  where: string,
  shape: readonly number[],
  mean: number,
  deviation: number,
  own?: number,
): Tensor {
  return random(where, new Draw(where, own), 1, mean, deviation, shape);
}
