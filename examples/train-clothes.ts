// Learns to tell clothes apart, ten kinds of them, and saves the net for others.
//
//   npm run example -- train-clothes [--epochs N] [--data FOLDER] [--save FILE]
//
// Fashion-MNIST (Xiao, Rasul, Vollgraf, 2017) has 60 000 pictures to learn from and 10 000 to be tried on, 28 x 28 grey pixels
// each. The curves go to build/examples/train-clothes.svg.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
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
} from 'striate';
import { writeSafetensors } from 'striate/files';
import {
  AdamW,
  accuracy,
  DataLoader,
  type Epoch,
  type Evaluation,
  evaluate,
  fit,
  historyPlot,
  normalize,
  OneCycleLR,
  randomHorizontalFlip,
  readIdx,
  tensorDataset,
} from 'striate/train';
import { fetchClothes } from '../scripts/fetch-clothes.mjs';

export const KINDS = [
  'T-shirt',
  'trousers',
  'pullover',
  'dress',
  'coat',
  'sandal',
  'shirt',
  'trainer',
  'bag',
  'ankle boot',
] as const;

/** Mean and deviation of the pictures to learn from, as bytes: what the net is given is (pixel - MEAN) / DEVIATION. */
export const [MEAN, DEVIATION] = [72.9, 90.0];

/** From [N, 1, 28, 28] to ten scores; its state dict is what --save writes. */
export const makeNet = () =>
  new Sequential(
    new Conv2d(1, 24, 3, { padding: 1, bias: false }),
    new BatchNorm2d(24),
    new ReLU(),
    new MaxPool2d(2),
    new Conv2d(24, 48, 3, { padding: 1, bias: false }),
    new BatchNorm2d(48),
    new ReLU(),
    new MaxPool2d(2),
    new Flatten(),
    new Dropout({ p: 0.25 }),
    new Linear(48 * 7 * 7, 128),
    new ReLU(),
    new Dropout({ p: 0.25 }),
    new Linear(128, KINDS.length),
  );

/** Pictures as bytes [N, 1, 28, 28] and their kinds: `part` is 'train' or 't10k'. */
function readPart(folder: string, part: string): [Tensor<'uint8'>, Tensor<'int32'>] {
  const [images, labels] = ['images-idx3', 'labels-idx1'].map((name) =>
    readIdx(readFileSync(join(folder, `${part}-${name}-ubyte.gz`))),
  ) as [Tensor<'uint8'>, Tensor<'uint8'>];
  const [count = 0, height = 0, width = 0] = images.shape;
  const given = [images.reshape([count, 1, height, width]), labels.cast('int32')] as const;
  images.dispose();
  labels.dispose();
  return [...given];
}

export interface Learned {
  readonly net: Sequential;
  readonly history: readonly Epoch[];
  /** Of the pictures that were held back. */
  readonly found: Evaluation;
}

/** Learns from the IDX files of a folder; the net is the caller's. */
export async function trainClothes(folder: string, { epochs = 5, progress = false } = {}): Promise<Learned> {
  manualSeed(1);
  const [x, y] = readPart(folder, 'train');
  const [testX, testY] = readPart(folder, 't10k');
  const net = makeNet();
  const asInput = (images: Tensor<'uint8'>) => normalize(images, MEAN, DEVIATION);
  const data = new DataLoader(tensorDataset(x, y), {
    batchSize: 100,
    shuffle: true,
    transform: (images, kinds) => [randomHorizontalFlip(asInput(images)), kinds] as const,
  });
  const held = new DataLoader(tensorDataset(testX, testY), {
    batchSize: 500,
    transform: (images, kinds) => [asInput(images), kinds] as const,
  });
  const optimizer = new AdamW(net.parameters(), { weightDecay: 0.02 });
  try {
    const history = await fit(net, {
      data,
      loss: crossEntropy,
      optimizer,
      epochs,
      schedule: new OneCycleLR(optimizer, { maxLr: 0.006, epochs, stepsPerEpoch: data.length }),
      validation: held,
      metrics: { accuracy },
      progress,
    });
    return { net, history, found: await evaluate(net, held, { names: KINDS }) };
  } finally {
    for (const one of [x, y, testX, testY, optimizer]) one.dispose();
  }
}

/** The net's tensors as a safetensors file, with what whoever reads it needs to know of its input and its scores. */
export function netFile(net: Sequential): Uint8Array {
  const metadata = { kinds: KINDS.join(', '), mean: String(MEAN), deviation: String(DEVIATION) };
  return writeSafetensors(net.stateDict(), { metadata });
}

export async function main(args: readonly string[]): Promise<void> {
  const options = { epochs: { type: 'string' }, data: { type: 'string' }, save: { type: 'string' } } as const;
  const { epochs = '5', data, save } = parseArgs({ args: [...args], options }).values;
  const here = (file: string) => resolve(process.env.INIT_CWD ?? process.cwd(), file);
  const folder = data === undefined ? await fetchClothes() : here(data);
  await init();
  const { net, history, found } = await trainClothes(folder, { epochs: Number(epochs), progress: true });
  const seconds = history.reduce((sum, row) => sum + row.seconds, 0);
  console.log(`after ${seconds.toFixed(0)} s, of the pictures that were held back: ${found}`);
  const [surest] = found.mistakes;
  if (surest !== undefined) {
    const { index, target, predicted, confidence } = surest;
    const share = `${(100 * confidence).toFixed(1)} %`;
    console.log(`surest and wrong: picture ${index}, ${KINDS[target]}, is ${KINDS[predicted]} by ${share}`);
  }
  mkdirSync('build/examples', { recursive: true });
  writeFileSync('build/examples/train-clothes.svg', historyPlot(history, { title: 'Clothes' }));
  console.log('build/examples/train-clothes.svg has the curves');
  if (save !== undefined) {
    writeFileSync(here(save), netFile(net));
    console.log(`${save} has the net`);
  }
  net.dispose();
}
