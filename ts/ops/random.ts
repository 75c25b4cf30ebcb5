/**
 * Random numbers, computed in Rust from a key, a stream and each element's index (Philox, Salmon et al., 2011), so that
 * they are the same on every machine and for any number of threads.
 *
 * inputs: a draw. params: distribution, p0, p1, then the shape.
 * @internal
 */
import { elementCount } from '../base/checks.ts';
import { engine } from '../engine/engine.ts';
import { Draw } from '../graph/draw.ts';
import { currentTrace } from '../graph/trace.ts';
import { type RandomOptions, writeRandom } from '../instructions/random.ts';
import { DISTRIBUTION } from '../instructions/table.ts';
import { invoke, symbolOf, type Tensor } from '../tensor/tensor.ts';
import { type Entry, operator } from './operator.ts';

const RANDOM: Entry<RandomOptions> = {
  name: 'random',
  torch: 'torch.rand',
  onnx: [],
  args: ['state'],
  resolve(_, params) {
    const [distribution, p0, p1, ...shape] = params as [number, number, number, ...number[]];
    const problem = { distribution, p0, p1, count: elementCount('random', shape) };
    return { outputs: [{ shape, dtype: 'float32' }], problem };
  },
  lower(to, { problem, inputs, outputs }) {
    writeRandom(to, { state: inputs[0]!, y: outputs[0]! }, problem);
  },
};

const random = /*#__PURE__*/ operator(
  RANDOM,
  (invoke) =>
    (
      where: string,
      state: Draw,
      distribution: number,
      p0: number,
      p1: number,
      shape: readonly number[],
    ): Tensor => {
      engine(where);
      return invoke([state], [distribution, p0, p1, ...shape])[0] as unknown as Tensor;
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
  return random(where, new Draw(where, own, ownStream), DISTRIBUTION.uniform, low, high, shape);
}

/** Between two bounds, or with a mean and a deviation. */
export type Distribution = 'uniform' | 'normal';

/** Numbers that are the same at each call, also in a trace, of which they are constants. */
export function seeded(
  where: string,
  shape: readonly number[],
  distribution: Distribution,
  [p0, p1]: readonly [number, number],
  seed: number,
): Tensor {
  return random(where, new Draw(where, seed), DISTRIBUTION[distribution], p0, p1, shape);
}

/** Uniform or normally distributed numbers, as a node of the open trace where there is one: it draws anew at each run. */
export function drawn(
  where: string,
  shape: readonly number[],
  distribution: Distribution,
  [p0, p1]: readonly [number, number],
  own?: number,
): Tensor {
  engine(where);
  const trace = currentTrace();
  const draw = new Draw(where, own);
  const params = [DISTRIBUTION[distribution], p0, p1, ...shape];
  const [y] =
    trace === null ? invoke(RANDOM, [draw], params) : trace.record(RANDOM, [draw], params).map(symbolOf);
  return y as unknown as Tensor;
}
