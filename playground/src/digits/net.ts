/** The net that reads handwritten digits, after LeNet (LeCun et al., 1998): 46,730 parameters. */
import { Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential } from 'striate';

export const SIDE = 28;
export const PIXELS = SIDE * SIDE;

/** [N, 1, 28, 28] to ten scores. The seed fixes the first weights. */
export const digitNet = (seed = 0) =>
  new Sequential(
    new Conv2d(1, 16, 5, { seed: seed * 4 + 1 }),
    new ReLU(),
    new MaxPool2d(2),
    new Conv2d(16, 32, 5, { seed: seed * 4 + 2 }),
    new ReLU(),
    new MaxPool2d(2),
    new Flatten(),
    new Linear(512, 64, { seed: seed * 4 + 3 }),
    new ReLU(),
    new Linear(64, 10, { seed: seed * 4 + 4 }),
  );
