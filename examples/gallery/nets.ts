// The nets of the gallery: a small LeNet on digits, and AlexNet's convolutions, untrained, for how far they see.
import { readFileSync } from 'node:fs';
import {
  Conv2d,
  crossEntropy,
  Flatten,
  Linear,
  MaxPool2d,
  ReLU,
  Sequential,
  type Tensor,
  tensor,
} from 'striate';
import { Adam, trainStep } from 'striate/train';

const [SIDE, PIXELS, TEST] = [28, 784, 200];

export interface Labelled {
  readonly x: Tensor;
  readonly classes: readonly number[];
}

/** Digits 0 to 9 in turns: those for training, and 200 of each kept back. */
export function readDigits(files: readonly string[]): { train: Labelled; test: Labelled } {
  const all = files.map((file) => (JSON.parse(readFileSync(file, 'utf8')) as { data: number[] }).data);
  const take = (from: number, count: number): Labelled => {
    const data = new Float32Array(count * 10 * PIXELS);
    const classes = Array.from({ length: count * 10 }, (_, i) => i % 10);
    classes.forEach((digit, i) => {
      const start = (from + Math.floor(i / 10)) * PIXELS;
      data.set((all[digit] as number[]).slice(start, start + PIXELS), i * PIXELS);
    });
    return { x: tensor(data, [classes.length, 1, SIDE, SIDE]), classes };
  };
  const least = Math.min(...all.map((data) => Math.floor(data.length / PIXELS)));
  return { train: take(TEST, least - TEST), test: take(0, TEST) };
}

/** After LeNet (LeCun et al., 1998), with rectifiers and maxima; wide enough to look at. */
export const makeNet = () =>
  new Sequential({
    conv1: new Conv2d(1, 16, 5, { padding: 2 }),
    relu1: new ReLU(),
    pool1: new MaxPool2d(2),
    conv2: new Conv2d(16, 32, 5, { padding: 2 }),
    relu2: new ReLU(),
    pool2: new MaxPool2d(2),
    flatten: new Flatten(),
    fc1: new Linear(32 * 7 * 7, 64),
    relu3: new ReLU(),
    fc2: new Linear(64, 10),
  });

export type DigitNet = ReturnType<typeof makeNet>;

/** Some epochs of Adam, in the order of the pictures. */
export function train(net: DigitNet, { x, classes }: Labelled, epochs: number): void {
  const [batch, count] = [50, classes.length];
  const optimizer = new Adam(net.parameters(), { lr: 1e-3 });
  const step = trainStep((a: Tensor, b: Tensor<'int32'>) => crossEntropy(net.forward(a), b), optimizer);
  net.train();
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (let from = 0; from + batch <= count; from += batch) {
      using a = tensor(x.data.slice(from * PIXELS, (from + batch) * PIXELS), [batch, 1, SIDE, SIDE]);
      using b = tensor(Int32Array.from(classes.slice(from, from + batch)));
      step(a, b);
    }
  }
  net.eval();
  step.dispose();
  optimizer.dispose();
}

/** AlexNet's convolutions and pools (Krizhevsky et al., 2012), as torchvision has them. */
export const alexnet = () =>
  new Sequential({
    conv1: new Conv2d(3, 64, 11, { stride: 4, padding: 2 }),
    pool1: new MaxPool2d(3, { stride: 2 }),
    conv2: new Conv2d(64, 192, 5, { padding: 2 }),
    pool2: new MaxPool2d(3, { stride: 2 }),
    conv3: new Conv2d(192, 384, 3, { padding: 1 }),
    conv4: new Conv2d(384, 256, 3, { padding: 1 }),
    conv5: new Conv2d(256, 256, 3, { padding: 1 }),
    pool5: new MaxPool2d(3, { stride: 2 }),
  });
