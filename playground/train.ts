// Trains the net that the playground reads digits with, and writes playground/models/digits.safetensors:
//
//   npm run playground -- --train
//
// It learns from four of five of MNIST's digits, turned, moved, scaled and drawn with thinner and thicker strokes anew in every
// epoch, then centred as what is drawn in the page.
import { writeFileSync } from 'node:fs';
import { crossEntropy, init, manualSeed, maxPool2d, minPool2d, type Tensor, tensor } from 'striate';
import { writeSafetensors } from 'striate/files';
import { AdamW, accuracy, DataLoader, fit, OneCycleLR, randomAffine, tensorDataset } from 'striate/train';
import { digits } from '../examples/train-digits.ts';
import { fetchDigits } from '../scripts/fetch-data.mjs';
import { centre } from './src/digits/centre.ts';
import { digitNet, PIXELS, SIDE } from './src/digits/net.ts';

/** As they are, thinner, thicker, and much thicker. */
const STROKES: readonly ((x: Tensor) => Tensor)[] = [
  (x) => x.clone(),
  (x) => minPool2d(x, 2, { stride: 1, padding: 'same' }),
  (x) => maxPool2d(x, 2, { stride: 1, padding: 'same' }),
  (x) => maxPool2d(x, 3, { stride: 1, padding: 'same' }),
];

/** Each digit of a batch centred; one of which nothing is left stays as it is. */
function centred(images: Tensor): Tensor {
  const { data } = images;
  const all = new Float32Array(data.length);
  for (let at = 0; at < data.length; at += PIXELS) {
    const one = data.subarray(at, at + PIXELS);
    all.set(centre(one, SIDE, SIDE)?.pixels ?? one, at);
  }
  return tensor(all, [...images.shape]);
}

export async function train(epochs: number, file: string): Promise<number> {
  await init();
  manualSeed(7);
  const files = fetchDigits();
  const [x, y] = digits(files, (i) => i % 5 !== 0);
  const [testX, testY] = digits(files, (i) => i % 5 === 0);
  const net = digitNet(7);
  let batch = 0;
  const data = new DataLoader(tensorDataset(x, y), {
    batchSize: 50,
    shuffle: true,
    transform: (images, classes) => {
      const turned = randomAffine(images, { degrees: 14, translate: [0.05, 0.05], scale: [0.55, 1.05] });
      return [centred(STROKES[batch++ % STROKES.length]!(turned)), classes] as const;
    },
  });
  const optimizer = new AdamW(net.parameters(), { weightDecay: 0.02 });
  const history = await fit(net, {
    data,
    loss: crossEntropy,
    optimizer,
    epochs,
    schedule: new OneCycleLR(optimizer, { maxLr: 0.004, epochs, stepsPerEpoch: data.length }),
    validation: new DataLoader(tensorDataset(testX, testY), { batchSize: 250 }),
    metrics: { accuracy },
    progress: true,
  });
  const right = history.at(-1)?.validation?.accuracy as number;
  const metadata = { format: 'pt', data: 'MNIST, 8 000 digits', accuracy: right.toFixed(4) };
  writeFileSync(file, writeSafetensors(net.stateDict(), { dtype: 'float16', metadata }));
  return right;
}

export async function main([
  epochs = '24',
  file = 'playground/models/digits.safetensors',
]: readonly string[]): Promise<void> {
  const right = await train(Number(epochs), file);
  console.log(
    `${(100 * right).toFixed(2)} % of the digits that were held back are read; ${file} has the weights`,
  );
}
