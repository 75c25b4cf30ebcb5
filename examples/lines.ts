// Finds straight lines in pictures with M-LSD ("Towards Light-weight and Real-time Line Segment Detection", Gu et al., 2022).
//
//   npm run example -- lines PICTURE...
//
// For each second pixel the network gives how likely it is the middle of a line, and where from there the line starts and ends.
// The likeliest middles of their neighbourhood are kept: those that equal the maximum of 5 x 5 pixels around them.
import { concat, equal, init, maxPool2d, mul, ones, permute, scope, type Tensor } from 'striate';
import { fromImage, imageTransform, type Picture } from 'striate/image';
import { loadModel, type Model } from 'striate/onnx';
import { type Files, readArguments, readPicture, writePicture } from './support.ts';

export const needs = ['mlsd-512-large'];

const HELP = `Finds straight lines in pictures.

  npm run example -- lines PICTURE...`;

const SIDE = 512;
const MOST = 200;
/** In pixels of the network's input. */
const SHORTEST = 20;

export interface Segment {
  readonly score: number;
  readonly from: readonly [x: number, y: number];
  readonly to: readonly [x: number, y: number];
}

/** The lines of a picture by descending score, in its pixels. */
export function findLines(model: Model, picture: Picture, leastScore: number): Segment[] {
  return scope(() => {
    const options = { size: [SIDE, SIDE], scale: 1, layout: 'NHWC' } as const;
    // The network's fourth channel is the number 1.
    const input = concat([fromImage(picture, options), ones([1, SIDE, SIDE, 1])], 3);
    const { scores, offsets } = model.run(input) as { scores: Tensor; offsets: Tensor };
    const map = permute(scores, [0, 3, 1, 2]);
    const peaks = mul(map, equal(map, maxPool2d(map, 5, { stride: 1, padding: 2 })).cast('float32'));
    const [, , , width] = map.shape as [number, number, number, number];
    const [likely, ends] = [peaks.toTypedArray(), offsets.toTypedArray()];
    const { toSource } = imageTransform(picture, options);
    return [...likely.keys()]
      .filter((i) => (likely[i] as number) >= leastScore)
      .sort((a, b) => (likely[b] as number) - (likely[a] as number))
      .slice(0, MOST)
      .map((i) => {
        const [x, y] = [i % width, Math.floor(i / width)];
        const [x0, y0, x1, y1] = ends.subarray(4 * i, 4 * i + 4) as Float32Array;
        const place = (dx: number, dy: number) =>
          [((x + dx) * SIDE) / width, ((y + dy) * SIDE) / width] as const;
        return { score: likely[i] as number, ends: [place(x0!, y0!), place(x1!, y1!)] as const };
      })
      .filter(({ ends: [a, b] }) => Math.hypot(a[0] - b[0], a[1] - b[1]) >= SHORTEST)
      .map(({ score, ends: [a, b] }) => ({ score, from: toSource([...a]), to: toSource([...b]) }));
  });
}

/** A copy with each segment drawn, as wide as two thousandths of the picture's longer side. */
function drawSegments(picture: Picture, segments: readonly Segment[]): Picture {
  const { width, height, data, channels = 4 } = picture;
  const drawn = data.slice();
  const half = Math.max(1, Math.round(Math.max(width, height) / 1000));
  for (const { from, to } of segments) {
    const steps = Math.ceil(Math.max(Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1]), 1));
    for (let step = 0; step <= steps; step++) {
      const x = Math.round(from[0] + ((to[0] - from[0]) * step) / steps);
      const y = Math.round(from[1] + ((to[1] - from[1]) * step) / steps);
      for (let row = Math.max(0, y - half); row <= Math.min(height - 1, y + half); row++) {
        for (let column = Math.max(0, x - half); column <= Math.min(width - 1, x + half); column++)
          drawn.set([255, 60, 40].slice(0, Math.min(3, channels)), (row * width + column) * channels);
      }
    }
  }
  return { ...picture, data: drawn };
}

export async function main(args: readonly string[], files: Files, folder: string): Promise<number> {
  const given = { inputs: [`${folder}/pictures/page.jpg`], score: 0.2 };
  const options = readArguments(args, HELP, given);
  if (options === undefined) return 0;
  await init();
  const model = await loadModel(files['mlsd-512-large'] as string);
  const results = [];
  for (const path of options.inputs) {
    const picture = await readPicture(path);
    const started = performance.now();
    const lines = findLines(model, picture, options.score);
    const milliseconds = Math.round(performance.now() - started);
    const written = writePicture(drawSegments(picture, lines), path, 'lines', options.out);
    results.push({ path, lines, milliseconds, picture: written });
    if (options.json) continue;
    console.log(`${path}: ${lines.length} lines, ${milliseconds} ms, ${written}`);
    for (const { score, from, to } of lines)
      console.log(`  ${score.toFixed(3)}  ${from.map(Math.round)} to ${to.map(Math.round)}`);
  }
  if (options.json) console.log(JSON.stringify(results, null, 2));
  return 0;
}
