// Reads the text in pictures, with three networks of PP-OCRv4: where lines of text are, which of them are upside down, and what
// they say.
//
//   npm run example -- read-text PICTURE...
//
// Detection gives each pixel a probability of being text, shrunk to the middle of its line ("Real-time Scene Text Detection
// with Differentiable Binarization", Liao et al., 2020); pixels that touch are a line, and the smallest rectangle around
// them, grown, is its box. Each box is cut out upright by sampling the picture along its axes. Recognition gives a row of
// scores per column; equal neighbours and blanks removed, the best ones spell the line (connectionist temporal
// classification, Graves et al., 2006).
import { readFileSync } from 'node:fs';
import { type AnyTensor, avgPool2d, gridSample, init, max, scope, type Tensor, tensor } from 'striate';
import { drawBoxes, fromImage, imageTransform, type Picture } from 'striate/image';
import { loadModel, type Model } from 'striate/onnx';
import { type Files, readArguments, readPicture, sizeWithin, writePicture } from './support.ts';

export const needs = ['ppocr4-detection', 'ppocr2-direction', 'ppocr4-recognition', 'ppocr4-characters'];

const HELP = `Reads the text in pictures.

  npm run example -- read-text PICTURE...`;

type Point = readonly [x: number, y: number];

/** A rectangle in the picture: its centre, the unit vector along the text, and its sides in pixels. */
interface Box {
  readonly centre: Point;
  readonly along: Point;
  readonly width: number;
  readonly height: number;
}

export interface Line {
  readonly text: string;
  /** The mean probability of its characters. */
  readonly score: number;
  /** The corners in the picture's pixels, from the text's top left, clockwise. */
  readonly corners: readonly Point[];
  readonly upsideDown: boolean;
}

/** Text is at least this likely; a line's pixels are so on average. */
const PIXEL = 0.3;
const LINE = 0.6;
/** How far a shrunk line grows: this times its area over its perimeter. */
const GROWTH = 1.6;
const LONGEST_SIDE = 960;
/** A line counts as upside down from this probability on. */
const TURNED = 0.9;
const BGR = { order: 'bgr', mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;

export class TextReader {
  readonly #detection: Model;
  readonly #direction: Model;
  readonly #recognition: Model;
  /** Class 0 is the blank, the last one the space. */
  readonly #characters: readonly string[];

  private constructor(models: readonly Model[], characters: readonly string[]) {
    [this.#detection, this.#direction, this.#recognition] = models as [Model, Model, Model];
    this.#characters = ['', ...characters, ' '];
  }

  static async load(files: Files): Promise<TextReader> {
    const models = await Promise.all(needs.slice(0, 3).map((name) => loadModel(files[name] as string)));
    const characters = readFileSync(files['ppocr4-characters'] as string, 'utf8').split(/\r?\n/);
    return new TextReader(
      models,
      characters.filter((one) => one !== ''),
    );
  }

  /** The lines of a picture, from the top down. */
  read(picture: Picture): Line[] {
    return scope(() => {
      const pixels = fromImage(picture, { order: 'bgr', mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] });
      const lines = this.#boxes(picture).map((box) => this.#readLine(pixels, box));
      return [...lines].filter(({ text }) => text !== '').sort(byPlace);
    });
  }

  #boxes(picture: Picture): Box[] {
    const options = { size: sizeWithin(picture, LONGEST_SIDE, 32), ...BGR };
    const map = only(this.#detection.run(fromImage(picture, options)));
    const { toSource } = imageTransform(picture, options);
    const [, , height, width] = map.shape as [number, number, number, number];
    const found: Box[] = [];
    for (const points of regions(map.toTypedArray() as Float32Array, width, height)) {
      const box = smallestRectangle(points.map(([x, y]) => toSource([x + 0.5, y + 0.5]) as Point));
      if (Math.min(box.width, box.height) >= 3) found.push(grown(box));
    }
    return found;
  }

  #readLine(pixels: Tensor, box: Box): Line {
    const [, turned] = only(this.#direction.run(cut(pixels, box, 48, 192))).toTypedArray();
    const upsideDown = (turned as number) > TURNED;
    const upright = upsideDown ? { ...box, along: [-box.along[0], -box.along[1]] as const } : box;
    const width = Math.max(16, Math.round((48 * box.width) / box.height));
    const rows = only(this.#recognition.run(cut(pixels, upright, 48, width)));
    const { text, score } = this.#spell(rows);
    return { text, score, corners: cornersOf(upright), upsideDown };
  }

  /** [1, columns, classes] of probabilities. */
  #spell(rows: Tensor): { text: string; score: number } {
    const classes = rows.shape[2] as number;
    const values = rows.toTypedArray();
    const best = max(rows, { dim: 2 }).toTypedArray();
    let [text, sum, count, before] = ['', 0, 0, 0];
    for (const [column, probability] of best.entries()) {
      const row = values.subarray(column * classes, (column + 1) * classes);
      const winner = row.indexOf(probability as never);
      if (winner !== 0 && winner !== before) {
        text += this.#characters[winner] ?? '';
        sum += probability;
        count++;
      }
      before = winner;
    }
    return { text: text.trim(), score: count === 0 ? 0 : sum / count };
  }
}

const only = (results: Record<string, AnyTensor>): Tensor => Object.values(results)[0]!.as('float32');

/** Pixels that are text and touch, left, right, above or below: the points of each region that is text on average. */
function* regions(map: Float32Array, width: number, height: number): Generator<Point[]> {
  const seen = new Uint8Array(map.length);
  for (let start = 0; start < map.length; start++) {
    if (seen[start] === 1 || (map[start] as number) < PIXEL) continue;
    const points: Point[] = [];
    const open = [start];
    seen[start] = 1;
    let sum = 0;
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      const x = at % width;
      const y = (at - x) / width;
      points.push([x, y]);
      sum += map[at] as number;
      const near = [
        x > 0 ? at - 1 : at,
        x + 1 < width ? at + 1 : at,
        y > 0 ? at - width : at,
        y + 1 < height ? at + width : at,
      ];
      for (const next of near) {
        if (seen[next] === 1 || (map[next] as number) < PIXEL) continue;
        seen[next] = 1;
        open.push(next);
      }
    }
    if (points.length >= 10 && sum / points.length >= LINE) yield points;
  }
}

/** Andrew's monotone chain: the corners of the convex hull, in order. */
function hullOf(points: readonly Point[]): Point[] {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const half = (list: readonly Point[]): Point[] => {
    const hull: Point[] = [];
    for (const p of list) {
      while (hull.length >= 2) {
        const [a, b] = hull.slice(-2) as [Point, Point];
        if ((b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]) > 0) break;
        hull.pop();
      }
      hull.push(p);
    }
    return hull.slice(0, -1);
  };
  return [...half(sorted), ...half(sorted.reverse())];
}

/** The rectangle of least area around points; it has a side along one of the hull's. Text runs along its longer side, to the right. */
function smallestRectangle(points: readonly Point[]): Box {
  const hull = hullOf(points);
  let best: (Box & { area: number }) | undefined;
  for (const [i, a] of hull.entries()) {
    const b = hull[(i + 1) % hull.length] as Point;
    const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
    const [ux, uy] = [(b[0] - a[0]) / length, (b[1] - a[1]) / length];
    const along = hull.map(([x, y]) => x * ux + y * uy);
    const across = hull.map(([x, y]) => y * ux - x * uy);
    const [u0, u1] = [Math.min(...along), Math.max(...along)];
    const [v0, v1] = [Math.min(...across), Math.max(...across)];
    const [u, v] = [(u0 + u1) / 2, (v0 + v1) / 2];
    const area = (u1 - u0) * (v1 - v0);
    if (best !== undefined && area >= best.area) continue;
    best = {
      area,
      centre: [u * ux - v * uy, u * uy + v * ux],
      along: [ux, uy],
      width: u1 - u0,
      height: v1 - v0,
    };
  }
  const { centre, along, width, height } = best as Box;
  const isLong = width >= height;
  const [x, y] = isLong ? along : [-along[1], along[0]];
  const sign = x < 0 || (Math.abs(x) < 1e-6 && y < 0) ? -1 : 1;
  return {
    centre,
    along: [sign * x, sign * y],
    width: isLong ? width : height,
    height: isLong ? height : width,
  };
}

function grown(box: Box): Box {
  const by = (GROWTH * box.width * box.height) / (2 * (box.width + box.height));
  return { ...box, width: box.width + 2 * by, height: box.height + 2 * by };
}

/** The text's top left corner and the others, clockwise. */
function cornersOf({ centre: [x, y], along: [ux, uy], width, height }: Box): Point[] {
  const at = (u: number, v: number): Point => [
    x + (u * width * ux - v * height * uy) / 2,
    y + (u * width * uy + v * height * ux) / 2,
  ];
  return [at(-1, -1), at(1, -1), at(1, 1), at(-1, 1)];
}

/** The box of the picture [1, 3, h, w], upright, as [1, 3, height, width]: sampled finely enough, then averaged. */
function cut(pixels: Tensor, box: Box, height: number, width: number): Tensor {
  const fine = Math.max(1, Math.round(box.height / height));
  const [rows, columns] = [height * fine, width * fine];
  const [, , h, w] = pixels.shape as [number, number, number, number];
  const [topLeft, topRight, , bottomLeft] = cornersOf(box) as [Point, Point, Point, Point];
  const grid = new Float32Array(rows * columns * 2);
  for (let row = 0, i = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const [u, v] = [(column + 0.5) / columns, (row + 0.5) / rows];
      const at = (axis: 0 | 1) =>
        topLeft[axis] + u * (topRight[axis] - topLeft[axis]) + v * (bottomLeft[axis] - topLeft[axis]);
      grid[i++] = (2 * at(0)) / w - 1;
      grid[i++] = (2 * at(1)) / h - 1;
    }
  }
  const sampled = gridSample(pixels, tensor(grid, [1, rows, columns, 2]), { paddingMode: 'border' });
  return fine === 1 ? sampled : avgPool2d(sampled, fine);
}

/** Lines whose middles are at about one height are read from left to right. */
function byPlace(a: Line, b: Line): number {
  const middle = ({ corners }: Line, axis: 0 | 1) => corners.reduce((sum, p) => sum + p[axis] / 4, 0);
  const [first, , , last] = a.corners as [Point, Point, Point, Point];
  const height = Math.hypot(last[0] - first[0], last[1] - first[1]);
  const down = middle(a, 1) - middle(b, 1);
  return Math.abs(down) > height / 2 ? down : middle(a, 0) - middle(b, 0);
}

const boundsOf = (corners: readonly Point[]): [number, number, number, number] => {
  const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
};

export async function main(args: readonly string[], files: Files, folder: string): Promise<number> {
  const given = { inputs: [`${folder}/pictures/page.jpg`, `${folder}/pictures/sign.jpg`], score: 0.5 };
  const options = readArguments(args, HELP, given);
  if (options === undefined) return 0;
  await init();
  const reader = await TextReader.load(files);
  const results = [];
  for (const path of options.inputs) {
    const picture = await readPicture(path);
    const started = performance.now();
    const lines = reader.read(picture).filter(({ score }) => score >= options.score);
    const milliseconds = Math.round(performance.now() - started);
    const boxes = lines.map(({ corners, text }) => ({ box: boundsOf(corners), label: text }));
    const written = writePicture(drawBoxes(picture, boxes), path, 'text', options.out);
    results.push({ path, lines, milliseconds, picture: written });
    if (options.json) continue;
    console.log(`${path}: ${lines.length} lines, ${milliseconds} ms, ${written}`);
    for (const { text, score, corners, upsideDown } of lines) {
      const place = corners.map((point) => point.map(Math.round).join(',')).join(' ');
      console.log(`  ${score.toFixed(3)}  ${text}${upsideDown ? '  (upside down)' : ''}  [${place}]`);
    }
  }
  if (options.json) console.log(JSON.stringify(results, null, 2));
  return 0;
}
