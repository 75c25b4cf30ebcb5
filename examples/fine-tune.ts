// Learns to tell faces from all else on top of a network that came as ONNX, and exports the whole as ONNX again.
//
//   npm run example -- fine-tune [--epochs N]
//
// BlazeFace's layers (Bazarevsky et al., 2019) are frozen: a module of the imported model gives their last maps, and a new head
// learns from squares of photographs what is a face. Where faces are is what examples/faces finds. The head learns from four
// photographs and is tried on two others. build/examples/fine-tune.jpg shows what it says of one of these.
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  Conv2d,
  concat,
  crossEntropy,
  Flatten,
  GlobalMaxPool,
  init,
  Linear,
  Module,
  manualSeed,
  ReLU,
  rand,
  Sequential,
  scope,
  softmax,
  type Tensor,
  tensor,
} from 'striate';
import { type DrawnBox, drawBoxes, encodeJpeg, fromImage } from 'striate/image';
import { exportOnnx, loadModel } from 'striate/onnx';
import {
  AdamW,
  accuracy,
  DataLoader,
  type Epoch,
  type Evaluation,
  evaluate,
  fit,
  tensorDataset,
} from 'striate/train';
import { fetchData } from '../scripts/fetch-data.mjs';
import { FaceDetector } from './faces/detect.ts';
import { optionsOf, type Photo, readPhoto, type View } from './faces/photo.ts';
import { findFaces } from './faces/search.ts';
import { Stopwatch } from './faces/stopwatch.ts';

/** The last maps before BlazeFace's own heads: [1, 96, 8, 8]. */
const FEATURES = 'StatefulPartitionedCall/functional_1/re_lu_15/Relu:0';
const [SIDE, CHANNELS, NAMES] = [128, 96, ['something else', 'a face']];

/** Frozen layers, and a head that is learned: [1, 128, 128, 3] to two scores. */
class FaceOrNot extends Module<[Tensor], Tensor> {
  readonly backbone: Module<[Tensor], Tensor>;
  readonly head = new Sequential(
    new Conv2d(CHANNELS, 24, 3, { padding: 1 }),
    new ReLU(),
    new GlobalMaxPool(),
    new Flatten(),
    new Linear(24, NAMES.length),
  );

  constructor(backbone: Module<[Tensor], Tensor>) {
    super();
    this.backbone = backbone;
  }

  forward(x: Tensor): Tensor {
    return this.head.forward(this.backbone.forward(x));
  }
}

type Square = NonNullable<View>;

/** A square of a photograph, and whether it shows a face. */
interface Crop {
  readonly photo: Photo;
  readonly square: Square;
  readonly isFace: boolean;
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** The share of a box that lies in a square. */
function shareIn({ left, top, right, bottom }: Box, square: Square): number {
  const across = Math.min(right, square.left + square.side) - Math.max(left, square.left);
  const down = Math.min(bottom, square.top + square.side) - Math.max(top, square.top);
  return (Math.max(0, across) * Math.max(0, down)) / ((right - left) * (bottom - top));
}

/** For each face squares around it, and as many of the same sizes that hold no more than a tenth of any. */
function cropsOf(photo: Photo, faces: readonly Box[], perFace: number, seed: number): Crop[] {
  const numbers = scope(() => rand([2000 * perFace], { seed }).toTypedArray());
  let drawn = 0;
  const draw = (low: number, high: number) => low + (high - low) * (numbers[drawn++] as number);
  const { width, height } = photo;
  const inside = (left: number, top: number, side: number): Square => ({
    left: Math.round(Math.min(Math.max(0, left), width - side)),
    top: Math.round(Math.min(Math.max(0, top), height - side)),
    side,
  });
  return faces.flatMap((face) =>
    Array.from({ length: perFace }, (): Crop[] => {
      const own = Math.max(face.right - face.left, face.bottom - face.top);
      const side = Math.round(Math.min(own * draw(1.3, 2.2), width, height));
      const shift = () => draw(-0.15, 0.15) * side - side / 2;
      const [x, y] = [(face.left + face.right) / 2, (face.top + face.bottom) / 2];
      const around = { photo, square: inside(x + shift(), y + shift(), side), isFace: true };
      for (let tries = 0; tries < 30; tries++) {
        const square = inside(draw(0, width - side), draw(0, height - side), side);
        if (faces.some((one) => shareIn(one, square) > 0.1)) continue;
        return [around, { photo, square, isFace: false }];
      }
      return [around];
    }).flat(),
  );
}

/** Crops as the network's input, [N, 128, 128, 3], and their classes. */
function dataset(crops: readonly Crop[]) {
  return scope(() => {
    const inputs = crops.map(({ photo, square }) =>
      fromImage(photo, { ...optionsOf(square, SIDE), layout: 'NHWC' }),
    );
    return [concat(inputs, 0), tensor(Int32Array.from(crops, ({ isFace }) => Number(isFace)))] as const;
  });
}

export interface Learned {
  readonly history: readonly Epoch[];
  /** Of the squares of photographs that were held back. */
  readonly found: Evaluation;
  /** The squares of the last photograph, with the probability of a face in each. */
  readonly squares: readonly { readonly square: Square; readonly isFace: boolean; readonly score: number }[];
  readonly photo: Photo;
  readonly onnx: Uint8Array;
}

/** Learns from some photographs, and is tried on `held` others behind them. */
export async function fineTune(
  data: { readonly models: { front: string; back: string }; readonly photos: readonly string[] },
  { epochs = 3, perFace = 12, held = 2, progress = false } = {},
): Promise<Learned> {
  manualSeed(1);
  const detectors = new Map([['back', await FaceDetector.load(data.models.back)]] as const);
  const all: Crop[][] = [];
  for (const [i, path] of data.photos.entries()) {
    const photo = await readPhoto(path);
    const faces = await findFaces(photo, detectors, 0.75, new Stopwatch());
    all.push(cropsOf(photo, faces, perFace, i));
  }
  for (const detector of detectors.values()) detector.dispose();

  const model = await loadModel(data.models.front);
  const net = new FaceOrNot(model.toModule<Tensor>({ outputs: [FEATURES] }));
  model.dispose();
  const [x, y] = dataset(all.slice(0, -held).flat());
  const [testX, testY] = dataset(all.slice(-held).flat());
  // What the optimiser is not given stays as it is.
  const optimizer = new AdamW(net.head.parameters(), { lr: 0.003 });
  try {
    const history = await fit(net, {
      // The network takes one picture at a time: eight of them make an update.
      data: new DataLoader(tensorDataset(x, y), { shuffle: true }),
      accumulate: 8,
      loss: crossEntropy,
      optimizer,
      epochs,
      validation: new DataLoader(tensorDataset(testX, testY)),
      metrics: { accuracy },
      progress,
    });
    const found = await evaluate(net, new DataLoader(tensorDataset(testX, testY)), { names: NAMES });
    const onnx = exportOnnx(net, { inputs: [[1, SIDE, SIDE, 3]], names: { outputs: ['scores'] } });
    const last = all.at(-1) as Crop[];
    return { history, found, squares: await scores(onnx, last), photo: (last[0] as Crop).photo, onnx };
  } finally {
    for (const one of [x, y, testX, testY, optimizer, net]) one.dispose();
  }
}

/** What the exported network says of crops, as any program would ask it. */
async function scores(onnx: Uint8Array, crops: readonly Crop[]) {
  const model = await loadModel(onnx);
  const found = crops.map(({ photo, square, isFace }) => {
    const score = scope(() => {
      const input = fromImage(photo, { ...optionsOf(square, SIDE), layout: 'NHWC' });
      return softmax(model.run(input).scores!.as('float32'), { dim: 1 }).data[1] as number;
    });
    return { square, isFace, score };
  });
  model.dispose();
  return found;
}

export async function main(args: readonly string[]): Promise<void> {
  const { epochs = '3' } = parseArgs({ args: [...args], options: { epochs: { type: 'string' } } }).values;
  await init();
  const learned = await fineTune(fetchData(), { epochs: Number(epochs), progress: true });
  const { found, squares, photo, onnx } = learned;
  console.log(`of the squares of two photographs that were held back: ${found}`);
  const boxes = squares
    .filter((_, i) => i % 8 < 2)
    .map(({ square: { left, top, side }, score }): DrawnBox => {
      const box = [left, top, left + side, top + side] as const;
      return score > 0.5
        ? { box, color: '#00e5a0', label: `${Math.round(100 * score)}` }
        : { box, color: '#ff5060' };
    });
  mkdirSync('build/examples', { recursive: true });
  writeFileSync('build/examples/fine-tune.jpg', encodeJpeg(drawBoxes(photo, boxes)));
  writeFileSync('build/examples/fine-tune.onnx', onnx);
  console.log(
    'build/examples/fine-tune.jpg shows one of them: faces green, all else red; fine-tune.onnx is the network',
  );
}
