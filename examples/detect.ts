// Finds the parts of a page (titles, text, figures, tables ...) with a PicoDet network trained on CDLA.
//
//   npm run example -- detect PICTURE...
//
// The network looks at four grids, a cell every 8, 16, 32 and 64 pixels. For each cell it gives a score per class, and for each
// side of the box how likely the distance to it is 0, 1, ... 7 cells; the distance is the mean of that ("Generalized Focal Loss",
// Li et al., 2020; "PP-PicoDet", Yu et al., 2021). What overlaps a better box of its class is left out.
import {
  add,
  arange,
  argMax,
  batchedNms,
  concat,
  init,
  matmul,
  max,
  mul,
  scope,
  softmax,
  type Tensor,
  tensor,
} from 'striate';
import { drawBoxes, fromImage, imageTransform, type Picture } from 'striate/image';
import { loadModel, type Model } from 'striate/onnx';
import { type Files, readArguments, readPicture, writePicture } from './support.ts';

export const needs = ['picodet-layout'];

const HELP = `Finds the parts of pages: titles, text, figures, tables.

  npm run example -- detect PICTURE...`;

const LABELS = [
  ...['text', 'title', 'figure', 'figure caption', 'table', 'table caption'],
  ...['header', 'footer', 'reference', 'equation'],
];
const [HEIGHT, WIDTH] = [800, 608];
const STRIDES = [8, 16, 32, 64];
const DISTANCES = 8;

export interface Part {
  readonly label: string;
  readonly score: number;
  /** x1, y1, x2, y2 in the picture's pixels. */
  readonly box: readonly [number, number, number, number];
}

/** The parts of a page by descending score. */
export function findParts(model: Model, picture: Picture, scoreThreshold: number): Part[] {
  return scope(() => {
    const options = {
      size: [HEIGHT, WIDTH],
      mean: [0.485, 0.456, 0.406],
      std: [0.229, 0.224, 0.225],
    } as const;
    const outputs = Object.values(model.run(fromImage(picture, options))).map((one) => one.as('float32'));
    const ofWidth = (width: number) => outputs.filter(({ shape }) => shape[2] === width);
    const scores = concat(ofWidth(LABELS.length), 1);
    const boxes = boxesOf(ofWidth(4 * DISTANCES));
    const best = max(scores, { dim: 2 }).flatten();
    const classes = argMax(scores, { dim: 2 }).flatten();
    const kept = batchedNms(boxes, best, classes, { iouThreshold: 0.5, scoreThreshold });
    const { toSource } = imageTransform(picture, options);
    const [corners, labels, likely] = [boxes.data, classes.data, best.data];
    return [...kept.data].map((i) => {
      const [x1, y1, x2, y2] = [...corners.subarray(4 * i, 4 * i + 4)] as [number, number, number, number];
      const [[left, top], [right, bottom]] = [toSource([x1, y1]), toSource([x2, y2])];
      return {
        label: LABELS[labels[i] as number] as string,
        score: likely[i] as number,
        box: [left, top, right, bottom],
      };
    });
  });
}

/** Distances to the four sides, [1, cells, 4 * 8] of logits for each grid, to boxes [cells of all, 4] in input pixels. */
function boxesOf(grids: readonly Tensor[]): Tensor {
  const steps = arange(DISTANCES).cast('float32').reshape([DISTANCES, 1]);
  const parts = grids.map((logits, level) => {
    const stride = STRIDES[level] as number;
    const columns = Math.ceil(WIDTH / stride);
    const likely = softmax(logits.reshape([logits.size / DISTANCES, DISTANCES]), { dim: 1 });
    const distances = mul(matmul(likely, steps), stride).reshape([logits.size / (4 * DISTANCES), 4]);
    const centres = Float32Array.from({ length: distances.size }, (_, i) => {
      const cell = i >> 2;
      const along = i % 2 === 0 ? cell % columns : Math.floor(cell / columns);
      return (along + 0.5) * stride;
    });
    const signs = tensor([-1, -1, 1, 1], [1, 4]);
    return add(tensor(centres, distances.shape), mul(distances, signs));
  });
  return concat(parts, 0);
}

export async function main(args: readonly string[], files: Files, folder: string): Promise<number> {
  const given = { inputs: [`${folder}/pictures/page.jpg`], score: 0.5 };
  const options = readArguments(args, HELP, given);
  if (options === undefined) return 0;
  await init();
  const model = await loadModel(files['picodet-layout'] as string);
  const results = [];
  for (const path of options.inputs) {
    const picture = await readPicture(path);
    const started = performance.now();
    const parts = findParts(model, picture, options.score);
    const milliseconds = Math.round(performance.now() - started);
    const boxes = parts.map(({ box, label, score }) => ({ box, label: `${label} ${score.toFixed(2)}` }));
    const written = writePicture(drawBoxes(picture, boxes), path, 'parts', options.out);
    results.push({ path, parts, milliseconds, picture: written });
    if (options.json) continue;
    console.log(`${path}: ${parts.length} parts, ${milliseconds} ms, ${written}`);
    for (const { label, score, box } of parts)
      console.log(`  ${score.toFixed(3)}  ${label.padEnd(14)} ${box.map(Math.round).join(', ')}`);
  }
  if (options.json) console.log(JSON.stringify(results, null, 2));
  return 0;
}
