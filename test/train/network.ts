/** The small network that test/train/generate.py trains as well: its values, its batches, its loss. */
import { conv2d, flatten, linear, maxPool2d, mean, pow, relu, sub, type Tensor, tensor } from 'striate';

const [COUNT, SIDE, CHANNELS, OUTPUTS] = [8, 8, 4, 3];
const BATCHES = 4;

/** Tensors of numbers from -1 to 1, one behind the other. */
export function numbers(seed: number): (shape: readonly number[], scale?: number) => Tensor {
  let state = seed;
  return (shape, scale = 1) => {
    const size = shape.reduce((product, axis) => product * axis, 1);
    const values = Array.from({ length: size }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (state / 2 ** 31 - 1) * scale;
    });
    return tensor(values, shape);
  };
}

export interface Learner {
  /** The convolution's parameters, and the head's. */
  readonly parts: readonly [Tensor[], Tensor[]];
  readonly parameters: readonly Tensor[];
  /** The batch of a step: pictures, and what is to be learned of them. */
  batch(step: number): readonly [x: Tensor, target: Tensor];
  loss(x: Tensor, target: Tensor): Tensor;
}

export function learner(): Learner {
  const next = numbers(7);
  const [conv, shift] = [next([CHANNELS, 1, 3, 3], 0.4), next([CHANNELS], 0.1)];
  const [head, bias] = [next([OUTPUTS, (CHANNELS * SIDE * SIDE) / 4], 0.2), next([OUTPUTS], 0.1)];
  const batches = Array.from(
    { length: BATCHES },
    () => [next([COUNT, 1, SIDE, SIDE]), next([COUNT, OUTPUTS])] as const,
  );
  return {
    parts: [
      [conv, shift],
      [head, bias],
    ],
    parameters: [conv, shift, head, bias],
    batch: (step) => batches[step % BATCHES]!,
    loss(x, target) {
      const y = flatten(maxPool2d(relu(conv2d(x, conv, shift, { padding: 1 })), 2), 1);
      return mean(pow(sub(linear(y, head, bias), target), 2));
    },
  };
}
