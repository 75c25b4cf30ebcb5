// Learns to read handwritten digits, and draws the curves of it.
//
//   npm run example -- train-digits [EPOCHS]
//
// Four convolutions, each with batch norm, learn from 8 000 digits that are turned, shifted and scaled a little anew in every
// epoch, and are tried on 2 000 others. The curves go to build/examples/train-digits.svg.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import {
  BatchNorm2d,
  Conv2d,
  crossEntropy,
  Dropout,
  Flatten,
  init,
  Linear,
  MaxPool2d,
  manualSeed,
  ReLU,
  Sequential,
  type Tensor,
  tensor,
} from 'striate';
import {
  AdamW,
  accuracy,
  DataLoader,
  type Epoch,
  fit,
  historyPlot,
  OneCycleLR,
  randomAffine,
  tensorDataset,
} from 'striate/train';
import { fetchDigits } from '../scripts/fetch-data.mjs';

const SIDE = 28;
const PIXELS = SIDE * SIDE;

/** Every `nth` digit, from the `first` on, of those whose place is wanted. */
export function digits(
  files: readonly string[],
  isWanted: (place: number) => boolean,
): [Tensor, Tensor<'int32'>] {
  const images: number[] = [];
  const classes: number[] = [];
  for (const [digit, file] of files.entries()) {
    const { data } = JSON.parse(readFileSync(file, 'utf8')) as { data: number[] };
    for (let i = 0; (i + 1) * PIXELS <= data.length; i++) {
      if (!isWanted(i)) continue;
      for (const value of data.slice(i * PIXELS, (i + 1) * PIXELS)) images.push(value);
      classes.push(digit);
    }
  }
  const x = tensor(Float32Array.from(images), [classes.length, 1, SIDE, SIDE]);
  return [x, tensor(Int32Array.from(classes))];
}

const makeNet = () =>
  new Sequential(
    new Conv2d(1, 16, 3, { padding: 1, bias: false }),
    new BatchNorm2d(16),
    new ReLU(),
    new MaxPool2d(2),
    new Conv2d(16, 32, 3, { padding: 1, bias: false }),
    new BatchNorm2d(32),
    new ReLU(),
    new Conv2d(32, 32, 3, { padding: 1, bias: false }),
    new BatchNorm2d(32),
    new ReLU(),
    new MaxPool2d(2),
    new Conv2d(32, 64, 3, { padding: 1, bias: false }),
    new BatchNorm2d(64),
    new ReLU(),
    new Flatten(),
    new Dropout({ p: 0.2 }),
    new Linear(64 * 7 * 7, 10),
  );

/** Trains on four of five of every `thin`-th digit for some epochs; gives the history. */
export async function trainDigits(
  files: readonly string[],
  { epochs = 5, thin = 1, progress = false } = {},
): Promise<Epoch[]> {
  manualSeed(1);
  const [x, y] = digits(files, (i) => i % thin === 0 && Math.floor(i / thin) % 5 !== 0);
  const [testX, testY] = digits(files, (i) => i % thin === 0 && Math.floor(i / thin) % 5 === 0);
  const net = makeNet();
  const data = new DataLoader(tensorDataset(x, y), {
    batchSize: 20,
    shuffle: true,
    transform: (images, classes) =>
      [randomAffine(images, { degrees: 10, translate: [0.05, 0.05], scale: [0.9, 1.1] }), classes] as const,
  });
  const optimizer = new AdamW(net.parameters(), { weightDecay: 0.05 });
  try {
    return await fit(net, {
      data,
      loss: (scores, target) => crossEntropy(scores, target, { labelSmoothing: 0.1 }),
      optimizer,
      epochs,
      schedule: new OneCycleLR(optimizer, { maxLr: 0.008, epochs, stepsPerEpoch: data.length }),
      validation: new DataLoader(tensorDataset(testX, testY), { batchSize: 250 }),
      metrics: { accuracy },
      progress,
    });
  } finally {
    for (const one of [x, y, testX, testY, net, optimizer]) one.dispose();
  }
}

export async function main([epochs = '5']: readonly string[]): Promise<void> {
  await init();
  const history = await trainDigits(fetchDigits(), { epochs: Number(epochs), progress: true });
  const right = history.at(-1)?.validation?.accuracy ?? 0;
  const seconds = history.reduce((sum, row) => sum + row.seconds, 0);
  mkdirSync('build/examples', { recursive: true });
  writeFileSync('build/examples/train-digits.svg', historyPlot(history, { title: 'Handwritten digits' }));
  console.log(
    `${(100 * right).toFixed(2)} % of the digits that were held back are read, after ${seconds.toFixed(0)} s`,
  );
  console.log('build/examples/train-digits.svg has the curves');
}
