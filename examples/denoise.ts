// Learns to take noise out of photographs, with a small U-Net.
//
//   npm run example -- denoise [--epochs N]
//
// A net after the U-Net (Ronneberger, Fischer, Brox, 2015): two steps down by strided convolutions, two up by transposed ones, each
// beside what was there on the way down. It learns what is noise (Zhang et al., 2017) from squares of five photographs to which
// noise was added, anew in every epoch, and is tried on a sixth. build/examples/denoise.png shows a part of that: with noise,
// without it again, and as it was.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  add,
  BatchNorm2d,
  Conv2d,
  ConvTranspose2d,
  clip,
  concat,
  init,
  Module,
  manualSeed,
  mseLoss,
  mul,
  ReLU,
  rand,
  randn,
  Sequential,
  scope,
  slice,
  sub,
  type Tensor,
} from 'striate';
import { filter, gaussian } from 'striate/analyze';
import { decodeImage, encodePng, fromImage, toImage } from 'striate/image';
import {
  Adam,
  DataLoader,
  type Epoch,
  fit,
  normalize,
  OneCycleLR,
  randomHorizontalFlip,
  tensorDataset,
} from 'striate/train';
import { fetchData } from '../scripts/fetch-data.mjs';

/** The noise's deviation, of values from 0 to 1; the side of the squares that are learned from; that of the photographs. */
const [NOISE, SQUARE, LONG] = [25 / 255, 32, 640];

/** Two convolutions, normed. */
const block = (inChannels: number, outChannels: number) =>
  new Sequential(
    new Conv2d(inChannels, outChannels, 3, { padding: 1, bias: false }),
    new BatchNorm2d(outChannels),
    new ReLU(),
    new Conv2d(outChannels, outChannels, 3, { padding: 1, bias: false }),
    new BatchNorm2d(outChannels),
    new ReLU(),
  );

/** [N, 3, H, W] to the same without noise; H and W are multiples of 4. */
class Denoiser extends Module<[Tensor], Tensor> {
  readonly whole = block(3, 16);
  readonly toHalf = new Conv2d(16, 32, 2, { stride: 2 });
  readonly half = block(32, 32);
  readonly toQuarter = new Conv2d(32, 64, 2, { stride: 2 });
  readonly quarter = block(64, 64);
  readonly backToHalf = new ConvTranspose2d(64, 32, 2, { stride: 2 });
  readonly halfAgain = block(64, 32);
  readonly backToWhole = new ConvTranspose2d(32, 16, 2, { stride: 2 });
  readonly wholeAgain = block(32, 16);
  readonly noise = new Conv2d(16, 3, 3, { padding: 1 });

  constructor() {
    super();
    // It begins by leaving pictures as they are.
    for (const one of this.noise.parameters()) one.assign(0);
  }

  forward(x: Tensor): Tensor {
    const whole = this.whole.forward(mul(sub(x, 0.5), 4));
    const half = this.half.forward(this.toHalf.forward(whole));
    const quarter = this.quarter.forward(this.toQuarter.forward(half));
    const up = this.halfAgain.forward(concat([this.backToHalf.forward(quarter), half], 1));
    const last = this.wholeAgain.forward(concat([this.backToWhole.forward(up), whole], 1));
    return sub(x, this.noise.forward(last));
  }
}

/** A photograph [1, 3, H, W] of bytes, its sides multiples of 4. */
async function readPhotograph(path: string): Promise<Tensor<'uint8'>> {
  const picture = await decodeImage(readFileSync(path));
  const scale = LONG / Math.max(picture.width, picture.height);
  const side = (length: number) => 4 * Math.round((length * scale) / 4);
  return fromImage(picture, { size: [side(picture.height), side(picture.width)], dtype: 'uint8' });
}

/** `count` squares of a photograph, from places that follow from the seed. */
function squaresOf(photograph: Tensor<'uint8'>, count: number, seed: number): Tensor<'uint8'>[] {
  const [, , height = 0, width = 0] = photograph.shape;
  const places = scope(() => rand([count, 2], { seed }).toArray() as [number, number][]);
  return places.map(([down, across]) => {
    const [top, left] = [Math.floor(down * (height - SQUARE)), Math.floor(across * (width - SQUARE))];
    return slice(photograph, [0, 0, top, left], [1, 3, top + SQUARE, left + SQUARE]);
  });
}

const noisy = (x: Tensor, seed?: number) => add(x, mul(randn(x.shape, { seed }), NOISE));

/** The peak signal-to-noise ratio in decibels, of values from 0 to 1. */
const decibels = (x: Tensor, truth: Tensor) =>
  scope(() => -10 * Math.log10(mseLoss(clip(x, 0, 1), truth).item()));

export interface Denoised {
  readonly history: readonly Epoch[];
  /** Decibels of the photograph with noise, blurred by the best Gaussian, and without noise again. */
  readonly before: number;
  readonly blurred: number;
  readonly after: number;
  /** [1, 3, H, W] each: with noise, without it again, as it was. */
  readonly pictures: readonly [Tensor, Tensor, Tensor];
}

/** Learns from all photographs but the last, on which it is tried; the pictures are the caller's. */
export async function denoise(
  photos: readonly string[],
  { epochs = 4, perPhoto = 320, progress = false } = {},
): Promise<Denoised> {
  manualSeed(1);
  const photographs = await Promise.all(photos.map(readPhotograph));
  const squares = scope(() =>
    concat(
      photographs.slice(0, -1).flatMap((one, i) => squaresOf(one, perPhoto, i)),
      0,
    ),
  );
  const truth = normalize(photographs.at(-1) as Tensor<'uint8'>, 0, 255);
  const given = scope(() => noisy(truth, 7));
  for (const one of photographs) one.dispose();

  const net = new Denoiser();
  const optimizer = new Adam(net.parameters());
  const data = new DataLoader(tensorDataset(squares), {
    batchSize: 8,
    shuffle: true,
    transform: (bytes) => {
      const clean = randomHorizontalFlip(normalize(bytes, 0, 255));
      return [noisy(clean), clean] as const;
    },
  });
  try {
    const history = await fit(net, {
      data,
      loss: mseLoss,
      optimizer,
      epochs,
      schedule: new OneCycleLR(optimizer, { maxLr: 3e-3, epochs, stepsPerEpoch: data.length }),
      validation: [[given, truth]],
      metrics: { decibels },
      progress,
    });
    const cleaned = net.eval().run(given);
    const deviations = [0.6, 0.8, 1, 1.2, 1.5];
    const blurs = deviations.map((sigma) =>
      scope(() => decibels(filter(given, gaussian({ size: 9, sigma })), truth)),
    );
    return {
      history,
      before: decibels(given, truth),
      blurred: Math.max(...blurs),
      after: decibels(cleaned, truth),
      pictures: [given, cleaned, truth],
    };
  } finally {
    for (const one of [squares, net, optimizer]) one.dispose();
  }
}

export async function main(args: readonly string[]): Promise<void> {
  const { epochs = '4' } = parseArgs({ args: [...args], options: { epochs: { type: 'string' } } }).values;
  await init();
  const { photos } = fetchData();
  const found = await denoise(photos, { epochs: Number(epochs), progress: true });
  const text = (value: number) => `${value.toFixed(1)} dB`;
  console.log(
    `with noise ${text(found.before)}, by the best Gaussian blur ${text(found.blurred)}, by the net ${text(found.after)}`,
  );
  mkdirSync('build/examples', { recursive: true });
  scope(() => {
    const [, , height = 0, width = 0] = found.pictures[0].shape;
    const [top, left] = [Math.round(height * 0.15), Math.round(width * 0.3)];
    const parts = found.pictures.map((one) => slice(one, [0, 0, top, left], [1, 3, top + 288, left + 288]));
    writeFileSync('build/examples/denoise.png', encodePng(toImage(clip(concat(parts, 3), 0, 1))));
  });
  for (const one of found.pictures) one.dispose();
  console.log('build/examples/denoise.png shows a part: with noise, without it again, as it was');
}
