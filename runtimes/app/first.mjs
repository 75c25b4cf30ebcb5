/** From nothing to a first result, for the time of a cold start: `init`, tensors, a convolution, its value. */
import { conv2d, disposeRuntime, init, tensor } from 'striate';

export async function first() {
  await init();
  const y = conv2d(tensor([1, 2, 3, 4], [1, 1, 2, 2]), tensor([1, 10, 100, 1000], [1, 1, 2, 2]));
  const [value] = y.data;
  if (value !== 4321) throw new Error(`the first convolution gave ${value}, must be 4321`);
  return disposeRuntime;
}
